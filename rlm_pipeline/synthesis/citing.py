"""Which records are cited: a choice that does not depend on the order, nor on the grouping, in which parts are merged.

Of each partition the first few are kept, taken from one source after another. A record that is not among the first of
a part is not among the first of the whole either, for what is before it in the part is before it in the whole; so the
choice of chosen ones is the choice of all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest

import polars as pl

from rlm_pipeline.synthesis.document import Citation

CITED = 3
"""Records cited of each partition while merging, and of all partitions in what is stored."""

_ORDER = ("source", "row", "quote", "chunk_id", "line", "verified")


def ordered(found: Iterable[Citation]) -> tuple[Citation, ...]:
    """Each citation once, in the order of partition, source, row and quote."""
    return tuple(sorted(set(found), key=lambda each: (each.partition, *(getattr(each, name) for name in _ORDER))))


def chosen(found: Iterable[Citation]) -> tuple[Citation, ...]:
    """At most `CITED` of each partition, of as many sources as there are."""
    by_partition: defaultdict[str, defaultdict[str, list[Citation]]] = defaultdict(lambda: defaultdict(list))
    for each in ordered(found):
        by_partition[each.partition][each.source].append(each)
    kept = (islice(_in_turn(list(sources.values())), CITED) for sources in by_partition.values())
    return ordered(chain.from_iterable(kept))


def of_frame(quotes: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The same choice of a frame with the fields of citations, for each value of `keys`; of one partition."""
    unique = quotes.unique([*keys, *_ORDER]).sort(*keys, *_ORDER)
    turn = pl.int_range(pl.len()).over(*keys, "source")
    return unique.sort(*keys, turn, *_ORDER).group_by(keys, maintain_order=True).head(CITED)


def of_all_partitions(found: Sequence[Citation]) -> tuple[Citation, ...]:
    """At most `CITED` in all, of as many partitions as there are."""
    if len(found) <= CITED:
        return tuple(found)
    by_partition: defaultdict[str, list[Citation]] = defaultdict(list)
    for citation in found:
        by_partition[citation.partition].append(citation)
    return ordered(islice(_in_turn(list(by_partition.values())), CITED))


def _in_turn(lists: Sequence[Sequence[Citation]]) -> Iterable[Citation]:
    """The first of every list, then the second of every list, and so on."""
    return (each for turn in zip_longest(*lists) for each in turn if each is not None)
