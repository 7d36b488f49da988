"""One column's content in several columns of the next partition, or the other way round, as far as profiles can tell.

Never applied: a person decides. Confidence is a noisy-or of the place (all lie between the same columns), of names that
share words, and of contents: the parts' words, lengths, or entropies that add up to the whole's.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching.alignment import Aligned
from rlm_pipeline.profiling.matching.name_similarity import similarity
from rlm_pipeline.profiling.matching.places import Place, places

LISTED = 0.55
"""Splits less sure than this are not listed."""
_PLACE, _NAMES, _CONTENT = 0.4, 0.5, 0.5
_MOST_PARTS_COMPARED = 12
_ENTROPY_OF_SUM = (0.7, 1.02)
"""A whole holds at most what its parts hold together, and not much less."""
_COVERED_WORDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """`whole` ends where `parts` begin (kind split), or they end where it begins (merged); columns as written.

    `before` and `after` are the partitions; `confidence` in 0..1.
    """

    kind: Literal["split", "merged"]
    whole: str
    parts: tuple[str, ...]
    before: str
    after: str
    confidence: float
    evidence: str


def splits(
    columns: Sequence[Aligned], names: Mapping[str, Sequence[str]], rows: Mapping[str, Mapping[str, Profile]]
) -> Iterator[Split]:
    """Splits and mergers between neighbouring partitions (`names`: their columns, in order)."""
    numbers = {spelling: number for number, each in enumerate(columns) for spelling in each.columns.items()}
    headers = {partition: [numbers[partition, name] for name in header] for partition, header in names.items()}
    for before, after in pairwise(names):
        shared = set(headers[before]) & set(headers[after])
        left, right = (
            {columns[number].columns[each]: place for number, place in places(headers[each], shared).items()}
            for each in (before, after)
        )
        yield from _between("split", (before, left), (after, right), rows)
        yield from _between("merged", (after, right), (before, left), rows)


def _between(
    kind: Literal["split", "merged"],
    single: tuple[str, Mapping[str, Place]],
    several: tuple[str, Mapping[str, Place]],
    rows: Mapping[str, Mapping[str, Profile]],
) -> Iterator[Split]:
    one, other = single[0], several[0]
    before, after = (one, other) if kind == "split" else (other, one)
    for whole, place in single[1].items():
        near = [
            name for name, there in several[1].items() if (there.before, there.after) == (place.before, place.after)
        ]
        if place.size >= len(near) or len(near) > _MOST_PARTS_COMPARED:
            near = []
        named = [name for name in several[1] if name not in near and similarity(whole, name) >= LISTED]
        found = [
            _scored(kind, (whole, parts), (before, after), rows[one][whole], [rows[other][part] for part in parts],
                    together=set(parts) <= set(near))
            for parts in combinations([*near, *named[: _MOST_PARTS_COMPARED]], 2)
        ]  # fmt: skip
        best = max(found, key=lambda each: each.confidence, default=None)
        if best is not None and best.confidence >= LISTED:
            yield best


def _scored(
    kind: Literal["split", "merged"],
    columns: tuple[str, tuple[str, ...]],
    partitions: tuple[str, str],
    whole: Profile,
    parts: Sequence[Profile],
    *,
    together: bool,
) -> Split:
    content, why = _content(whole, parts, together=together)
    # Without content to go by, all parts must be named like the whole.
    names = (max if content else min)(similarity(columns[0], part) for part in columns[1])
    doubt = (1 - _PLACE * together) * (1 - _NAMES * names) * (1 - _CONTENT * content)
    evidence = [*(["in its place"] if together else []), *([f"names {names:.2f} alike"] if names else []), *why]
    return Split(
        kind=kind, whole=columns[0], parts=columns[1], before=partitions[0], after=partitions[1],
        confidence=round(1 - doubt, 4), evidence="; ".join(evidence),
    )  # fmt: skip


def _content(whole: Profile, parts: Sequence[Profile], *, together: bool) -> tuple[float, list[str]]:
    """How well the parts' content makes up the whole's, 0..1, and why; 0 where the profiles say nothing."""
    entropies = [_entropy(row) for row in (whole, *parts)]
    if None not in entropies:
        bits = [entropy for entropy in entropies if entropy is not None]
        share = bits[0] / max(sum(bits[1:]), 1e-9)
        low, high = _ENTROPY_OF_SUM
        fits = low <= share <= high and bits[0] >= max(bits[1:])
        parts_bits = " + ".join(f"{each:.1f}" for each in bits[1:])
        said = f"its values vary as much as theirs together ({bits[0]:.1f} bits, {parts_bits})"
        # Among many columns some bits always add up: they tell only of columns in one place.
        return (1.0, [said]) if fits and together else (0.0, [])
    known = _words(whole)
    covered = [_share(known, row) for row in parts]
    if known and min(covered) >= _COVERED_WORDS:
        return min(covered), [f"its words hold {min(covered):.0%} of theirs"]
    return 0.0, []


def _entropy(row: Profile) -> float | None:
    counts: list[int] = [pair["count"] for pair in row["value_counts"] or ()]
    if not row["counts_complete"] or len(counts) < 2:
        return None
    total = sum(counts)
    return -sum(count / total * math.log2(count / total) for count in counts)


def _words(row: Profile) -> set[str]:
    return {word for pair in row["value_counts"] or () for word in pair["value"].lower().split()}


def _share(known: set[str], row: Profile) -> float:
    found = [(set(pair["value"].lower().split()), pair["count"]) for pair in row["value_counts"] or ()]
    total = sum(count for _, count in found)
    return sum(count for words, count in found if words and words <= known) / total if total else 0.0
