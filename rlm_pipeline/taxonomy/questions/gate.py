"""Which questions are published: those that many statements answer, always alike, and in words that tell the answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.classifier import HeldOut
from rlm_pipeline.taxonomy.discovery import FEWEST_STATEMENTS
from rlm_pipeline.taxonomy.document import Agreement
from rlm_pipeline.taxonomy.facets import MINIMUM_COVERAGE, MOST_IN_ONE_VALUE
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.slots.gate import MOST_SHARED, shared_information

MINIMUM_KAPPA = 0.5
"""Between two answers about the same statements."""
FEWEST_TWICE = 20
"""Statements answered twice, of which a kappa is known to about .15."""
MINIMUM_GAIN = 0.1
"""Of the statements that the largest category alone gets wrong, the share the classifier must put right, less two
standard errors: 0 where answers have nothing to do with the text."""

_DIGITS = 4


LEAST_CONFIDENT = 0.5
"""What a statement may be given that was not asked about: it is more probable than all others together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a classifier says of `held_out` statements it had not seen.

    `agreement` is of those with an answer, of which `most_frequent` is the share of the largest category; `decided` of
    those that it gives a category with confidence, with an answer or none. `found` (K,) says of which categories more
    statements are given their own category than any other one.
    """

    agreement: Agreement
    most_frequent: float
    decided: Agreement | None
    held_out: int
    found: NDArray[np.bool_]

    @property
    def gain_low(self) -> float:
        """The share of what the largest category alone gets wrong that is put right, less two standard errors."""
        share, statements = self.agreement.share, self.agreement.statements
        error = math.sqrt(share * (1 - share) / statements)
        return (share - 2 * error - self.most_frequent) / max(1 - self.most_frequent, 1e-9)


def unanswered(answered: int, asked: int) -> str:
    """Why so few answers are none; empty if they are enough."""
    if answered >= max(FEWEST_STATEMENTS, MINIMUM_COVERAGE * asked):
        return ""
    return (
        f"{answered:,} of {asked:,} statements answer it in a few words that stand in them; "
        f"{FEWEST_STATEMENTS} and {MINIMUM_COVERAGE:.0%} are asked for"
    )


def undecided(labels: Labels) -> str:
    """Why categories (n,) of statements, -1 for none, do not tell records apart; empty if they do."""
    share = float(np.bincount(labels[labels >= 0]).max() / (labels >= 0).sum())
    return f"one answer makes up {share:.1%} of all" if share > MOST_IN_ONE_VALUE else ""


def unrepeated(kappa: float | None) -> str:
    """Why answers given twice are not reliable; empty if they are, or were not compared."""
    if kappa is None or kappa >= MINIMUM_KAPPA:
        return ""
    return f"asked twice, statements get other answers (kappa {kappa:.2f}; {MINIMUM_KAPPA:.2f} is asked for)"


def untold(told: Told) -> str:
    """Why no classifier can carry the answers to other records; empty if it can."""
    if told.gain_low >= MINIMUM_GAIN:
        return ""
    return (
        f"its answers cannot be told from the text: a classifier agrees with {told.agreement.share:.1%} of "
        f"{told.agreement.statements:,} held out, the most frequent answer alone with {told.most_frequent:.1%}; of "
        f"what that gets wrong it must put right {MINIMUM_GAIN:.0%}, less two standard errors"
    )


def repeated(labels: Labels, others: Mapping[str, Labels]) -> str:
    """Which dimension of the text says the same; `others` (n,) by name, -1 for none; empty if none does."""
    shared = {name: shared_information(labels, other) for name, other in others.items()}
    most = max(shared, key=lambda name: shared[name], default=None)
    if most is None or shared[most] <= MOST_SHARED:
        return ""
    return f"it repeats “{most}” (mutual information {shared[most]:.3f}; {MOST_SHARED:.2f} is the most)"


def kappa_of(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Cohen's kappa of two labellings of the same statements; None of too few, or where chance cannot be beaten."""
    if len(first) < FEWEST_TWICE:
        return None
    one, two = np.asarray(first), np.asarray(second)
    kinds = np.union1d(one, two)
    by_chance = float(sum((one == each).mean() * (two == each).mean() for each in kinds))
    if by_chance >= 1:
        return None
    return round((float((one == two).mean()) - by_chance) / (1 - by_chance), _DIGITS)


def told_by(held_out: HeldOut, labels: Labels, categories: int) -> Told | None:
    """The figures of held-out statements with an answer; `labels` (n,) is `categories` where there is none."""
    truth, judged = labels[held_out.positions], held_out.judged
    agrees = truth == judged
    with_answer = truth < categories
    decided = (judged < categories) & (held_out.confidence >= LEAST_CONFIDENT)
    agreement = _agreement(agrees[with_answer])
    if agreement is None:
        return None
    given = np.zeros((categories + 1, categories + 1), dtype=np.int64)
    np.add.at(given, (truth, judged), 1)
    return Told(
        agreement=agreement,
        most_frequent=round(float(np.bincount(truth[with_answer]).max() / agreement.statements), _DIGITS),
        decided=_agreement(agrees[decided]),
        held_out=len(truth),
        found=(given.argmax(axis=1) == np.arange(categories + 1))[:categories],
    )


def _agreement(agrees: NDArray[np.bool_]) -> Agreement | None:
    from scipy.stats import binomtest

    if not len(agrees):
        return None
    interval = binomtest(int(agrees.sum()), len(agrees)).proportion_ci(method="wilson")
    return Agreement(
        statements=len(agrees),
        share=round(float(agrees.mean()), _DIGITS),
        interval=(round(float(interval.low), _DIGITS), round(float(interval.high), _DIGITS)),
    )
