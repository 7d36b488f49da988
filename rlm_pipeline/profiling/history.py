"""What kind of column it is over all partitions, and when that changed."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

Profile = Mapping[str, Any]
"""One row of a column profile."""

_UNTYPED = frozenset({"empty", "constant", "ignored"})
_MAJORITY = 0.9
_PARSED = {"number": "numeric", "date": "dates"}
"""Where a profile counts the values that read as one of these."""


def kind_over(rows: Mapping[str, Profile]) -> str:
    """The kind with the most records; empty and constant partitions count only where there is nothing else.

    A column that is constant in every partition, but not with one value, is categorical.
    """
    kinds = {row["kind"] for row in rows.values()}
    if "ignored" in kinds:
        return "ignored"
    telling = [row for row in rows.values() if row["kind"] not in {"empty", "constant"}]
    if telling:
        records: dict[str, int] = {}
        for row in telling:
            records[row["kind"]] = records.get(row["kind"], 0) + row["records"]
        return min(records, key=lambda kind: (-records[kind], kind))
    values = {row["value_counts"][0]["value"] for row in rows.values() if row["kind"] == "constant"}
    if len(values) > 1:
        return "categorical"
    return "constant" if values else "empty"


def retypes(rows: Mapping[str, Profile]) -> Iterator[tuple[str, str, str]]:
    """(partition, former kind, kind) wherever a column's cells turn from numbers, dates or words into another of these.

    Named by the kinds, or where these are equal (codes that became labels are categorical both times) by the cells.
    """
    for partition, former, row in _retyped(rows):
        kinds = (former["kind"], row["kind"])
        yield partition, *(kinds if kinds[0] != kinds[1] else (_cells(former), _cells(row)))


def retype_evidence(rows: Mapping[str, Profile]) -> dict[str, tuple[float, str]]:
    """How sure each of `retypes` is, by its partition, and why: by how far the share of numbers or dates moved."""
    found = {}
    for partition, former, row in _retyped(rows):
        types = [each for each in _PARSED if each in (_cells(former), _cells(row))]
        shares = {each: (_share(former, each), _share(row, each)) for each in types}
        told = [f"{before:.0%} of the values were {each}s, now {after:.0%}" for each, (before, after) in shares.items()]
        moved = max(abs(after - before) for before, after in shares.values())
        found[partition] = round(min(1.0, moved), 4), "; ".join(told)
    return found


def _retyped(rows: Mapping[str, Profile]) -> Iterator[tuple[str, Profile, Profile]]:
    typed = [(partition, row) for partition, row in rows.items() if row["kind"] not in _UNTYPED]
    for (_, former), (partition, row) in pairwise(typed):
        if _cells(former) != _cells(row):
            yield partition, former, row


def _share(row: Profile, cells: str) -> float:
    return float(row[_PARSED[cells]] / max(row["non_null"], 1))


def _cells(row: Profile) -> str:
    if row["kind"] in {"integer", "number"} or row["numeric"] >= _MAJORITY * row["non_null"]:
        return "number"
    return "date" if row["dates"] >= _MAJORITY * row["non_null"] else "string"
