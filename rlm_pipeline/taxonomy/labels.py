"""A label for every record in every dimension: a category, `other` where none should be relied on, or `blank`."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.model import BLANK, LABEL_SCHEMA, OTHER, ROW, SOURCE
from rlm_pipeline.profiling import schema as schema_stage
from rlm_pipeline.retrieval.encoders import Encoder, open_encoder
from rlm_pipeline.store import COMPRESSION, DatasetStore, atomic_path
from rlm_pipeline.taxonomy import boilerplate, derived, labeller
from rlm_pipeline.taxonomy.answers import normal_value
from rlm_pipeline.taxonomy.categorical import category_id
from rlm_pipeline.taxonomy.curation import pinned, plan, relabelled
from rlm_pipeline.taxonomy.curation.relabelled import Relabelling
from rlm_pipeline.taxonomy.dimensions import STATIC, load
from rlm_pipeline.taxonomy.document import Dimension
from rlm_pipeline.taxonomy.labeller import Labeller
from rlm_pipeline.taxonomy.review import hard_cases
from rlm_pipeline.taxonomy.review.asked import Reviewer, reviewer_of
from rlm_pipeline.taxonomy.review.hard_cases import Read
from rlm_pipeline.taxonomy.sampling import as_read, normal_form

RECORDS_AT_ONCE = 20_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSummary:
    """Labels of one partition: `labels` = `records` x `dimensions` = `categorised` + `other` + `blank`.

    `by_model` counts the distinct statements that a model labelled.
    """

    partition: str
    records: int
    dimensions: int
    labels: int
    categorised: int
    other: int
    blank: int
    by_model: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dimension:
    """A dimension that passed its gate, and how its records are labelled in this partition."""

    id: str
    column: str | None  # as written in the partition; for what is derived, the dimension's id
    labeller: Labeller | None
    category_of: dict[str, str]  # of values in normal form
    derived: str = ""  # the facet, where no column tells the values
    read: Read = hard_cases.NOTHING_READ
    relabelling: Relabelling = relabelled.UNCHANGED


def materialise(
    store: DatasetStore,
    config: DatasetConfig,
    partition: str,
    *,
    ledger: Ledger | None = None,
    transport: Any = None,
) -> LabelSummary:
    """Label every record of a partition in every dimension that passed its gate; memory is bounded by a batch.

    With a ledger and a model, statements that the classifier leaves open are labelled by the model, where it proved to
    do so no worse; `transport` replaces the network in tests.

    Raises:
        NotMaterialised: raw_file, schema, dimensions or findings has not run.
        StoreError: a classifier is missing, damaged, or was learnt with another encoder.
        InvariantError: the labels are not one for each record and dimension.
        CurationError: two decisions of a person contradict each other.

    """
    started = time.monotonic()
    encoder = open_encoder(STATIC)
    dimensions = _dimensions(store, config, partition, encoder)
    dimensions = _with_hard_cases(store, partition, dimensions, encoder, reviewer_of(config, ledger, transport))
    records = store.manifest(partition).rows
    counted = _write(store, partition, dimensions, encoder, expected=records)
    labels = counted.total()
    logger.info("%s %s: %d labels in %.1f s", config.name, partition, labels, time.monotonic() - started)
    return LabelSummary(
        partition=partition,
        records=records,
        dimensions=len(dimensions),
        labels=labels,
        categorised=labels - counted[OTHER] - counted[BLANK],
        other=counted[OTHER],
        blank=counted[BLANK],
        by_model=sum(len(dimension.read.categories) for dimension in dimensions),
    )


def _dimensions(store: DatasetStore, config: DatasetConfig, partition: str, encoder: Encoder) -> tuple[_Dimension, ...]:
    schema, found, kept = schema_stage.load(store), load(store).dimensions, pinned.read(store)
    decided = plan.make(found, config.curation, kept)
    passed = (dimension for dimension in found if dimension.gate == "passed")
    return tuple(
        _Dimension(
            id=dimension.id,
            column=dimension.id if derived.facet_of(dimension) else schema.written_as(dimension.facet, partition),
            labeller=_labeller(store, dimension, encoder),
            category_of=_values(store, partition, dimension),
            derived=derived.facet_of(dimension),
            relabelling=relabelled.prepare(
                store, schema, dimension, decided.of(dimension.id), kept=kept, encoder=encoder
            ),
        )
        for dimension in sorted(passed, key=lambda dimension: dimension.id)
    )


def _labeller(store: DatasetStore, dimension: Dimension, encoder: Encoder) -> Labeller | None:
    if dimension.kind == "categorical":
        return None
    return labeller.read(store.classifiers_folder / f"{dimension.id}.npz", encoder)


def _values(store: DatasetStore, partition: str, dimension: Dimension) -> dict[str, str]:
    if dimension.kind == "text":
        return {}
    if derived.facet_of(dimension):
        return derived.categories(store, partition, dimension)
    values = (normal_value(category.name) for category in dimension.categories)
    return {value: category_id(dimension.facet, value) for value in values}


def _write(
    store: DatasetStore,
    partition: str,
    dimensions: Sequence[_Dimension],
    encoder: Encoder,
    *,
    expected: int,
) -> Counter[str]:
    """Write the labels, and count them by category; the former file stays if they are not one for each record."""
    from pyarrow.parquet import ParquetWriter

    schema = pl.DataFrame(schema=LABEL_SCHEMA).to_arrow().schema
    counted: Counter[str] = Counter()
    moved: list[pl.DataFrame] = []
    records = 0
    with atomic_path(store.labels_path(partition)) as partial:
        with ParquetWriter(partial, schema, compression=COMPRESSION) as writer:
            for batch in _batches(store, partition, dimensions):
                records += batch.height
                parts = [_labelled(batch, dimension, encoder) for dimension in dimensions]
                moved += [relabelled.moved_by(part) for part in parts]
                own = [part.select(LABEL_SCHEMA.names()) for part in parts]
                labelled = pl.concat([pl.DataFrame(schema=LABEL_SCHEMA), *own]).sort("source", "row", "dimension_id")
                counted.update(dict(labelled.group_by("category_id").len().iter_rows()))
                writer.write_table(labelled.to_arrow().cast(schema))
        if records != expected or counted.total() != expected * len(dimensions):
            raise InvariantError(
                f"{store.name} {partition}: {counted.total():,} labels for {records:,} of {expected:,} records in "
                f"{len(dimensions)} dimensions"
            )
    relabelled.write_moved(store, partition, moved)
    return counted


def _batches(store: DatasetStore, partition: str, dimensions: Sequence[_Dimension]) -> Iterator[pl.DataFrame]:
    """Records with what the dimensions are about, in the order they are stored in, files by name."""
    more = {dimension.derived: dimension.id for dimension in dimensions if dimension.derived}
    wanted = sorted({each.column for each in dimensions if each.column is not None and not each.derived})
    texts = {dimension.column for dimension in dimensions if dimension.labeller is not None}
    cells = {name: as_read(pl.col(name)) if name in texts else pl.col(name) for name in wanted}
    for path in sorted(store.records_paths(partition), key=lambda path: path.stem):
        here = pl.read_parquet_schema(path)
        records = pl.scan_parquet(path).select(
            SOURCE, ROW, *(cells[name] if name in here else pl.lit(None, pl.String).alias(name) for name in wanted)
        )
        total = int(records.select(pl.len()).collect().item())
        for start in range(0, total, RECORDS_AT_ONCE):
            batch = records.slice(start, RECORDS_AT_ONCE).collect()
            yield batch.hstack(derived.values(store, partition, batch, more).get_columns())


def _labelled(batch: pl.DataFrame, dimension: _Dimension, encoder: Encoder) -> pl.DataFrame:
    cells = batch[dimension.column] if dimension.column else pl.Series([None] * batch.height, dtype=pl.String)
    judged = (
        _by_value(cells, dimension.category_of)
        if dimension.labeller is None
        else _by_classifier(cells, dimension.labeller, encoder, dimension.read)
    )
    judged = dimension.relabelling.apply(judged, encoder)
    answers = pl.DataFrame({"cell": cells}).join(judged, on="cell", how="left", maintain_order="left", nulls_equal=True)
    return answers.select(
        batch[SOURCE].alias("source"),
        batch[ROW].alias("row"),
        pl.lit(dimension.id).alias("dimension_id"),
        pl.col("category_id").fill_null(BLANK),
        pl.col("confidence", "margin").fill_null(1.0),
        pl.col("runner_up"),
        pl.col(relabelled.FOUND_AS).fill_null(BLANK),
    )


_JUDGED = pl.Schema(
    {
        "cell": pl.String,
        "category_id": pl.String,
        "confidence": pl.Float32,
        "margin": pl.Float32,
        "runner_up": pl.String,
    }
)
"""One row per distinct cell that is not blank."""


def _by_value(cells: pl.Series, category_of: dict[str, str]) -> pl.DataFrame:
    values = ((cell, normal_value(cell)) for cell in cells.drop_nulls().unique())
    rows = [(cell, category_of.get(normal, OTHER), 1.0, 1.0, None) for cell, normal in values if normal]
    return pl.DataFrame(rows, schema=_JUDGED, orient="row")


def _with_hard_cases(
    store: DatasetStore,
    partition: str,
    dimensions: tuple[_Dimension, ...],
    encoder: Encoder,
    reviewer: Reviewer | None,
) -> tuple[_Dimension, ...]:
    by_id = {dimension.id: dimension for dimension in load(store).dimensions}
    labellings = (
        hard_cases.Labelling(dimension=by_id[each.id], column=each.column, labeller=each.labeller)
        for each in dimensions
        if each.labeller is not None and each.column is not None
    )
    read = hard_cases.ask(store, partition, labellings, encoder, reviewer)
    return tuple(replace(each, read=read.get(each.id, hard_cases.NOTHING_READ)) for each in dimensions)


def _by_classifier(cells: pl.Series, found: Labeller, encoder: Encoder, read: Read) -> pl.DataFrame:
    distinct = (
        pl.DataFrame({"cell": cells.unique(maintain_order=True)})
        .filter(normal_form(pl.col("cell")).is_not_null())
        .get_column("cell")
    )
    removed = frozenset(found.boilerplate)
    lower = [boilerplate.without(cell, removed).lower() for cell in distinct]
    judged = read.applied(found.judge(lower, encoder), lower)
    ids = np.array([*found.categories, OTHER], dtype=object)
    chosen = np.where(judged.decided, judged.category, len(found.categories))
    weighed = np.array([*found.categories, None], dtype=object)  # the last is of -1
    return pl.DataFrame(
        {
            "cell": distinct,
            "category_id": pl.Series(ids[chosen].tolist(), dtype=pl.String),
            "confidence": judged.confidence,
            "margin": judged.margin,
            "runner_up": pl.Series(weighed[judged.runner_up].tolist(), dtype=pl.String),
        },
        schema=_JUDGED,
    )
