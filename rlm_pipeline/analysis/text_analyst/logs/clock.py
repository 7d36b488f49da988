"""The time of every record of a log, in order: what its timestamp leaves out follows from the records before it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.analysis.text_analyst.logs import stamps
from rlm_pipeline.analysis.text_analyst.logs.streams import Stream
from rlm_pipeline.model import SOURCE

TIME, STREAM = "_time", "_stream"
"""Columns of a record: seconds on the clock of its stream, Float64, and the place of the stream, Int64."""

_DAY = 86_400.0
_YEAR = 366 * _DAY
_BACK = 0.5  # of a year or a day: time that falls by more has begun the next one
_FORTH = 0.9  # and time that leaps ahead by more belongs to the one before
_MOST_BEGUN = 100  # a log that seems to begin more is in no order of time

Times = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Cycle:
    """Years or days that were begun, of a source whose timestamps do not tell them."""

    length: float
    last: float | None = None
    begun: int = 0

    def unrolled(self, times: Times) -> Times:
        """`times`, of one cycle each, on one line; they follow those of the call before."""
        if not len(times):
            return times
        before = times[0] if self.last is None else self.last
        steps = np.diff(times, prepend=before)
        turns = np.cumsum((steps < -_BACK * self.length).astype(np.int64) - (steps > _FORTH * self.length)) + self.begun
        turns = np.clip(turns, 0, _MOST_BEGUN)
        self.last, self.begun = float(times[-1]), int(turns[-1])
        return times + turns * self.length


@dataclass(slots=True)
class _Source:
    """What is known of the last record of a source."""

    years: _Cycle = field(default_factory=lambda: _Cycle(_YEAR))
    days: _Cycle = field(default_factory=lambda: _Cycle(_DAY))
    day: float = np.nan
    time: float = np.nan


@dataclass(slots=True)
class LogClock:
    """Gives records their times; it must be shown all records of the streams, in order, in any portions."""

    streams: Sequence[Stream]
    _sources: dict[str, _Source] = field(default_factory=dict)
    _counted: dict[int, int] = field(default_factory=dict)

    def timed(self, records: pl.DataFrame) -> pl.DataFrame:
        """`records` (with `SOURCE`, and `timestamp` where it may be read), in their order, with `STREAM` and `TIME`.

        A record without a time has that of the record before it; NaN where there is none before it.
        """
        of_source = {source: number for number, stream in enumerate(self.streams) for source in stream.sources}
        numbers = pl.col(SOURCE).replace_strict(of_source, return_dtype=pl.Int64).alias(STREAM)
        told = records.with_columns(numbers).with_row_index("_order")
        if "timestamp" in records.columns:
            known = stamps.read(records.get_column("timestamp"))
            told = told.join(known, on="timestamp", how="left", maintain_order="left")
        times = np.full(records.height, np.nan)
        for (source, number), own in told.partition_by(SOURCE, STREAM, as_dict=True, maintain_order=True).items():
            at = own.get_column("_order").to_numpy()
            times[at] = self._times(str(source), int(number), own)
        plain = told.select(*records.columns, STREAM)
        return plain.with_columns(pl.Series(TIME, times))

    def _times(self, source: str, number: int, own: pl.DataFrame) -> Times:
        stream = self.streams[number]
        if stream.clock == "position":
            first = self._counted.get(number, 0)
            self._counted[number] = first + own.height
            return np.arange(first, first + own.height, dtype=np.float64)
        state = self._sources.setdefault(source, _Source())
        tells = own.get_column("tells").fill_null("").to_numpy()
        seconds = own.get_column("seconds").to_numpy()
        times = np.full(own.height, np.nan)
        for tell in (stamps.EPOCH, *([stamps.UPTIME] if stream.clock == "uptime" else [])):
            times[tells == tell] = seconds[tells == tell]
        names = ("day_first", "month_first") if stream.day_first else ("month_first", "day_first")
        days = own.select(stamps.since_epoch(pl.coalesce(names))).to_series().to_numpy()
        dated, yearless, only = (tells == tell for tell in (stamps.DATED, stamps.YEARLESS, stamps.TIME_ONLY))
        times[dated] = days[dated] + seconds[dated]
        if yearless.any():
            within = days[yearless] - _start_of(stamps.LEAP_YEAR) + seconds[yearless]
            times[yearless] = _in_year(state.years.unrolled(within), stream.year)
        if only.any():
            times[only] = (
                _on_days(state, times, only, seconds) if stream.clock != "time" else state.days.unrolled(seconds[only])
            )
        filled = _filled(times, state.time)
        state.time = float(filled[-1])
        return filled


def _on_days(state: _Source, times: Times, only: npt.NDArray[np.bool_], seconds: Times) -> Times:
    """Times of day on the day of the last record that has one."""
    known = np.where(np.isnan(times), np.nan, np.floor(times / _DAY) * _DAY)
    filled = _filled(known, state.day)
    state.day = float(filled[-1])
    return filled[only] + seconds[only]


def _in_year(within: Times, year: int) -> Times:
    """Seconds within leap years on one line as seconds since 1970, the first in `year`."""
    turns = np.floor(within / _YEAR)
    kinds, of_record = np.unique(turns, return_inverse=True)
    start = np.array([_start_of(year + int(turn)) for turn in kinds])[of_record]
    common = np.array([not _is_leap(year + int(turn)) for turn in kinds], dtype=np.bool_)[of_record]
    rest = within - turns * _YEAR
    # In a year without it, what follows the 29th of February is a day earlier.
    return start + rest - np.where(common & (rest >= 60 * _DAY), _DAY, 0.0)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _start_of(year: int) -> float:
    return (dt.date(min(max(year, 1), 9999), 1, 1) - dt.date(1970, 1, 1)).days * _DAY


def _filled(times: Times, before: float) -> Times:
    """`times` with those that are not known as the one before; `before` at the start."""
    known = np.concatenate([[before], times])
    last = np.maximum.accumulate(np.where(np.isnan(known), 0, np.arange(len(known))))
    return np.asarray(known[last][1:])


def shown(time: float, stream: Stream) -> str:
    """A time of a stream for people."""
    if stream.clock == "position":
        return f"record {round(time) + 1:,}"
    if stream.clock == "uptime":
        return f"{time:,.0f} s"
    days, seconds = divmod(int(np.floor(time)), int(_DAY))
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if stream.clock == "time":
        return clock if days == 0 else f"day {days + 1} {clock}"
    date = dt.date.fromordinal(min(max(days + dt.date(1970, 1, 1).toordinal(), 1), dt.date.max.toordinal()))
    return f"{date:%m-%d} {clock}" if stream.clock == "yearless" else f"{date.isoformat()} {clock}"
