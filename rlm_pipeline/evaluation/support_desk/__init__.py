"""A support desk whose truth is known: eleven fiscal years of dirty, wide CSV files, written from a seed.

What is planted is in `phrases/plan.yaml`. The truth is written beside the files, in a folder that the pipeline never
reads.
"""

import logging
from pathlib import Path

import numpy as np

from rlm_pipeline.errors import RlmError
from rlm_pipeline.evaluation.support_desk import plan
from rlm_pipeline.evaluation.support_desk.columns import NAMED_BY_PLACE, filler_spans, named_spans
from rlm_pipeline.evaluation.support_desk.filler import plan_filler
from rlm_pipeline.evaluation.support_desk.records import Year
from rlm_pipeline.evaluation.support_desk.summary import DeskSummary
from rlm_pipeline.evaluation.support_desk.truth import write_truth
from rlm_pipeline.evaluation.support_desk.writing import Desk, write_year

_GROWTH = 0.04
"""How many more tickets than the first year every later year has, as a share of the first."""

_log = logging.getLogger(__name__)


def write_support_desk(
    folder: Path,
    *,
    rows: int = 20_000,
    columns: int = 300,
    years: int = 11,
    first_year: int = 2012,
    dirt: float = 1.0,
    seed: int = 7,
) -> DeskSummary:
    """Write `support_fy<year>.csv` for every fiscal year, and `truth/` beside them.

    Args:
        folder: where to; created if absent. Files of the same names are overwritten.
        rows: tickets over all years, including the ragged ones; years grow slightly.
        columns: different columns over all years; a single year lacks some. At least the named ones.
        years: files, one each fiscal year (October to September).
        first_year: the fiscal year of the first file.
        dirt: 0 for clean UTF-8 files, 1 for what exports look like; scales every share of damage.
        seed: equal arguments give equal bytes.

    Raises:
        RlmError: fewer columns than the named ones, or fewer rows than years.

    """
    if columns < len(NAMED_BY_PLACE):
        raise RlmError(f"the support desk has {len(NAMED_BY_PLACE)} named columns; asked for only {columns}")
    if years < 1 or rows < years:
        raise RlmError(f"the support desk needs a row a year at least; asked for {rows} rows in {years} years")
    rng = np.random.default_rng(seed)
    filler = plan_filler(columns - len(NAMED_BY_PLACE), years, rng, dirt=dirt)
    desk = Desk(
        plan=plan.load(),
        named=named_spans(years),
        filler_spans=filler_spans(tuple(column.name for column in filler.columns), years, rng),
        filler=filler,
        years=years,
        seed=seed,
        dirt=dirt,
    )
    truth_folder = folder / "truth"
    truth_folder.mkdir(parents=True, exist_ok=True)
    written = []
    for index, count in enumerate(_rows_by_year(rows, years)):
        year = Year(index=index, years=years, fiscal_year=first_year + index)
        written.append(write_year(desk, folder / f"support_fy{year.fiscal_year}.csv", year, count))
        _log.info(f"{written[-1].file.name}: {count:,} tickets, {written[-1].file.bytes / 1e6:,.1f} MB")
    write_truth(desk, written, truth_folder)
    return DeskSummary(folder=folder, truth_folder=truth_folder, files=tuple(year.file for year in written))


def _rows_by_year(rows: int, years: int) -> list[int]:
    weights = 1 + _GROWTH * np.arange(years)
    ends = np.round(np.cumsum(weights) / weights.sum() * rows).astype(int)
    return [int(count) for count in np.diff(ends, prepend=0)]
