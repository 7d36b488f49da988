"""All vectors of a model as one matrix: their signs in memory, the vectors themselves where their copies are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.retrieval import signs
from rlm_pipeline.retrieval.vector_copies import Block

_ROWS_AT_ONCE = 4096

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorMatrix:
    """The rows of all blocks, one after the other: block i has those from `starts[i]` to `starts[i + 1]`, half-open.

    `bits` are (words, n), `scale` is (n,): some 40 bytes a row of 256 numbers.
    """

    blocks: tuple[Block, ...]
    starts: NDArray[np.int64]
    bits: NDArray[np.uint64]
    scale: NDArray[np.float32]
    dimension: int

    def estimates(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the signs say of the cosine similarity of every row to `query`, of length 1."""
        found = signs.products(query, self.bits, self.scale)
        for block, start, end in zip(self.blocks, self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True):
            found[start:end] += np.vecdot(block.centre, query)
        return found

    def similarities(self, query: NDArray[np.float32], rows: Places) -> NDArray[np.float32]:
        """The cosine similarity of `query`, of length 1, to these rows, in their order: the same for equal vectors."""
        found = np.empty(len(rows), np.float32)
        for lot, vectors in self._in_lots(rows):
            found[lot] = np.vecdot(vectors, query)
        return found

    def vectors(self, rows: Places) -> NDArray[np.float32]:
        """The vectors of these rows, in their order."""
        found = np.empty((len(rows), self.dimension), np.float32)
        for lot, vectors in self._in_lots(rows):
            found[lot] = vectors
        return found

    def keys(self, rows: Places) -> NDArray[np.uint64]:
        """The chunk ids of these rows as numbers, in their order."""
        found = np.empty(len(rows), np.uint64)
        block_of = np.searchsorted(self.starts, rows, side="right") - 1
        for block in np.unique(block_of).tolist():
            mine = block_of == block
            found[mine] = self.blocks[block].key[rows[mine] - self.starts[block]]
        return found

    def _in_lots(self, rows: Places) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Neighbouring places of `rows` and their vectors, as float32 of length 1."""
        if not len(rows):
            return
        block_of = np.searchsorted(self.starts, rows, side="right") - 1
        ends = [*(np.flatnonzero(np.diff(block_of)) + 1).tolist(), len(rows)]
        first = 0
        for end in ends:
            block = int(block_of[first])
            for start in range(first, end, _ROWS_AT_ONCE):
                lot = slice(start, min(end, start + _ROWS_AT_ONCE))
                yield lot, _unit(self.blocks[block].vectors, rows[lot] - self.starts[block])
            first = end


def of(blocks: Sequence[Block], dimension: int) -> VectorMatrix:
    """The matrix of some blocks."""
    starts = np.cumsum([0, *(len(block.key) for block in blocks)], dtype=np.int64)
    bits = np.empty((signs.words_of(dimension), int(starts[-1])), np.uint64)
    scale = np.empty(int(starts[-1]), np.float32)
    for block, start in zip(blocks, starts.tolist(), strict=False):
        end = start + len(block.key)
        bits[:, start:end], scale[start:end] = block.signs.bits.T, block.signs.scale
    return VectorMatrix(blocks=tuple(blocks), starts=starts, bits=bits, scale=scale, dimension=dimension)


def _unit(stored: NDArray[np.floating[Any]], rows: Places) -> NDArray[np.float32]:
    first, last = int(rows[0]), int(rows[-1])
    is_run = last - first + 1 == len(rows) and bool((np.diff(rows) == 1).all())
    taken = stored[first : last + 1] if is_run else stored[rows]
    if taken.dtype == np.float32:
        return taken
    single = taken.astype(np.float32)
    # Rounded to half precision, a vector is no longer of length 1.
    single /= np.sqrt(np.vecdot(single, single))[:, np.newaxis]
    return single
