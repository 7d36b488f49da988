"""The statements of a partition that the classifier leaves open or is least sure of, said by most records first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import boilerplate
from rlm_pipeline.taxonomy.labeller import Labeller, key_of
from rlm_pipeline.taxonomy.sampling import as_read, normal_form

MOST = 400
"""Of a dimension in a partition: ten requests."""
LEAST_MARGIN = 0.1
_JUDGED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """One distinct statement: its key, its text without boilerplate, and how many records say it."""

    key: str
    text: str
    records: int


def find(store: DatasetStore, partition: str, column: str, labeller: Labeller, encoder: Encoder) -> list[Open]:
    """At most `MOST` statements of a column (as written in the partition) that are not of the sample.

    Raises:
        NotMaterialised: the partition has no statements.

    """
    removed = frozenset(labeller.boilerplate)
    found: dict[str, Open] = {}
    for cells in _by_records(store, partition, column):
        texts = [boilerplate.without(cell, removed) for cell in cells["statement"]]
        keys = [key_of(text.lower()) for text in texts]
        is_open = _is_open([text.lower() for text in texts], keys, labeller, encoder)
        for place in np.flatnonzero(is_open).tolist():
            before = found.get(keys[place])
            records = int(cells["records"][place])
            if before is not None:
                found[keys[place]] = replace(before, records=before.records + records)
            elif len(found) < MOST:
                found[keys[place]] = Open(key=keys[place], text=texts[place], records=records)
        if len(found) == MOST:
            break
    return sorted(found.values(), key=lambda each: (-each.records, each.key))


def _is_open(lower: Sequence[str], keys: Sequence[str], labeller: Labeller, encoder: Encoder) -> NDArray[np.bool_]:
    judged = labeller.judge(lower, encoder)
    unknown = np.array([key not in labeller.category_of for key in keys], dtype=np.bool_)
    is_open: NDArray[np.bool_] = unknown & (~judged.decided | (judged.margin < LEAST_MARGIN))
    return is_open


def _by_records(store: DatasetStore, partition: str, column: str) -> Iterator[pl.DataFrame]:
    """Distinct statements and how many records say each, the most first, batch by batch."""
    statements = store.scan(store.statements_path(partition), "findings", partition)
    counted = (
        statements.filter(pl.col("facet") == column)
        .select(as_read(pl.col("statement")))
        .filter(normal_form(pl.col("statement")).is_not_null())
        .group_by("statement")
        .agg(records=pl.len())
        .sort("records", "statement", descending=[True, False])
        .collect()
    )
    yield from counted.iter_slices(_JUDGED_AT_ONCE)
