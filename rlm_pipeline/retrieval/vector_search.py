"""Chunks found by meaning: those whose vectors are nearest to the query's.

The copies of the vectors are searched (see `vector_copies`). Rows of the table that they do not hold, as after a
partition was embedded and before the index is brought up to date, are read from the table and searched with them.
"""

import functools
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.retrieval import catalogue as catalogues
from rlm_pipeline.retrieval import vector_copies, vector_matrix, vector_table
from rlm_pipeline.retrieval.catalogue import Catalogue
from rlm_pipeline.retrieval.encoders import Encoder, search_encoder
from rlm_pipeline.retrieval.filters import Allowed, Filters, settle
from rlm_pipeline.retrieval.ranking import Candidate
from rlm_pipeline.retrieval.vector_copies import Block
from rlm_pipeline.retrieval.vector_index import INDEX_FROM_ROWS
from rlm_pipeline.retrieval.vector_matrix import Places
from rlm_pipeline.store import DatasetStore

_SHARE_COMPARED, _COMPARED_PER_RESULT = 100, 16
"""By their whole vectors, of the rows best by their signs: one in a hundred, or so many for each that is asked for.

Measured on 427,000 vectors that hardly form clusters: 0.997 of the best 10 and 0.978 of the best 50 are among them.
"""
_SAMPLED = 1000
_ROWS_PER_BLOCK = 16_384

_logger = logging.getLogger(__name__)


