"""What a model says of the statements of one partition that the classifier leaves open, kept with the labels."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.model import OTHER, READ_LABEL_SCHEMA
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore, write_frame
from rlm_pipeline.taxonomy.classifier import Judgement
from rlm_pipeline.taxonomy.document import Dimension
from rlm_pipeline.taxonomy.labeller import Labeller, key_of
from rlm_pipeline.taxonomy.review import labelling, open_statements
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.review.labelling import NONE

_UNREAD = -1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """A text dimension in one partition: the column as written there, and what labels it."""

    dimension: Dimension
    column: str
    labeller: Labeller


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a model said: key of a statement -> position of its category, or `labelling.NONE`.

    `confidence` is the model's agreement on statements whose category is known.
    """

    categories: Mapping[str, int]
    confidence: float

    def applied(self, judged: Judgement, lower: Sequence[str]) -> Judgement:
        """The judgement of statements in lower case, without boilerplate, with the model's where it has one."""
        if not self.categories:
            return judged
        said = np.array([self.categories.get(key_of(text), _UNREAD) for text in lower], dtype=np.int32)
        is_read = said != _UNREAD
        return Judgement(
            category=np.where(said >= 0, said, judged.category),
            confidence=np.where(is_read, np.float32(self.confidence), judged.confidence),
            margin=np.where(is_read, np.float32(0.0), judged.margin),
            runner_up=np.where(is_read, np.int32(-1), judged.runner_up),
            decided=np.where(is_read, said != NONE, judged.decided),
        )


NOTHING_READ = Read(categories={}, confidence=0.0)


def ask(
    store: DatasetStore, partition: str, labellings: Iterable[Labelling], encoder: Encoder, reviewer: Reviewer | None
) -> dict[str, Read]:
    """What a model says of open statements, for each dimension by its id; also stored.

    Only dimensions whose known statements the model labels no worse than the classifier are asked about.

    Raises:
        ConfigurationError: the prompt file is absent or wrong.
        StoreError: the ledger cannot be written.

    """
    path = store.read_labels_path(partition)
    if reviewer is None:
        path.unlink(missing_ok=True)
        return {}
    found: dict[str, Read] = {}
    rows: list[tuple[str, str, str, int]] = []
    for each in labellings:
        measured = each.dimension.model_labels
        if measured is None or measured.agreement is None or not measured.used:
            continue
        open_ones = open_statements.find(store, partition, each.column, each.labeller, encoder)
        categories = labelling.offered(each.dimension, each.labeller.categories)
        said = labelling.label([one.text for one in open_ones], each.dimension, categories, reviewer, partition)
        if said.unasked:
            logger.warning("%s %s: open statements stay as they are: %s", partition, each.column, said.unasked)
        by_key = {open_ones[at].key: category for at, category in said.categories.items()}
        found[each.dimension.id] = Read(categories=by_key, confidence=measured.agreement.share)
        rows += (
            (each.dimension.id, open_ones[at].key, _id(each.labeller.categories, category), open_ones[at].records)
            for at, category in said.categories.items()
        )
    frame = pl.DataFrame(rows, schema=READ_LABEL_SCHEMA, orient="row").sort("dimension_id", "statement_key")
    write_frame(frame, path)
    return found


def counted(store: DatasetStore, partitions: Iterable[str], dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    """The dimensions with how many statements a model labelled in these partitions, and how many records say them."""
    paths = [path for path in map(store.read_labels_path, partitions) if path.exists()]
    read = pl.concat([pl.DataFrame(schema=READ_LABEL_SCHEMA), *map(pl.read_parquet, paths)])
    by_dimension = {
        str(identity): (statements, records)
        for identity, statements, records in read.group_by("dimension_id")
        .agg(pl.col("statement_key").n_unique(), pl.col("records").sum())
        .iter_rows()
    }
    return tuple(_with_counts(each, *by_dimension.get(each.id, (0, 0))) for each in dimensions)


def _with_counts(dimension: Dimension, statements: int, records: int) -> Dimension:
    if dimension.model_labels is None:
        return dimension
    update = {"statements": statements, "records": records}
    return dimension.model_copy(update={"model_labels": dimension.model_labels.model_copy(update=update)})


def _id(ids: Sequence[str], category: int) -> str:
    return OTHER if category == NONE else ids[category]
