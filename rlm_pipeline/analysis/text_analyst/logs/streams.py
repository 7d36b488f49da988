"""Which sources are one log, and what its clock is.

Files of a rotated log (app.log, app.log.1, app-2024-03-01.log) are one stream where their timestamps tell a day: their
names are equal but for digits. A log whose timestamps tell none is a stream by itself, for its time is not that of
another. A log most of whose records have no timestamp that can be read is ordered by the places of its records.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.logs import stamps
from rlm_pipeline.analysis.text_analyst.own_records import PLACE, Part
from rlm_pipeline.model import SOURCE

MOST_STREAMS = 20
"""Streams told apart, those with the most records; all others are one, `OTHERS`."""

OTHERS = "(other logs)"

_SAMPLED = 50_000
_FIRST = 20  # records of every source that are in the sample
_MOSTLY = 0.5
_TELLING = 0.1  # of the timestamps that can be read

_DIGITS = re.compile(r"\d+")
_ROTATED = re.compile(r"(?:[._-]\d+)+$")

Clock = Literal["dated", "yearless", "time", "uptime", "position"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One log: `clock` says what its times are, `day_first` how they write days, `year` the year of days without one.

    Times are seconds: since 1970 (dated, yearless: in `year`), since the midnight before the first record (time), since
    a start (uptime), or numbers of records (position).
    """

    name: str
    clock: Clock
    sources: frozenset[str]
    records: int
    day_first: bool = False
    year: int = stamps.LEAP_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    clock: Clock
    day_first: bool = False
    year: int = stamps.LEAP_YEAR


def found(read: Part) -> tuple[Stream, ...]:
    """The streams of a part, those of most records first, then by name."""
    step = max(1, sum(each.rows for each in read.sources) // _SAMPLED)
    nth = pl.int_range(pl.len()).over(SOURCE)
    columns = ("timestamp",) if read.has("timestamp") else ()
    sample = [
        stride.filter((pl.col(PLACE) % step == 0) | (nth < _FIRST)).select(SOURCE, *columns)
        for stride in own_records.strides(read, columns)
    ]
    every = pl.concat(sample) if sample else pl.DataFrame(schema={SOURCE: pl.String})
    return found_in(every, {each.source: each.rows for each in read.sources})


def found_in(sample: pl.DataFrame, rows: Mapping[str, int]) -> tuple[Stream, ...]:
    """The streams of sources with so many records each, by a sample of their records: `SOURCE`, `timestamp` if any."""
    told = _clocks(sample) if "timestamp" in sample.columns else {}
    grouped: defaultdict[tuple[str, _Told], list[str]] = defaultdict(list)
    for source in rows:
        clock = told.get(source, _Told(clock="position"))
        dated = clock.clock in ("dated", "yearless")
        grouped[_family(source) if dated else source, clock].append(source)
    streams = [
        Stream(
            name=members[0] if len(members) == 1 else family,
            clock=clock.clock,
            sources=frozenset(members),
            records=sum(rows[member] for member in members),
            day_first=clock.day_first,
            year=clock.year,
        )
        for (family, clock), members in grouped.items()
    ]
    ordered = sorted(_uniquely_named(streams), key=lambda each: (-each.records, each.name))
    return (*ordered[:MOST_STREAMS], *_others(ordered[MOST_STREAMS:]))


def _family(source: str) -> str:
    """The name of a rotated log: its file's without the numbers behind it, `*` for other digits."""
    folder, slash, name = source.rpartition("/")
    return folder + slash + _DIGITS.sub("*", _ROTATED.sub("", name.removesuffix(".gz")))


def _uniquely_named(streams: Sequence[Stream]) -> list[Stream]:
    """Streams of one family that have different clocks are named after a source of theirs."""
    names = [each.name for each in streams]
    return [
        each
        if names.count(each.name) == 1
        else Stream(
            name=min(each.sources),
            clock=each.clock,
            sources=each.sources,
            records=each.records,
            day_first=each.day_first,
            year=each.year,
        )
        for each in streams
    ]


def _others(streams: Sequence[Stream]) -> tuple[Stream, ...]:
    if len(streams) < 2:
        return tuple(streams)
    sources = frozenset[str]().union(*(each.sources for each in streams))
    records = sum(each.records for each in streams)
    return (Stream(name=OTHERS, clock="position", sources=sources, records=records),)


def _clocks(sample: pl.DataFrame) -> dict[str, _Told]:
    """What the timestamps of each source tell."""
    read = stamps.read(sample.get_column("timestamp"))
    known = sample.join(read, on="timestamp", how="left", maintain_order="left")
    by_source = known.partition_by(SOURCE, as_dict=True, maintain_order=True)
    return {str(source): _told(records) for (source,), records in by_source.items()}


def _told(records: pl.DataFrame) -> _Told:
    read = records.drop_nulls("tells")
    if read.height < _MOSTLY * records.height or read.is_empty():
        return _Told(clock="position")
    shares = {
        tells: count / read.height for tells, count in read.get_column("tells").value_counts().iter_rows() if tells
    }
    day_first = _is_day_first(read)
    if shares.get(stamps.DATED, 0) + shares.get(stamps.EPOCH, 0) >= _TELLING:
        dated = read.filter(pl.col("tells") == stamps.DATED).select(pl.coalesce("month_first", "day_first")).to_series()
        # Days without a year among days with one are of the year that is there first.
        mixed = stamps.YEARLESS in shares and len(dated) > 0
        year = int((pl.Series([dated[0]], dtype=pl.Int64) - 719_163).cast(pl.Date).dt.year()[0]) if mixed else 2000
        return _Told(clock="dated", day_first=day_first, year=year)
    if shares.get(stamps.YEARLESS, 0) >= _TELLING:
        return _Told(clock="yearless", day_first=day_first)
    return _Told(clock="time" if shares.get(stamps.TIME_ONLY, 0) >= shares.get(stamps.UPTIME, 0) else "uptime")


def _is_day_first(read: pl.DataFrame) -> bool:
    """Whether days are written first: where the other order gives no date, or leaps over more days."""
    days = read.filter(pl.col("tells").is_in([stamps.DATED, stamps.YEARLESS]))
    impossible = [int(days.get_column(name).null_count()) for name in ("month_first", "day_first")]
    if impossible[0] != impossible[1]:
        return impossible[0] > impossible[1]
    leaps = [
        float(np.abs(np.diff(days.get_column(name).drop_nulls().to_numpy())).sum())
        for name in ("month_first", "day_first")
    ]
    return leaps[1] < leaps[0]
