"""The signs of vectors about a centre, and cosine similarities estimated from them: a bit for each number.

The estimate is RaBitQ's (Gao and Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for
Approximate Nearest Neighbor Search", SIGMOD 2024), without its random rotation. Of x = v - centre only the signs s are
kept, and the scale a = |x|^2 / sum |x_j|, with which a * <s, x> = |x|^2; so <q, v> is about
<q, centre> + a * sum s_j q_j. The numbers of the query are rounded to whole multiples, up to 3, of one step: the sum
then is a count of bits in two bit planes. A third plane would cost a quarter more, and hardly find more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_PLANES = 2
_LEVELS = 2**_PLANES - 1
_CUT_AT = 0.95  # the few numbers beyond this share of the query's are cut to it; finer steps for all others
_ROWS_AT_ONCE = 32_768  # numbers of one pass stay in the cache, and calls are few
_MOST_OF_A_BYTE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """`bits`: uint64 (n, words), bit set where the number is above the centre's; `scale`: float32 (n,)."""

    bits: NDArray[np.uint64]
    scale: NDArray[np.float32]


def words_of(dimension: int) -> int:
    """How many numbers of 64 bits hold the signs of one vector."""
    return -(-dimension // 64)


def of(vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> Signs:
    """The signs of `vectors`, (n, dimension), about `centre`, (dimension,)."""
    apart = vectors - centre
    length = np.abs(apart).sum(axis=1)
    scale = np.divide(np.vecdot(apart, apart), length, out=np.zeros_like(length), where=length > 0)
    return Signs(bits=_packed(apart > 0), scale=scale.astype(np.float32, copy=False))


def products(query: NDArray[np.float32], bits: NDArray[np.uint64], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimates of the inner products of `query` with v - centre; `bits` are (words, n), a row for each word."""
    sizes = np.abs(query)
    step = float(np.quantile(sizes, _CUT_AT)) / _LEVELS or 1.0
    levels = np.minimum(np.rint(sizes / step), _LEVELS).astype(np.uint16)
    planes = [_packed((levels & (1 << plane))[np.newaxis] > 0)[0] for plane in reversed(range(_PLANES))]
    differing = _differing(bits, _packed(query[np.newaxis] > 0)[0], planes)
    estimates = differing.astype(np.float32)
    estimates *= np.float32(-2 * step)
    estimates += np.float32(step * int(levels.sum()))
    estimates *= scale
    return estimates


def _differing(
    bits: NDArray[np.uint64], signs: NDArray[np.uint64], planes: list[NDArray[np.uint64]]
) -> NDArray[np.uint16]:
    """For each vector the sum of the levels at which its sign is another than the query's; the highest plane first."""
    sums = np.zeros(bits.shape[1], np.uint16)
    runs = [_runs(plane) for plane in planes]
    rows = min(_ROWS_AT_ONCE, bits.shape[1])
    apart = np.empty((bits.shape[0], rows), np.uint64)
    kept, counted, added = np.empty(rows, np.uint64), np.empty(rows, np.uint8), np.empty(rows, np.uint8)
    for start in range(0, bits.shape[1], _ROWS_AT_ONCE):
        total = sums[start : start + _ROWS_AT_ONCE]
        here = slice(len(total))
        np.bitwise_xor(bits[:, start : start + _ROWS_AT_ONCE], signs[:, np.newaxis], out=apart[:, here])
        for plane in runs:
            total <<= 1
            for run in plane:
                for nth, (word, mask) in enumerate(run):
                    np.bitwise_and(apart[word, here], mask, out=kept[here])
                    np.bitwise_count(kept[here], out=counted[here] if nth else added[here])
                    if nth:
                        np.add(added[here], counted[here], out=added[here])
                total += added[here]
    return sums


def _runs(plane: NDArray[np.uint64]) -> list[list[tuple[int, np.uint64]]]:
    """The words of a plane, in runs whose set bits a byte can count."""
    runs: list[list[tuple[int, np.uint64]]] = []
    held = 0
    for word, mask in enumerate(plane):
        size = int(np.bitwise_count(mask))
        if not runs or held + size > _MOST_OF_A_BYTE:
            runs.append([])
            held = 0
        runs[-1].append((word, mask))
        held += size
    return runs


def _packed(flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """The flags, (n, dimension), as bits of numbers, (n, words)."""
    padded = np.zeros((len(flags), words_of(flags.shape[1]) * 8), np.uint8)
    octets = np.packbits(flags, axis=1)
    padded[:, : octets.shape[1]] = octets
    return padded.view(np.uint64)
