"""The tables under the relationship map: pairs of dimensions and columns, and pairs of categories."""

from dataclasses import dataclass

from markupsafe import Markup

from rlm_pipeline.report import figures, yearly
from rlm_pipeline.taxonomy.document import Relationship

MAPPED = frozenset({"association", "dependency"})
"""Kinds between dimensions or columns, with effects from 0 to 1; the others are between categories."""

_ABOVE_CHANCE = "Furthest above chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipRow:
    """One relationship, its effect in percent of the table's largest possible one, and the effect over the periods."""

    edge: Relationship
    bar: float
    spark: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipTable:
    """Relationships whose effects can be compared with each other."""

    id: str
    heading: str
    note: str
    examples: str  # what the last column is called
    rows: tuple[RelationshipRow, ...]
    by_period: bool


def tables(
    relationships: tuple[Relationship, ...], text_dimensions: frozenset[str], periods: tuple[str, ...]
) -> tuple[RelationshipTable, ...]:
    """Those of the three tables that have a row, each strongest first; pairs with a text dimension before others."""
    groups = (
        ("pairs", "Dimensions and columns", "Pairs with a text dimension first.", _ABOVE_CHANCE, MAPPED),
        (
            "together",
            "Categories that come together",
            "Lift: how many times more records than if the two had nothing to do with each other.",
            _ABOVE_CHANCE,
            frozenset({"co_occurrence"}),
        ),
        (
            "confused",
            "Categories often confused",
            "The share of the first one's records that would do nearly as well as the second's.",
            "Close calls both ways",
            frozenset({"often_confused_with"}),
        ),
    )
    found = []
    for name, heading, note, examples, kinds in groups:
        rows = _rows([edge for edge in relationships if edge.kind in kinds], text_dimensions, periods)
        if rows:
            by_period = any(row.spark for row in rows)
            table = RelationshipTable(
                id=name, heading=heading, note=note, examples=examples, rows=rows, by_period=by_period
            )
            found.append(table)
    return tuple(found)


def _rows(edges: list[Relationship], text: frozenset[str], periods: tuple[str, ...]) -> tuple[RelationshipRow, ...]:
    ceiling = max([1.0, *(edge.effect for edge in edges)])
    ordered = sorted(
        edges, key=lambda edge: (not {edge.source, edge.target} & text, -edge.effect, edge.source, edge.target)
    )
    return tuple(
        RelationshipRow(edge=edge, bar=max(0.0, edge.effect) / ceiling * 100, spark=_spark(edge, periods))
        for edge in ordered
    )


def _spark(edge: Relationship, periods: tuple[str, ...]) -> Markup:
    values = [edge.by_partition.get(period) for period in periods]
    known = [(period, value) for period, value in zip(periods, values, strict=True) if value is not None]
    if len(known) < 2:
        return Markup("")
    (first, start), (last, end) = known[0], known[-1]
    tip = f"{figures.ratio(start)} in {first}, {figures.ratio(end)} in {last}"
    clipped = [None if value is None else max(0.0, value) for value in values]
    return yearly.spark(clipped, f"{edge.effect_name} by period: {tip}", tip)
