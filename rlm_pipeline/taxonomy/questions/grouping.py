"""Answers in categories: distinct ones clustered as statements are, or each by itself where there are few."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlm_pipeline.taxonomy import embedding, levels, selection
from rlm_pipeline.taxonomy.discovery import FEWEST_STATEMENTS, Encoders
from rlm_pipeline.taxonomy.graph import Vectors
from rlm_pipeline.taxonomy.levels import Cut, Floats
from rlm_pipeline.taxonomy.questions.asking import normalised
from rlm_pipeline.taxonomy.selection import FEWEST_MEMBERS, MINIMUM_COVERAGE

_ROUNDED = 5  # similarities, so that the last bits of a product break no tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories:
    """Categories of answers by their normal form, numbered from 0 by falling number of answers.

    `vectors` has each distinct answer's, `written` how it is written most often, `times` how often it is given.
    `recurrence` (K,) and `stability` are those of the clusters of distinct answers, None where each answer is its own
    category.
    """

    of: Mapping[str, int]
    vectors: Mapping[str, Vectors]
    written: Mapping[str, str]
    times: Mapping[str, int]
    recurrence: Floats | None
    stability: float | None

    @property
    def number(self) -> int:
        """How many categories there are."""
        return max(self.of.values()) + 1


def group(
    answers: Sequence[str], again: Sequence[str], encoders: Encoders, *, facet: str, seed: int
) -> Categories | str:
    """The categories of answers, or why they fall into none; those given `again` are only placed in them.

    From `FEWEST_STATEMENTS` distinct answers on these are clustered, by the gate of every text. Where they are fewer,
    or do not cluster, the answers given `FEWEST_MEMBERS` times are the categories, if they make up three quarters.
    """
    forms, forms_again = [normalised(each) for each in answers], [normalised(each) for each in again]
    times = Counter(forms)
    distinct = sorted(times)
    only_again = sorted(set(forms_again) - times.keys())
    written = _written([*answers, *again], [*forms, *forms_again])
    rows = embedding.vectors_of(
        [written[each] for each in (*distinct, *only_again)], encoders.discovery, encoders.static, facet=facet
    )
    vectors = dict(zip(distinct, rows, strict=False))
    clustered = _clustered(rows[: len(distinct)], [times[each] for each in distinct], seed)
    if isinstance(clustered, Cut):
        of = dict(zip(distinct, clustered.labels.tolist(), strict=True))
        for form, row in zip(only_again, rows[len(distinct) :], strict=True):
            of[form] = of[distinct[int(np.argmax(np.round(rows[: len(distinct)] @ row, _ROUNDED)))]]
        return Categories(
            of=of,
            vectors=vectors,
            written=written,
            times=times,
            recurrence=clustered.recurrence,
            stability=clustered.stability,
        )
    ranked = sorted(distinct, key=lambda each: (-times[each], each))
    frequent = [each for each in ranked if times[each] >= FEWEST_MEMBERS]
    share = sum(times[each] for each in frequent) / max(len(forms), 1)
    if share < MINIMUM_COVERAGE or len(frequent) < 2:
        return (
            f"{clustered}{len(frequent)} of {len(distinct)} different answers are given {FEWEST_MEMBERS} times, "
            f"{share:.0%} of all answers; at least two and {MINIMUM_COVERAGE:.0%} are asked for"
        )
    return Categories(
        of={each: number for number, each in enumerate(frequent)},
        vectors=vectors,
        written=written,
        times=times,
        recurrence=None,
        stability=None,
    )


def _clustered(rows: Vectors, times: Sequence[int], seed: int) -> Cut | str:
    """Distinct answers (n, d) clustered, the cluster with the most answers first; or why they are not."""
    if len(rows) < FEWEST_STATEMENTS:
        return ""
    path = levels.search(embedding.reduced(rows), seed)
    choice = selection.choose(path)
    if choice.cut is None:
        return f"its {len(rows)} different answers do not cluster ({choice.reason}); "
    labels = selection.whole(path, choice.cut, rows)
    order = np.argsort(-np.bincount(labels, weights=times), kind="stable")
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return levels.refined(path, choice.cut, rank[labels], seed=seed)


def _written(answers: Sequence[str], forms: Sequence[str]) -> dict[str, str]:
    ways: dict[str, Counter[str]] = {}
    for answer, form in zip(answers, forms, strict=True):
        ways.setdefault(form, Counter())[answer] += 1
    return {form: max(found, key=lambda each: (found[each], each)) for form, found in ways.items()}
