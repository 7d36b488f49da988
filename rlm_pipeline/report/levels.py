"""How the number of categories was chosen: stability of the data and of structureless data at each level."""

import math

from markupsafe import Markup

from rlm_pipeline.report import figures, svg
from rlm_pipeline.taxonomy.document import Level

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BASE = 360.0, 190.0, 30.0, 88.0, 12.0, 158.0


def draw(name: str, levels: tuple[Level, ...]) -> Markup:
    """Two lines over the number of categories (log scale), the chosen level ringed; empty below two levels."""
    ordered = sorted(levels, key=lambda level: level.categories)
    if len(ordered) < 2 or ordered[0].categories == ordered[-1].categories:
        return Markup("")
    low, high = (math.log(max(1, ordered[place].categories)) for place in (0, -1))

    def at(level: Level, value: float) -> tuple[float, float]:
        across = (math.log(max(1, level.categories)) - low) / (high - low)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _BASE - value * (_BASE - _TOP)

    data = [at(level, level.stability) for level in ordered]
    null = [at(level, level.null_stability) for level in ordered]
    marks = [*_axis(), *_ticks([(level.categories, at(level, 0)[0]) for level in ordered])]
    marks.append(svg.element("path", d=svg.path(null), class_="line null"))
    marks.append(svg.element("path", d=svg.path(data), class_="line"))
    marks.extend(_points(ordered, data))
    marks.extend(_names(data[-1][1], null[-1][1]))
    chosen = next((level for level in ordered if level.chosen), None)
    label = f"{name}: stability by number of categories"
    if chosen:
        label += (
            f"; chosen {chosen.categories} at {figures.ratio(chosen.stability)}"
            f", structureless data reach {figures.ratio(chosen.null_stability)}"
        )
    return svg.drawing(_WIDTH, _HEIGHT, label, *marks, class_="chart levels")


def _axis() -> list[Markup]:
    marks = []
    for value in (0.0, 0.5, 1.0):
        y = _BASE - value * (_BASE - _TOP)
        style = "axis" if value == 0 else "grid"
        marks.append(svg.element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_=style))
        marks.append(svg.element("text", f"{value:g}", x=_LEFT - 8, y=y + 4, text_anchor="end", class_="tick"))
    return marks


def _ticks(places: list[tuple[int, float]]) -> list[Markup]:
    marks, free = [], -1.0
    for categories, x in places:
        half = svg.text_width(str(categories), 12) / 2
        if x - half < free:
            continue
        marks.append(svg.element("text", str(categories), x=x, y=_BASE + 17, text_anchor="middle", class_="tick"))
        free = x + half + 6
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    marks.append(svg.element("text", "categories", x=middle, y=_BASE + 31, text_anchor="middle", class_="tick"))
    return marks


def _points(ordered: list[Level], data: list[tuple[float, float]]) -> list[Markup]:
    marks = []
    for level, (x, y) in zip(ordered, data, strict=True):
        tip = (
            f"{figures.plural(level.categories, 'category', 'categories')}: "
            f"stability {figures.ratio(level.stability)}, structureless {figures.ratio(level.null_stability)}, "
            f"coverage {figures.share(level.coverage)}"
        )
        ring = [svg.element("circle", cx=x, cy=y, r=7.5, class_="ring")] if level.chosen else []
        dot = svg.element("circle", cx=x, cy=y, r=3.2, class_="dot")
        hit = svg.element("rect", x=x - 8, y=_TOP, width=16, height=_BASE - _TOP, class_="hit")
        marks.append(svg.element("g", svg.title(tip), hit, *ring, dot, class_="target"))
    return marks


def _names(data: float, null: float) -> list[Markup]:
    apart = 15.0
    if abs(data - null) < apart:
        middle = (data + null) / 2
        data, null = (
            (middle - apart / 2, middle + apart / 2) if data <= null else (middle + apart / 2, middle - apart / 2)
        )
    x = _WIDTH - _RIGHT + 8
    return [
        svg.element("text", "this data", x=x, y=data + 4, class_="name"),
        svg.element("text", "structureless", x=x, y=null + 4, class_="tick"),
    ]
