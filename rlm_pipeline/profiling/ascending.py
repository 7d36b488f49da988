"""A column's numbers in ascending order, however many they are: in memory up to a bound, beyond it in sorted runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HELD_NUMBERS = 500_000
"""Numbers held in memory, 16 bytes each; more are written to the disk in sorted runs of this many."""
_STEP = 4096
BLOCK_NUMBERS = 65_536
"""Numbers in a block. Sums are made block by block: the same blocks, and so the same sums, with runs or without."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Block = tuple[Floats, Integers]


@dataclass(frozen=True, slots=True)
class _Run:
    """A sorted run on the disk, `length` numbers and then their counts; `samples` are every `_STEP`th number."""

    path: Path
    length: int
    samples: Floats

    def between(self, low: float, high: float) -> Block:
        """The numbers from `low` up to, not including, `high`, with their counts."""
        first = max(0, int(np.searchsorted(self.samples, low)) - 1) * _STEP
        count = min(int(np.searchsorted(self.samples, high)) * _STEP, self.length) - first
        # Not mapped into memory: pages of mapped files would count as ours.
        numbers = np.fromfile(self.path, np.float64, count, offset=8 * first)
        counts = np.fromfile(self.path, np.int64, count, offset=8 * (self.length + first))
        start, end = np.searchsorted(numbers, (low, high))
        return numbers[start:end], counts[start:end]


class Ascending:
    """Numbers with how many records have each, added in any order, read in ascending order.

    A number written in two ways may be there twice. `folder` is where runs go, should there be any.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[Block] = []
        self._length = 0
        self._runs: list[_Run] = []

    def add(self, numbers: Floats, counts: Integers) -> None:
        """Add numbers (n,) with their counts (n,)."""
        self._held.append((numbers + 0.0, counts))  # -0.0 becomes 0.0
        self._length += len(numbers)
        if self._length > HELD_NUMBERS:
            self._write_run()

    def blocks(self, without: frozenset[float] = frozenset()) -> Iterator[Block]:
        """Numbers and counts, ascending, `BLOCK_NUMBERS` at a time, leaving out the numbers in `without`."""
        kept = (_leaving_out(block, without) for block in self._sorted_ranges())
        waiting: list[Block] = []
        length = 0
        for block in kept:
            waiting.append(block)
            length += len(block[0])
            if length >= BLOCK_NUMBERS:
                numbers, counts = _together(waiting)
                whole = length - length % BLOCK_NUMBERS
                for start in range(0, whole, BLOCK_NUMBERS):
                    yield numbers[start : start + BLOCK_NUMBERS], counts[start : start + BLOCK_NUMBERS]
                waiting, length = [(numbers[whole:], counts[whole:])], length - whole
        if length:
            yield _together(waiting)

    def _sorted_ranges(self) -> Iterator[Block]:
        """Ascending, each range about `HELD_NUMBERS` long, and `_STEP` more for each run."""
        if not self._runs:
            if len(self._held) > 1:
                self._held = [_together(self._held)]
            self._held = [_sorted(block) for block in self._held]
            yield from self._held
            return
        if self._held:
            self._write_run()
        bounds = [-np.inf, *self._splitters(), np.inf]
        for low, high in pairwise(bounds):
            yield _sorted(_together([run.between(low, high) for run in self._runs]))

    def _splitters(self) -> list[float]:
        samples = np.sort(np.concatenate([run.samples for run in self._runs]))
        found: list[float] = np.unique(samples[:: max(1, HELD_NUMBERS // _STEP)]).tolist()
        return found

    def _write_run(self) -> None:
        numbers, counts = _sorted(_together(self._held))
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"run{len(self._runs)}"
        with path.open("wb") as file:
            numbers.tofile(file)
            counts.tofile(file)
        self._runs.append(_Run(path, len(numbers), numbers[::_STEP].copy()))
        self._held, self._length = [], 0


def _together(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    return np.concatenate([numbers for numbers, _ in blocks]), np.concatenate([counts for _, counts in blocks])


def _sorted(block: Block) -> Block:
    numbers, counts = block
    order = np.lexsort((counts, numbers))
    return numbers[order], counts[order]


def _leaving_out(block: Block, without: frozenset[float]) -> Block:
    if not without:
        return block
    stays = ~np.isin(block[0], np.array(sorted(without)))
    return block[0][stays], block[1][stays]
