"""The canonical schema in the terminal: one row a column, then what a person is asked."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from rlm_pipeline.model import UNDATED
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.profiling.schema import CanonicalColumn, Schema

_HOW_TO_ANSWER = """
Left to you. In the dataset's YAML, the line of each pair that is true goes below
columns:
  rename:
"""
_PAIRS = {
    "duplicate": "{source} = {target}",
    "recoded": "{source} = {target}, in other words",
    "decode": "{source} is the code of {target}",
    "dependency": "{source} decides {target}",
}


def columns_table(schema: Schema, title: str) -> Table:
    """Every column, how sure it is that its spellings are one, and what changed when."""
    table = Table("column", "kind", "role", "years", "sure", "changes", title=title)
    for column in schema.columns:
        changes = "; ".join(_history(schema, column))
        sure = f"{column.confidence:.2f}"
        table.add_row(escape(column.name), column.kind, column.role, str(len(column.columns)), sure, escape(changes))
    return table


def column_table(schema: Schema, column: CanonicalColumn) -> Table:
    """One column: its spelling and kind in every partition, and the evidence of every change."""
    table = Table("partition", "written as", "kind", "changes", title=escape(f"{column.name}: {column.evidence}"))
    for partition in schema.partitions:
        told = [
            f"{each.kind} ({each.confidence:.2f}): {each.evidence}"
            for each in column.changes
            if each.partition == partition
        ]
        written = column.columns.get(partition, "")
        table.add_row(partition, escape(written), column.kinds.get(partition, ""), escape("\n".join(told)))
    return table


def questions(schema: Schema) -> Iterator[str]:
    """Whatever is left to a person, a paragraph each, with the lines of YAML that settle it."""
    if any(each.accept for each in schema.unsure):
        yield _HOW_TO_ANSWER
    for each in schema.unsure:
        pair = f"{each.column!r} ({each.partition}) and {each.target!r} ({each.target_partition})"
        yield f"{each.confidence:.2f}  {pair} may be one column:\n      {each.evidence}"
        if each.accept:
            yield f"      one column:   {each.accept}\n      kept apart:   {each.refuse}"
        else:
            yield "      they are in different files of one partition: if they are one, give them one name there"
    for split in schema.splits:
        parts = " and ".join(map(repr, split.parts))
        one, several = (split.before, split.after) if split.kind == "split" else (split.after, split.before)
        yield (
            f"{split.confidence:.2f}  {split.whole!r} ({one}) may be {split.kind} "
            f"{'into' if split.kind == 'split' else 'from'} {parts} ({several}):\n      {split.evidence}"
        )
    for partition, moved in schema.reordered:
        yield f"in {partition} {moved} column{'s' if moved > 1 else ''} changed places"


def pairs_table(schema: Schema) -> Table | None:
    """Columns that say the same, or decide one another, in every year that has both; None where there are none."""
    if not schema.pairs:
        return None
    decoded = {(each.source, each.target) for each in schema.pairs if each.kind == "decode"}
    table = Table("columns", "", "years", "records that contradict", title="pairs that hold wherever there are both")
    for each in schema.pairs:
        if each.kind == "dependency" and (each.source, each.target) in decoded:
            continue  # a code decides what it stands for
        told = _PAIRS[each.kind].format(source=escape(each.source), target=escape(each.target))
        table.add_row(told, each.kind, str(each.partitions), f"{each.error:.2%}" if each.error else "none")
    return table


def _history(schema: Schema, column: CanonicalColumn) -> Iterator[str]:
    """What happened to a column, in the order of time, what is only written in another way in few words."""
    years = [partition for partition in schema.partitions if partition != UNDATED]
    if column.added is not None:
        yield f"added {column.added}"
    yield from _spellings(column, years)
    for each in column.changes:
        if each.kind == "renamed" and normalised(each.before) != normalised(each.after):
            yield f"{each.before} → {each.after} in {each.partition}"
        elif each.kind in {"retyped", "recoded"}:
            yield f"{each.kind} {each.before} → {each.after} in {each.partition}"
        elif each.kind == "reordered":
            yield f"moved in {each.partition}"
    there = [place for place, partition in enumerate(years) if partition in column.columns]
    absent = [years[place] for place in range(there[0], there[-1]) if place not in there] if there else []
    if absent:
        yield f"absent {_spans(absent, years)}"
    if column.dropped is not None:
        yield f"last in {column.dropped}"


def _spellings(column: CanonicalColumn, years: Sequence[str]) -> Iterator[str]:
    """Where the name is the canonical one but for case, spaces and punctuation."""
    same = normalised(column.name)
    spelled: dict[str, list[str]] = {}
    for partition, name in column.columns.items():
        if partition in years and name != column.name and normalised(name) == same:
            spelled.setdefault(name, []).append(partition)
    for name, partitions in spelled.items():
        yield f"written {name} in {_spans(partitions, years)}"


def _spans(partitions: Sequence[str], years: Sequence[str]) -> str:
    """Some of `years`, those in a row from the first to the last: `FY2000 to FY2004, FY2019`."""
    runs: list[list[str]] = []
    for partition in partitions:
        if runs and years.index(partition) == years.index(runs[-1][-1]) + 1:
            runs[-1].append(partition)
        else:
            runs.append([partition])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
