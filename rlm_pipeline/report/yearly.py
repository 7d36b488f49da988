"""Shares by period: the series themselves, a sparkline for a row, and a panel of the small multiples."""

from dataclasses import dataclass

from markupsafe import Markup

from rlm_pipeline.report import figures, svg
from rlm_pipeline.taxonomy.document import Category

_PANEL_WIDTH, _PANEL_HEIGHT = 240.0, 96.0
_SPARK_WIDTH, _SPARK_HEIGHT = 110.0, 26.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One category's counts and shares over the periods; a period in which nothing is labelled has no share."""

    periods: tuple[str, ...]
    counts: tuple[int, ...]
    totals: tuple[int, ...]
    intervals: tuple[tuple[float, float] | None, ...] = ()  # of the shares, 95 %

    @property
    def shares(self) -> list[float | None]:
        """Share of the period's labelled records, 0..1."""
        return [c / t if t else None for c, t in zip(self.counts, self.totals, strict=True)]

    @property
    def ends(self) -> tuple[int, int] | None:
        """Places of the first and the last period with a share."""
        known = [place for place, value in enumerate(self.shares) if value is not None]
        return (known[0], known[-1]) if len(known) > 1 else None

    @property
    def peak(self) -> float:
        """The largest share."""
        return max((value for value in self.shares if value is not None), default=0.0)

    @property
    def change(self) -> str:
        """First and last share alone, where the periods stand elsewhere."""
        if self.ends is None:
            return figures.UNKNOWN
        first, last = (self.shares[place] or 0.0 for place in self.ends)
        return f"{figures.share(first)} to {figures.share(last)}"

    @property
    def summary(self) -> str:
        """First and last share in words."""
        if self.ends is None:
            return "share known for one period only"
        first, last = self.ends
        start, end = self.shares[first] or 0.0, self.shares[last] or 0.0
        return f"{figures.share(start)} in {self.periods[first]}, {figures.share(end)} in {self.periods[last]}"


def totals(leaves: tuple[Category, ...], periods: tuple[str, ...]) -> tuple[int, ...]:
    """Labelled records of a dimension in each period: the sum over its leaves."""
    return tuple(sum(leaf.by_partition.get(period, 0) for leaf in leaves) for period in periods)


def series(category: Category, periods: tuple[str, ...], labelled: tuple[int, ...]) -> Series:
    """A category over the periods."""
    known = category.share_by_partition
    return Series(
        periods=periods,
        counts=tuple(category.by_partition.get(period, 0) for period in periods),
        totals=labelled,
        intervals=tuple(known[period].interval if period in known else None for period in periods),
    )


def sparkline(name: str, line: Series) -> Markup:
    """A category's shares as a line without axes, from zero to its own peak; empty below two known periods."""
    tip = f"{line.summary}; peak {figures.share(line.peak)}"
    return spark(line.shares, f"{name}, share by period: {line.summary}", tip)


def spark(values: list[float | None], label: str, tip: str) -> Markup:
    """Any values, none negative, as a small line with its last value marked; empty below two known values."""
    known = [place for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return Markup("")
    peak = max(value for value in values if value is not None)
    points = _points(values, peak, _SPARK_WIDTH - 6, _SPARK_HEIGHT - 6, offset=3)
    drawn = []
    for run in _broken(points):
        drawn.append(_area(run, _SPARK_HEIGHT - 3))
        drawn.append(svg.element("path", d=svg.path(run), class_="line"))
    if last := points[known[-1]]:
        drawn.append(svg.element("circle", cx=last[0], cy=last[1], r=2.6, class_="dot"))
    return svg.drawing(_SPARK_WIDTH, _SPARK_HEIGHT, label, svg.title(tip), *drawn, class_="spark")


def panel(name: str, line: Series, *, ceiling: float, direction: str) -> Markup:
    """One of several equal charts: line over a filled area, the same `ceiling` in all; `direction` up, down or none."""
    base, top = _PANEL_HEIGHT - 4, 8.0
    points = _points(line.shares, ceiling, _PANEL_WIDTH - 12, base - top, offset=6, top=top)
    marks = [
        svg.element("line", x1=0, x2=_PANEL_WIDTH, y1=top, y2=top, class_="grid"),
        svg.element("line", x1=0, x2=_PANEL_WIDTH, y1=base, y2=base, class_="axis"),
    ]
    for run in _broken(points):
        marks.append(_area(run, base))
        marks.append(svg.element("path", d=svg.path(run), class_="line"))
    ends = [end for place in line.ends or () if (end := points[place])]
    marks.extend(svg.element("circle", cx=x, cy=y, r=3.2, class_="dot") for x, y in ends)
    marks.extend(_targets(line, points))
    label = f"{name}: {line.summary}; peak {figures.share(line.peak)}"
    return svg.drawing(_PANEL_WIDTH, _PANEL_HEIGHT, label, *marks, class_=f"chart panel-chart {direction}")


def _area(run: list[tuple[float, float]], base: float) -> Markup:
    return svg.element("path", d=svg.path([(run[0][0], base), *run, (run[-1][0], base)]) + "Z", class_="area")


def _points(
    shares: list[float | None], ceiling: float, width: float, height: float, *, offset: float, top: float | None = None
) -> list[tuple[float, float] | None]:
    step = width / max(1, len(shares) - 1)
    start = offset if top is None else top
    scale = height / ceiling if ceiling else 0.0
    return [
        None if value is None else (offset + step * place, start + height - value * scale)
        for place, value in enumerate(shares)
    ]


def _broken(points: list[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    places = svg.runs([None if point is None else point[0] for point in points])
    return [[point for place in run if (point := points[place])] for run in places]


def _targets(line: Series, points: list[tuple[float, float] | None]) -> list[Markup]:
    step = (_PANEL_WIDTH - 12) / max(1, len(points) - 1)
    marks = []
    for place, point in enumerate(points):
        if point is None:
            continue
        value = line.shares[place] or 0.0
        of = f"{figures.count(line.counts[place])} of {figures.count(line.totals[place])}"
        interval = line.intervals[place] if line.intervals else None
        between = (
            f", 95{figures.PERCENT} {figures.share(interval[0])} to {figures.share(interval[1])}" if interval else ""
        )
        tip = f"{line.periods[place]}: {figures.share(value)} ({of}{between})"
        dot = svg.element("circle", cx=point[0], cy=point[1], r=3.2)
        hit = svg.element("rect", x=point[0] - step / 2, y=0, width=step, height=_PANEL_HEIGHT)
        marks.append(svg.element("g", svg.title(tip), hit, dot, class_="target"))
    return marks


def direction(line: Series) -> str:
    """Whether the last share lies above or below the first."""
    if line.ends is None:
        return "none"
    first, last = (line.shares[place] or 0.0 for place in line.ends)
    return "up" if last > first else "down" if last < first else "none"
