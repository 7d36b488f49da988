"""A bounded, stratified, repeatable sample of the distinct statements of one facet, over all partitions.

Statements that differ only in case and spacing are one. Strata are partition by length. In each, the statements with
the lowest hashes are taken: a statement's place in the order never changes, so that a sample keeps most of its members
when records are added.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline import fingerprint
from rlm_pipeline.profiling.kinds import PLACEHOLDERS
from rlm_pipeline.profiling.schema import CanonicalColumn
from rlm_pipeline.store import DatasetStore

LONGEST_READ = 8_000
"""Characters of a statement that are read: a document in a cell is known by its beginning, and the encoders read the
first 256 tokens. Statements that begin alike for so long are one."""

SHORTEST_STRATUM = 20
"""Statements are stratified by length in doublings of this many characters."""
_LONGEST_STRATUM = 6

SAMPLE_SCHEMA = pl.Schema(
    {
        "key": pl.String,  # 16 hex, ascending: the order of the sample
        "normal": pl.String,  # lower case, single spaces
        "statement": pl.String,  # as written at its first occurrence, as far as it is read
        "partition": pl.String,
        "source": pl.String,
        "row": pl.Int64,
        "stratum": pl.Int32,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`statements` is `SAMPLE_SCHEMA`; `distinct` counts all distinct statements it was drawn from."""

    statements: pl.DataFrame
    distinct: int


def as_read(text: pl.Expr) -> pl.Expr:
    """The part of a statement that is read, for sampling and labelling alike."""
    return text.str.slice(0, LONGEST_READ)


def normal_form(text: pl.Expr) -> pl.Expr:
    """Text with single spaces, in lower case; null where it is blank or a placeholder such as n/a."""
    normal = text.str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    return pl.when((normal != "") & ~normal.is_in(sorted(PLACEHOLDERS))).then(normal)


def draw(store: DatasetStore, column: CanonicalColumn, partitions: tuple[str, ...], *, limit: int, seed: int) -> Sample:
    """At most `limit` distinct statements of a text column; `seed` chooses among equally good samples.

    Raises:
        NotMaterialised: a partition has no statements.

    """
    kept = SAMPLE_SCHEMA.to_frame()
    sizes: dict[tuple[str, int], int] = {}
    seen: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
    for found in _distinct(store, column, partitions, seed):
        hashes = np.array([int(key, 16) for key in found["key"]], dtype=np.uint64)
        fresh = found.filter(pl.Series(~np.isin(hashes, seen)))
        seen = np.union1d(seen, hashes)
        sizes |= {(partition, stratum): size for partition, stratum, size in _sizes(fresh)}
        kept = pl.concat([kept, _lowest(fresh, limit)])
    wanted = _allocation(sizes, limit)
    chosen = [
        part.sort("key").head(wanted[partition, stratum])
        for (partition, stratum), part in kept.group_by("partition", "stratum", maintain_order=True)
    ]
    statements = pl.concat(chosen).sort("key") if chosen else kept
    return Sample(statements=statements, distinct=len(seen))


def _distinct(
    store: DatasetStore, column: CanonicalColumn, partitions: tuple[str, ...], seed: int
) -> Iterator[pl.DataFrame]:
    for partition in sorted(partitions):
        written = column.columns.get(partition)
        if written is None:
            continue
        statements = store.scan(store.statements_path(partition), "findings", partition)
        found = (
            statements.filter(pl.col("facet") == written)
            .select(as_read(pl.col("statement")), "source", "row")
            .select(normal_form(pl.col("statement")).alias("normal"), "statement", "source", "row")
            .drop_nulls("normal")
            .sort("source", "row")
            .unique("normal", keep="first", maintain_order=True)
            .collect()
        )
        keys = [fingerprint.short(str(seed), normal) for normal in found["normal"]]
        stratum = (pl.col("normal").str.len_chars() / SHORTEST_STRATUM).log(2).floor().clip(-1, _LONGEST_STRATUM)
        yield found.with_columns(
            pl.Series("key", keys, dtype=pl.String),
            pl.lit(partition).alias("partition"),
            stratum.cast(pl.Int32).alias("stratum"),
        ).select(SAMPLE_SCHEMA.names())


def _sizes(found: pl.DataFrame) -> Iterator[tuple[str, int, int]]:
    yield from found.group_by("partition", "stratum").agg(pl.len()).sort("partition", "stratum").iter_rows()


def _lowest(found: pl.DataFrame, limit: int) -> pl.DataFrame:
    return found.sort("key").group_by("partition", "stratum", maintain_order=True).head(limit).select(found.columns)


def _allocation(sizes: dict[tuple[str, int], int], limit: int) -> dict[tuple[str, int], int]:
    """Places for each stratum: in proportion to its size, by largest remainder, and all of them if all fit."""
    total = sum(sizes.values())
    if total <= limit:
        return dict(sizes)
    exact = {stratum: limit * size / total for stratum, size in sizes.items()}
    places = {stratum: int(share) for stratum, share in exact.items()}
    by_remainder = sorted(exact, key=lambda stratum: (places[stratum] - exact[stratum], stratum))
    for stratum in by_remainder[: limit - sum(places.values())]:
        places[stratum] += 1
    return places
