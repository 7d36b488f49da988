"""Writing one year's file, batch by batch, and what is true about its rows."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.evaluation.support_desk.columns import Span, order
from rlm_pipeline.evaluation.support_desk.filler import Cells, Filler
from rlm_pipeline.evaluation.support_desk.plan import Plan
from rlm_pipeline.evaluation.support_desk.records import TicketWriter, Year
from rlm_pipeline.evaluation.support_desk.style import FileStyle, damaged, dirty_names, ragged_rows, style_of
from rlm_pipeline.evaluation.support_desk.summary import DeskFile

Places = NDArray[np.int64]

_CELLS_A_BATCH = 1_000_000
_BATCH_ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all years share: the plan, the columns over the years, the filler and the seed."""

    plan: Plan
    named: tuple[Span, ...]
    filler_spans: tuple[Span, ...]
    filler: Filler
    years: int
    seed: int
    dirt: float

    @property
    def spans(self) -> tuple[Span, ...]:
        """All columns, the named ones first."""
        return self.named + self.filler_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenYear:
    """One written file, the truth about its rows, and what its header calls each column, in its order."""

    file: DeskFile
    truth: pl.DataFrame
    written: dict[str, str]


def write_year(desk: Desk, path: Path, year: Year, rows: int) -> WrittenYear:
    """Write one year's `rows` tickets to `path`."""
    style = style_of(year.index, len(desk.spans), desk.dirt)
    rng = np.random.default_rng([desk.seed, year.fiscal_year, 1])
    ragged = ragged_rows(rows, desk.dirt, rng)
    present = _present(desk, year)
    written = _names(desk, year, present)
    truth = []
    with path.open("w", encoding=style.encoding, newline="") as stream:
        if style.title is not None:
            stream.write(style.title + style.line_end)
        writer = csv.writer(stream, delimiter=style.delimiter, lineterminator=style.line_end)
        writer.writerow(written.values())
        text_place = list(written).index("issue_description")
        for first, cells, known in _batches(desk, year, rows, rng):
            lines = _as_lines(cells[:, present], style)
            for row in sorted(ragged.intersection(range(first, first + len(lines)))):
                lines[row - first] = damaged(lines[row - first], text_place, rng)
            writer.writerows(lines)
            truth.append(known)
    file = DeskFile(
        name=path.name,
        fiscal_year=f"FY{year.fiscal_year}",
        rows=rows,
        ragged=len(ragged),
        columns=len(written),
        bytes=path.stat().st_size,
        encoding=style.encoding,
        delimiter=style.delimiter,
        line_end=style.line_end,
        title_line=style.title is not None,
    )
    return WrittenYear(file=file, truth=_identified(pl.concat(truth), file, ragged), written=written)


def _present(desk: Desk, year: Year) -> Places:
    """Places of the year's columns among all, in the order of its file."""
    era = year.index * 3 // max(desk.years, 1)
    places = order(len(desk.spans), len(desk.named), era)
    written = np.array([span.written[year.index] is not None for span in desk.spans])
    present: Places = places[written[places]]
    return present


def _names(desk: Desk, year: Year, present: Places) -> dict[str, str]:
    """What the year's header calls each column, in the order of the file."""
    spans = [desk.spans[place] for place in present.tolist()]
    written = {span.column: span.written[year.index] or "" for span in spans}
    filler = [span.column for span in desk.filler_spans if span.column in written]
    soiled = dirty_names([written[column] for column in filler], year.index, desk.dirt)
    return {**written, **dict(zip(filler, soiled, strict=True))}


def _batches(desk: Desk, year: Year, rows: int, rng: np.random.Generator) -> Iterator[tuple[int, Cells, pl.DataFrame]]:
    """Batches of (first row from 0, cells of all columns in the order of `desk.spans`, truth of the rows)."""
    tickets = TicketWriter(desk.plan, year, seed=desk.seed, dirt=desk.dirt)
    dates = tickets.date_pool()
    absent = [span.column for span in desk.named if span.written[year.index] is None]
    unknown = [dimension.id for dimension in desk.plan.dimensions if dimension.column in absent]
    size = max(50, min(_BATCH_ROWS, _CELLS_A_BATCH // len(desk.spans)))
    for first in range(0, rows, size):
        count = min(size, rows - first)
        named, known = tickets.batch(count, first + 1)
        cells = np.empty((count, len(desk.spans)), dtype=object)
        for place, span in enumerate(desk.named):
            cells[:, place] = named[span.column]
        filler = desk.filler.cells(count, first + 1, year.index, dates, rng)
        _soil(filler, desk.dirt, rng)
        cells[:, len(desk.named) :] = filler
        yield first, cells, known.with_columns(pl.lit(None, dtype=pl.String).alias(column) for column in unknown)


def _soil(filler: Cells, dirt: float, rng: np.random.Generator) -> None:
    """Trailing spaces in one of 2,000 filler cells that have a value, and a NUL in one of 200,000."""
    for share, mark in ((0.0005, " "), (0.000005, "\0")):
        count = rng.binomial(filler.size, min(share * dirt, 1.0))
        for place in rng.integers(0, max(filler.size, 1), count).tolist():
            row, column = divmod(place, filler.shape[1])
            if filler[row, column]:
                filler[row, column] += mark


def _as_lines(cells: Cells, style: FileStyle) -> list[list[str]]:
    lines: list[list[str]] = cells.tolist()
    if style.line_end == "\n":
        return lines
    return [[cell.replace("\n", style.line_end) if "\n" in cell else cell for cell in line] for line in lines]


def _identified(truth: pl.DataFrame, file: DeskFile, ragged: set[int]) -> pl.DataFrame:
    rows = pl.int_range(1, len(truth) + 1, dtype=pl.Int64, eager=True)
    return truth.select(
        pl.lit(file.name).alias("source"),
        rows.alias("row"),
        pl.lit(file.fiscal_year).alias("fiscal_year"),
        (rows - 1).is_in(sorted(ragged)).alias("ragged"),
        pl.all(),
    )
