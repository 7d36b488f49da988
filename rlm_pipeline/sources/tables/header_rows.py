"""Where a table starts: title lines above it, the row or rows of its header, the names of its columns.

Lines above the table with at most half its cells, or padded to its width around one or two filled cells, are titles.
A second header row is believed only where columns of figures stand below labels:

- below a row of groups (gaps or repetitions, as merged cells leave them) the names become `group.name`;
- below names it is a row of units, question texts or descriptions, which the evidence keeps.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rlm_pipeline.sources.tables.dialect import Split, cells_of, is_figure
from rlm_pipeline.sources.tables.headers import bare, column_names, numbered_names
from rlm_pipeline.sources.tables.tokeniser import Record

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?", ".", "unknown"})
_TITLES = 50  # records looked through for the table's first line
_BODY_CELLS = 20_000  # vote on whether there is a header
_VOTES = 5  # a label above numbers outweighs this many numbers above numbers
_FIGURES = 0.8  # of a column's filled cells are figures, or it is no column of figures
_HEADER_ROWS = 3  # at most: names, question texts, import ids
_FEWEST_ROWS = 2  # below a second header row, to be sure of it
_SHAPED_ROWS, _SHAPED_AT_LEAST, _SHAPES = 100, 4, 3
_CAPITALS, _SMALL, _DIGITS = re.compile("[A-Z]+"), re.compile(r"[^\W\d_A-Z]+"), re.compile(r"\d+")
_SHOWN = 300  # characters in the evidence, of a label row or of all titles
_PLAIN_YEAR = re.compile(r"(?:19|20)\d{2}", re.ASCII)
_SURE_UNIT = re.compile(r"\(.{1,20}\)|\[.{1,20}\]|[%°$€£#]|[$€£%°µ][^\W\d]{0,4}")
_UNIT = re.compile(rf"{_SURE_UNIT.pattern}|[^\W\d]{{1,5}}(?:[/²³^*·.-][^\W\d]{{0,4}}\d?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Column names, the line they stand on (0: none), the line the records start on, and the header's cells by row."""

    names: tuple[str, ...]
    line: int
    data_line: int
    evidence: str
    labels: tuple[tuple[str, ...], ...] = ()


