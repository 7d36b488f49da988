"""Which records could have a value in a column: those of the sources that have the column."""

from collections.abc import Sequence

import numpy as np

from rlm_pipeline.analysis.window import Places, Window
from rlm_pipeline.model import SOURCE


def of_partition(window: Window, names: Sequence[str]) -> Places:
    """Records of the whole partition whose source has each column, int64, one per column."""
    found = np.zeros(len(names), dtype=np.int64)
    for source in window.store.manifest(window.partition).sources:
        header = frozenset(source.header)
        found += source.rows * np.array([name in header for name in names], dtype=np.int64)
    return found


def of_batches(window: Window, names: Sequence[str]) -> Places:
    """Records of each batch whose source has each column, int64, (batches, columns)."""
    headers = {each.source: frozenset(each.header) for each in window.store.manifest(window.partition).sources}
    if all(header.issuperset(names) for header in headers.values()):
        return np.repeat(window.sizes[:, None], len(names), axis=1)
    sources = window.read([SOURCE])[SOURCE]
    found = np.zeros((len(window.batches), len(names)), dtype=np.int64)
    for index, (_, rows) in enumerate(window.slices()):
        for source, records in sources[rows].value_counts().iter_rows():
            found[index] += records * np.array([name in headers[source] for name in names], dtype=np.int64)
    return found
