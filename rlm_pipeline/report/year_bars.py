"""Records per period, set-aside ones on top."""

from dataclasses import dataclass

from markupsafe import Markup

from rlm_pipeline.report import figures, svg
from rlm_pipeline.taxonomy.document import Input

_HEIGHT, _TOP, _BASE, _WIDEST = 150.0, 22.0, 126.0, 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRecords:
    """What was read for one partition, over its files."""

    partition: str
    rows: int
    quarantined: int


def by_period(inputs: tuple[Input, ...]) -> tuple[PeriodRecords, ...]:
    """Sums over the files of each partition, in order; undated records last."""
    names = {part.partition for part in inputs}
    ordered = [*figures.dated(tuple(names)), *sorted(names - set(figures.dated(tuple(names))))]
    return tuple(
        PeriodRecords(
            partition=name,
            rows=sum(part.rows for part in inputs if part.partition == name),
            quarantined=sum(part.quarantined for part in inputs if part.partition == name),
        )
        for name in ordered
    )


def draw(periods: tuple[PeriodRecords, ...]) -> Markup:
    """One bar a period; the first, the last and the largest carry their number."""
    if not periods:
        return Markup("")
    highest = max(period.rows + period.quarantined for period in periods) or 1
    label = "Records per period: " + ", ".join(f"{p.partition} {figures.count(p.rows)}" for p in periods)

    def at(width: int) -> Markup:
        step = min(width / len(periods), _WIDEST)
        marks = [svg.element("line", x1=0, x2=step * len(periods), y1=_BASE, y2=_BASE, class_="axis")]
        for place, period in enumerate(periods):
            marks.append(_bar(period, step * place, step, highest))
        marks.extend(_labels(periods, step, highest))
        return svg.drawing(width, _HEIGHT, label, *marks, class_="chart years")

    return svg.both_widths(at, wide=480, narrow=330)


def _bar(period: PeriodRecords, x: float, step: float, highest: int) -> Markup:
    scale = (_BASE - _TOP) / highest
    rows, aside = period.rows * scale, period.quarantined * scale
    left, width = x + step * 0.12, step * 0.76
    tip = f"{period.partition}: {figures.count(period.rows)} records, {figures.count(period.quarantined)} set aside"
    marks = [svg.title(tip), svg.element("rect", x=x, y=0, width=step, height=_BASE, class_="hit")]
    marks.append(svg.element("rect", x=left, y=_BASE - rows, width=width, height=rows, class_="bar"))
    if period.quarantined:
        seen = max(aside, 1.5)
        marks.append(
            svg.element("rect", x=left, y=_BASE - rows - seen, width=width, height=seen, class_="bar quarantined")
        )
    return svg.element("g", *marks, class_="target")


def _labels(periods: tuple[PeriodRecords, ...], step: float, highest: int) -> list[Markup]:
    largest = max(range(len(periods)), key=lambda place: periods[place].rows)
    widest = max(svg.text_width(figures.year_label(period.partition), 12) for period in periods)
    every = max(1, -(-int(widest + 8) // max(1, int(step))))
    last = len(periods) - 1
    marks = []
    for place, period in enumerate(periods):
        middle = step * (place + 0.5)
        if (last - place) % every == 0:
            name = figures.year_label(period.partition)
            marks.append(svg.element("text", name, x=middle, y=_BASE + 17, text_anchor="middle", class_="tick"))
        if place in {0, last, largest}:
            near = place != largest and abs(place - largest) * step < 44
            if near:
                continue
            y = _BASE - (period.rows + period.quarantined) * (_BASE - _TOP) / highest - 6
            number = figures.count(period.rows)
            half = svg.text_width(number, 12) / 2
            anchor, x = ("start", step * place) if middle < half else ("middle", middle)
            if x + half > step * len(periods) and anchor == "middle":
                anchor, x = "end", step * len(periods)
            marks.append(svg.element("text", number, x=x, y=y, text_anchor=anchor, class_="value"))
    return marks
