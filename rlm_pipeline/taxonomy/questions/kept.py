"""Answers that were paid for: what was asked in the same words, of the same model, is not asked again."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rlm_pipeline.model import QUESTION_ANSWER_SCHEMA
from rlm_pipeline.store import DatasetStore, write_frame

FIRST, AGAIN = 1, 2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """An answer and a quote as a model wrote them; `answer` is None where it left the statement out."""

    answer: str | None
    quote: str


Answers = Mapping[tuple[str, int], Raw]
"""By the statement's key in the sample, and the time it was asked: `FIRST` or `AGAIN`."""


def path_of(store: DatasetStore) -> Path:
    """Where a dataset's answers are, `QUESTION_ANSWER_SCHEMA`; there only where a model was asked."""
    return store.folder / "question_answers.parquet"


def read(store: DatasetStore, dimension: str, asked_as: str | None) -> dict[tuple[str, int], Raw]:
    """What is stored for a question; `asked_as` None takes answers of whatever model. A damaged file is as none."""
    stored = _stored(store).filter(pl.col("dimension_id") == dimension)
    if asked_as is not None:
        stored = stored.filter(pl.col("asked_as") == asked_as)
    rows = stored.select("statement_key", "time", "answer", "quote").iter_rows()
    return {(key, time): Raw(answer=answer, quote=quote) for key, time, answer, quote in rows}


def add(store: DatasetStore, dimension: str, asked_as: str, answers: Answers) -> None:
    """Store answers to a question beside those that there are; they replace older ones about the same statements.

    Raises:
        StoreError: the disk is full.

    """
    if not answers:
        return
    rows = [(dimension, key, time, asked_as, raw.answer, raw.quote) for (key, time), raw in answers.items()]
    fresh = pl.DataFrame(rows, schema=QUESTION_ANSWER_SCHEMA, orient="row")
    keys = ["dimension_id", "statement_key", "time"]
    older = _stored(store).join(fresh, on=keys, how="anti")
    write_frame(pl.concat([older, fresh]).sort(keys), path_of(store))


def _stored(store: DatasetStore) -> pl.DataFrame:
    path = path_of(store)
    if not path.exists():
        return pl.DataFrame(schema=QUESTION_ANSWER_SCHEMA)
    try:
        return pl.read_parquet(path).select(QUESTION_ANSWER_SCHEMA.names()).match_to_schema(QUESTION_ANSWER_SCHEMA)
    except (OSError, pl.exceptions.PolarsError) as error:
        logger.warning("%s is not read, its questions are asked again: %s", path, error)
        return pl.DataFrame(schema=QUESTION_ANSWER_SCHEMA)
