"""Chunks found by meaning: those whose vectors are nearest to the query's."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.retrieval import catalogue as catalogues
from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.retrieval.catalogue import Catalogue
from rlm_pipeline.retrieval.encoders import Encoder, search_encoder
from rlm_pipeline.retrieval.filters import Allowed, Filters, settle
from rlm_pipeline.retrieval.ranking import Candidate, stable_top
from rlm_pipeline.retrieval.vector_index import INDEX_FROM_ROWS
from rlm_pipeline.store import DatasetStore

_PROBES, _COMPARED = 30, 50
"""Cells looked into, and the least number of candidates compared by their whole vectors.

Measured on 427,000 vectors: recall@10 of 0.988 in 14 CPU ms; comparing twice as many adds 3 ms and nothing else.
"""
_TAKEN_ONE_BY_ONE = 8192
_SAMPLED = 1000


class VectorReader:
    """One model's table, open over queries; it follows what is written to the table.

    Raises:
        NotMaterialised: the model has no vectors.

    """

    def __init__(self, store: DatasetStore, encoder: Encoder, *, index_from_rows: int = INDEX_FROM_ROWS) -> None:
        self._store, self.encoder = store, encoder
        self._index_from_rows = index_from_rows
        self._table = vector_table.open_existing(store, encoder)
        self._written = store.vectors_folder / f"{vector_table.name_of(encoder)}.lance" / "_versions"
        self._last_written = -1
        self._keys = np.empty(0, np.uint64)
        self._row_ids = np.empty(0, np.uint64)
        self._mean: NDArray[np.float32] | None = None
        self._settled: tuple[Catalogue, Allowed, tuple[NDArray[np.uint64], NDArray[np.uint64]]] | None = None

    def refresh(self) -> None:
        """Read what was written since: the row of every chunk, by 16 bytes a chunk."""
        written = self._written.stat().st_mtime_ns
        if written == self._last_written:
            return
        self._table.checkout_latest()
        self._last_written, self._mean, self._settled = written, None, None
        found = self._table.search().select(["chunk_id"]).with_row_id(True).to_arrow()
        keys = pl.Series(found["chunk_id"]).cast(pl.String).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
        order = np.argsort(keys, kind="stable")
        self._keys, self._row_ids = keys[order], found["_rowid"].to_numpy()[order]

    def nearest(
        self, vector: NDArray[np.float32], top_k: int, *, catalogue: Catalogue, allowed: Allowed | None
    ) -> tuple[Candidate, ...]:
        """The `top_k` chunks with the largest cosine similarity to `vector` (length 1), best first.

        Exact below `index_from_rows` allowed rows; above, the index is asked, and where that finds fewer than there
        are, all are compared.

        Raises:
            NotMaterialised: a partition that is asked for has chunks and no vectors.

        """
        self.refresh()
        if allowed is None or len(allowed.rows) == catalogue.chunks.height:
            return stable_top(lambda limit: self._found(vector, limit, "", len(self._keys)), top_k)
        keys, row_ids = self._rows_of(catalogue, allowed)
        if allowed.by_id:
            return self._compared(vector, top_k, keys, row_ids, _condition(allowed))
        return stable_top(lambda limit: self._found(vector, limit, _condition(allowed), len(row_ids)), top_k)

    def background(self, vector: NDArray[np.float32]) -> float:
        """The mean cosine similarity of `vector` (length 1) to the chunks, or to a sample of 1,000; 0 for no chunks.

        Keys are hashes, so that every so many of them in their order is a sample without a choice.
        """
        self.refresh()
        if not len(self._row_ids):
            return 0.0
        if self._mean is None:
            chosen = np.linspace(0, len(self._row_ids) - 1, min(_SAMPLED, len(self._row_ids))).astype(np.int64)
            found = self._table.take_row_ids(self._row_ids[chosen].tolist()).select(["vector"]).to_arrow()
            self._mean = _matrix(found["vector"], self.encoder.dimension).mean(axis=0)
        return float(self._mean @ vector)

    def vectors_of(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        """Their vectors, float32 (n, dimension), in the order given; zeros for a chunk without one."""
        self.refresh()
        vectors = np.zeros((len(chunk_ids), self.encoder.dimension), dtype=np.float32)
        found = self._taken(chunk_ids, ["chunk_id", "vector"])
        place = {chunk_id: at for at, chunk_id in enumerate(found["chunk_id"].to_pylist())}
        flat = _matrix(found["vector"], self.encoder.dimension)
        for row, chunk_id in enumerate(chunk_ids):
            if chunk_id in place:
                vectors[row] = flat[place[chunk_id]]
        return vectors

    def _taken(self, chunk_ids: Sequence[str], columns: list[str]) -> Any:
        keys = np.array([int(each, 16) for each in chunk_ids], dtype=np.uint64)
        return self._table.take_row_ids(self._rows_with(keys)[1].tolist()).select(columns).to_arrow()

    def _rows_with(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Those of the keys that have a row, and these rows."""
        if not len(self._keys) or not len(keys):
            return np.empty(0, np.uint64), np.empty(0, np.uint64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        there = self._keys[places] == keys
        return keys[there], self._row_ids[places[there]]

    def _rows_of(self, catalogue: Catalogue, allowed: Allowed) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        if self._settled and self._settled[0] is catalogue and self._settled[1] is allowed:
            return self._settled[2]
        keys, row_ids = self._rows_with(catalogue.keys_of(allowed.rows))
        if len(row_ids) < len(allowed.rows):
            for partition in allowed.partitions:
                if not self._table.count_rows(vector_table.of_partition(partition)):
                    raise NotMaterialised("embeddings", partition, self._store.name)
        self._settled = (catalogue, allowed, (keys, row_ids))
        return keys, row_ids

    def _found(self, vector: NDArray[np.float32], limit: int, condition: str, rows: int) -> list[Candidate]:
        search = self._table.search(vector, vector_column_name="vector").distance_type("cosine")
        search = search.select(["chunk_id", "_distance"]).limit(limit)
        search = search.where(condition) if condition else search
        approximate = rows >= self._index_from_rows
        if approximate:
            found = search.nprobes(_PROBES).refine_factor(-(-_COMPARED // limit)).to_arrow()
        if not approximate or found.num_rows < min(limit, rows):
            found = search.bypass_vector_index().to_arrow()
        pairs = zip(found["chunk_id"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        return [Candidate(chunk_id=chunk_id, score=1.0 - distance) for chunk_id, distance in pairs]

    def _compared(
        self,
        vector: NDArray[np.float32],
        top_k: int,
        keys: NDArray[np.uint64],
        row_ids: NDArray[np.uint64],
        condition: str,
    ) -> tuple[Candidate, ...]:
        """The best of some rows, all compared: an SQL list of many ids takes ten times as long."""
        if not len(row_ids):
            return ()
        if len(row_ids) <= _TAKEN_ONE_BY_ONE:
            search = self._table.take_row_ids(row_ids.tolist()).with_row_id()
        else:
            search = self._table.search().with_row_id(True)
            search = search.where(condition) if condition else search
        order = np.argsort(row_ids)
        wanted, names = row_ids[order], keys[order]
        scores = np.full(len(wanted), -np.inf, dtype=np.float32)
        for batch in search.select(["vector"]).to_batches():
            ids = batch["_rowid"].to_numpy()
            places = np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)
            there = wanted[places] == ids
            if there.any():
                scores[places[there]] = _matrix(batch["vector"], self.encoder.dimension)[there] @ vector
        least = np.partition(scores, -top_k)[-top_k] if top_k < len(scores) else -np.inf
        best = [(-float(scores[at]), f"{names[at]:016x}") for at in np.flatnonzero(scores >= least)]
        return tuple(Candidate(chunk_id=name, score=-score) for score, name in sorted(best)[:top_k])


def semantic_search(
    store: DatasetStore,
    config: DatasetConfig,
    query: str,
    top_k: int,
    *,
    partition: str | None = None,
    index_from_rows: int = INDEX_FROM_ROWS,
) -> tuple[Candidate, ...]:
    """The chunks whose vectors are nearest to the query's; a score is the cosine similarity, -1 to 1.

    Raises:
        NotMaterialised: the model of `embedding.search` has no vectors, or none for this partition.
        QueryError: there is no such partition.

    """
    encoder = search_encoder(config.embedding)
    reader = VectorReader(store, encoder, index_from_rows=index_from_rows)
    catalogue = catalogues.load(store)
    filters = Filters(partitions=(partition,) if partition else ())
    allowed = settle(store, config, catalogue, filters)
    return reader.nearest(encoder.encode_query(query), top_k, catalogue=catalogue, allowed=allowed)


def _condition(allowed: Allowed) -> str:
    named = {"partition": allowed.partitions, "source": () if allowed.by_id else allowed.sources}
    return " AND ".join(f"{name} IN ({vector_table.literals(values)})" for name, values in named.items() if values)


def _matrix(column: Any, dimension: int) -> NDArray[np.float32]:
    import pyarrow as pa

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat: NDArray[np.float32] = whole.flatten().to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    return flat.reshape(-1, dimension)
