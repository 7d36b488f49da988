"""Search with everything kept open over queries: catalogue, vectors, word index, encoder, and the chunk files' texts.

What a hit shows is read from the chunk files, so a hit never disagrees with the chunk of that id. A chunk that an
index still knows but that no longer exists is left out, and the next best takes its place.
"""

import logging
import operator
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.retrieval import catalogue as catalogues
from rlm_pipeline.retrieval import chunk_lookup, diversity, word_index, word_search
from rlm_pipeline.retrieval.chunk_texts import ChunkTexts
from rlm_pipeline.retrieval.diversity import Kept
from rlm_pipeline.retrieval.encoders import Encoder, search_encoder
from rlm_pipeline.retrieval.filters import Allowed, Filters, settle
from rlm_pipeline.retrieval.highlights import find as find_highlights
from rlm_pipeline.retrieval.queries import Hit, Query, checked
from rlm_pipeline.retrieval.ranking import Candidate, ranks, reciprocal_rank_fusion, share_in_words, weights_of
from rlm_pipeline.retrieval.vector_index import INDEX_FROM_ROWS
from rlm_pipeline.retrieval.vector_search import VectorReader
from rlm_pipeline.retrieval.word_search import Words
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import tantivy

MIN_CANDIDATES = 50
CANDIDATES_PER_HIT = 5

_logger = logging.getLogger(__name__)


