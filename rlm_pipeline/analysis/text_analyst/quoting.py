"""What of a record may be quoted: words of cells that its chunks show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.analysis import columns
from rlm_pipeline.analysis.observation import QUOTE_LENGTH, Evidence, quotable
from rlm_pipeline.analysis.text_analyst.own_records import PLACE, Part
from rlm_pipeline.chunking.views import view_of
from rlm_pipeline.model import SOURCE

_LINE_END = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def citable(read: Part) -> dict[str, tuple[str, ...]]:
    """By source the columns of a part whose cells its chunks show, in the order to try them.

    A source that is shown as it is shows them all, and another one what its view renders.
    """
    given = read.assignment
    informative = columns.choose(columns.profile(given.store, given.config, given.partition)).informative
    found: dict[str, tuple[str, ...]] = {}
    for source in read.sources:
        view = view_of(source, given.config.columns, informative)
        found[source.source] = tuple(
            name for name in reversed(read.columns) if view.kind == "verbatim" or name in view.shown
        )
    return found


@dataclass(slots=True)
class Quoting:
    """Quotes records of a window: `cells` has `PLACE` (ascending), `SOURCE` and columns to quote."""

    cells: pl.DataFrame
    citable: Mapping[str, Sequence[str]]
    _places: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self._places = self.cells.get_column(PLACE).to_numpy()

    def evidence(self, place: int, column: str, quote: str | None) -> Evidence | None:
        """Words around the quote, where its column may be cited and holds it; else the start of a cell that may be.

        None where no cell may be cited.
        """
        row = int(np.searchsorted(self._places, place))
        allowed = self.citable[self.cells.get_column(SOURCE)[row]]
        present = [name for name in (column, *allowed) if name in allowed and name in self.cells.columns]
        for name in present:
            cell = self.cells.get_column(name)[row] or ""
            words = (around(cell, quote) if quote and name == column else "") or quotable(cell)
            if words:
                return Evidence(place=place, column=name, quote=words)
        return None


def around(cell: str, words: str) -> str:
    """The words of a cell with what stands around them on their line; empty where the cell does not hold them.

    Where they are not there as they are, they are sought with any case and anything but words between them.
    """
    start = cell.find(words)
    end = start + len(words)
    if start < 0:
        found = re.search(r"[\W_]+".join(map(re.escape, words.split())), cell, re.IGNORECASE)
        if found is None:
            return ""
        start, end = found.span()
    line = _LINE_END.search(cell, start)
    stop = line.start() if line else len(cell)
    before = list(_LINE_END.finditer(cell, max(0, start - QUOTE_LENGTH), start))
    first = before[-1].end() if before else max(0, start - QUOTE_LENGTH)
    room = max(QUOTE_LENGTH - (min(end, stop) - start), 0)
    left = max(first, start - room // 2)
    if left > first:  # at a word's start
        space = cell.find(" ", left, start)
        left = space + 1 if space >= 0 else left
    return cell[left : min(stop, left + QUOTE_LENGTH)].strip()
