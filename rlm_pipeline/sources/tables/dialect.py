"""The shape of a delimited text, from its first records: the delimiter, title lines, the header.

The delimiter is the one that splits most records into the same number of cells, more cells counting more, records
whose first line looks like labels counting most. Lines above the table with at most half its cells are titles.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.dates import is_date
from rlm_pipeline.sources.tables.headers import column_names, numbered_names
from rlm_pipeline.sources.tables.tokeniser import Record, tokenise

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_NUMBER = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,' \u00a0]*(?:[eE][-+]?\d+)?\s?[%)]?", re.ASCII)
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?", ".", "unknown"})
_MOST_RECORDS = 1000
_TITLES = 50  # records looked through for the table's first line
_BODY_CELLS = 50_000  # vote on whether there is a header
_TABLE_SHARE = 0.5  # of the records have the same number of cells, or the text is no table
_PROSE_SHARE = 0.9
_VOTES = 5  # a label above numbers outweighs this many numbers above numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The first records of a text under one delimiter."""

    delimiter: str
    records: tuple[Record, ...]
    width: int  # cells of most records that have more than one; 1 if none has
    share: float  # of the records that have `width` cells
    score: float

    @property
    def evidence(self) -> str:
        """Why this delimiter."""
        return (
            f"{DELIMITERS[self.delimiter]} gives {self.width} cells in {self.share:.1%} "
            f"of the first {len(self.records):,} records"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Column names, the line they stand on (0: none), and the physical line the records start on."""

    names: tuple[str, ...]
    line: int
    data_line: int
    evidence: str


def split_by(text: str, delimiter: str) -> Split:
    """`text` under one delimiter, scored."""
    lines = iter(io.StringIO(text, newline=""))
    records = tuple(record for record in islice(tokenise(lines, delimiter), _MOST_RECORDS) if record.cells)
    widths = [len(_cells(record)) for record in records]
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return Split(delimiter=delimiter, records=records, width=1, share=1.0, score=0.0)
    width = max(wide, key=lambda candidate: (wide[candidate], candidate == widths[0], candidate))
    share = wide[width] / len(widths)
    first = next(_cells(record) for record in records if len(_cells(record)) == width)
    score = share**2 * (1 - 1 / width)
    score *= 1.0 if widths[0] == width else 0.5
    score *= 1.0 if _are_labels(first) else 0.4
    return Split(delimiter=delimiter, records=records, width=width, share=share, score=score)


def best_split(text: str, wanted: str) -> Split:
    """`text` under the delimiter that fits best; `wanted` is auto, csv (a comma if it splits the first line) or tsv.

    Raises:
        SourceError: `wanted` is auto and the text is no table; says what it looks like.

    """
    if wanted == "tsv":
        return split_by(text, "\t")
    candidates = [split_by(text, delimiter) for delimiter in DELIMITERS if wanted == "auto" or delimiter != "\t"]
    if wanted == "csv" and candidates[0].records and len(_cells(candidates[0].records[0])) > 1:
        return candidates[0]
    best = max(candidates, key=lambda split: split.score)
    if wanted == "auto":
        _refuse_other_text(best)
    return best


def find_header(split: Split) -> Header:
    """The header of the table, or numbered names when its first line looks like data."""
    records, width = split.records, split.width
    start = next(
        (place for place, record in enumerate(records[:_TITLES]) if len(_cells(record)) > width / 2 or width == 1), 0
    )
    first = records[start]
    body = [_cells(record) for record in records[start + 1 : start + 11 + _BODY_CELLS // width]]
    titles = f" below {start} title line{'s' if start > 1 else ''}" if start else ""
    if not _is_header(_cells(first), [cells for cells in body if len(cells) == width]):
        return Header(
            names=numbered_names(width),
            line=0,
            data_line=first.line,
            evidence=f"no header{titles}: data from the start",
        )
    labels, note = _fitted(_cells(first), body, width)
    return Header(
        names=column_names(labels),
        line=first.line,
        data_line=first.line + first.span,
        evidence=f"header on line {first.line}{titles}{note}",
    )


def _cells(record: Record) -> list[str]:
    return record.cells or []


def _refuse_other_text(best: Split) -> None:
    advice = "set format: csv or tsv if it is a table all the same"
    lines = f"the first {len(best.records):,} lines"
    if best.records and best.score == 0.0:
        raise SourceError(f"lines of text in one column, no comma, semicolon, tab or bar splits them; {advice}")
    if not best.records:
        return
    later = [cell for record in best.records for cell in _cells(record)[1:]]
    spaced = sum(cell.startswith(" ") for cell in later) >= _PROSE_SHARE * len(later)
    if best.share < _TABLE_SHARE or (spaced and (best.share < _PROSE_SHARE or len(best.records) == 1)):
        raise SourceError(f"prose, not a table: {lines} have differing numbers of cells by any delimiter; {advice}")


def _is_header(labels: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether `labels` name the columns of `body` rather than being one more row of it."""
    above = [label for label in labels if label.strip()]
    if not above:
        return False
    columns = list(zip(*body, strict=True)) if body and len(body[0]) == len(labels) else []
    if not columns:
        return not any(_is_figure(label) for label in above)
    named = numbered = repeated = 0
    for label, column in zip(labels, columns, strict=True):
        filled = [cell for cell in column if cell.strip().lower() not in _MISSING]
        if filled and sum(map(_is_figure, filled)) >= 0.8 * len(filled):
            numbered += _is_figure(label)
            named += label.strip().lower() not in _MISSING and not _is_figure(label)
        repeated += bool(label.strip()) and label in column
    if named or numbered:
        return named * _VOTES >= numbered
    return 2 * repeated < len(above)


def _are_labels(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 2 * len(filled) > len(cells) and len(set(filled)) == len(filled) and not any(map(_is_figure, filled))


def _is_figure(cell: str) -> bool:
    text = cell.strip()
    return bool(text) and (_NUMBER.fullmatch(text) is not None or is_date(text))


def _fitted(labels: list[str], body: Sequence[Sequence[str]], width: int) -> tuple[list[str], str]:
    """The header's cells, one for each of the `width` columns where the difference can be explained."""
    missing = width - len(labels)
    if missing == 1 and any(cells[-1].strip() for cells in body if len(cells) == width):
        return ["", *labels], ", which leaves the first column unnamed (row names)"
    if missing > 0:
        return labels + [""] * missing, f", which leaves the last {missing} columns unnamed"
    if missing < 0 and body and not any(label.strip() for label in labels[width:]):
        return labels[:width], ", without its empty last cells"
    return labels, ""
