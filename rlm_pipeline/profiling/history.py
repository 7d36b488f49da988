"""What kind of column it is over all partitions, and when that changed."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

Profile = Mapping[str, Any]
"""One row of a column profile."""

_UNTYPED = frozenset({"empty", "constant", "ignored"})
_MAJORITY = 0.9


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
    typed = [(partition, row) for partition, row in rows.items() if row["kind"] not in _UNTYPED]
    for (_, former), (partition, row) in pairwise(typed):
        before, after = _cells(former), _cells(row)
        if before != after:
            kinds = (former["kind"], row["kind"])
            yield partition, *(kinds if kinds[0] != kinds[1] else (before, after))


def _cells(row: Profile) -> str:
    if row["kind"] in {"integer", "number"} or row["numeric"] >= _MAJORITY * row["non_null"]:
        return "number"
    return "date" if row["dates"] >= _MAJORITY * row["non_null"] else "string"
