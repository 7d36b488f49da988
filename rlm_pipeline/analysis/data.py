"""The data analyst: reads the records of a partition as a table, batch by batch, in exact numbers.

Records of every kind of content have columns (a log's level, a definition's language), so it reads them all.

What to look for is decided once for the whole partition (from the profile, and by a survey of value shapes and of
associated pairs), so that every batch reports the same and the batches' numbers add up to the partition's.
"""

import logging
from collections.abc import Iterator

import polars as pl

from rlm_pipeline.analysis import anomalies, batches, columns, correlations, distributions, missing, numbers, patterns
from rlm_pipeline.analysis.columns import Columns
from rlm_pipeline.analysis.observation import Observation
from rlm_pipeline.analysis.patterns import Dominant
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.store import DatasetStore

_log = logging.getLogger(__name__)


def observe(store: DatasetStore, config: DatasetConfig, partition: str) -> Iterator[tuple[Window, list[Observation]]]:
    """Everything the data analyst has to say about a partition, window by window, each in the order of storing.

    Raises:
        NotMaterialised: raw_file, column_profile, column_pairs or chunks has not run.
        InvariantError: records and profile contradict each other.

    """
    chosen = columns.choose(columns.profile(store, config, partition))
    plan = batches.plan(store, partition, batch_records=batches.records_per_batch(len(chosen.informative)))
    windows = [Window(store=store, partition=partition, batches=run) for run in plan.windows()]
    dominant = patterns.survey(windows, chosen.shaped)
    commas = numbers.with_commas(windows, tuple(chosen.numeric))
    pairs = correlations.survey(windows, chosen.correlated, commas)
    rules = anomalies.survey(store, config, partition, windows)
    for done, window in enumerate(windows, start=1):
        found = [
            *_observe_columns(window, chosen, dominant, commas),
            *correlations.observe(window, pairs, commas),
            *anomalies.observe(window, rules),
        ]
        yield window, sorted(found, key=lambda observation: observation.order)
        _log.info("read %d of %d windows of %s", done, len(windows), partition)


def _observe_columns(
    window: Window, chosen: Columns, dominant: dict[str, Dominant], commas: pl.DataFrame
) -> Iterator[Observation]:
    """What is said about single columns, a group of columns in memory at a time."""
    names = dict.fromkeys([*chosen.counted, *chosen.numeric, *dominant, *chosen.gappy])
    gaps = []
    for group in window.groups(tuple(names)):
        cells = window.read(group)
        counted = {name: chosen.counted[name] for name in group if name in chosen.counted}
        yield from distributions.observe(window, cells, counted)
        numeric = tuple(name for name in group if name in chosen.numeric)
        yield from numbers.observe(window, cells, numbers.read(cells, numeric, commas), chosen.numeric)
        yield from patterns.observe(window, cells, {name: dominant[name] for name in group if name in dominant})
        gaps.append(missing.count(window, cells, chosen, [name for name in group if name in chosen.gappy]))
    yield from missing.observe(window, chosen, gaps)
