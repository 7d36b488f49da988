"""Near-duplicate texts: which of them need not be read because another says nearly the same."""

from collections.abc import Sequence

NEAR = 0.85
"""The Jaccard similarity of two texts' sets of five neighbouring characters from which on one is read for both."""

_PERMUTATIONS, _BANDS, _SEED = 128, 16, 1
_SHINGLE = 5
_COMPARED = 20_000
"""Characters of a text that are compared; two that agree so far are of one make."""


def leaders(texts: Sequence[str], alone: Sequence[bool]) -> list[int]:
    """For each text the place of the one that is read for it: its own, or that of an earlier, nearly equal text.

    Those that stand `alone` are read by themselves, and for no other.

    MinHash (Broder, "On the resemblance and containment of documents", 1997) with locality-sensitive hashing. Every
    text is near the very text that is read for it, never only near one that is near it; of several the nearest.
    """
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(NEAR, _PERMUTATIONS, _BANDS)
    kept: dict[int, RMinHash] = {}
    found: list[int] = []
    for place, text in enumerate(texts):
        if alone[place]:
            found.append(place)
            continue
        hashed = RMinHash(_PERMUTATIONS, _SEED)
        hashed.update(_shingles(text[:_COMPARED]))
        near = [(kept[other].jaccard(hashed), -other) for other in index.query(hashed)]
        best = max(near, default=(0.0, 0))
        if best[0] >= NEAR:
            found.append(-best[1])
            continue
        kept[place] = hashed
        index.insert(place, hashed)
        found.append(place)
    return found


def _shingles(text: str) -> list[str]:
    folded = " ".join(text.lower().split())
    return [folded[start : start + _SHINGLE] for start in range(max(1, len(folded) - _SHINGLE + 1))]