class VectorReader:
    """One model's vectors, open over queries; it follows what is written to the table.

    Raises:
        NotMaterialised: the model has no vectors.

    """

    def __init__(self, store: DatasetStore, encoder: Encoder, *, index_from_rows: int = INDEX_FROM_ROWS) -> None:
        self._store, self.encoder = store, encoder
        self._index_from_rows = index_from_rows
        if not (store.vectors_folder / f"{vector_table.name_of(encoder)}.lance").is_dir():
            raise NotMaterialised("embeddings", None, store.name)
        self._last_state: tuple[int, int] | None = None
        self._matrix = vector_matrix.of([], encoder.dimension)
        self._keys = np.empty(0, np.uint64)
        self._places = np.empty(0, np.int64)
        self._present = np.empty(0, np.int64)
        self._mean: NDArray[np.float32] | None = None
        self._settled: tuple[Catalogue, Allowed, Places] | None = None

    @functools.cached_property
    def _table(self) -> Any:
        # Loading the database takes longer than a search, and only what the copies do not hold needs it.
        return vector_table.open_existing(self._store, self.encoder)

    def refresh(self) -> None:
        """Read what was written since: the signs of every vector, and its row by its chunk's id."""
        state = vector_copies.state_of(self._store, self.encoder)
        if state == self._last_state:
            return
        self._mean, self._settled = None, None
        blocks, is_current = vector_copies.blocks(self._store, self.encoder)
        keys = [block.key for block in blocks]
        held = np.concatenate([np.empty(0, np.uint64), *keys])
        places = np.arange(len(held))
        if not is_current:
            fresh, places = self._beside(blocks, held)
            blocks, keys = [*blocks, *fresh], [*keys, *(block.key for block in fresh)]
            held = np.concatenate([np.empty(0, np.uint64), *keys])
        self._matrix = vector_matrix.of(blocks, self.encoder.dimension)
        self._present = places
        self._places = places[np.argsort(held[places], kind="stable")]
        self._keys = held[self._places]
        self._last_state = state

    def _beside(self, blocks: Sequence[Block], held: NDArray[np.uint64]) -> tuple[list[Block], Places]:
        """Blocks of the rows that only the table has; and the places, in all blocks, of the rows that it has."""
        self._table.checkout_latest()
        rows = vector_copies.rows_of(self._table)
        stamps = np.concatenate([np.empty(0, np.uint64), *(block.stamp for block in blocks)])
        copied = pl.DataFrame({"key": held, "stamp": stamps}).with_row_index("place")
        kept = copied.join(rows, on=["key", "stamp"], how="semi", maintain_order="left")["place"].to_numpy()
        missing = rows.join(copied, on=["key", "stamp"], how="anti", maintain_order="left")
        _logger.info("%s: %d vectors are read from the table", self._store.name, missing.height)
        fresh = [
            vector_copies.block_of(lot, self.encoder, self._table)
            for lot in missing.iter_slices(_ROWS_PER_BLOCK)
            if lot.height
        ]
        return fresh, np.concatenate([kept, np.arange(len(held), len(held) + missing.height)]).astype(np.int64)

    def nearest(
        self, vector: NDArray[np.float32], top_k: int, *, catalogue: Catalogue, allowed: Allowed | None
    ) -> tuple[Candidate, ...]:
        """The `top_k` chunks with the largest cosine similarity to `vector` (length 1), best first.

        Equal scores are in the order of the chunk ids. Exact below `index_from_rows` allowed rows; above, those whose
        signs promise most are compared. There are always as many as there are allowed rows.

        Raises:
            NotMaterialised: a partition that is asked for has chunks and no vectors.

        """
        self.refresh()
        if allowed is None or len(allowed.rows) == catalogue.chunks.height:
            rows = self._present
        else:
            rows = self._rows_of(catalogue, allowed)
        if len(rows) >= self._index_from_rows:
            rows = self._promising(vector, top_k, rows)
        scores = self._matrix.similarities(vector, rows)
        least = np.partition(scores, -top_k)[-top_k] if top_k < len(scores) else -np.inf
        best = np.flatnonzero(scores >= least)
        names = self._matrix.keys(rows[best])
        ordered = sorted((-float(scores[at]), f"{name:016x}") for at, name in zip(best, names, strict=True))
        return tuple(Candidate(chunk_id=name, score=-score) for score, name in ordered[:top_k])

    def _promising(self, vector: NDArray[np.float32], top_k: int, rows: Places) -> Places:
        """Those of the rows that are best by their signs, ascending."""
        number = max(len(rows) // _SHARE_COMPARED, _COMPARED_PER_RESULT * top_k)
        if number >= len(rows):
            return rows
        estimates = self._matrix.estimates(vector)
        if len(rows) == len(estimates):
            return np.sort(np.argpartition(estimates, -number)[-number:])
        return np.sort(rows[np.argpartition(estimates[rows], -number)[-number:]])

    def background(self, vector: NDArray[np.float32]) -> float:
        """The mean cosine similarity of `vector` (length 1) to the chunks, or to a sample of 1,000; 0 for no chunks.

        Keys are hashes, so that every so many of them in their order is a sample without a choice.
        """
        self.refresh()
        if not len(self._places):
            return 0.0
        if self._mean is None:
            chosen = np.linspace(0, len(self._places) - 1, min(_SAMPLED, len(self._places))).astype(np.int64)
            self._mean = self._matrix.vectors(np.sort(self._places[chosen])).mean(axis=0)
        return float(self._mean @ vector)

    def vectors_of(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        """Their vectors, float32 (n, dimension), in the order given; zeros for a chunk without one."""
        self.refresh()
        vectors = np.zeros((len(chunk_ids), self.encoder.dimension), dtype=np.float32)
        there, rows = self._rows_with(np.array([int(each, 16) for each in chunk_ids], dtype=np.uint64))
        vectors[there] = self._matrix.vectors(rows)
        return vectors

    def _rows_with(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], Places]:
        """Which of the keys have a row, and these rows."""
        if not len(self._keys):
            return np.zeros(len(keys), np.bool_), np.empty(0, np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        there = self._keys[places] == keys
        return there, self._places[places[there]]

    def _rows_of(self, catalogue: Catalogue, allowed: Allowed) -> Places:
        """The rows of the allowed chunks, ascending."""
        if self._settled and self._settled[0] is catalogue and self._settled[1] is allowed:
            return self._settled[2]
        _, rows = self._rows_with(catalogue.keys_of(allowed.rows))
        if len(rows) < len(allowed.rows):
            for partition in allowed.partitions:
                if not self._table.count_rows(vector_table.of_partition(partition)):
                    raise NotMaterialised("embeddings", partition, self._store.name)
        self._settled = (catalogue, allowed, np.sort(rows))
        return self._settled[2]


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
