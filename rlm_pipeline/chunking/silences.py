"""Which silences of a log stand out from its own rhythm, told in one pass and in constant memory.

Times between records are spread over orders of magnitude, and no fixed limit fits both a request log and a syslog. So a
silence stands out when it is at least ten times as long as the median of the times so far, and among the longest that a
log has: of the records that fill a piece, one follows such a silence on average. A log that ticks evenly, or by chance
(exponential times exceed ten medians once in a thousand), has none. Old times count for less and less, so that a log
whose pace changes is judged by its pace there.
"""

from math import log2

_PER_OCTAVE = 4
_LEAST_OCTAVE = -20  # a microsecond
_BINS = (40 + 1) * _PER_OCTAVE  # up to twelve days
_TIMES = log2(10)
_JUDGED_EVERY = 64
_REMEMBERED = 8192
_FEWEST = 32
_USUAL = 300.0
"""Seconds that are a silence while no rhythm is known."""


class Rhythm:
    """The times between a log's records so far, whose pieces are of at most `size` characters."""

    __slots__ = ("_characters", "_counts", "_judged", "_pause", "_shortest", "_size", "_total")

    def __init__(self, size: int) -> None:
        self._size = size
        self._counts = [0] * _BINS
        self._total = self._characters = 0
        self._pause = _USUAL
        self._judged = _FEWEST
        self._shortest = _BINS  # of the times that are not 0: how finely the log tells time

    def stands_out(self, seconds: float, length: int) -> bool:
        """Whether that much time before a record of `length` characters is a silence, by what came before it."""
        place = 0
        if seconds > 0:
            place = min(max(1, int((log2(seconds) - _LEAST_OCTAVE) * _PER_OCTAVE)), _BINS - 1)
            self._shortest = min(place, self._shortest)
        self._counts[place] += 1
        self._total += 1
        self._characters += length
        silent = seconds >= self._pause
        if self._total >= self._judged:
            self._judge()
        return silent

    def _judge(self) -> None:
        if self._total >= _REMEMBERED:
            self._counts = [count // 2 for count in self._counts]
            self._characters = self._characters * sum(self._counts) // self._total
            self._total = sum(self._counts)
        self._judged = self._total + _JUDGED_EVERY
        filling = max(2.0, self._size * self._total / max(1, self._characters))
        self._pause = 2.0 ** max(self._octave(0.5) + _TIMES, self._octave(1 - 1 / filling))

    def _octave(self, share: float) -> float:
        """The logarithm of the time that this share of the times is below; none is shorter than can be told."""
        wanted, seen, place = share * self._total, 0, 0
        while place < _BINS - 1 and (seen := seen + self._counts[place]) < wanted:
            place += 1
        return max(place, min(self._shortest, _BINS - 1)) / _PER_OCTAVE + _LEAST_OCTAVE
