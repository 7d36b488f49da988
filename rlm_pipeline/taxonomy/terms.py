"""The words of categories: which single words and pairs occur in how many statements of each, and how they are written.

Words are compared in lower case and without function words; a word is shown as it is most often written.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Labels

Floats = NDArray[np.float64]

_WORD = re.compile("(?<!\\w)[^\\W\\d_](?:[\\w'\u2019-]*\\w)?")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n])\W*\Z")
_MINIMUM_STATEMENTS = 3
_MOST_TERMS = 30_000
_SHORTEST_STEM = 4
_SHARED_STEM = 0.6

_FUNCTION_WORDS = frozenset(
    (  # noqa: SIM905 - as words they are read and extended more easily
        "a about after again all also although always am an and any anyone anything are aren't as at be because been "
        "before being both but by can can't cannot cant could couldn't did didn't do does doesn't doing don't dont "
        "during each either else even ever every few for from further get gets getting got had hadn't has hasn't have "
        "haven't having he her here hers herself him himself his how however i i'd i'll i'm i've if in into is isn't "
        "it it's its itself just let like made make many may me might more most much must my myself neither no none "
        "nor not nothing now of off on once one only onto or other others our ours ourselves out over own per please "
        "pls quite rather really s same say says shall she should shouldn't since so some someone something still "
        "such t than that that's the their theirs them themselves then there there's these they they're this those "
        "though through thus to too two under until up upon us very via was wasn't we we're were weren't what what's "
        "whatever when where whether which while who whom whose why will with within without won't would wouldn't yet "
        "you you're your yours yourself"
    ).split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`texts` (T,) are terms in lower case, `written` how they are shown; `holding` (K, T) counts statements."""

    texts: tuple[str, ...]
    written: tuple[str, ...]
    holding: Floats
    sizes: Floats  # (K,) statements

    def coverage(self) -> Floats:
        """Share of each category's statements that hold the term: (K, T)."""
        return self.holding / self.sizes[:, None]

    def merged(self, groups: Sequence[Sequence[int]]) -> "Terms":
        """The same terms with categories put together, group by group."""
        return Terms(
            texts=self.texts,
            written=self.written,
            holding=np.array([self.holding[list(group)].sum(axis=0) for group in groups]),
            sizes=np.array([self.sizes[list(group)].sum() for group in groups]),
        )


def count(texts: Sequence[str], labels: Labels) -> Terms:
    """Count the words and word pairs of `texts` by category; rare terms are left out."""
    from scipy import sparse

    surfaces: dict[str, Counter[str]] = {}
    occurrences: Counter[str] = Counter()
    held = [set(_terms(text, surfaces)) for text in texts]
    for terms in held:
        occurrences.update(terms)
    frequent = [term for term, times in occurrences.items() if times >= _MINIMUM_STATEMENTS]
    kept = sorted(sorted(frequent, key=lambda term: (-occurrences[term], term))[:_MOST_TERMS])
    place = {term: number for number, term in enumerate(kept)}
    pairs = [(label, place[term]) for label, terms in zip(labels, held, strict=True) for term in terms if term in place]
    categories = int(labels.max()) + 1
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    counted = sparse.coo_matrix((np.ones(len(pairs)), (rows, columns)), shape=(categories, len(kept)))
    return Terms(
        texts=tuple(kept),
        written=tuple(" ".join(_as_written(word, surfaces) for word in term.split(" ")) for term in kept),
        holding=counted.toarray(),
        sizes=np.bincount(labels, minlength=categories).astype(np.float64),
    )


def is_function_word(word: str) -> bool:
    """Whether a word in lower case says little by itself, as articles and helping verbs do."""
    return len(word) < 2 or word in _FUNCTION_WORDS


def shares_a_stem(term: str, other: str) -> bool:
    """Whether two terms have words that begin alike: print and printer, account and accounts."""
    return any(_one_stem(a, b) for a in term.split(" ") for b in other.split(" "))


def _one_stem(a: str, b: str) -> bool:
    if a == b:
        return True
    common = next((place for place, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return common >= max(_SHORTEST_STEM, _SHARED_STEM * max(len(a), len(b)))


def _terms(text: str, surfaces: dict[str, Counter[str]]) -> Iterator[str]:
    previous, end, shouted = "", -1, text.isupper()
    for match in _WORD.finditer(text):
        surface = match.group(0)
        word = surface.lower()
        if is_function_word(word):
            previous = ""
            continue
        if not (shouted or (surface.istitle() and _SENTENCE_START.search(text, 0, match.start()))):
            surfaces.setdefault(word, Counter())[surface] += 1
        yield word
        if previous and not set(text[end : match.start()]) - {" "} and not _one_stem(previous, word):
            yield f"{previous} {word}"
        previous, end = word, match.end()


def _as_written(word: str, surfaces: dict[str, Counter[str]]) -> str:
    """A word as it is most often written where capitals say something: not at the start, and not in capitals only."""
    found = surfaces.get(word)
    return max(found, key=lambda surface: (found[surface], surface)) if found else word
