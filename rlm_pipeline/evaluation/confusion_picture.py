"""Confusions as a page of their own, or as one SVG: a matrix with its matched pairs on the diagonal."""

from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup

from rlm_pipeline import store
from rlm_pipeline.evaluation.agreement import DimensionAgreement
from rlm_pipeline.evaluation.confusion import Confusions, confusions
from rlm_pipeline.evaluation.metrics import Counts
from rlm_pipeline.report import figures, svg

MOST_SHOWN = 40
"""Known and found categories drawn; the others are added up in one row and one column."""

_FONT, _SMALL = 12.0, 10.0
_WIDEST_LABEL, _HEAD = 230.0, 150.0
_ROW, _LEAST_CELL = 22.0, 26.0
_GAPS = 24.0  # around the number of records between a name and its row
_CAPITALS = 1.2  # codes are often written in capitals, wider than what a width is estimated for
_SLANT = 50.0  # degrees a found category's name is turned by
_STEPS = (0.01, 0.05, 0.2, 0.5)  # shares of a known category from which on a cell is a shade darker

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Matrix:
    """What is drawn: at most `MOST_SHOWN` categories each way and their remainders; nothing is left out of a sum."""

    known: tuple[str, ...]
    found: tuple[str, ...]
    table: Counts
    matched: int


def write(compared: DimensionAgreement, truth: str, path: Path) -> None:
    """Write the picture: SVG where `path` ends in .svg, else an HTML page that needs nothing beside it.

    Raises:
        StoreError: the file cannot be written.

    """
    found = confusions(compared.pairs, {each.id: each.name for each in compared.dimension.categories})
    is_page = path.suffix.lower() != ".svg"
    store.write_text(_page(compared, truth, found) if is_page else str(draw(found)), path)


def draw(found: Confusions) -> Markup:
    """The matrix: known categories below each other, found ones side by side, each cell its exact number of records."""
    matrix = _bounded(found)
    cell = max(_LEAST_CELL, svg.text_width(figures.count(int(matrix.table.max(initial=0))), _SMALL) + 6)
    tail = _HEAD / np.tan(np.radians(_SLANT))
    label = _label_width(matrix)
    width, height = label + cell * len(matrix.found) + tail, _HEAD + _ROW * len(matrix.known) + 4
    marks = [svg.element("style", _style("matrix.css"))]
    marks += [_found_name(name, label + cell * (at + 0.5)) for at, name in enumerate(matrix.found)]
    for at, name in enumerate(matrix.known):
        marks += _row(matrix, at, name, cell=cell, label=label)
    said = f"Known categories against found ones, {figures.count(int(matrix.table.sum()))} records"
    drawn = svg.drawing(width, height, said, *marks, class_="matrix")
    sized = f'<svg xmlns="http://www.w3.org/2000/svg" width="{svg.number(width)}" height="{svg.number(height)}"'
    return Markup(str(drawn).replace("<svg", sized, 1))  # noqa: S704 - escaped where it was made


def _page(compared: DimensionAgreement, truth: str, found: Confusions) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {each.__name__: each for each in (figures.count, figures.share, figures.ratio)}
    return environment.get_template("confusion.html.jinja").render(
        compared=compared,
        truth=truth,
        found=found,
        most=MOST_SHOWN,
        matrix=draw(found),
        style=_style("confusion.css"),
    )


def _style(name: str) -> Markup:
    return Markup((_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def _bounded(found: Confusions) -> _Matrix:
    matched = sum(bool(match.found) for match in found.matches)
    table, known = _pooled(found.table, found.known)
    turned, names = _pooled(table.T, found.found)
    return _Matrix(known=known, found=names, table=turned.T, matched=min(matched, MOST_SHOWN))


def _pooled(table: Counts, names: tuple[str, ...]) -> tuple[Counts, tuple[str, ...]]:
    if len(names) <= MOST_SHOWN + 1:
        return table, names
    rest = table[MOST_SHOWN:].sum(axis=0, keepdims=True)
    return np.concatenate([table[:MOST_SHOWN], rest]), (
        *names[:MOST_SHOWN],
        f"{len(names) - MOST_SHOWN:,} more together",
    )


def _found_name(name: str, x: float) -> Markup:
    y = _HEAD - 8
    shown = svg.fitted(name, (_HEAD - 24) / np.sin(np.radians(_SLANT)), _FONT)
    return svg.element(
        "text", shown, svg.title(name), x=x, y=y, class_="name", transform=f"rotate(-{_SLANT:.0f} {x:.1f} {y:.1f})"
    )


def _label_width(matrix: _Matrix) -> float:
    names = max(svg.text_width(name, _FONT * _CAPITALS) for name in matrix.known)
    records = max(svg.text_width(figures.count(int(number)), _SMALL) for number in matrix.table.sum(axis=1))
    return min(_WIDEST_LABEL, names + records + _GAPS)


def _row(matrix: _Matrix, at: int, name: str, *, cell: float, label: float) -> list[Markup]:
    top = _HEAD + _ROW * at
    records = int(matrix.table[at].sum())
    number = figures.count(records)
    shown = svg.fitted(name, label - _GAPS - svg.text_width(number, _SMALL), _FONT * _CAPITALS)
    middle = top + _ROW / 2 + _FONT * 0.35
    marks = [
        svg.element("text", shown, svg.title(f"{name}: {number} records"), x=0, y=middle, class_="name"),
        svg.element("text", number, x=label - 8, y=middle, text_anchor="end", class_="count"),
    ]
    for column, found in enumerate(matrix.found):
        count = int(matrix.table[at, column])
        shade = sum(count >= step * records for step in _STEPS) if count else 0
        is_match = at == column and at < matrix.matched
        left = label + cell * column
        tip = f"{name} found as {found}: {figures.count(count)} of {number} records, {figures.share(count / records)}"
        inner = [
            svg.title(tip),
            svg.element("rect", x=left + 0.5, y=top + 0.5, width=cell - 1, height=_ROW - 1,
                        class_=f"cell {'match' if is_match else 'miss'} step{shade}"),
        ]  # fmt: skip
        if count:
            text = svg.element(
                "text", figures.count(count), x=left + cell / 2, y=top + _ROW / 2 + _SMALL * 0.35,
                text_anchor="middle", class_=f"figure on{shade}",
            )  # fmt: skip
            inner.append(text)
        marks.append(svg.element("g", *inner))
    return marks