_SHOWN = (
    "chunk_id", "partition", "source", "row_start", "row_end", "line_start", "line_end", "char_start", "char_end",
    "content_type", "scope", "place",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A query made ready: what each method looks for, and where."""

    query: Query
    words: Words
    vector: NDArray[np.float32] | None
    parsed: "tantivy.Query | None"
    allowed: Allowed | None
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    candidates: tuple[Candidate, ...]
    by_meaning: tuple[Candidate, ...]
    by_words: tuple[Candidate, ...]


class Searcher:
    """Answers queries over one dataset; it follows what later runs write. Not for several threads at once."""

    def __init__(self, store: DatasetStore, config: DatasetConfig, *, index_from_rows: int = INDEX_FROM_ROWS) -> None:
        self._store, self._config = store, config
        self._index_from_rows = index_from_rows
        self._catalogue = catalogues.load(store)
        self._texts = ChunkTexts(store)
        self._beside = ThreadPoolExecutor(1)
        self._vectors: VectorReader | None = None
        self._index: tantivy.Index | None = None
        self._index_state: tuple[Path, int] | None = None
        self._last: tuple[Filters, catalogues.State, Allowed | None] | None = None

    def search(self, query: Query) -> tuple[Hit, ...]:
        """The `top_k` best chunks, best first; equal scores in the order of their chunk ids.

        Filters are settled before ranking: as many are found as there are.

        Raises:
            QueryError: the query is empty or a value in it makes no sense; says which.
            NotMaterialised: chunks, embeddings, lexical_index or labels have not run.

        """
        query = checked(query)
        self._refresh()
        asked = self._asked(query)
        depth = max(MIN_CANDIDATES, CANDIDATES_PER_HIT * query.top_k)
        ranked = self._ranked(asked, depth)
        kept = tuple(Kept(candidate=each) for each in ranked.candidates)
        if query.collapse is not None:
            while True:
                kept = self._collapsed(ranked.candidates, query.collapse)
                before, depth = len(ranked.candidates), depth * 4
                if len(kept) >= query.top_k or before < depth // 4:
                    break
                ranked = self._ranked(asked, depth)
        if query.diverse is not None:
            kept = self._diversified(kept, query.diverse, query.top_k)
        return self._hits(asked, ranked, kept[: query.top_k])

    def _refresh(self) -> None:
        if catalogues.state_of(self._store) != self._catalogue.state:
            self._catalogue = catalogues.load(self._store)
            self._texts.close()

    def _encoder(self) -> Encoder:
        return search_encoder(self._config.embedding)

    def _vector_reader(self) -> VectorReader:
        if self._vectors is None:
            self._vectors = VectorReader(self._store, self._encoder(), index_from_rows=self._index_from_rows)
        return self._vectors

    def _word_index(self) -> "tantivy.Index":
        """The index as it is on disk now: another process may have made it anew, or committed to it."""
        meta = self._store.lexical_folder / "meta.json"
        state = (meta, meta.stat().st_mtime_ns) if meta.exists() else None
        if self._index is None or state != self._index_state:
            self._index = word_index.open_existing(self._store, self._config.search.language)
            self._index_state = state
        if self._index is None:
            raise NotMaterialised("lexical_index", None, self._store.name)
        return self._index

    def _allowed(self, filters: Filters) -> Allowed | None:
        if self._last is None or self._last[:2] != (filters, self._catalogue.state):
            settled = settle(self._store, self._config, self._catalogue, filters)
            self._last = (filters, self._catalogue.state, settled)
        return self._last[2]

    def _asked(self, query: Query) -> _Asked:
        allowed = self._allowed(query.filters)
        vector, parsed, without = None, None, ""
        language = self._config.search.language
        if query.like:
            chunk = chunk_lookup.get_chunk(self._store, query.like)
            without = chunk.chunk_id
        if query.mode != "bm25":
            reader = self._vector_reader()
            vector = reader.vectors_of([without])[0] if without else reader.encoder.encode_query(query.text)
        words = word_search.words_of(query.text, language) if query.text else Words()
        if query.mode != "semantic":
            index = self._word_index()
            self._check_indexed(index, allowed)
            if without:
                parsed, words = word_search.like(index, chunk.text, language)
            else:
                parsed = word_search.parse(index, query.text)
        return _Asked(query=query, words=words, vector=vector, parsed=parsed, allowed=allowed, without=without)

    def _check_indexed(self, index: "tantivy.Index", allowed: Allowed | None) -> None:
        for partition in allowed.partitions if allowed else ():
            if word_index.is_empty(index, partition) and self._catalogue.has_chunks(partition):
                raise NotMaterialised("lexical_index", partition, self._store.name)

    def _ranked(self, asked: _Asked, depth: int) -> _Ranked:
        catalogue, allowed, query = self._catalogue, asked.allowed, asked.query
        near: Future[tuple[Candidate, ...]] | None = None
        if (vector := asked.vector) is not None:
            reader = self._vector_reader()  # both indexes work outside Python, so they are asked at once
            near = self._beside.submit(
                self._existing,
                lambda limit: reader.nearest(vector, limit, catalogue=catalogue, allowed=allowed),
                depth,
                asked.without,
            )
        by_words: tuple[Candidate, ...] = ()
        if (parsed := asked.parsed) is not None:
            index = self._word_index()
            by_words = self._existing(
                lambda limit: word_search.best(index, parsed, limit, catalogue=catalogue, allowed=allowed),
                depth,
                asked.without,
            )
        least = query.threshold
        by_meaning = tuple(each for each in near.result() if least is None or each.score >= least) if near else ()
        best = by_words if query.mode == "bm25" else by_meaning
        if query.mode == "hybrid":
            weights = self._weights(asked, by_meaning, by_words)
            best = reciprocal_rank_fusion((ranks(by_meaning), ranks(by_words)), query.rrf_k, weights)
        return _Ranked(candidates=best, by_meaning=by_meaning, by_words=by_words)

    def _weights(
        self, asked: _Asked, by_meaning: Sequence[Candidate], by_words: Sequence[Candidate]
    ) -> tuple[float, float]:
        """Of meaning and words. A chunk that others are to be like has no words a person chose: both count the same."""
        if asked.without or not by_words or not by_meaning or asked.vector is None:
            return 1.0, 1.0
        held = word_search.coverage(self._word_index(), asked.words, by_words[0].chunk_id)
        background = self._vector_reader().background(asked.vector)
        return weights_of(by_meaning[0].score, background, held, share_in_words(asked.query.text))

    def _existing(
        self, fetch: Callable[[int], tuple[Candidate, ...]], depth: int, without: str
    ) -> tuple[Candidate, ...]:
        """The `depth` best that still exist, but for one id."""
        limit = depth + bool(without)
        while True:
            found = fetch(limit)
            present = self._catalogue.rows_of(each.chunk_id for each in found)
            alive = tuple(each for each in found if each.chunk_id in present and each.chunk_id != without)
            if len(alive) >= depth or len(found) < limit:
                if len(present) < len(found):
                    gone = len(found) - len(present)
                    _logger.warning("%d of %d found chunks no longer exist; an index is stale", gone, len(found))
                return alive[:depth]
            limit *= 4

    def _collapsed(self, candidates: Sequence[Candidate], similarity: float) -> tuple[Kept, ...]:
        vectors = self._vector_reader().vectors_of([each.chunk_id for each in candidates])
        return diversity.collapse(candidates, vectors, similarity)

    def _diversified(self, kept: Sequence[Kept], weight: float, top_k: int) -> tuple[Kept, ...]:
        vectors = self._vector_reader().vectors_of([each.candidate.chunk_id for each in kept])
        chosen = diversity.maximal_marginal_relevance([each.candidate for each in kept], vectors, weight, top_k)
        by_id = {each.candidate.chunk_id: each for each in kept}
        return tuple(by_id[each.chunk_id] for each in chosen)

    def _hits(self, asked: _Asked, ranked: _Ranked, kept: Sequence[Kept]) -> tuple[Hit, ...]:
        semantic_ranks, bm25_ranks = ranks(ranked.by_meaning), ranks(ranked.by_words)
        similarity = {each.chunk_id: each.score for each in ranked.by_meaning}
        bm25 = {each.chunk_id: each.score for each in ranked.by_words}
        at = self._catalogue.rows_of(each.candidate.chunk_id for each in kept)
        texts, highlights, language = {}, {}, self._config.search.language
        for row, text in self._texts.read(self._catalogue, list(at.values())):  # the next are read meanwhile
            texts[row], highlights[row] = text, find_highlights(text, asked.words, language)
        hits = []
        for each in kept:
            chunk_id = each.candidate.chunk_id
            shown = self._catalogue.chunks.row(at[chunk_id], named=True)
            matching = asked.allowed.matching(*_span(shown)) if asked.allowed else None
            hits.append(
                Hit(
                    **{name: shown[name] for name in _SHOWN},
                    text=texts[at[chunk_id]],
                    score=each.candidate.score,
                    semantic_rank=semantic_ranks.get(chunk_id),
                    bm25_rank=bm25_ranks.get(chunk_id),
                    semantic_score=similarity.get(chunk_id),
                    bm25_score=bm25.get(chunk_id),
                    highlights=highlights[at[chunk_id]],
                    matching_rows=matching,
                    collapsed=each.collapsed,
                )
            )
        return tuple(hits)


_span = operator.itemgetter("partition", "source", "row_start", "row_end")
