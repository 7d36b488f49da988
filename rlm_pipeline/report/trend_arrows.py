"""Categories whose share moved: an arrow from the first to the last share, with the interval of the change."""

from markupsafe import Markup

from rlm_pipeline.report import figures, svg
from rlm_pipeline.taxonomy.document import Trend

MOST = 16
"""Trends drawn; the table of figures holds all."""

_ROW_WIDE, _ROW_NARROW, _AXIS = 34.0, 50.0, 26.0


def ordered(trends: tuple[Trend, ...]) -> tuple[Trend, ...]:
    """From the largest rise to the largest fall."""
    return tuple(sorted(trends, key=lambda trend: (-_change(trend), trend.dimension, trend.category)))


def draw(trends: tuple[Trend, ...], dimension_names: dict[str, str]) -> Markup:
    """One row a trend on a common axis of shares, the largest movements only; rises first."""
    if not trends:
        return Markup("")
    largest = sorted(trends, key=lambda trend: (-abs(_change(trend)), trend.dimension, trend.category))
    trends = ordered(tuple(largest[:MOST]))
    reach = max(max(trend.share_from, trend.share_to, _bounds(trend)[1]) for trend in trends)
    ceiling = _round_up(reach)
    label = "Trends: " + "; ".join(
        f"{t.category_name} {figures.share(t.share_from)} to {figures.share(t.share_to)}" for t in trends[:8]
    )

    def at(width: int) -> Markup:
        wide = width == svg.WIDE
        row = _ROW_WIDE if wide else _ROW_NARROW
        left, right = (410.0, width - 76.0) if wide else (6.0, width - 60.0)
        height = _AXIS + row * len(trends) + 6
        scale = (right - left) / ceiling
        marks = _axis(left, scale, ceiling, height)
        for place, trend in enumerate(trends):
            y = _AXIS + row * place + (row / 2 if wide else row - 14)
            marks.append(_row(trend, dimension_names, y=y, left=left, scale=scale, wide=wide))
        return svg.drawing(width, height, label, *marks, class_="chart trends")

    return svg.both_widths(at)


def _row(trend: Trend, names: dict[str, str], *, y: float, left: float, scale: float, wide: bool) -> Markup:
    start, end = left + trend.share_from * scale, left + trend.share_to * scale
    way = "up" if trend.share_to >= trend.share_from else "down"
    forward = 1 if end >= start else -1
    tip = (
        f"{trend.category_name}, {names.get(trend.dimension, trend.dimension)}: {figures.share(trend.share_from)} in "
        f"{trend.start}, {figures.share(trend.share_to)} in {trend.end}; {figures.points(_change(trend))} points"
    )
    if trend.interval:
        low, high = map(figures.points, trend.interval)
        tip += f" (95{figures.PERCENT} interval {low} to {high})"
    band = [left + value * scale for value in _bounds(trend)]
    marks = [svg.title(tip)]
    marks.append(
        svg.element("rect", x=band[0], y=y - 5, width=max(band[1] - band[0], 0.5), height=10, rx=5, class_="interval")
    )
    marks.append(svg.element("line", x1=start, y1=y, x2=end - 7 * forward, y2=y, class_="shaft"))
    marks.append(svg.element("circle", cx=start, cy=y, r=4, class_="start"))
    head = [(end, y), (end - 9 * forward, y - 5.5), (end - 9 * forward, y + 5.5)]
    marks.append(svg.element("path", d=svg.path(head) + "Z", class_="head"))
    value_x = max(start, end, band[1]) + 9
    marks.append(svg.element("text", figures.points(_change(trend)), x=value_x, y=y + 4.5, class_="value"))
    if wide:
        name = svg.fitted(trend.category_name, left - 178, 14)
        marks.append(svg.element("text", name, x=left - 18, y=y + 5, text_anchor="end", class_="name"))
        facet = svg.fitted(names.get(trend.dimension, trend.dimension), 145, 12)
        marks.append(svg.element("text", facet, x=0, y=y + 4.5, class_="tick"))
    else:
        name = svg.fitted(trend.category_name, 340, 14)
        marks.append(svg.element("text", name, x=0, y=y - 13, class_="name"))
    return svg.element("g", *marks, class_=f"target {way}")


def _axis(left: float, scale: float, ceiling: float, height: float) -> list[Markup]:
    marks = []
    steps = 4
    for place in range(steps + 1):
        value = ceiling * place / steps
        x = left + value * scale
        anchor = "start" if place == 0 else "middle"
        marks.append(svg.element("line", x1=x, x2=x, y1=_AXIS - 6, y2=height, class_="axis" if place == 0 else "grid"))
        marks.append(
            svg.element("text", f"{value * 100:g}{figures.PERCENT}", x=x, y=13, text_anchor=anchor, class_="tick")
        )
    return marks


def _bounds(trend: Trend) -> tuple[float, float]:
    if trend.interval is None:
        return trend.share_to, trend.share_to
    return max(0.0, trend.share_from + trend.interval[0]), trend.share_from + trend.interval[1]


def _change(trend: Trend) -> float:
    return trend.share_to - trend.share_from


def _round_up(value: float) -> float:
    for ceiling in (0.02, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 0.32, 0.4, 0.6, 0.8):
        if value <= ceiling:
            return ceiling
    return 1.0
