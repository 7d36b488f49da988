"""The word index of chunks in tantivy: found by BM25 over stemmed English words.

The index holds no texts; what a hit says is read from the chunk files. A partition is replaced in one commit.
"""

import contextlib
import logging
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, QueryError, StoreError
from rlm_pipeline.retrieval import chunk_files
from rlm_pipeline.retrieval.ranking import Candidate, stable_top
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import tantivy

_HEAP_BYTES = 64_000_000
_ROWS_PER_BATCH = 1024
_SECONDS_BETWEEN_ATTEMPTS = 0.25

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalSummary:
    """What one run did; nothing is indexed when the index already holds exactly the partition's chunks."""

    partition: str
    chunks: int
    indexed_now: int
    removed: int


def materialise(store: DatasetStore, config: DatasetConfig, partition: str, *, attempts: int = 240) -> LexicalSummary:
    """Replace the partition's documents by its chunks in one commit, unless they are the same.

    While another run writes the index, the lock is asked for `attempts` times, four times a second.

    Raises:
        NotMaterialised: the partition has no chunks file.
        StoreError: another run is still writing, or the index is damaged or cannot be written.

    """
    del config  # the words of a text are the same under every setting
    chunks = store.scan(store.chunks_path(partition), "chunks", partition).select("chunk_id").collect()
    index = _open_or_create(store)
    with _writer(store, index, attempts) as writer:
        index.reload()
        present = _ids_of(index, partition)
        if sorted(chunks["chunk_id"]) == present:
            return LexicalSummary(partition=partition, chunks=chunks.height, indexed_now=0, removed=0)
        writer.delete_documents_by_term("partition", partition)
        added = _add(store, writer, partition)
        writer.commit()
    _logger.info("%s %s: %d chunks indexed", store.name, partition, added)
    return LexicalSummary(partition=partition, chunks=chunks.height, indexed_now=added, removed=len(present))


def remove_partition(store: DatasetStore, partition: str, *, attempts: int = 240) -> int:
    """Delete the documents of a partition that no longer exists; returns how many there were."""
    index = _open(store)
    if index is None:
        return 0
    with _writer(store, index, attempts) as writer:
        index.reload()
        present = _ids_of(index, partition)
        writer.delete_documents_by_term("partition", partition)
        writer.commit()
    return len(present)


def bm25_search(store: DatasetStore, query: str, top_k: int, partition: str | None = None) -> tuple[Candidate, ...]:
    """The chunks that contain words of the query, by BM25 score; words are compared by their English stems.

    The query may use tantivy's language (`"a phrase"`, `+must`, `-not`, `AND`, `OR`). One that is not well-formed,
    such as `cause: (unknown`, is searched for by its words.

    Raises:
        NotMaterialised: there is no index, or no documents of this partition.
        QueryError: the query has no word to search for.

    """
    import tantivy

    index = _open(store)
    if index is None:
        raise NotMaterialised("lexical_index", partition, store.name)
    parsed = _parse(index, query)
    if partition is not None:
        inside = tantivy.Query.term_query(index.schema, "partition", partition)
        if not _matches_any(index, inside) and chunk_files.count(store, partition):
            raise NotMaterialised("lexical_index", partition, store.name)
        unscored = tantivy.Query.const_score_query(inside, 0.0)
        parsed = tantivy.Query.boolean_query([(tantivy.Occur.Must, parsed), (tantivy.Occur.Must, unscored)])
    searcher = index.searcher()

    def fetch(limit: int) -> list[Candidate]:
        hits = searcher.search(parsed, limit=limit, count=False).hits
        return [
            Candidate(chunk_id=str(searcher.doc(place).get_first("chunk_id")), score=score) for score, place in hits
        ]

    return stable_top(fetch, top_k)


def _parse(index: "tantivy.Index", query: str) -> "tantivy.Query":
    words = " ".join(re.findall(r"\w+", query)).lower()
    if not words:
        raise QueryError(f"the query {query!r} has no word to search for")
    with contextlib.suppress(ValueError):
        return index.parse_query(query, ["text"])
    return index.parse_query(words, ["text"])


def _add(store: DatasetStore, writer: "tantivy.IndexWriter", partition: str) -> int:
    import tantivy

    added = 0
    for batch in chunk_files.in_batches(store, partition, columns=["chunk_id", "text"], rows=_ROWS_PER_BATCH):
        for chunk_id, text in batch.select("chunk_id", "text").iter_rows():
            writer.add_document(tantivy.Document(chunk_id=chunk_id, partition=partition, text=text))
        added += batch.height
    return added


def _ids_of(index: "tantivy.Index", partition: str) -> list[str]:
    import tantivy

    inside = tantivy.Query.term_query(index.schema, "partition", partition)
    return sorted(chunk_id for chunk_id, _ in index.searcher().terms_with_prefix("chunk_id", "", filter_query=inside))


def _matches_any(index: "tantivy.Index", query: "tantivy.Query") -> bool:
    return bool(index.searcher().search(query, limit=1, count=False).hits)


def _schema() -> "tantivy.Schema":
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("partition", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="en_stem")
    return builder.build()


def _open(store: DatasetStore) -> "tantivy.Index | None":
    """The index, or None if there is none or it was made with other fields or by another tantivy."""
    import tantivy

    folder = str(store.lexical_folder)
    try:
        if not store.lexical_folder.is_dir() or not tantivy.Index.exists(folder):
            return None
        index = tantivy.Index.open(folder) if tantivy.Index.is_compatible(folder) else None
    except (OSError, ValueError) as error:
        raise StoreError(f"the index in {folder} is damaged ({error}); delete that folder and run again") from error
    return index if index is not None and index.schema == _schema() else None


def _open_or_create(store: DatasetStore) -> "tantivy.Index":
    import tantivy

    index = _open(store)
    if index is not None:
        return index
    with _writing(store):
        shutil.rmtree(store.lexical_folder, ignore_errors=True)
        store.lexical_folder.mkdir(parents=True)
        return tantivy.Index(_schema(), path=str(store.lexical_folder))


@contextlib.contextmanager
def _writer(store: DatasetStore, index: "tantivy.Index", attempts: int) -> Iterator["tantivy.IndexWriter"]:
    """The index's one writer; what is not committed is dropped, and the lock is released at the end."""
    with _writing(store):
        writer = _locked(store, index, attempts)
        try:
            yield writer
        finally:
            writer.wait_merging_threads()


def _locked(store: DatasetStore, index: "tantivy.Index", attempts: int) -> "tantivy.IndexWriter":
    for attempt in range(attempts):
        try:
            return index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        except ValueError as error:
            if "LockBusy" not in str(error):
                raise
        if attempt + 1 < attempts:
            time.sleep(_SECONDS_BETWEEN_ATTEMPTS)
    raise StoreError(f"another run is writing the index in {store.lexical_folder}; wait for it, then run again")


@contextlib.contextmanager
def _writing(store: DatasetStore) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise StoreError(
            f"cannot write {store.lexical_folder}: {error}. Free space or fix permissions, then run again"
        ) from error
