"""Where the share of a category changes level over ordered partitions.

Binary segmentation (Scott & Knott 1974; see Killick, Fearnhead & Eckley 2012) on the binomial log-likelihood, under
the Schwarz criterion. A steady rise is no sequence of steps: steps are reported only where they describe the counts
better, by the same criterion, than one straight line in the log-odds.
"""

import itertools
import math

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

_NEWTON_STEPS = 25


def change_points(successes: Counts, trials: Counts) -> tuple[int, ...]:
    """Positions (ascending) whose share starts a new level.

    `successes` and `trials` (k,) int64: records of the category and labelled records, by position in time. A split
    must gain more than `2 log(sum(trials))` in `2 log L`: it adds a level and a position.
    """
    used = np.flatnonzero(trials > 0)
    total = int(trials.sum())
    if len(used) < 2 or total < 2:
        return ()
    hits, tries = successes[used], trials[used]
    starts = sorted(_split(hits, tries, offset=0, penalty=2 * math.log(total)))
    if not starts:
        return ()
    bounds = [0, *starts, len(used)]
    levels = itertools.pairwise(bounds)
    stepped = sum(_log_likelihood(int(hits[a:b].sum()), int(tries[a:b].sum())) for a, b in levels)
    steps_criterion = (2 * len(starts) + 1) * math.log(total) - 2 * stepped
    line_criterion = 2 * math.log(total) - 2 * _line_log_likelihood(hits, tries, used.astype(np.float64))
    return tuple(int(used[start]) for start in starts) if steps_criterion < line_criterion else ()


def _split(hits: Counts, tries: Counts, *, offset: int, penalty: float) -> list[int]:
    if len(hits) < 2:
        return []
    whole = _log_likelihood(int(hits.sum()), int(tries.sum()))
    left_hits, left_tries = np.cumsum(hits), np.cumsum(tries)
    gains = [
        2
        * (
            _log_likelihood(int(left_hits[at - 1]), int(left_tries[at - 1]))
            + _log_likelihood(int(left_hits[-1] - left_hits[at - 1]), int(left_tries[-1] - left_tries[at - 1]))
            - whole
        )
        for at in range(1, len(hits))
    ]
    best = int(np.argmax(gains))
    if gains[best] <= penalty:
        return []
    at = best + 1
    before = _split(hits[:at], tries[:at], offset=offset, penalty=penalty)
    after = _split(hits[at:], tries[at:], offset=offset + at, penalty=penalty)
    return [*before, offset + at, *after]


def _log_likelihood(hits: int, tries: int) -> float:
    misses = tries - hits
    present = hits * math.log(hits / tries) if hits else 0.0
    return present + (misses * math.log(misses / tries) if misses else 0.0)


def _line_log_likelihood(hits: Counts, tries: Counts, times: npt.NDArray[np.float64]) -> float:
    """Maximised log-likelihood of logit(share) = a + b * time, by Newton's method."""
    design = np.stack([np.ones_like(times), (times - times.mean()) / max(float(np.ptp(times)), 1.0)], axis=1)
    start = (hits.sum() + 0.5) / (tries.sum() + 1.0)
    weights = np.array([math.log(start / (1.0 - start)), 0.0])
    for _ in range(_NEWTON_STEPS):
        odds = np.clip(design @ weights, -30.0, 30.0)
        shares = 1.0 / (1.0 + np.exp(-odds))
        gradient = design.T @ (hits - tries * shares)
        curvature = (design * (tries * shares * (1.0 - shares))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + np.clip(step, -5.0, 5.0)
        if float(np.abs(step).max()) < 1e-10:
            break
    odds = np.clip(design @ weights, -30.0, 30.0)
    return float(-(hits * np.log1p(np.exp(-odds)) + (tries - hits) * np.log1p(np.exp(odds))).sum())
