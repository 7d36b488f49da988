"""Templates that appear late, that stop, and that come at a regular interval.

Were the records of a template spread over its log by chance, the chance that all of k separate occurrences lie behind
a share u of the log's records is (1 - u)^k, and before it u^k. Occurrences in one hundred-and-fiftieth of the log are
one, for records of one incident come together. All templates of all logs are tested at one false discovery rate.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.analysis.text_analyst.logs.census import SHORTEST_GAP, Census
from rlm_pipeline.analysis.text_analyst.logs.clock import STREAM
from rlm_pipeline.profiling import associations

FALSE_DISCOVERY_RATE = 0.01
_PARTS = 150
_FEWEST_APART = 4
_LATE, _STOPS = 0.4, 0.6  # of the log's records: it first appears behind the one, it is last seen before the other

_FEWEST_GAPS = 10
_REGULAR = 0.7
"""A template is regular when this share of the times between its records is within a tenth of the most usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A template that appears late or stops: `share` of its log's records are before it appears, or after it stops.

    `time` is the moment of its first or last record; `q` the false discovery rate at which it is kept.
    """

    stream: int
    template: str
    records: int
    time: float
    share: float
    q: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """A template whose records are mostly `interval` seconds apart: the share of its gaps that are."""

    stream: int
    template: str
    records: int
    interval: float
    share: float


def late_and_stopped(census: Census) -> tuple[tuple[Life, ...], tuple[Life, ...]]:
    """Templates that appear late, and those that stop, by stream and then by template."""
    lives = _lives(census)
    rows = lives.select(
        STREAM, "template", "records", "first", "last", "before", "until", "apart", "first_width"
    ).iter_rows()
    found = list(rows)
    apart = np.array([row[7] for row in found])
    chances = [
        np.where(apart >= _FEWEST_APART, (1 - np.array([row[5] for row in found])) ** apart, 1.0),
        np.where(apart >= _FEWEST_APART, np.array([row[6] for row in found]) ** apart, 1.0),
    ]
    q = associations.benjamini_hochberg(np.concatenate(chances)).reshape(2, -1) if found else np.ones((2, 0))
    late = tuple(
        Life(stream=row[0], template=row[1], records=row[2], time=row[3] * row[8], share=row[5], q=float(each))
        for row, each in zip(found, q[0], strict=True)
        if each <= FALSE_DISCOVERY_RATE and row[5] >= _LATE
    )
    stopped = tuple(
        Life(stream=row[0], template=row[1], records=row[2], time=row[4] * row[8], share=1 - row[6], q=float(each))
        for row, each in zip(found, q[1], strict=True)
        if each <= FALSE_DISCOVERY_RATE and row[6] <= _STOPS
    )
    return late, stopped


def _lives(census: Census) -> pl.DataFrame:
    """Each template's first and last moment, the shares of its stream's records before and until them, and parts."""
    phases = census.phases
    every = phases.group_by(STREAM, "moment").agg(pl.col("records").sum()).sort(STREAM, "moment")
    total = pl.col("records").sum().over(STREAM)
    until = pl.col("records").cum_sum().over(STREAM)
    shares = every.select(STREAM, "moment", before=(until - pl.col("records")) / total, until=until / total)
    placed = phases.join(shares, on=[STREAM, "moment"], how="left", maintain_order="left")
    part = (pl.col("before") * _PARTS).floor()
    lives = placed.group_by("id").agg(
        first=pl.col("moment").min(),
        last=pl.col("moment").max(),
        before=pl.col("before").min(),
        until=pl.col("until").max(),
        apart=part.n_unique(),
    )
    widths = pl.col(STREAM).replace_strict(dict(enumerate(census.phase_widths)), return_dtype=pl.Float64)
    named = census.templates.join(lives, on="id").with_columns(first_width=widths)
    return named.sort(STREAM, "template")


def regular(census: Census) -> tuple[Rhythm, ...]:
    """Templates whose records come at a regular interval, by stream and then by template."""
    gaps = census.gaps
    if gaps.is_empty():
        return ()
    # Within a tenth: two powers below and above the most usual one.
    near = (
        pl.concat(
            gaps.select("id", pl.col("gap") + shift, near="records", passed="seconds") for shift in (-2, -1, 0, 1, 2)
        )
        .group_by("id", "gap")
        .agg(pl.col("near", "passed").sum())
    )
    totals = gaps.group_by("id").agg(every=pl.col("records").sum())
    own = gaps.join(near, on=["id", "gap"]).join(totals, on="id")
    usual = own.sort("id", "records", "gap", descending=[False, True, False]).unique("id", keep="first")
    interval = pl.col("passed") / pl.col("near")
    kept = usual.with_columns(interval=interval, share=pl.col("near") / pl.col("every")).filter(
        (pl.col("every") >= _FEWEST_GAPS) & (pl.col("share") >= _REGULAR) & (pl.col("interval") >= SHORTEST_GAP)
    )
    named = census.templates.join(kept.select("id", "interval", "share"), on="id").sort(STREAM, "template")
    return tuple(
        Rhythm(stream=stream, template=template, records=records, interval=interval, share=share)
        for stream, template, records, interval, share in named.select(
            STREAM, "template", "records", "interval", "share"
        ).iter_rows()
    )
