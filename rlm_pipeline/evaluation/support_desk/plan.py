"""What is planted: dimensions, which of them follow which, and how shares move over the years (`phrases/plan.yaml`)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.evaluation.support_desk import phrases

Codes = NDArray[np.int64]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedTrend:
    """A category whose share moves: steadily from the first to the last year, or in one step."""

    dimension: str
    category: str
    share_from: float
    share_to: float
    step_at: float | None  # place in the years, 0..1; None for a steady move

    def share(self, place: float) -> float:
        """The share at `place`, 0 for the first year and 1 for the last."""
        if self.step_at is not None:
            return self.share_to if place >= self.step_at else self.share_from
        return self.share_from + place * (self.share_to - self.share_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedDimension:
    """One planted dimension: `text` names its phrases; a side effect is linked to others but is not to be found."""

    id: str
    column: str
    text: str | None
    categories: tuple[str, ...]
    shares: tuple[float, ...]
    follows: str | None
    strength: float
    typical: dict[str, tuple[str, ...]]
    side_effect: bool

    def given(self, sources: tuple[str, ...]) -> Shares:
        """P(category | source category), shape (sources, categories), rows sum to 1."""
        base = np.asarray(self.shares) / sum(self.shares)
        table = np.tile(base * (1 - self.strength), (len(sources), 1))
        for row, source in enumerate(sources):
            for category in self.typical[source]:
                table[row, self.categories.index(category)] += self.strength / len(self.typical[source])
        return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All planted dimensions, sources before those that follow them, and the trends."""

    dimensions: tuple[PlantedDimension, ...]
    trends: tuple[PlantedTrend, ...]

    def draw(self, rows: int, place: float, rng: np.random.Generator) -> dict[str, Codes]:
        """Category indices of `rows` records at `place` in the years (0 first, 1 last), by dimension id."""
        drawn: dict[str, Codes] = {}
        categories: dict[str, tuple[str, ...]] = {}
        for dimension in self.dimensions:
            if dimension.follows is None:
                table = np.asarray([dimension.shares]) / sum(dimension.shares)
                source = np.zeros(rows, dtype=np.int64)
            else:
                table = dimension.given(categories[dimension.follows])
                source = drawn[dimension.follows]
            table = self._moved(dimension, table, place)
            steps = np.cumsum(table, axis=1)[:, :-1]
            drawn[dimension.id] = (rng.random(rows)[:, None] >= steps[source]).sum(axis=1)
            categories[dimension.id] = dimension.categories
        return drawn

    def _moved(self, dimension: PlantedDimension, table: Shares, place: float) -> Shares:
        """`table` with the trending categories at exactly their share of this year, the others scaled to the rest."""
        moving = {trend.category: trend.share(place) for trend in self.trends if trend.dimension == dimension.id}
        if not moving:
            return table
        table = table.copy()
        places = [dimension.categories.index(category) for category in moving]
        table[:, places] = 0.0
        table *= (1 - sum(moving.values())) / table.sum(axis=1, keepdims=True)
        table[:, places] = list(moving.values())
        return table


def load() -> Plan:
    """The plan in `phrases/plan.yaml`."""
    content = phrases.read("plan")
    dimensions = tuple(_dimension(key, parts) for key, parts in content["dimensions"].items())
    trends = tuple(
        PlantedTrend(
            dimension=trend["dimension"],
            category=trend["category"],
            share_from=trend["from"],
            share_to=trend["to"],
            step_at=trend.get("at"),
        )
        for trend in content["trends"]
    )
    return Plan(dimensions=dimensions, trends=trends)


def _dimension(key: str, parts: dict[str, Any]) -> PlantedDimension:
    return PlantedDimension(
        id=key,
        column=parts["column"],
        text=parts.get("text"),
        categories=tuple(parts["shares"]),
        shares=tuple(float(share) for share in parts["shares"].values()),
        follows=parts.get("follows"),
        strength=parts.get("strength", 0.0),
        typical={source: tuple(targets) for source, targets in parts.get("typical", {}).items()},
        side_effect=parts.get("side_effect", False),
    )
