"""How the columns changed over the periods: one row per column that did not stay the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from rlm_pipeline.profiling.schema import CanonicalColumn, Schema
from rlm_pipeline.report import figures, svg

MOST_ROWS = 1000
"""Changed columns listed on the page; schema.json holds all."""

_CELL, _HEIGHT = 9.0, 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedColumn:
    """A column, a strip of the periods that have it, and what happened to it in words."""

    name: str
    strip: Markup
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChanges:
    """The schema in one sentence, and its changed columns in the schema's order, at most `MOST_ROWS` of `total`."""

    sentence: str
    columns: tuple[ChangedColumn, ...]
    total: int


def summarise(schema: Schema) -> SchemaChanges:
    """Count and describe the changes; columns that are to be ignored are left out."""
    periods = figures.dated(schema.partitions)
    shown = [column for column in schema.columns if "ignored" not in {column.kind, column.role}]
    changed = [(column, events) for column in shown if (events := tuple(_events(column, periods)))]
    return SchemaChanges(
        sentence=_sentence(schema, shown, periods),
        columns=tuple(
            ChangedColumn(name=column.name, strip=_strip(column, periods), events=events)
            for column, events in changed[:MOST_ROWS]
        ),
        total=len(changed),
    )


def _sentence(schema: Schema, shown: list[CanonicalColumn], periods: tuple[str, ...]) -> str:
    start = figures.plural(len(shown), "column")
    if len(periods) > 1:
        start += f" over {figures.plural(len(periods), figures.period_noun(periods))}"
    counted = (
        ("added", sum(column.added is not None for column in shown)),
        ("dropped", sum(column.dropped is not None for column in shown)),
        ("renamed", sum(bool(column.renamed) for column in shown)),
        ("retyped", sum(bool(column.retyped) for column in shown)),
        ("always empty", len(schema.empties)),
        ("constant", len(schema.constants)),
    )
    return f"{start}: {', '.join(f'{figures.count(number)} {what}' for what, number in counted)}."


def _events(column: CanonicalColumn, periods: tuple[str, ...]) -> Iterator[str]:
    if column.added:
        yield f"added in {column.added}"
    yield from (f"renamed in {at} from “{former}” to “{later}”" for at, former, later in column.renamed)
    yield from (f"retyped in {at} from {former} to {later}" for at, former, later in column.retyped)
    if column.dropped:
        yield f"last seen in {column.dropped}"
    present = [period in column.columns for period in periods]
    runs = [there for there, _ in groupby(present)]
    if runs.count(True) > 1:
        missing = sum(not there for there in present[present.index(True) : len(present) - present[::-1].index(True)])
        yield f"absent in {figures.plural(missing, figures.period_noun(periods))} between"


def _strip(column: CanonicalColumn, periods: tuple[str, ...]) -> Markup:
    if len(periods) < 2:
        return Markup("")
    turned = {change[0] for change in (*column.renamed, *column.retyped)}
    cells: dict[str, list[str]] = {"present": [], "absent": [], "turned": []}
    for place, period in enumerate(periods):
        kind = "absent" if period not in column.columns else "turned" if period in turned else "present"
        left = svg.number(place * _CELL)
        cells[kind].append(f"M{left} 0h{svg.number(_CELL - 1.5)}v{svg.number(_HEIGHT)}H{left}z")
    marks = [svg.element("path", d="".join(drawn), class_=kind) for kind, drawn in cells.items() if drawn]
    label = f"{column.name} is in {len(column.columns.keys() & set(periods))} of {len(periods)} periods"
    return svg.drawing(_CELL * len(periods), _HEIGHT, label, svg.title(label), *marks, class_="presence")
