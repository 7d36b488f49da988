"""The canonical schema in the terminal: one row a column, then what a person is asked."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from rlm_pipeline.profiling.schema import CanonicalColumn, Schema

_MOVED = "reordered"
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
        changes = "; ".join(_changes(column))
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
    for each in schema.unsure:
        pair = f"{each.column!r} ({each.partition}) and {each.target!r} ({each.target_partition})"
        yield f"{each.confidence:.2f}  {pair} may be one column: {each.evidence}"
        if each.accept:
            yield f"      one column:   {each.accept}\n      kept apart:   {each.refuse}"
        else:
            yield "      they are in different files of one partition: if they are one, give them one name there"
    for split in schema.splits:
        parts = " and ".join(map(repr, split.parts))
        one, several = (split.before, split.after) if split.kind == "split" else (split.after, split.before)
        yield (
            f"{split.confidence:.2f}  {split.whole!r} ({one}) may be {split.kind} "
            f"{'into' if split.kind == 'split' else 'from'} {parts} ({several}): {split.evidence}"
        )
    for partition, moved in schema.reordered:
        yield f"in {partition} the places of {moved} columns changed"


def pairs_table(schema: Schema) -> Table | None:
    """Columns that say the same, or decide one another, in every year that has both; None where there are none."""
    if not schema.pairs:
        return None
    table = Table("columns", "", "years", "records that contradict", title="pairs that hold in every year")
    for each in schema.pairs:
        told = _PAIRS[each.kind].format(source=escape(each.source), target=escape(each.target))
        table.add_row(told, each.kind, str(each.partitions), f"{each.error:.2%}" if each.error else "none")
    return table


def _changes(column: CanonicalColumn) -> Iterator[str]:
    for each in column.changes:
        if each.kind == "added":
            yield f"added {each.partition}"
        elif each.kind == "dropped":
            yield f"last in {each.partition}"
        elif each.kind == _MOVED:
            yield f"moved in {each.partition}"
        else:
            what = "" if each.kind == "renamed" else f"{each.kind} "
            yield f"{what}{each.before} → {each.after} in {each.partition}"
