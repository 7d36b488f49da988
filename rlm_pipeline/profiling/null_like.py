"""Which values of a column stand for `no value`, and why: words (`null_words`), numbers and days (`sentinels`)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rlm_pipeline.profiling import null_words, sentinels
from rlm_pipeline.profiling.summary import Candidate, Summary

TYPED_SHARE = null_words.TYPED_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Nulls:
    """What stands for `no value` in a column.

    `listed` are {value, count, evidence}, most frequent first; `numbers` and `days` (ordinals) are the numbers and days
    among them; `undecided` words (value -> records) may be answers, for all that the column alone shows.
    """

    listed: list[dict[str, Any]]
    numbers: frozenset[float]
    days: frozenset[int]
    undecided: dict[str, int]

    @property
    def count(self) -> int:
        """How many records hold one of them."""
        return sum(each["count"] for each in self.listed)


NONE = Nulls(listed=[], numbers=frozenset(), days=frozenset(), undecided={})


def found(summary: Summary) -> Nulls:
    """What stands for `no value` in a column that has any value."""
    candidates = summary.candidates
    if not candidates:
        return NONE
    words = {each.value: each.count for each in candidates if each.null_word}
    company = _company(summary, words)
    evidence = null_words.nulls(words, company)
    undecided = null_words.undecided(words, evidence, company)
    numbers = _numbers(candidates, summary, rest=summary.non_null - sum(words.values()))
    days = sentinels.days(summary.days.values, summary.days.counts) if summary.totals["dated"] else {}
    for each in candidates:
        if each.sentinel and each.number in numbers:
            evidence[each.value] = numbers[each.number]
        elif each.date is not None and each.date.toordinal() in days:
            evidence[each.value] = days[each.date.toordinal()]
    evidence |= _repeated(candidates, summary)
    counts = {each.value: each.count for each in candidates}
    return Nulls(
        listed=_listed((value, counts[value], why) for value, why in evidence.items()),
        numbers=frozenset(numbers),
        days=frozenset(days),
        undecided=undecided,
    )


def settle(rows: Mapping[str, dict[str, Any]]) -> None:
    """Decide on words that one column could not settle by what they are in the others of a partition.

    A word that stands for nothing among the numbers or dates of the same records is how these say `no value`.
    """
    typed: Counter[str] = Counter()
    typed_reasons = set(null_words.AMONG_TYPED.values())
    for row in rows.values():
        typed.update(each["value"] for each in row.get("null_like") or () if each["evidence"] in typed_reasons)
    for row in rows.values():
        known = {value: count for value, count in row.get("undecided", {}).items() if typed[value]}
        if not known:
            continue
        more = ((value, count, _elsewhere(typed[value])) for value, count in known.items())
        before = ((each["value"], each["count"], each["evidence"]) for each in row["null_like"])
        row["null_like"] = _listed((*before, *more))
        row["missing"] += sum(known.values())


def day(ordinal: int) -> dt.date:
    """The day with this proleptic ordinal."""
    return dt.date.fromordinal(ordinal)


def _company(summary: Summary, words: Mapping[str, int]) -> null_words.Company:
    two_letters: list[str] = []
    if any(len(word.strip()) == 2 for word in words):
        two_letters = summary.kept.filter("two_letters")["value"].str.strip_chars().to_list()
    return null_words.Company(
        non_null=summary.non_null,
        distinct=summary.distinct,
        numeric=summary.totals["numeric"],
        dates=summary.totals["dated"],
        two_letters=frozenset(two_letters),
    )


def _numbers(candidates: Iterable[Candidate], summary: Summary, *, rest: int) -> dict[float, str]:
    if summary.totals["numeric"] < TYPED_SHARE * rest:
        return {}
    counts: Counter[float] = Counter()
    for each in candidates:
        if each.sentinel and each.number is not None:
            counts[each.number] += each.count
    return sentinels.numbers(summary.numbers.blocks, dict(sorted(counts.items()))) if counts else {}


def _repeated(candidates: Iterable[Candidate], summary: Summary) -> dict[str, str]:
    """Codes of zeros or nines only, where they are far more frequent than the other codes; not among numbers."""
    repeated = [each for each in candidates if each.repeated]
    if not repeated:
        return {}
    records = summary.non_null - sum(each.count for each in repeated)
    values = summary.distinct - len(repeated)
    numeric = summary.totals["numeric"] >= TYPED_SHARE * summary.non_null
    return {
        each.value: f"one digit throughout, {each.count * values / max(records, 1):,.0f} times as frequent as others"
        for each in repeated
        if values
        and null_words.is_frequent(each.count, records=records, values=values)
        and not (numeric and each.number is not None)
    }


def _listed(entries: Iterable[tuple[str, int, str]]) -> list[dict[str, Any]]:
    ordered = sorted(entries, key=lambda entry: (-entry[1], entry[0]))
    return [{"value": value, "count": count, "evidence": evidence} for value, count, evidence in ordered]


def _elsewhere(columns: int) -> str:
    return f"stands for nothing in {columns} column{'s' if columns > 1 else ''} of numbers or dates"
