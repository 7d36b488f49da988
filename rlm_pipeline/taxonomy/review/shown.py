"""Categories as a model is shown them: an id, a size, and within a fence their words and a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.synthesis import figures
from rlm_pipeline.taxonomy import exemplars, naming, terms
from rlm_pipeline.taxonomy.exemplars import Shown
from rlm_pipeline.taxonomy.graph import Labels, Vectors
from rlm_pipeline.taxonomy.hierarchy import centroids
from rlm_pipeline.taxonomy.naming import Naming
from rlm_pipeline.taxonomy.review.reviewed import Given
from rlm_pipeline.taxonomy.terms import Terms

LONGEST_STATEMENT = 200
_WORDS = 8
_WORDS_IN_A_LINE = 4


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Categories as code found and names them; `texts` are the statements (n,), `labels` their categories.

    What is shown does not depend on earlier runs, so that the same statements are asked about once.
    """

    texts: Sequence[str]
    vectors: Vectors
    labels: Labels

    @cached_property
    def centres(self) -> Vectors:
        """The mean directions (K, d)."""
        return centroids(self.vectors, self.labels)

    @cached_property
    def terms(self) -> Terms:
        """The words of the categories."""
        return terms.count(self.texts, self.labels)

    @cached_property
    def names(self) -> tuple[Naming, ...]:
        """Code's own names."""
        return naming.name_all(self.terms, self.centres)

    @cached_property
    def examples(self) -> Shown:
        """Statements nearest to each middle, and at its border."""
        return exemplars.choose(self.vectors, self.labels, self.centres)

    @cached_property
    def nearest(self) -> NDArray[np.intp]:
        """The most similar other category of each."""
        similar = self.centres @ self.centres.T
        np.fill_diagonal(similar, -np.inf)
        found: NDArray[np.intp] = similar.argmax(axis=1)
        return found

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All categories, similar ones beside each other (average linkage of the centres, leaves in optimal order)."""
        from scipy.cluster.hierarchy import leaves_list, linkage

        tree = linkage(np.round(self.centres.astype(np.float64), 6), "average", optimal_ordering=True)
        return tuple(int(each) for each in leaves_list(tree))

    def size(self, category: int) -> int:
        """Its statements in the sample."""
        return int(self.terms.sizes[category])

    def marked_by(self, category: int, most: int = _WORDS_IN_A_LINE) -> str:
        """Its words, as many as fit a line."""
        words = self.names[category].keywords[:most]
        return ", ".join(words) if words else "no words of its own"


def id_of(category: int) -> str:
    """C1 for the first category."""
    return f"C{category + 1}"


def group_id(group: int) -> str:
    """G1 for the first group."""
    return f"G{group + 1}"


def category(draft: Draft, number: int) -> str:
    """One category: size, words with their coverage, nearest category, typical statements and border cases."""
    beside = int(draft.nearest[number])
    heading = (
        f"{id_of(number)}: {draft.size(number):,} statements, {_share(draft, number)} of the sample; most similar is "
        f"{id_of(beside)}"
    )
    return f"{heading}\n{fence(_inside(draft, number, beside))}"


def given(draft: Draft, number: int) -> Given:
    """What may be said about a category in figures."""
    size, total = draft.size(number), len(draft.labels)
    return Given(text=category(draft, number), figures=(figures.count(size), figures.share(size, total)))


def line(draft: Draft, number: int, name: str) -> str:
    """One category in a line, for the upper level; to be fenced."""
    return f"{id_of(number)} ({draft.size(number):,}): {name} [{draft.marked_by(number)}]"


def _inside(draft: Draft, number: int, beside: int) -> str:
    coverage = draft.terms.coverage()[number]
    place = {written: at for at, written in enumerate(draft.terms.written)}
    words = [f"{word} ({coverage[place[word]]:.0%})" for word in draft.names[number].keywords[:_WORDS]]
    lines = [f"words: {', '.join(words) or 'none of its own'}"]
    lines += [f"typical: {statement(draft.texts[at])}" for at in draft.examples.nearest[number]]
    lines += [f"border case: {statement(draft.texts[at])}" for at in draft.examples.border[number]]
    lines.append(f"{id_of(beside)} beside it has the words: {draft.marked_by(beside)}")
    return "\n".join(lines)


def statement(text: str) -> str:
    """A statement in one line, cut where it is long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_STATEMENT else f"{plain[: LONGEST_STATEMENT - 1]}…"


def _share(draft: Draft, number: int) -> str:
    return f"{draft.size(number) / len(draft.labels):.1%}"
