"""Published relationships and trends against the planted ones.

A published relationship is right when the truth links its two columns, directly or through others: those that follow
each other in the plan are associated. It recovers a planted one when it joins its two columns themselves. A published
trend is right when the records' truth shows a move of its category in the same direction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from rlm_pipeline.evaluation.known_records import PairCounts
from rlm_pipeline.evaluation.planted_score import Retrieval
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.taxonomy.document import Dimension, Relationship, Trend

SMALLEST_MOVE = 0.01
"""A category whose true share moved by less than a point between two years did not move."""

_SAME = {"region_code": "region"}
"""Columns that repeat another one to one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Discovered:
    """What was published, with the planted dimension that each published one was matched to."""

    truth: dict[str, Any]
    dimensions: Sequence[Dimension]
    matched: dict[str, tuple[Dimension, PairCounts]]

    def column(self, identifier: str) -> str:
        """The desk's column behind a dimension id or a column as written in any year; "" if it is none."""
        facets = {dimension.id: dimension.facet for dimension in self.dimensions}
        column = self._written.get(normalised(facets.get(identifier, identifier)), "")
        return _SAME.get(column, column)

    def is_planted(self, dimension: Dimension) -> bool:
        """Whether a dimension to be found was planted in the column of a published one."""
        return self.column(dimension.facet) in {planted["column"] for planted in self.truth["dimensions"]}

    def are_linked(self, one: str, other: str) -> bool:
        """Whether the truth joins two columns."""
        return one == other != "" or any({one, other} <= group for group in self._linked)

    def planted(self, dimension_id: str, category_id: str) -> tuple[str, str]:
        """Planted dimension and category that hold most records of a published category.

        For a published dimension without a match these are its column's and the category's name; "" where the column
        is not planted.
        """
        for planted, (dimension, pairs) in self.matched.items():
            if dimension.id == dimension_id and category_id in pairs.found:
                column = pairs.table[:, pairs.found.index(category_id)]
                return planted, pairs.known[int(column.argmax())]
        names = {category.id: category.name for each in self.dimensions for category in each.categories}
        planted = self._planted_columns.get(self.column(dimension_id), "")
        return planted, names.get(category_id, "")

    @cached_property
    def _written(self) -> dict[str, str]:
        columns = {normalised(column): column for column in self.truth["columns"]}
        for column, names in self.truth["columns"].items():
            for name in names.values():
                columns.setdefault(normalised(name), column)
        return columns

    @cached_property
    def _planted_columns(self) -> dict[str, str]:
        planted = {dimension["column"]: dimension["id"] for dimension in self.truth["dimensions"]}
        return planted | {column: dimension for dimension, column in self.truth["side_effects"].items()}

    @cached_property
    def _linked(self) -> list[set[str]]:
        return [{_SAME.get(column, column) for column in group} for group in self.truth["linked"]]


def relationships(discovered: Discovered, published: Iterable[Relationship]) -> Retrieval:
    """Associations and dependencies between variables; relations between single categories are not judged here."""
    planted = {
        frozenset((link["source"], link["target"])): f"{link['source']} x {link['target']} (V {link['cramers_v']:.2f})"
        for link in discovered.truth["relationships"]
    }
    right, false, recovered = 0, [], set()
    for each in published:
        if each.kind not in ("association", "dependency"):
            continue
        ends = (discovered.column(each.source), discovered.column(each.target))
        if discovered.are_linked(*ends):
            right += 1
            recovered.add(frozenset(ends))
        else:
            false.append(f"{each.source_name} x {each.target_name} ({each.effect:.2f})")
    missed = tuple(text for pair, text in planted.items() if pair not in recovered)
    return Retrieval(
        published=right + len(false),
        right=right,
        planted=len(planted),
        recovered=len(planted) - len(missed),
        false=tuple(false),
        missed=missed,
    )


def trends(discovered: Discovered, published: Iterable[Trend], records: pl.DataFrame) -> Retrieval:
    """Trends of categories, judged by the true shares of the records of the two years they speak of."""
    planted = {
        (trend["dimension"], trend["category"]): trend["share_to"] - trend["share_from"]
        for trend in discovered.truth["trends"]
    }
    right, false, recovered = 0, [], set()
    for trend in published:
        key = discovered.planted(trend.dimension, trend.category)
        move = trend.share_to - trend.share_from
        if _moved(records, key, trend) * move > 0:
            right += 1
            if planted.get(key, 0.0) * move > 0:
                recovered.add(key)
        else:
            false.append(f"{trend.category_name}: {trend.share_from:.1%} to {trend.share_to:.1%}")
    missed = tuple(
        f"{dimension}: {category} ({move:+.1%})"
        for (dimension, category), move in planted.items()
        if (dimension, category) not in recovered
    )
    return Retrieval(
        published=right + len(false),
        right=right,
        planted=len(planted),
        recovered=len(recovered),
        false=tuple(false),
        missed=missed,
    )


def _moved(records: pl.DataFrame, key: tuple[str, str], trend: Trend) -> float:
    """How much the share of a planted category truly moved between a trend's two years; 0 if less than a point."""
    dimension, category = key
    if dimension not in records.columns:
        return 0.0
    answered = records.filter(pl.col(dimension).is_not_null() & pl.col("fiscal_year").is_in([trend.start, trend.end]))
    shares = dict(answered.group_by("fiscal_year").agg((pl.col(dimension) == category).mean()).iter_rows())
    move = float(shares.get(trend.end, 0.0)) - float(shares.get(trend.start, 0.0))
    return move if abs(move) >= SMALLEST_MOVE else 0.0
