"""What happened to every record, as one bar: for the whole dataset, and for one dimension."""

from dataclasses import dataclass

from markupsafe import Markup

from rlm_pipeline.report import figures, svg
from rlm_pipeline.taxonomy.document import Coverage, Dimension

_LENGTH, _LEAST = 1000.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stretch of the bar; `kind` is also its style class."""

    kind: str
    name: str
    count: int
    share: float


def of_dataset(coverage: Coverage) -> tuple[Part, ...]:
    """Labelled, other and, beside the records read, quarantined; records in none of these are shown, never hidden."""
    parts = [
        ("labelled", "labelled in at least one dimension", coverage.labelled),
        ("other", "other or blank in every dimension", coverage.other),
        ("quarantined", "set aside as unreadable", coverage.quarantined),
    ]
    missing = coverage.records - coverage.labelled - coverage.other
    if missing:
        parts.append(("unaccounted", "not accounted for", abs(missing)))
    return _parts(parts)


def of_dimension(dimension: Dimension) -> tuple[Part, ...]:
    """Labelled, other and blank records of one dimension."""
    return _parts(
        [
            ("labelled", "labelled", dimension.labelled),
            ("other", "other", dimension.other),
            ("blank", "blank", dimension.blank),
        ]
    )


def draw(parts: tuple[Part, ...], subject: str) -> Markup:
    """The bar; a part with records is never thinner than can be seen."""
    shown = [part for part in parts if part.count]
    label = f"{subject}: " + ", ".join(f"{figures.count(part.count)} {part.name}" for part in shown)
    spare = _LENGTH - _LEAST * len(shown)
    marks, at = [], 0.0
    for part in shown:
        length = _LEAST + part.share * spare
        tip = svg.title(f"{figures.count(part.count)} {part.name} ({figures.share(part.share)})")
        marks.append(svg.element("rect", tip, x=at, y=0, width=length, height=10, class_=f"part {part.kind}"))
        at += length
    return svg.stretched(_LENGTH, 10, label, *marks, class_="stretched coverage")


def _parts(counted: list[tuple[str, str, int]]) -> tuple[Part, ...]:
    total = sum(count for _, _, count in counted) or 1
    return tuple(Part(kind=kind, name=name, count=count, share=count / total) for kind, name, count in counted)
