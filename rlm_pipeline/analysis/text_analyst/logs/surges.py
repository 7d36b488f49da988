"""Error bursts and floods: bursts found over a whole stream, and what is worth saying of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.analysis.text_analyst.logs import bursts, failures
from rlm_pipeline.analysis.text_analyst.logs.bursts import Burst
from rlm_pipeline.analysis.text_analyst.logs.census import SEVERITY, Census
from rlm_pipeline.analysis.text_analyst.logs.clock import STREAM

MOST_BURSTS = 12
"""Error bursts told of a stream, those with the most errors beyond what is usual; others are counted."""

MOST_FLOODS = 8
"""Floods told of a stream, likewise."""

FEWEST_ERRORS = 5
FEWEST_IN_FLOOD = 20
ERRORS_RATIO = 3.0
"""Events of an error burst over those expected, at least."""

FLOOD_RATIO = 5.0
"""Share of a flood among the records of its time over that of other times, at least; its rate over the mean rate."""

RICHER = 1.5
CHANCE = 0.01
"""A burst is richer in events, too, when their share is so many times that of other times, and so by less than this
chance (binomial), times the moments that it may begin at."""

_RISES = 2.0  # a flood is part of the mean that its rate is compared with
_CANDIDATES = 200  # templates of a stream that floods are sought of, the most frequent
_LONGEST_SILENCE = 0.99  # quantile of silences that longer ones count as
_PEAK_PARTS = 12
_PEAK_WIDTHS = (1, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400, 604_800)

_Numbers = npt.NDArray[np.int64]
_Spans = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """A burst as it is told. Times are those of the stream's clock, `end` exclusive; `stream` is its place.

    `template` is the one that floods, empty for errors; `id` its number. `events` of all `records` of the stream in
    that time; `outside` is the share of events among the records of all other time. `peak` events in `peak_width`
    seconds (records, where the clock counts those) from `peak_start` on, where `usual` are expected.
    `concentrated`: their share among the records is higher too, not only their rate.
    """

    stream: int
    start: float
    end: float
    events: int
    records: int
    expected: float
    outside: float
    peak: int
    peak_start: float
    peak_width: float
    usual: float
    q: float
    concentrated: bool
    template: str = ""
    id: int = -1

    @property
    def excess(self) -> float:
        """Events beyond those expected."""
        return self.events - self.expected


def of_errors(census: Census, stream: int) -> tuple[Surge, ...]:
    """All error bursts of a stream, in order of time: errors by time, at a rate at least `ERRORS_RATIO` the usual."""
    moments = census.moments.filter(pl.col(STREAM) == stream).sort("moment")
    errors = moments.filter(pl.col("errors") > 0)
    if errors.is_empty():
        return ()
    width = census.widths[stream]
    moment = moments.get_column("moment").to_numpy()
    elapsed = _elapsed(moment)
    at = np.searchsorted(moment, errors.get_column("moment").to_numpy())
    counts = errors.get_column("errors").to_numpy()
    found = bursts.found(counts, _gaps(elapsed[at]), 1.0, fewest=FEWEST_ERRORS, least_ratio=ERRORS_RATIO)
    records = moments.get_column("records").to_numpy()
    all_errors = moments.get_column("errors").to_numpy()
    return tuple(
        _surge(
            each,
            stream,
            width,
            moment=moment,
            ends=(int(at[each.first]), int(at[each.last])),
            events=all_errors,
            records=records,
        )
        for each in found
    )


def of_templates(census: Census, stream: int) -> tuple[Surge, ...]:
    """Floods: bursts of one template that says no failure, among the records of its stream, in order of time."""
    phases = census.phases.filter(pl.col(STREAM) == stream)
    every = phases.group_by("moment").agg(pl.col("records").sum()).sort("moment")
    moment, records = every.get_column("moment").to_numpy(), every.get_column("records").to_numpy()
    behind = np.cumsum(records) - records
    elapsed = _elapsed(moment) if len(moment) else np.zeros(1)
    plain = census.templates.filter(
        (pl.col(STREAM) == stream)
        & (pl.col(SEVERITY).is_null() | (pl.col(SEVERITY) != failures.ERROR))
        & (pl.col("records") >= FEWEST_IN_FLOOD)
    )
    found: list[Surge] = []
    for number, template in (
        plain.sort("records", "id", descending=[True, False]).head(_CANDIDATES).select("id", "template").iter_rows()
    ):
        own = phases.filter(pl.col("id") == number).sort("moment")
        at = np.searchsorted(moment, own.get_column("moment").to_numpy())
        counts = own.get_column("records").to_numpy()
        # A moment's own exposure is its records; as moments differ, it is their mean, and the gaps hold the rest.
        mean = float(records[at].mean())
        gaps = np.maximum(np.diff(behind[at], prepend=0) - mean, 0.0).astype(np.float64)
        events = np.zeros(len(moment), dtype=np.int64)
        events[at] = counts
        for each in bursts.found(counts, gaps, mean, fewest=FEWEST_IN_FLOOD, least_ratio=_RISES):
            ends = int(at[each.first]), int(at[each.last])
            surge = _surge(
                each,
                stream,
                census.phase_widths[stream],
                moment=moment,
                ends=ends,
                events=events,
                records=records,
                template=template,
                number=number,
            )
            lasts = (elapsed[ends[1]] - elapsed[ends[0]] + 1) / (elapsed[-1] + 1)
            usual = max(surge.outside * surge.records, int(counts.sum()) * lasts)
            if surge.concentrated and surge.events >= FLOOD_RATIO * usual:
                found.append(surge)
    return tuple(sorted(found, key=lambda surge: (surge.start, surge.id)))


def told(surges: tuple[Surge, ...], most: int) -> tuple[Surge, ...]:
    """The surges with the most events beyond the usual, in order of time."""
    ranked = sorted(surges, key=lambda surge: (-surge.excess, surge.start, surge.id))[:most]
    return tuple(sorted(ranked, key=lambda surge: (surge.start, surge.id)))


def _elapsed(moment: _Numbers) -> _Spans:
    """Moments since the first; a silence longer than all but one in a hundred counts as long as that one.

    Else a log that was silent for a month would be in a burst whenever it is not.
    """
    steps = np.diff(moment, prepend=moment[:1]).astype(np.float64)
    if len(steps) > 1:
        steps = np.minimum(steps, max(float(np.quantile(steps[1:], _LONGEST_SILENCE)), 1.0))
    return np.cumsum(steps)


def _gaps(elapsed: _Spans) -> _Spans:
    """What lies between moments that are one long themselves."""
    return np.maximum(np.diff(elapsed, prepend=min(elapsed[0], 1.0)) - 1, 0)


def _surge(
    burst: Burst,
    stream: int,
    width: float,
    *,
    moment: _Numbers,
    ends: tuple[int, int],
    events: _Numbers,
    records: _Numbers,
    template: str = "",
    number: int = -1,
) -> Surge:
    from scipy import special

    first, last = ends
    within = slice(first, last + 1)
    inside, among = int(events[within].sum()), int(records[within].sum())
    others = int(records.sum()) - among
    outside = (int(events.sum()) - inside) / others if others else 0.0
    chance = float(special.bdtrc(inside - 1, among, min(max(outside, 0.5 / (others + 1)), 1.0)))
    start, end = float(moment[first]) * width, float(moment[last] + 1) * width
    wanted = (end - start) / _PEAK_PARTS
    peak_width = max(width, next((each for each in _PEAK_WIDTHS if each >= wanted), _PEAK_WIDTHS[-1]))
    place, peak = _peak(moment[within].astype(np.float64) * width, events[within], peak_width)
    per_unit = burst.expected / max(end - start, width)
    return Surge(
        stream=stream,
        start=start,
        end=end,
        events=inside,
        records=among,
        expected=burst.expected,
        outside=outside,
        peak=peak,
        peak_start=place,
        peak_width=peak_width,
        usual=per_unit * peak_width,
        q=burst.q,
        concentrated=others > 0 and inside / among > RICHER * outside and chance * len(moment) < CHANCE,
        template=template,
        id=number,
    )


def _peak(times: _Spans, events: _Numbers, width: float) -> tuple[float, int]:
    """Where a window of `width` that starts at an event holds the most events, the first of equals, and how many."""
    behind = np.concatenate([[0], np.cumsum(events)])
    held = behind[np.searchsorted(times, times + width, side="left")] - behind[:-1]
    best = int(np.argmax(held))
    return float(times[best]), int(held[best])
