"""Chunks found by word: BM25 over stems, identifiers and places, in tantivy's query language."""

import contextlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rlm_pipeline.errors import QueryError
from rlm_pipeline.retrieval import word_index
from rlm_pipeline.retrieval.catalogue import Catalogue
from rlm_pipeline.retrieval.filters import Allowed
from rlm_pipeline.retrieval.ranking import Candidate, stable_top

if TYPE_CHECKING:
    import tantivy

_TERMS_OF_LIKENESS = 25
_WORD = re.compile(word_index.IDENTIFIERS + r"|\w+")
_JOINING = re.compile(r"[,;|]+")
# tantivy's parser calls itself for each of these, and from some ten thousand on the process dies of it.
_NESTING = re.compile(r"\(|\bNOT\b")
_MOST_NESTED = 100
# "Any value of this field" is for fields of another kind than ours; tantivy says so only when it searches.
_ANY_VALUE = re.compile(r":\s*\*")
_SHOWN = frozenset({None, "text", "exact"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What of a query can be shown in a text: the stems of its words, and its identifiers whole."""

    stems: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()


def words_of(query: str, language: str) -> Words:
    """The words that a match of the query holds or may hold: not those it excludes, nor those of other fields."""
    phrases = _phrases(_apart(query))
    stems = frozenset(stem for each in phrases for stem in word_index.word_analyzer(language).analyze(each))
    identifiers = frozenset(found for each in phrases for found in word_index.exact_analyzer().analyze(each))
    return Words(stems=stems, identifiers=identifiers)


def _phrases(query: str) -> list[str]:
    import tantivy

    with contextlib.suppress(ValueError):
        if not _is_refused(query):
            return list(_wanted(tantivy.parse_query(query)))
    return _WORD.findall(query)


def _is_refused(query: str) -> bool:
    """Whether tantivy may read the query and then fail at it."""
    return len(_NESTING.findall(query)) > _MOST_NESTED or bool(_ANY_VALUE.search(query))


def parse(index: "tantivy.Index", query: str) -> "tantivy.Query":
    """The query in tantivy's language (`"a phrase"`, `+must`, `-not`, `AND`, `OR`, `place:word`, `word^2`).

    One that is not well-formed, such as `cause: (unknown`, or has more than 100 parentheses or `NOT`s, such as pasted
    code, is searched for by its words and identifiers.

    Raises:
        QueryError: there is no word to search for.

    """
    query = _apart(query)
    words = _WORD.findall(query)
    if not words:
        raise QueryError(f"the query {query!r} has no word to search for")
    boosts, fields = word_index.FIELD_BOOSTS, list(word_index.FIELD_BOOSTS)
    with contextlib.suppress(ValueError):
        if not _is_refused(query):
            return index.parse_query(query, fields, field_boosts=boosts)
    return index.parse_query(" ".join(map(_quoted, words)), fields, field_boosts=boosts)


def _quoted(word: str) -> str:
    """A word as a query. Numbers that are joined, such as a time of day, are not looked for as a phrase of them too."""
    numbers_alone = not any(sign.isalpha() for sign in word) and not word.isdigit()
    return f'exact:"{word}"' if numbers_alone else f'"{word}"'


def _apart(query: str) -> str:
    """What a comma, semicolon or bar joins as words of their own, but in quotes: a pasted row is no phrase."""
    parts = query.split('"')
    return '"'.join(part if place % 2 else _JOINING.sub(" ", part) for place, part in enumerate(parts))


def like(index: "tantivy.Index", text: str, language: str) -> tuple["tantivy.Query", Words]:
    """The words that set a text apart from the others: 25 with the largest frequency times log(chunks / chunks with).

    Raises:
        QueryError: no word of the text is in the index.

    """
    import tantivy

    searcher = index.searcher()
    counts: dict[str, int] = {}
    for stem in word_index.word_analyzer(language).analyze(text):
        counts[stem] = counts.get(stem, 0) + 1
    weights = {stem: count * _rareness(searcher, stem) for stem, count in counts.items()}
    chosen = sorted(weights, key=lambda stem: (-weights[stem], stem))[:_TERMS_OF_LIKENESS]
    terms = [stem for stem in chosen if weights[stem] > 0] or chosen
    if not terms:
        raise QueryError("the chunk has no words; nothing is like it by word. Search by meaning: mode semantic")
    should = [(tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "text", each)) for each in terms]
    return tantivy.Query.boolean_query(should), Words(stems=frozenset(terms))


def best(
    index: "tantivy.Index", query: "tantivy.Query", top_k: int, *, catalogue: Catalogue, allowed: Allowed | None
) -> tuple[Candidate, ...]:
    """The chunks with words of the query, by BM25 score, equal scores in the order of their ids.

    Of the allowed chunks the best are found, however many others are better.
    """
    import tantivy

    if allowed is not None and len(allowed.rows) < catalogue.chunks.height:
        unscored = tantivy.Query.const_score_query(_inside(index, catalogue, allowed), 0.0)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, unscored)])
    searcher = index.searcher()

    def fetch(limit: int) -> list[Candidate]:
        hits = searcher.search(query, limit=limit, count=False).hits
        keys = searcher.fast_field_values("key", [place for _, place in hits])
        return [Candidate(chunk_id=f"{key:016x}", score=score) for (score, _), key in zip(hits, keys, strict=True)]

    return stable_top(fetch, top_k)


def coverage(index: "tantivy.Index", words: Words, chunk_id: str) -> float:
    """The share of the words' stems that a chunk holds, 0 to 1, each weighed by the idf of BM25; 1 for no words."""
    import tantivy

    searcher = index.searcher()
    chunks = searcher.num_docs
    weights = {}
    for stem in words.stems:
        within = searcher.doc_freq("text", stem)
        weights[stem] = math.log(1 + max(0.5, chunks - within + 0.5) / (within + 0.5))
    if not weights:
        return 1.0
    this = tantivy.Query.term_set_query(index.schema, "key", [int(chunk_id, 16)])
    held = [
        (
            tantivy.Occur.Should,
            tantivy.Query.const_score_query(tantivy.Query.term_query(index.schema, "text", stem), weight),
        )
        for stem, weight in weights.items()
    ]
    only = [(tantivy.Occur.Must, tantivy.Query.const_score_query(this, 0.0)), *held]
    hits = searcher.search(tantivy.Query.boolean_query(only), limit=1, count=False).hits
    return min(1.0, hits[0][0] / sum(weights.values())) if hits else 0.0


def _inside(index: "tantivy.Index", catalogue: Catalogue, allowed: Allowed) -> "tantivy.Query":
    import tantivy

    if allowed.by_id:
        rows = allowed.rows
        if exclude := len(rows) > catalogue.chunks.height / 2:
            rows = np.setdiff1d(np.arange(catalogue.chunks.height), rows, assume_unique=True)
        named_keys = tantivy.Query.term_set_query(index.schema, "key", catalogue.keys_of(rows).tolist())
        return tantivy.Query.all_query().and_must_not_match(named_keys) if exclude else named_keys
    named = {"partition": allowed.partitions, "file": allowed.sources}
    sets = [
        (tantivy.Occur.Must, tantivy.Query.term_set_query(index.schema, field, list(values)))
        for field, values in named.items()
        if values
    ]
    return tantivy.Query.boolean_query(sets)


def _rareness(searcher: "tantivy.Searcher", stem: str) -> float:
    within = searcher.doc_freq("text", stem)
    return math.log(max(1, searcher.num_docs) / within) if within else 0.0


def _wanted(tree: Mapping[str, Any]) -> Iterator[str]:
    """The words and phrases of a parsed query that a match has to or should hold."""
    kind = tree["type"]
    if kind == "literal" and tree["field_name"] in _SHOWN:
        yield tree["phrase"]
    elif kind == "bool":
        clauses: Iterable[tuple[str | None, Mapping[str, Any]]] = tree["clauses"]
        for occurs, clause in clauses:
            if occurs != "must_not":
                yield from _wanted(clause)
    elif kind == "boost":
        yield from _wanted(tree["underlying"])
