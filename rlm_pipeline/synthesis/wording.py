"""Sentences of merged findings, made of their numbers."""

import re
from collections.abc import Iterable, Mapping
from itertools import accumulate, takewhile

from rlm_pipeline.analysis.observation import EVERY_COLUMN, Analyst, number_of, percent, shown
from rlm_pipeline.synthesis import figures
from rlm_pipeline.synthesis.document import ColumnFindings, PairFindings, ScopeFindings

NAMED_VALUES = 3

_COUNTED: Mapping[Analyst, str] = {"json": "value"}
"""What a specialist's totals count where it is not records."""

_WORD = re.compile(r"\S+\s*")
_CLAUSE = re.compile(r".+?(?:[,;:.]\s+|\Z)", re.DOTALL)


def kind_of(name: str) -> str:
    """The name of a type of findings, for people."""
    return name.replace("_", " ")


def breadth(analyst: Analyst, total: int, records: int) -> str:
    """How much a finding speaks about: of all records where it counts records, and not values as in nested data."""
    noun = _COUNTED.get(analyst, "record")
    if analyst in _COUNTED or not records or total > records:
        return number_of(total, noun)
    return f"{total:,} of {number_of(records, noun)} ({percent(total, records)})"


def common(summaries: Iterable[str]) -> str:
    """The clauses that all of one or more summaries begin with, whatever their order and grouping."""
    first, *others = (_CLAUSE.findall(each) for each in summaries)
    same = first
    for other in others:
        same = [one for one, _ in takewhile(_are_equal, zip(same, other, strict=False))]
    return "".join(same)


def of_scope(found: ScopeFindings) -> str:
    """What a specialist counted at a scope: its own words where there is one finding, else merged numbers behind them.

    Of the words that several findings begin with, those up to the first number are kept: it may be one of a batch.
    """
    if found.findings == 1:
        return found.wording
    counted = [number_of(found.total, _COUNTED.get(found.analyst, "record"))]
    if found.distribution:
        counted.append(values(found.distribution))
    counted += [f"{kind_of(name)} {number:,}" for name, number in sorted(found.numbers.items())]
    clauses = takewhile(lambda clause: not figures.numbers_in(clause, found.scope), _CLAUSE.findall(found.wording))
    said = "".join(clauses).strip().rstrip(",;:.")
    place = "" if found.scope in ("", EVERY_COLUMN) else f" at {found.scope}"
    about = said or f"{kind_of(found.type)}{place}"
    return f"{about}: {'; '.join(counted)}"


def shortened(text: str, most: int) -> str:
    """As many whole clauses as have at most so many characters, else as many words."""
    if len(text) <= most:
        return text
    parts = _CLAUSE.findall(text)
    if len(parts[0]) > most:
        parts = _WORD.findall(text)
    ends = [end for end in accumulate(map(len, parts)) if end <= most]
    return text[: ends[-1] if ends else most].strip().rstrip(",;:") + " \u2026"


def _are_equal(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def values(counts: Mapping[str, int]) -> str:
    """The most frequent values with their shares, and how many more there are."""
    whole = sum(counts.values())
    most = sorted(counts, key=lambda value: (-counts[value], value))
    named = ", ".join(f"{shown(value)} {percent(counts[value], whole)}" for value in most[:NAMED_VALUES])
    more = len(most) - NAMED_VALUES
    return f"{named} and {number_of(more, 'more value')}" if more > 0 else named


def of_column(column: ColumnFindings) -> dict[str, tuple[int, str]]:
    """For each type of finding about a column the records it speaks about, and a sentence."""
    found: dict[str, tuple[int, str]] = {}
    name = column.column
    if column.distribution:
        filled = sum(column.distribution.values())
        found["distribution"] = (filled, f"{name}: {values(column.distribution)}, of {filled:,} records")
    if column.numbers:
        numbers = column.numbers
        said = f"{name}: mean {numbers.mean:.6g}, from {numbers.minimum:g} to {numbers.maximum:g}"
        found["summary_stat"] = (numbers.n, f"{said}, in {numbers.n:,} records")
    if column.shapes:
        whole = sum(column.shapes.values())
        found["pattern"] = (whole, f"{name}: values look like {values(column.shapes)}, of {whole:,}")
    if column.outliers:
        found["outlier"] = (column.outliers, f"{name}: {number_of(column.outliers, 'outlier')}")
    if column.departures:
        batches = number_of(column.departures, "batch", "batches")
        said = (
            f"{name}: unusually many or few empty cells in {batches}; {number_of(column.missing, 'empty cell')} in all"
        )
        found["missing_data"] = (column.missing, said)
    return found


def of_pair(pair: PairFindings) -> str:
    """How two columns go together."""
    return f"{pair.left} and {pair.right} go together: Cramér's V {pair.effect:.2f} in {pair.n:,} records"
