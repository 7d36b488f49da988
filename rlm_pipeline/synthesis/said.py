"""What findings of one analyst, type and scope have in common: ids, severities and confidence, added up exactly."""

import decimal
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.observation import Severity
from rlm_pipeline.analysis.sums import as_text
from rlm_pipeline.synthesis import addition, citing
from rlm_pipeline.synthesis.document import Said

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the lowest to the highest."""

# Confidences and costs are floats of ordinary size; what would be rounded all the same is an error.
_EXACT = decimal.Context(prec=1000, traps=[decimal.Inexact, decimal.InvalidOperation])


def identity(analyst: str, kind: str, scope: str, *words: str) -> str:
    """The id of what is said; `words` are a model's."""
    return fingerprint.short("said", analyst, kind, scope, *words)


def highest(severities: Iterable[str]) -> Severity:
    """The highest of one or more severities."""
    return SEVERITIES[max(SEVERITIES.index(each) for each in severities)]


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of decimals, whatever their order."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def weighted_sum(amounts: Mapping[float, int]) -> Decimal:
    """The sum of floats, each taken as its shortest decimal, as often as it was given."""
    return exact_sum(_EXACT.multiply(Decimal(repr(value)), times) for value, times in amounts.items())


def mean(total: Decimal, number: int) -> float:
    """A sum shared out among one or more, rounded to six places."""
    return round(float(Fraction(total) / number), 6)


def added(group: Sequence[Said]) -> dict[str, Any]:
    """The fields of `Said` but for its id, of findings that say the same."""
    severities = addition.counts(each.severities for each in group)
    confidence = exact_sum(Decimal(each.confidence_sum) for each in group)
    return {
        "analyst": group[0].analyst,
        "type": group[0].type,
        "scope": group[0].scope,
        "severity": highest(severities),
        "severities": severities,
        "confidence": mean(confidence, sum(severities.values())),
        "confidence_sum": as_text(confidence),
        "total": sum(each.total for each in group),
        "total_by_partition": addition.counts(each.total_by_partition for each in group),
        "distribution": addition.counts(each.distribution for each in group),
        "citations": citing.chosen(citation for each in group for citation in each.citations),
    }
