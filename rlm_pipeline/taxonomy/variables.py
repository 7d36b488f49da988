"""Variables: what every record answers, as small integer codes in one order of records, ready to be crossed.

A dimension's answers are its leaf categories. Only codes are kept: two bytes per record and variable.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.counts import leaves
from rlm_pipeline.taxonomy.document import Dimension

Codes = npt.NDArray[np.int16]

NO_ANSWER = -1
"""The code of a record without an answer: an empty cell, `blank`, or `other`."""

_ROWS_AT_ONCE = 4_000_000  # label rows aligned at once, about 300 MB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variable:
    """One question and every record's answer.

    `codes` (records,) int16 holds positions in `levels` (what people read) and `level_ids` (category ids of a
    dimension, else the levels), or `NO_ANSWER`.
    """

    id: str
    name: str
    levels: tuple[str, ...]
    level_ids: tuple[str, ...]
    codes: Codes
    is_dimension: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """The order of records: partition by partition as stored; `starts` (partitions + 1,) bounds each partition."""

    partitions: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def count(self) -> int:
        """Records over all partitions."""
        return self.starts[-1]

    def partition_codes(self) -> npt.NDArray[np.int64]:
        """Each record's position in `partitions`: (records,) int64."""
        return np.repeat(np.arange(len(self.partitions), dtype=np.int64), np.diff(self.starts))


def records_of(store: DatasetStore, partitions: Sequence[str]) -> Records:
    """The order of records over `partitions`, with the sizes their manifests state."""
    sizes = [store.manifest(partition).rows for partition in partitions]
    return Records(partitions=tuple(partitions), starts=(0, *(int(end) for end in np.cumsum(sizes))))


def of_dimensions(store: DatasetStore, records: Records, dimensions: Iterable[Dimension]) -> tuple[Variable, ...]:
    """The dimensions that passed their gate, as variables; their labels are read once, partition by partition.

    Raises:
        InvariantError: the records stored are not as many as the manifest states, or a label has no record.

    """
    passed = [dimension for dimension in dimensions if dimension.gate == "passed"]
    codes = {dimension.id: np.full(records.count, NO_ANSWER, dtype=np.int16) for dimension in passed}
    for position, partition in enumerate(records.partitions):
        start, end = records.starts[position], records.starts[position + 1]
        identities = _identities(store, partition, end - start)
        here = {dimension_id: array[start:end] for dimension_id, array in codes.items()}
        batch = max(1, _ROWS_AT_ONCE // max(1, end - start))
        for first in range(0, len(passed), batch):
            _align(store, partition, identities, passed[first : first + batch], codes=here)
    return tuple(
        Variable(
            id=dimension.id,
            name=dimension.name,
            levels=tuple(leaf.name for leaf in leaves(dimension)),
            level_ids=tuple(leaf.id for leaf in leaves(dimension)),
            codes=codes[dimension.id],
            is_dimension=True,
        )
        for dimension in passed
    )


def labelled_records(dimensions: Iterable[Variable], records: Records) -> int:
    """Records with an answer in at least one of the variables."""
    answered = np.zeros(records.count, dtype=bool)
    for variable in dimensions:
        answered |= variable.codes != NO_ANSWER
    return int(answered.sum())


def _identities(store: DatasetStore, partition: str, rows: int) -> pl.DataFrame:
    if not rows:
        return pl.DataFrame(schema={"source": pl.String, "row": pl.Int64, "at": pl.UInt32})
    identities = (
        store.scan_records(partition)
        .select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"))
        .collect()
        .with_row_index("at")
    )
    if identities.height != rows:
        raise InvariantError(f"{partition} stores {identities.height:,} records, its manifest states {rows:,}")
    return identities


def _align(
    store: DatasetStore,
    partition: str,
    identities: pl.DataFrame,
    dimensions: Sequence[Dimension],
    *,
    codes: Mapping[str, Codes],
) -> None:
    known = pl.DataFrame(
        [(d.id, leaf.id, code) for d in dimensions for code, leaf in enumerate(leaves(d))],
        schema={"dimension_id": pl.String, "category_id": pl.String, "code": pl.Int16},
        orient="row",
    )
    answered = (
        store.scan(store.labels_path(partition), "labels", partition)
        .select("source", "row", "dimension_id", "category_id")
        .join(known.lazy(), on=["dimension_id", "category_id"])
        .join(identities.lazy(), on=["source", "row"], how="left")
        .select("dimension_id", "at", "code")
        .collect()
    )
    if answered["at"].null_count():
        raise InvariantError(f"{answered['at'].null_count():,} labels of {partition} are of records it does not hold")
    for (dimension_id,), labels in answered.partition_by("dimension_id", as_dict=True).items():
        codes[str(dimension_id)][labels["at"].to_numpy()] = labels["code"].to_numpy()
