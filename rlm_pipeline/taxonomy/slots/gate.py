"""Which slots are published: those that are a property of the records, and more than their grammar."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Labels, Vectors
from rlm_pipeline.taxonomy.levels import STABLE
from rlm_pipeline.taxonomy.slots.grouping import FEWEST, Grouping, mean_recurrence
from rlm_pipeline.taxonomy.slots.lexicon import Lexicon
from rlm_pipeline.taxonomy.slots.search import Found
from rlm_pipeline.taxonomy.terms import is_function_word

MINIMUM_COVERAGE = 0.6
MINIMUM_FILL, MINIMUM_FILL_OF_GRAMMAR = 0.4, 0.8
"""Held out. Measured: parts of a body .53, what a bill does .66, interrogatives .93, helping verbs and articles .5 to
.66; no slot is found at all in shuffled words."""
MINIMUM_RECURRENCE = 0.5
MOST_IN_ONE, MOST_NAMING_SEVERAL = 0.8, 0.5
MINIMUM_KAPPA = 0.1
"""Measured: .32 and .37 for the first two, .03 for the several words that name whoever a record is about."""
MOST_SHARED = 0.5
"""Adjusted mutual information with a dimension before it: beyond this a view says the same in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is asked of a slot besides its filling; `labels` (n,) is -1 where a statement does not name one category."""

    labels: Labels
    several: float  # share of the statements that name one or more
    kappa: float
    shared: float


def unfilled(found: Found, lexicon: Lexicon) -> str:
    """Why a set of words is no slot; empty if it is one."""
    grammar = _share_of_grammar(found, lexicon) > 0.5
    least = MINIMUM_FILL_OF_GRAMMAR if grammar else MINIMUM_FILL
    if found.recurrence < MINIMUM_RECURRENCE:
        return f"half of the sample finds other words (overlap {found.recurrence:.2f})"
    if found.held_out.coverage < MINIMUM_COVERAGE:
        return f"only {found.held_out.coverage:.0%} of the statements have one"
    if found.held_out.fill < least:
        kind = "function words that fill" if grammar else "fills"
        return f"{kind} {found.held_out.fill:.0%} of what chance leaves empty; {least:.0%} is asked for"
    return ""


def unproven(found: Grouping, weights: Vectors, figures: Figures) -> str:
    """Why a slot with these categories is not published; empty if it is."""
    recurrence = mean_recurrence(found, weights)
    sizes = np.bincount(figures.labels[figures.labels >= 0], minlength=found.categories)
    largest = float(sizes.max() / max(sizes.sum(), 1))
    doubts = (
        (found.categories < FEWEST, "its words fall into fewer than three categories"),
        (recurrence < STABLE, f"half of the sample finds other categories (stability {recurrence:.2f})"),
        (largest > MOST_IN_ONE, f"one category holds {largest:.0%}"),
        (figures.several > MOST_NAMING_SEVERAL, f"{figures.several:.0%} of its statements name several categories"),
        (figures.kappa < MINIMUM_KAPPA, f"nothing else in a record depends on it (kappa {figures.kappa:.2f})"),
        (figures.shared > MOST_SHARED, f"it repeats another dimension (mutual information {figures.shared:.2f})"),
    )
    return next((reason for is_doubted, reason in doubts if is_doubted), "")


def dependence(besides: Vectors, labels: Labels) -> float:
    """Cohen's kappa between the categories of statements and what the rest of their words says.

    Either half of the statements with a category is given the nearest mean of the other half. `besides` (n, d) are
    vectors of the statements without the slot's words; `labels` (n,) is -1 where there is no category.
    """
    kept = np.flatnonzero(labels >= 0)
    rows, own = _unit(besides[kept] - besides[kept].mean(axis=0)), labels[kept]
    half = np.arange(len(kept)) % 2 == 0
    told = np.empty(len(kept), dtype=np.int64)
    for learnt, asked in ((half, ~half), (~half, half)):
        sums = np.zeros((int(labels.max()) + 1, rows.shape[1]), dtype=np.float64)
        np.add.at(sums, own[learnt], rows[learnt])
        told[asked] = np.argmax(rows[asked] @ _unit(sums).T, axis=1)
    share = np.bincount(own) / len(own)
    by_chance = float((share * np.bincount(told, minlength=len(share))[: len(share)] / len(own)).sum())
    return (float((told == own).mean()) - by_chance) / max(1 - by_chance, 1e-9)


def shared_information(labels: Labels, other: Labels) -> float:
    """Adjusted mutual information over the statements that have both (n,), -1 for none; 0 where there are none."""
    from sklearn.metrics import adjusted_mutual_info_score

    both = (labels >= 0) & (other >= 0)
    return float(adjusted_mutual_info_score(labels[both], other[both])) if both.any() else 0.0


def _share_of_grammar(found: Found, lexicon: Lexicon) -> float:
    weights = np.asarray(lexicon.presence[:, found.words].sum(axis=0)).ravel()
    grammar = np.array([is_function_word(lexicon.words[word]) for word in found.words])
    return float(weights[grammar].sum() / weights.sum())


def _unit(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    unit: NDArray[np.floating] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
