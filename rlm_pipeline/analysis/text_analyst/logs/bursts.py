"""Intervals in which events crowd: the two-state automaton of Kleinberg (2002), each burst tested against chance.

J. Kleinberg, Bursty and Hierarchical Structure in Streams (KDD 2002): events come at a base rate or at a higher one;
the sequence of states that costs least, where each step costs the negative log-likelihood of its events and each rise
to the higher state costs gamma ln n, says when there is a burst. Events are counted by moment here, so that a step's
likelihood is that of a Poisson count. The base rate is the mean; bursts are then taken out and the rest is looked
through again at its own mean, so that a large burst does not hide small ones, nor grows at a base rate without it.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rlm_pipeline.profiling import associations

RISE = 3.0
"""The rate in a burst over the base rate, of the automaton's two states."""

GAMMA = 1.0
FALSE_DISCOVERY_RATE = 0.01
"""Benjamini-Hochberg over the bursts that the automaton finds, each of whose p values counts all intervals that begin
at an event."""

PASSES = 3
"""How often what is left is looked through."""

Counts = npt.NDArray[np.int64]
Spans = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Moments `first` to `last`, inclusive, with their events; `rate` and `base` are events per unit of exposure.

    `expected` events would be there at the base rate; `q` is the false discovery rate at which it is kept.
    """

    first: int
    last: int
    events: int
    expected: float
    base: float
    q: float


def found(events: Counts, gaps: Spans, width: float, *, fewest: int, least_ratio: float) -> tuple[Burst, ...]:
    """The bursts of one kind of event, in order of time.

    Args:
        events: (n,) events of each moment that has any.
        gaps: (n,) exposure since the moment before; the first is that since the start.
        width: exposure of a moment itself.
        fewest: events of a burst.
        least_ratio: events of a burst over those expected.

    """
    left = np.arange(len(events))
    kept: list[Burst] = []
    for _ in range(PASSES):
        own, between = events[left], _joined(gaps, left)
        total, exposure = int(own.sum()), float(between.sum() + len(left) * width)
        if total < fewest or exposure <= 0:
            break
        base = total / exposure
        runs = _unbroken(_runs(_states(own, between, width, base)), left)
        more = _tested(own, between, width, base=base, runs=runs, fewest=fewest, least_ratio=least_ratio)
        if not more:
            break
        kept += [replace(each, first=int(left[each.first]), last=int(left[each.last])) for each in more]
        inside = np.concatenate([np.arange(each.first, each.last + 1) for each in more])
        left = np.delete(left, inside)
    return tuple(sorted(kept, key=lambda burst: burst.first))


def _joined(gaps: Spans, left: Places) -> Spans:
    """The gaps between the moments that are left; the time of bursts that were taken out is no part of them."""
    taken = np.diff(left, prepend=-1) - 1
    return np.where(taken == 0, gaps[left], 0.0)


def _unbroken(runs: list[tuple[int, int]], left: Places) -> list[tuple[int, int]]:
    """Runs cut where a burst was taken out between two of their moments."""
    pieces: list[tuple[int, int]] = []
    for first, last in runs:
        cuts = [first, *(np.flatnonzero(np.diff(left[first : last + 1]) > 1) + first + 1).tolist(), last + 1]
        pieces += [(start, stop - 1) for start, stop in pairwise(cuts)]
    return pieces


def _states(events: Counts, gaps: Spans, width: float, base: float) -> npt.NDArray[np.bool_]:
    """Whether each moment is in a burst, by Viterbi's algorithm; the gap before a moment is a step without events."""
    log_rise = float(np.log(RISE))
    # What the higher state costs more than the base state, Poisson: (lambda1 - lambda0) e - k ln(lambda1 / lambda0).
    of_gap = ((RISE - 1) * base * gaps).tolist()
    of_moment = ((RISE - 1) * base * width - events * log_rise).tolist()
    enter = GAMMA * float(np.log(max(int(events.sum()), 2)))
    low, high = 0.0, enter
    gap_from: list[tuple[bool, bool]] = []
    for gap_cost, moment_cost in zip(of_gap, of_moment, strict=True):
        fell = high < low
        rest = high if fell else low
        # Rising during a gap never pays, so that a burst that goes on over the gap is the only other way.
        going_on = high + gap_cost
        rose = rest + enter < going_on
        low, high = rest, (rest + enter if rose else going_on) + moment_cost
        gap_from.append((fell, rose))
    return _traced(gap_from, in_burst=high < low)


def _traced(steps: list[tuple[bool, bool]], *, in_burst: bool) -> npt.NDArray[np.bool_]:
    states = np.zeros(len(steps), dtype=np.bool_)
    for place in range(len(steps) - 1, -1, -1):
        states[place] = in_burst
        fell, rose = steps[place]
        # At the moment before: out of a low moment one came from below or fell; into a high one, from below or above.
        in_burst = fell if not in_burst or rose else True
    return states


def _runs(states: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], states, [False]]).astype(np.int8)))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]


def _exposure(gaps: Spans, width: float, first: int, last: int) -> float:
    return float(gaps[first + 1 : last + 1].sum() + (last - first + 1) * width)


def _tested(
    events: Counts,
    gaps: Spans,
    width: float,
    *,
    base: float,
    runs: list[tuple[int, int]],
    fewest: int,
    least_ratio: float,
) -> tuple[Burst, ...]:
    from scipy import special

    if not runs:
        return ()
    counts = np.array([events[first : last + 1].sum() for first, last in runs])
    expected = np.array([base * _exposure(gaps, width, first, last) for first, last in runs])
    # An interval that begins at an event has that one for certain.
    p = special.pdtrc(counts - 2, expected) * len(events) * np.maximum(np.log2(len(events)), 1)
    q = associations.benjamini_hochberg(np.minimum(p, 1.0))
    return tuple(
        Burst(first=first, last=last, events=int(count), expected=float(chance), base=base, q=float(found))
        for (first, last), count, chance, found in zip(runs, counts, expected, q, strict=True)
        if count >= max(fewest, least_ratio * chance) and found <= FALSE_DISCOVERY_RATE
    )