def find_header(split: Split) -> Header:
    """The header of the table, or numbered names when its first line looks like data."""
    records, width = split.records, split.width
    start = _first_row(split)
    first = records[start]
    body = [cells_of(record) for record in records[start + 1 : start + 11 + _BODY_CELLS // width]]
    titles = _described_titles(records[:start])
    if not _is_header(cells_of(first), [cells for cells in body if len(cells) == width]):
        evidence = f"no header{titles}: data from the start"
        return Header(names=numbered_names(width), line=0, data_line=first.line, evidence=evidence)
    labels, note = _fitted(cells_of(first), body, width)
    names, rows, told = _further_rows(labels, records[start + 1 :], [cells for cells in body if len(cells) == width])
    last = records[start + rows]
    return Header(
        names=column_names(names),
        line=first.line,
        data_line=last.line + last.span,
        evidence=f"header on line {first.line}{titles}{note}{told}",
        labels=tuple(tuple(cells_of(record)) for record in records[start : start + rows + 1]),
    )


def _described_titles(above: Sequence[Record]) -> str:
    """What the lines above the table say, which is in no record."""
    if not above:
        return ""
    said = [", ".join(cell.strip() for cell in cells_of(record) if cell.strip()) for record in above]
    text = " ".join(" / ".join(filter(None, said)).split())
    shown = f" ({text[:_SHOWN]}{' ...' if len(text) > _SHOWN else ''})" if text else ""
    return f" below {len(above)} title line{'s' if len(above) > 1 else ''}{shown}"


def _further_rows(labels: list[str], below: Sequence[Record], body: list[list[str]]) -> tuple[list[str], int, str]:
    """The columns' names, how many rows below the first belong to the header, and what is said of them."""
    names, told = labels, ""
    headers = [bare(labels)]
    for rows, record in enumerate(below[: _HEADER_ROWS - 1]):
        row = cells_of(record)
        headers.append(bare(row))
        following = [cells for cells in body[rows + 1 :] if bare(cells) not in headers]
        if len(following) < _FEWEST_ROWS or row != body[rows] or len(row) != len(names):
            return names, rows, told
        typical = following[min(_HEADER_ROWS, len(following)) - 1 :]
        joined = _with_row(names, row, following, typical)
        if joined is None:
            return names, rows, told
        names, how = joined
        told += f", {how}"
    return names, min(len(below), _HEADER_ROWS - 1), told


def _first_row(split: Split) -> int:
    """The place of the first record that is no title."""
    records, width = split.records[:_TITLES], split.width
    if width == 1:
        return 0
    wide = [place for place, record in enumerate(records) if len(cells_of(record)) > width / 2]
    filled = {place: [at for at, cell in enumerate(cells_of(records[place])) if cell.strip()] for place in wide}
    full = [place for place in wide if 2 * len(filled[place]) > width]
    margin = min((places[0] for places in filled.values() if places), default=0)
    for place in wide:
        if not full or place >= full[0] or not _is_padded_title(filled[place], margin, len(cells_of(records[place]))):
            return place
    return full[0] if full else 0


def _is_padded_title(filled: Sequence[int], margin: int, width: int) -> bool:
    """Whether the filled cells are at most a label and its value behind the margin, of a row otherwise empty."""
    return 3 * len(filled) <= width and filled in ([], [margin], [margin, margin + 1])


def _is_header(labels: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether `labels` name the columns of `body` rather than being one more row of it."""
    above = [label for label in labels if label.strip()]
    if not above:
        return False
    again = bare(labels)
    body = [cells for cells in body if bare(cells) != again] or body
    columns = list(zip(*body, strict=True)) if body and len(body[0]) == len(labels) else []
    if not columns:
        return not any(is_figure(label) for label in above)
    named = numbered = repeated = 0
    years = _years_above(labels, columns)
    for label, column in zip(labels, columns, strict=True):
        if _has_figures(column):
            is_name = not is_figure(label) or label in years
            numbered += not is_name
            named += is_name and not _is_missing(label)
        repeated += bool(label.strip()) and label in column
    if named or numbered:
        return named * _VOTES >= numbered
    return 2 * repeated < len(above)


def _years_above(labels: Sequence[str], columns: Sequence[Sequence[str]]) -> frozenset[str]:
    """Labels that are years in equal steps above figures that are no years."""
    above = [
        label.strip()
        for label, column in zip(labels, columns, strict=True)
        if _PLAIN_YEAR.fullmatch(label.strip()) and not all(map(_PLAIN_YEAR.fullmatch, map(str.strip, column)))
    ]
    steps = {int(later) - int(earlier) for earlier, later in pairwise(above)}
    return frozenset(above) if len(steps) == 1 and 0 not in steps else frozenset()


def _with_row(
    names: Sequence[str], row: Sequence[str], following: Sequence[Sequence[str]], typical: Sequence[Sequence[str]]
) -> tuple[list[str], str] | None:
    """The columns' names and what is said of it, if `row` below `names` belongs to the header; else None."""
    figures, above = 0, []
    for cell, below, typically in zip(row, zip(*following, strict=True), zip(*typical, strict=True), strict=True):
        if not _is_missing(cell) and cell in below:
            return None
        if _has_figures(typically):
            if is_figure(cell):
                return None
            figures += 1
            above += [] if _is_missing(cell) else [cell.strip()]
    filled = [cell.strip() for cell in row if cell.strip()]
    if _are_groups(names) and len(filled) > _FIGURES * len(row) and (above or _looks_unlike(row, following)):
        return _grouped(names, row), "joined with the row of names below it"
    if not above:
        return None
    units = all(map(_UNIT.fullmatch, filled)) and (len(above) > 1 or _SURE_UNIT.fullmatch(above[0]) is not None)
    described = len(above) == figures > 1 and len(set(filled)) == len(filled)
    if not (units or described):
        return None
    shown = " ".join(
        ", ".join(f"{name}: {cell}" for name, cell in zip(names, row, strict=True) if cell.strip()).split()
    )
    return list(names), f"with a row of labels below it ({shown[:_SHOWN]}{' ...' if len(shown) > _SHOWN else ''})"


def _looks_unlike(row: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Whether most cells are written unlike all those below them, in columns that are written alike."""
    telling = 0
    for cell, column in zip(row, zip(*following, strict=True), strict=True):
        shapes = {_shape(below) for below in column[:_SHAPED_ROWS] if below.strip()}
        telling += len(column) >= _SHAPED_AT_LEAST and 0 < len(shapes) <= _SHAPES and _shape(cell) not in shapes
    return 2 * telling > len(row)


def _shape(cell: str) -> str:
    """A cell with its runs of capitals, small letters and digits as A, a and 9."""
    return _DIGITS.sub("9", _SMALL.sub("a", _CAPITALS.sub("A", cell.strip())))


def _are_groups(names: Sequence[str]) -> bool:
    """Whether a row has gaps, or equal neighbours, as merged cells leave them."""
    stripped = [name.strip() for name in names]
    if 2 * sum(left == right != "" for left, right in pairwise(stripped)) >= len(names) - 1 > 0:
        return True
    return any(not later for earlier, later in pairwise(stripped) if earlier) and len(names) > 2


def _grouped(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """`group.name`, a group reaching over the gap to its right; a name that says all stays alone."""
    joined, group = [], ""
    repeated = Counter(name.strip() for name in groups if name.strip())
    for cell, name in zip(groups, names, strict=True):
        group = cell.strip() or group
        alone = not group or (group == name.strip() and repeated[group] == 1)
        joined.append(name if alone else f"{group}.{name.strip()}" if name.strip() else group)
    return joined


def _has_figures(column: Sequence[str]) -> bool:
    filled = [cell for cell in column if not _is_missing(cell)]
    others = (cell for cell in filled if not is_figure(cell))
    return bool(filled) and all(len(filled) - count >= _FIGURES * len(filled) for count, _ in enumerate(others, 1))


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


def _fitted(labels: list[str], body: Sequence[Sequence[str]], width: int) -> tuple[list[str], str]:
    """The header's cells, one for each of the `width` columns where the difference can be explained."""
    missing = width - len(labels)
    whole = [cells for cells in body if len(cells) == width]
    firsts = [cells[0] for cells in whole]
    # R, which writes no label above its row names, has no two alike.
    if missing == 1 and any(cells[-1].strip() for cells in whole) and len(set(firsts)) == len(firsts):
        return ["", *labels], ", which leaves the first column unnamed (row names)"
    if missing > 0:
        columns = "column" if missing == 1 else f"{missing} columns"
        return labels + [""] * missing, f", which leaves the last {columns} unnamed"
    if missing < 0 and body and not any(label.strip() for label in labels[width:]):
        return labels[:width], ", without its empty last cells"
    return labels, ""
