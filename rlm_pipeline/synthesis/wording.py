"""Sentences of merged findings, made of their numbers."""

from collections.abc import Mapping

from rlm_pipeline.analysis.observation import number_of, percent, shown
from rlm_pipeline.synthesis.document import ColumnFindings, PairFindings, ScopeFindings

NAMED_VALUES = 3


def kind_of(name: str) -> str:
    """The name of a type of findings, for people."""
    return name.replace("_", " ")


def of_scope(found: ScopeFindings) -> str:
    """What a specialist counted at a scope: its own words where there is one finding, else the merged numbers."""
    if found.wording:
        return found.wording
    said = [number_of(found.total, "record")]
    if found.distribution:
        said.append(values(found.distribution))
    said += [f"{name.replace('_', ' ')} {number:,}" for name, number in sorted(found.numbers.items())]
    return f"{kind_of(found.type)} at {found.scope}: {'; '.join(said)}" if found.scope else "; ".join(said)


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
