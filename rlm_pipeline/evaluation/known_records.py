"""Joining labels with what is known about the same records, and counting the pairs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.evaluation.metrics import Counts
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.store import DatasetStore, read_json
from rlm_pipeline.taxonomy.document import Dimension, DimensionSet, Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairCounts:
    """Records by known category (rows) and found category (columns); a label `other` is a found category."""

    known: tuple[str, ...]
    found: tuple[str, ...]
    table: Counts

    @classmethod
    def nothing(cls) -> "PairCounts":
        """The counts of no records."""
        return cls(known=(), found=(), table=np.zeros((0, 0), dtype=np.int64))

    def without(self, *labels: str) -> "PairCounts":
        """The same without some found categories."""
        kept = [place for place, label in enumerate(self.found) if label not in labels]
        return PairCounts(known=self.known, found=tuple(self.found[place] for place in kept), table=self.table[:, kept])

    def records(self, found: str) -> int:
        """Records with a known category whose found category is `found`."""
        return int(self.table[:, self.found.index(found)].sum()) if found in self.found else 0


def dimensions_of(store: DatasetStore) -> tuple[Dimension, ...]:
    """The published dimensions, or those discovered where nothing is published yet.

    Raises:
        NotMaterialised: neither the taxonomy nor the dimensions exist.

    """
    if store.taxonomy_path.exists():
        return Taxonomy.model_validate(read_json(store.taxonomy_path)).dimensions
    path = store.existing(store.dimensions_path, "dimensions", None)
    return DimensionSet.model_validate(read_json(path)).dimensions


def labelled_partitions(store: DatasetStore) -> tuple[str, ...]:
    """Partitions with labels, sorted.

    Raises:
        NotMaterialised: there are none.

    """
    partitions = store.partitions_with("labels")
    if not partitions:
        raise NotMaterialised("labels", None, store.name)
    return partitions


def columns_named(store: DatasetStore, partition: str, name: str) -> tuple[str, ...]:
    """Columns of a partition's records that are called `name`: exactly so, else up to case and punctuation."""
    existing = store.scan_records(partition).collect_schema().names()
    if name in existing:
        return (name,)
    wanted = normalised(name)
    return tuple(column for column in existing if normalised(column) == wanted)


def known_values(store: DatasetStore, partition: str, columns: Sequence[str]) -> pl.LazyFrame:
    """(source, row, known): the first non-empty of `columns`, stripped; null where all are empty."""
    return store.scan_records(partition).select(
        pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), first_filled(columns).alias("known")
    )


def first_filled(columns: Sequence[str]) -> pl.Expr:
    """The first non-empty cell of `columns`, stripped; null where all are empty."""
    stripped = [pl.col(column).str.strip_chars() for column in columns]
    return pl.coalesce(pl.when(value != "").then(value) for value in stripped)


def count_pairs(labels: pl.LazyFrame, known: pl.LazyFrame, column: str) -> pl.DataFrame:
    """(dimension_id, category_id, known, len) over the records that both have; `column` of `known` is what is known."""
    told = known.select("source", "row", pl.col(column).cast(pl.String).alias("known"))
    return (
        labels.join(told, on=["source", "row"], how="inner")
        .group_by("dimension_id", "category_id", "known")
        .len()
        .collect()
    )


def tables(counts: Iterable[pl.DataFrame]) -> dict[str, PairCounts]:
    """The table of every dimension id, from counts as `count_pairs` gives them; unknown records are left out."""
    together = pl.concat(counts).filter(pl.col("known").is_not_null())
    summed = together.group_by("dimension_id", "category_id", "known").agg(pl.col("len").sum())
    return {
        str(dimension_id): _table(part)
        for (dimension_id,), part in summed.sort("dimension_id", "known", "category_id").group_by(
            "dimension_id", maintain_order=True
        )
    }


def _table(part: pl.DataFrame) -> PairCounts:
    known = tuple(sorted(part["known"].unique()))
    found = tuple(sorted(part["category_id"].unique()))
    table = np.zeros((len(known), len(found)), dtype=np.int64)
    rows = {value: place for place, value in enumerate(known)}
    columns = {value: place for place, value in enumerate(found)}
    for category, value, count in part.select("category_id", "known", "len").iter_rows():
        table[rows[value], columns[category]] = count
    return PairCounts(known=known, found=found, table=table)
