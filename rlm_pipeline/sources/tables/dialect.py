"""How a delimited text is split into cells, from its first records: the delimiter and the quoting.

The delimiter is the one that the text declares (`sep=;` on the first line, for Excel), else the one that splits most
records into the same number of cells, more cells counting more, records whose first line looks like labels counting
most, then those whose cells are figures. Quoting is that of the csv module (double quotes, doubled inside)
unless the text shows another and it leaves fewer records in trouble.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from rlm_pipeline.sources.dates import is_date
from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Quoting
from rlm_pipeline.sources.tables.tokeniser import Feed, Record, records_of

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ALLOWED = {"csv": (",", ";", "|"), "tsv": ("\t",)}

_NUMBER = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,' \u00a0]*(?:[eE][-+]?\d+)?\s?[%)]?", re.ASCII)
_DIGIT = re.compile(r"\d")
_LONGEST_FIGURE = 80
_MOST_RECORDS = 1000
_SPARE = 20_000  # lines that records swallowed and that are read again
_FEW_RECORDS = 100  # tell whether cells start with spaces
_FIRST_OF_TEXT, _FIRST_OF_FIGURES = 0.3, 0.4  # what a first line counts that is no labels, by its share of figures
_TABLE_SHARE = 0.5  # of the records have the same number of cells, or the text is no table
_PROSE_SHARE = 0.9
_PROBE = 1 << 17  # characters on which ways of quoting are compared
_FEWER = 0.5  # of the records in trouble may be left by a way of quoting that is taken for want of the usual one
_SPACED = re.compile(r'[,;|\t] +"')
_TIGHT = re.compile(r'[,;|\t]"')
_SINGLE = re.compile(r"(?:^|[,;|\t\r\n]) *'")
_ESCAPING = re.compile(r'\\["\',;|\t\r\n]')
_DECLARED = re.compile(r"""\A\ufeff?"?sep=([,;\t|])"?[ \t,;|]*(?=\r\n?|\n)""", re.IGNORECASE)
_PIECES = re.compile(r"[,;\t|]")
_WRAPPED = re.compile(r'(?:^|[\t\r\n])"(?:[^"]|"")*"(?=[\t\r\n]|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The first records of a text under one delimiter and one way of quoting."""

    delimiter: str
    records: tuple[Record, ...]
    width: int  # cells of most records that have more than one; 1 if none has
    share: float  # of the records that have `width` cells
    score: float
    trouble: int = 0  # records set aside, of another width, or with a stray quote
    quoting: Quoting = PLAIN_QUOTING
    declared: bool = False  # the delimiter, by the text itself

    @property
    def evidence(self) -> str:
        """Why this delimiter and this quoting."""
        return (
            f"{DELIMITERS[self.delimiter]} gives {self.width} cells in {self.share:.1%} "
            f"of the first {len(self.records):,} records{_described(self.quoting)}"
            f"{', as its first line declares' if self.declared else ''}"
        )


def split_by(text: str, delimiter: str, quoting: Quoting = PLAIN_QUOTING) -> Split:
    """`text` under one delimiter and one way of quoting, scored."""
    lines = iter(io.StringIO(text, newline=""))
    feed = Feed(lines, delimiter, quoting, 1, spare=_SPARE)
    read = tuple(islice(records_of(feed, None, quoting), _MOST_RECORDS))
    records = tuple(record for record in read if record.cells)
    aside = len(read) - len(records)
    widths = [len(cells_of(record)) for record in records]
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        trouble = aside + sum(record.stray for record in records)
        return Split(
            delimiter=delimiter, records=records, width=1, share=1.0, score=0.0, trouble=trouble, quoting=quoting
        )
    width = max(wide, key=lambda candidate: (wide[candidate], candidate == widths[0], candidate))
    share = wide[width] / len(widths)
    first = next(cells_of(record) for record in records if len(cells_of(record)) == width)
    score = share**2 * (1 - 1 / width)
    score *= 1.0 if widths[0] == width else 0.5
    score *= _weight_of_first(first)
    trouble = aside + sum(record.stray or found != width for record, found in zip(records, widths, strict=True))
    return Split(
        delimiter=delimiter, records=records, width=width, share=share, score=score, trouble=trouble, quoting=quoting
    )


def best_split(text: str, wanted: str) -> Split:
    """`text` under the delimiter that fits best; `wanted` is auto, csv (a comma if it splits the first line) or tsv."""
    declared = _DECLARED.match(text) if wanted != "tsv" else None
    if declared is not None:
        text = text[declared.end() :]  # what is left of the line counts as a line, and is a blank one
    allowed = (declared[1],) if declared else _ALLOWED.get(wanted, tuple(DELIMITERS))
    best = _best(text, allowed, _quoting_of(text, allowed))
    return replace(best, declared=declared is not None)


def is_table(split: Split) -> bool:
    """Whether a split text is a table rather than prose, or lines that nothing splits."""
    if not split.records or split.score == 0.0:
        return False
    later = [cell for record in split.records[:_FEW_RECORDS] for cell in cells_of(record)[1:_FEW_RECORDS]]
    spaced = sum(cell.startswith(" ") for cell in later) >= _PROSE_SHARE * len(later)
    return split.share >= _TABLE_SHARE and not (spaced and (split.share < _PROSE_SHARE or len(split.records) == 1))


