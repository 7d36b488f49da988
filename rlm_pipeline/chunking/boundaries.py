"""Where a person would end a piece: at the best boundary within reach, which the text behind it helps to choose.

Fragments come with the grade of the boundary before each. A unit is what lies between a boundary and the next that is
as good. Twice the size of a piece is looked at, and these rules hold, in this order:

- two units of the best grade, as chapters are, stay apart when each fills a third of a piece;
- what is left fits, and is the last piece;
- a piece ends at the best boundary that leaves it a quarter full (half, between records that nothing sets apart), or
  that keeps the unit behind it whole, which would not fit any more. So two neighbours are longer together than one
  piece may be, but for chapters, and there are never many small pieces;
- if a unit's end lies a little beyond the reach, its last piece is made a third full;
- of boundaries that are as good, among those in the last quarter, the one behind the text with the smallest rank is
  taken, so that an insertion does not move the boundaries behind it (see `packing`); else the last.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking.fragments import NEVER, WHOLE, Fragment, append, are_apart

CHAPTER = 0
"""The grade of what stays apart."""

_LAST_PART = 0.75


def grouped(fragments: Iterable[Fragment], size: int) -> Iterator[list[Fragment]]:
    """The fragments, each at most `size` long, of each piece; none is longer than `size`."""
    window: list[Fragment] = []
    held = 0
    for fragment in fragments:
        if window and fragment.record is not window[-1].record and are_apart(window[-1].record, fragment.record):
            yield from _emptied(window, size)
            window, held = [], 0
        append(window, fragment)
        held += len(fragment.text)
        while held > 2 * size:
            count = _count(window, size, complete=False)
            yield window[:count]
            held -= sum([len(each.text) for each in window[:count]])
            del window[:count]
    yield from _emptied(window, size)


def _emptied(window: list[Fragment], size: int) -> Iterator[list[Fragment]]:
    while window:
        count = _count(window, size, complete=True)
        yield window[:count]
        window = window[count:]


def _count(window: Sequence[Fragment], size: int, *, complete: bool) -> int:
    """How many fragments the next piece takes."""
    starts = list(accumulate((len(fragment.text) for fragment in window), initial=0))
    grades = [fragment.grade for fragment in window]
    within = next((place for place, start in enumerate(starts) if start > size), len(window) + 1)
    ends = _unit_ends(grades)
    third = size / 3
    for place in range(1, min(within, len(window))):
        if grades[place] == CHAPTER and starts[place] >= third and starts[ends[place]] - starts[place] >= third:
            return place
    if complete and starts[-1] <= size:
        return len(window)
    best = _best(starts, grades, ends, within, size, complete=complete)
    if not best:
        allowed = [place for place in range(1, within) if grades[place] < NEVER]
        return allowed[-1] if allowed else within - 1
    return _stable(window, starts, best, size)


def _unit_ends(grades: Sequence[int]) -> list[int]:
    """For each fragment, the next boundary that is at least as good as the one before it, or the end."""
    ends = [len(grades)] * len(grades)
    waiting: list[int] = []
    for place, grade in enumerate(grades):
        while waiting and grades[waiting[-1]] >= grade:
            ends[waiting.pop()] = place
        waiting.append(place)
    return ends


def _best(
    starts: Sequence[int], grades: Sequence[int], ends: Sequence[int], within: int, size: int, *, complete: bool
) -> list[int]:
    """The boundaries of the best grade that may end the piece."""
    reach = size - _borrowed(starts, grades, within, size, complete=complete)
    best, found = NEVER, list[int]()
    for place in range(1, within):
        grade, start = grades[place], starts[place]
        if grade > best or grade == NEVER:
            continue
        if start >= size / (4 if grade < WHOLE else 2):
            good = grade < WHOLE or start <= reach
        else:
            after = starts[ends[place]]
            good = (complete or ends[place] < len(grades)) and after - start <= size < after
        if good:
            found = [*found, place] if grade == best else [place]
            best = grade
    return found


def _borrowed(starts: Sequence[int], grades: Sequence[int], within: int, size: int, *, complete: bool) -> float:
    """How much the piece leaves to the last one of its unit, where little is left for that."""
    third = size / 3
    for place in range(within, len(grades)):
        if starts[place] > size + third:
            return 0
        if grades[place] < WHOLE:
            return third - (starts[place] - size)
    return third - (starts[-1] - size) if complete and starts[-1] <= size + third else 0


def _stable(window: Sequence[Fragment], starts: Sequence[int], places: Sequence[int], size: int) -> int:
    late = [place for place in places if starts[place] >= _LAST_PART * size]
    if len(late) < 2:
        return places[-1]
    return min(reversed(late), key=lambda place: fingerprint.rank(window[place - 1].text))
