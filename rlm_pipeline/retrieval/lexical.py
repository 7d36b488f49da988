"""The words of a partition's chunks in the index: what is new or changed is indexed, what is gone is deleted.

One commit brings a partition up to date, so an interrupted run changes nothing. What it costs grows with what changed.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.retrieval import chunk_files, word_index
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import tantivy

_ROWS_PER_BATCH = 1024
_INDEXED = ["content_hash", "source", "place", "overlap", "text"]
_CAMEL_CASE = r"[A-Za-z]*(?:[a-z][A-Z]|[A-Z]{2}[a-z])[A-Za-z0-9]*"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalSummary:
    """What one run did; nothing is indexed when the index already holds exactly the partition's chunks."""

    partition: str
    chunks: int
    indexed_now: int
    removed: int


def materialise(store: DatasetStore, config: DatasetConfig, partition: str, *, attempts: int = 240) -> LexicalSummary:
    """Bring the partition's documents in line with its chunks in one commit.

    While another run writes the index, the lock is asked for `attempts` times, four times a second.

    Raises:
        NotMaterialised: the partition has no chunks file.
        StoreError: another run is still writing, or the index is damaged or cannot be written.

    """
    stored = store.scan(store.chunks_path(partition), "chunks", partition)
    chunks = stored.select("chunk_id", *_identity()).collect()
    index = word_index.open_or_create(store, config.search.language)
    with word_index.writer_of(store, index, attempts) as writer:
        index.reload()
        present = word_index.documents_of(index, partition)
        outdated = present.join(chunks, on=["key", "stamp"], how="anti")
        missing = chunks.join(present, on=["key", "stamp"], how="anti").select("chunk_id")
        if outdated.is_empty() and missing.is_empty():
            return LexicalSummary(partition=partition, chunks=chunks.height, indexed_now=0, removed=0)
        if outdated.height:
            writer.delete_documents_by_query(word_index.of_keys(index, partition, outdated["key"].to_list()))
        added = _add(store, index, writer, partition, missing)
        writer.commit()
    _logger.info("%s %s: %d chunks indexed, %d removed", store.name, partition, added, outdated.height)
    return LexicalSummary(partition=partition, chunks=chunks.height, indexed_now=added, removed=outdated.height)


def remove_partition(store: DatasetStore, config: DatasetConfig, partition: str, *, attempts: int = 240) -> int:
    """Delete the documents of a partition that no longer exists; returns how many there were."""
    index = word_index.open_existing(store, config.search.language)
    if index is None:
        return 0
    with word_index.writer_of(store, index, attempts) as writer:
        index.reload()
        present = word_index.documents_of(index, partition)
        writer.delete_documents_by_term("partition", partition)
        writer.commit()
    return present.height


def _identity() -> tuple[pl.Expr, pl.Expr]:
    key = pl.col("chunk_id").str.to_integer(base=16, dtype=pl.UInt64)
    stamp = pl.col("content_hash").str.head(16).str.to_integer(base=16, dtype=pl.UInt64)
    return key.alias("key"), stamp.alias("stamp")


def _add(
    store: DatasetStore, index: "tantivy.Index", writer: "tantivy.IndexWriter", partition: str, missing: pl.DataFrame
) -> int:
    import tantivy

    schema, added = index.schema, 0
    for batch in chunk_files.in_batches_of(store, partition, missing, columns=_INDEXED, rows=_ROWS_PER_BATCH):
        searched = batch.with_columns(chunk_files.searched_text())
        documents = searched.select(
            *_identity(),
            "place",
            "source",
            pl.col("source").alias("file"),
            pl.lit(partition).alias("partition"),
            _identifiers().alias("exact"),
            pl.col("searched_text").alias("text"),
            _camel_case_parts().alias("parts"),
        )
        for document in documents.iter_rows(named=True):
            if parts := document.pop("parts"):
                document["text"] = [document["text"], parts]
            writer.add_document(tantivy.Document.from_dict(document, schema))
        added += batch.height
    return added


def _identifiers() -> pl.Expr:
    return pl.col("searched_text").str.extract_all(word_index.IDENTIFIERS).list.join(" ")


def _camel_case_parts() -> pl.Expr:
    """The parts of the names in camel case, `get User Name` of `getUserName`: a text of its own."""
    names = pl.col("searched_text").str.extract_all(_CAMEL_CASE).list.join(" ")
    acronyms_apart = names.str.replace_all(r"([A-Z])([A-Z][a-z])", "$1 $2")
    return acronyms_apart.str.replace_all(r"([a-z0-9])([A-Z])", "$1 $2")
