"""How dirty each year's file is: encoding, line ends, delimiter, title line, and how often a row is damaged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NULL_LIKE = ("N/A", "-", "None", "n/a")
"""What people write into a cell that has no value."""

RAGGED_SHARE = 0.002
"""Share of the rows whose number of cells differs from the header's, at dirt 1."""

WIDEST_UTF_16 = 500
"""A file with more columns than this is never written as UTF-16, which would double its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStyle:
    """How one file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    line_end: str = "\n"
    title: str | None = None


_STYLES: tuple[FileStyle, ...] = (
    FileStyle(encoding="latin-1"),
    FileStyle(encoding="utf-8-sig", line_end="\r\n"),
    FileStyle(delimiter=";"),
    FileStyle(title="Support desk export, all sites - created by J. Martín"),
    FileStyle(encoding="utf-16", line_end="\r\n"),
    FileStyle(line_end="\r\n"),
    FileStyle(encoding="latin-1", line_end="\r\n"),
    FileStyle(encoding="utf-8-sig"),
)


def style_of(year: int, columns: int, dirt: float) -> FileStyle:
    """The style of the `year`-th file: clean without dirt, and plain UTF-8 from the ninth year on."""
    if dirt <= 0 or year >= len(_STYLES):
        return FileStyle()
    style = _STYLES[year]
    return FileStyle() if style.encoding == "utf-16" and columns > WIDEST_UTF_16 else style


def dirty_names(names: list[str], year: int, dirt: float) -> list[str]:
    """The filler columns' `names` with a duplicate, an empty and a space-trailed one among them, in some years."""
    if dirt <= 0 or len(names) < 8:
        return names
    names = list(names)
    if year % 3 == 0:
        names[1] = names[0]
    if year % 4 == 1:
        names[2] = ""
    if year % 2 == 0:
        names[3] += " "
    return names


def ragged_rows(rows: int, dirt: float, rng: np.random.Generator) -> set[int]:
    """Which of `rows` rows are damaged; at least one where there is dirt and room."""
    if dirt <= 0 or rows < 20:
        return set()
    count = max(1, round(rows * RAGGED_SHARE * dirt))
    return set(rng.choice(rows, size=min(count, rows // 4), replace=False).tolist())


def damaged(cells: Sequence[str], text_place: int, rng: np.random.Generator) -> list[str]:
    """`cells` as a row with another number of cells: cut short, prolonged, or with an unescaped delimiter in a text."""
    cells = list(cells)
    kind = int(rng.integers(3))
    if kind == 0:
        return cells[: int(rng.integers(2, len(cells) - 1))]
    if kind == 1:
        return [*cells, "x", str(int(rng.integers(1000)))][: len(cells) + int(rng.integers(1, 3))]
    words = cells[text_place].replace("\n", " ").split(" ")
    half = len(words) // 2
    return [*cells[:text_place], " ".join(words[:half]), " ".join(words[half:]), *cells[text_place + 1 :]]
