"""The statements that show what a category is, and those at its border, cited from the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling.schema import CanonicalColumn
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.document import Citation
from rlm_pipeline.taxonomy.graph import Labels, Vectors

NEAREST, AT_THE_BORDER = 3, 2
LONGEST_QUOTE = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Positions in the sample, category by category: nearest to its centre first, and least told from another."""

    nearest: tuple[tuple[int, ...], ...]
    border: tuple[tuple[int, ...], ...]


def choose(vectors: Vectors, labels: Labels, centres: Vectors) -> Shown:
    """Statements to show for each category: `vectors` (n, d), `labels` (n,), `centres` (K, d)."""
    similar = vectors @ centres.T
    here = np.arange(len(labels))
    own = similar[here, labels]
    similar[here, labels] = -np.inf
    margin = own - similar.max(axis=1) if similar.shape[1] > 1 else own
    nearest: list[tuple[int, ...]] = []
    border: list[tuple[int, ...]] = []
    for category in range(len(centres)):
        members = np.flatnonzero(labels == category)
        shown = _first(members, -own[members], NEAREST)
        rest = members[~np.isin(members, shown)]
        nearest.append(shown)
        border.append(_first(rest, margin[rest], AT_THE_BORDER))
    return Shown(nearest=tuple(nearest), border=tuple(border))


def cite(
    statements: pl.DataFrame, positions: Sequence[int], column: CanonicalColumn, store: DatasetStore
) -> Mapping[int, Citation]:
    """Citations of statements by their position in `statements` (partition, source, row); quotes are verbatim.

    Raises:
        InvariantError: a statement's record is gone, or its cell is empty.

    """
    wanted = statements[sorted(set(positions))].select("partition", "source", "row")
    wanted = wanted.with_columns(pl.Series("position", sorted(set(positions)), dtype=pl.Int64))
    cited: dict[int, Citation] = {}
    for (partition,), part in wanted.group_by("partition", maintain_order=True):
        written = column.columns[str(partition)]
        records = store.scan_records(str(partition)).select(
            pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), pl.col(LINE).alias("line"), cell=pl.col(written)
        )
        found = part.lazy().join(records, on=["source", "row"], how="left").collect()
        for position, source, row, line, cell in found.select("position", "source", "row", "line", "cell").iter_rows():
            if cell is None:
                raise InvariantError(f"{source}:{row} has no {written!r} to cite; run findings and dimensions again")
            cited[position] = Citation(
                source=source, row=row, line=line, column=written, quote=quote_of(cell), verified=True
            )
    return cited


def quote_of(cell: str) -> str:
    """The beginning of a cell, verbatim, cut after a word where it is longer than a quote may be."""
    text = cell.strip()
    if len(text) <= LONGEST_QUOTE:
        return text
    beginning = text[: LONGEST_QUOTE + 1]
    cut = max(beginning.rfind(" "), beginning.rfind("\n"))
    return text[: cut if cut > LONGEST_QUOTE // 2 else LONGEST_QUOTE].rstrip()


def _first(members: NDArray[np.int64], order: NDArray[np.float32], number: int) -> tuple[int, ...]:
    # Similarities are rounded so that the choice does not hang on the last bits of a product.
    ranked = np.lexsort((members, np.round(order, 5)))[:number]
    return tuple(int(member) for member in members[ranked])