def cells_of(record: Record) -> list[str]:
    """A record's cells; none when it is set aside."""
    return record.cells or []


def is_figure(cell: str) -> bool:
    """Whether a cell is a number or a date, with or without its unit of currency."""
    return len(cell) <= _LONGEST_FIGURE and _is_short_figure(cell)


@lru_cache(maxsize=1 << 14)
def _is_short_figure(cell: str) -> bool:
    text = cell.strip()
    return _DIGIT.search(text) is not None and (_NUMBER.fullmatch(text) is not None or is_date(text))


def _weight_of_first(cells: Sequence[str]) -> float:
    """How much a split's first record speaks for it: all where it is labels, else more the more figures it has."""
    if _are_labels(cells):
        return 1.0
    filled = [cell for cell in cells if cell.strip()]
    share = sum(map(is_figure, filled)) / max(1, len(filled))
    return _FIRST_OF_TEXT + (_FIRST_OF_FIGURES - _FIRST_OF_TEXT) * share


def _are_labels(cells: Sequence[str]) -> bool:
    """Whether most cells are filled, all differ, and none is a figure, nor several between other delimiters."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if 2 * len(filled) <= len(cells) or len(set(filled)) < len(filled):
        return False
    return not any(all(map(is_figure, _PIECES.split(cell))) for cell in filled)


def _best(text: str, allowed: Sequence[str], quoting: Quoting) -> Split:
    if not quoting.quote:
        return split_by(text, "\t", quoting)
    likely = [delimiter for delimiter in allowed if delimiter in text] or allowed[:1]
    candidates = [split_by(text, delimiter, quoting) for delimiter in likely]
    prefers_comma = allowed == _ALLOWED["csv"] and likely[0] == ","
    if prefers_comma and candidates[0].records and len(cells_of(candidates[0].records[0])) > 1:
        return candidates[0]
    return max(candidates, key=lambda split: split.score)


def _quoting_of(text: str, allowed: Sequence[str]) -> Quoting:
    """The way of quoting that leaves the fewest of the first records in trouble; the usual one where it does as well.

    Spaces before quotes and single quotes are also believed where everything is written that way.
    """
    if len(text) > _PROBE:
        text = text[: max(text.rfind("\n", 0, _PROBE), text.rfind("\r", 0, _PROBE)) + 1] or text
    others = list(_shown(text, allowed))
    if not others:
        return PLAIN_QUOTING
    usual = _best(text, allowed, PLAIN_QUOTING)
    believed = [(usual.trouble, True, 0, PLAIN_QUOTING)]
    for place, quoting in enumerate(others, 1):
        split = _best(text, allowed, quoting)
        thorough = split.trouble <= usual.trouble and _is_thorough(split, usual)
        fewer = split.trouble < _FEWER * usual.trouble and (split.score > 0.0 or usual.score == 0.0)
        if thorough or fewer:
            believed.append((split.trouble, not thorough, place, quoting))
    return min(believed, key=lambda each: each[:3])[3]


def _shown(text: str, allowed: Sequence[str]) -> Iterator[Quoting]:
    """Ways of quoting of which the text has signs, the likelier first."""
    spaced = (False, True) if _SPACED.search(text) else (False,)
    quotes = ('"', "'") if _SINGLE.search(text) else ('"',)
    escapes = ("", "\\") if _ESCAPING.search(text) else ("",)
    ways = [Quoting(quote=quote, escape=escape, spaced=gap) for gap in spaced for quote in quotes for escape in escapes]
    yield from ways[1:]
    if "\t" in allowed and "\t" in text and '"' in text and not _WRAPPED.search(text):
        yield Quoting(quote="")


def _is_thorough(split: Split, usual: Split) -> bool:
    """Whether the usual quoting leaves what `split` takes for quoting standing in the cells, wherever it could."""
    quoting = split.quoting
    if not quoting.quote or usual.score == 0.0:
        return False
    cells = [cell for record in usual.records for cell in cells_of(record)]
    later = [cell for record in usual.records for cell in cells_of(record)[1:]]
    if quoting.quote == "'":
        bare = [cell.strip() for cell in cells if cell.strip()]
        return 2 * sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in bare) > len(bare)
    if quoting.escape:
        return False
    spaced = sum(cell.startswith(" ") for cell in later)
    quoted = sum(cell.lstrip(" ").startswith('"') for cell in later)
    return quoted > 0 and spaced >= _PROSE_SHARE * len(later)


def _described(quoting: Quoting) -> str:
    parts = []
    if quoting.spaced:
        parts.append("spaces after a delimiter are no part of a cell")
    if quoting.quote == "'":
        parts.append("cells are quoted by single quotes")
    if quoting.escape:
        parts.append("a backslash escapes a quote, a delimiter, a line end or a backslash")
    if not quoting.quote:
        parts.append("quotes mean nothing")
    return "".join(f", {part}" for part in parts)
