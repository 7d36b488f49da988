"""The word index in tantivy: its fields, how their words are found, and how it is opened and written.

`text` holds the stems of a chunk's words, and the parts of names in camel case; `exact` holds codes and identifiers
whole and unstemmed (`E-1042`, `foo_bar`, `10.0.0.1`); `place` and `source` hold the words of those. No text is stored.
A document is known by `key`, its chunk id as a number, and is up to date while `stamp`, the beginning of the chunk's
content hash, is the same.
"""

import contextlib
import functools
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from rlm_pipeline.errors import StoreError
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import tantivy

FIELD_BOOSTS = {"text": 1.0, "exact": 1.0}
"""The fields a word is looked for in where the query names none, and what a match there counts.

A place is part of `text`. A third field would nest the query, and tantivy then scores every chunk with any of its words
instead of the few that can win.
"""

IDENTIFIERS = r"[^\W_]+(?:[-_./:#@$+]+[^\W_]+)+|[^\W\d_]+\d[^\W_]*|\d+[^\W\d_][^\W_]*"
"""Words that are joined, or that mix letters and digits; the same expression finds them in polars and in tantivy."""

_LONGEST_WORD = 40  # bytes; longer ones are only in `exact`
_LONGEST_IDENTIFIER = 200
_WORDS_KNOWN = 100_000  # a few megabytes
_HEAP_BYTES = 128_000_000
_SECONDS_BETWEEN_ATTEMPTS = 0.25


@functools.cache
def word_analyzer(language: str) -> "tantivy.TextAnalyzer":
    """Lower-case stems of a text's words, with their characters; `none` leaves the words as they are."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(_LONGEST_WORD)).filter(tantivy.Filter.lowercase())
    return (builder if language == "none" else builder.filter(tantivy.Filter.stemmer(language))).build()


@functools.lru_cache(maxsize=_WORDS_KNOWN)
def stem_of(word: str, language: str) -> str:
    """The stem of one word of letters and digits; empty for one that is too long to be indexed."""
    return "".join(word_analyzer(language).analyze(word))


@functools.cache
def exact_analyzer() -> "tantivy.TextAnalyzer":
    """Codes and identifiers of a text in lower case."""
    import tantivy

    return _exact(tantivy.Tokenizer.regex(IDENTIFIERS))


@functools.cache
def _extracted_analyzer() -> "tantivy.TextAnalyzer":
    """The same of a text that is nothing but them, a space between: tantivy's expressions are ten times slower."""
    import tantivy

    return _exact(tantivy.Tokenizer.whitespace())


def _exact(tokenizer: "tantivy.Tokenizer") -> "tantivy.TextAnalyzer":
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tokenizer).filter(tantivy.Filter.remove_long(_LONGEST_IDENTIFIER))
    return builder.filter(tantivy.Filter.lowercase()).build()


def schema_of(language: str) -> "tantivy.Schema":
    """The fields; a tokenizer's name carries what it does, so that an index made in another way has another schema."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("stamp", fast=True)
    builder.add_text_field("partition", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("file", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=_tokenizer_of(language))
    builder.add_text_field("exact", tokenizer_name="identifiers")
    builder.add_text_field("place", tokenizer_name=_tokenizer_of(language))
    builder.add_text_field("source", tokenizer_name="default")
    return builder.build()


def _tokenizer_of(language: str) -> str:
    # tantivy's own for English takes the same steps as ours, compiled as one: a tenth less time to index.
    return "en_stem" if language == "english" else f"words_{language}"


def open_existing(store: DatasetStore, language: str) -> "tantivy.Index | None":
    """The index as queries read it, or None if there is none or it was made with other fields or by another tantivy.

    Raises:
        StoreError: it is damaged.

    """
    import tantivy

    folder = str(store.lexical_folder)
    try:
        if not store.lexical_folder.is_dir() or not tantivy.Index.exists(folder):
            return None
        index = tantivy.Index.open(folder) if tantivy.Index.is_compatible(folder) else None
    except (OSError, ValueError) as error:
        raise StoreError(f"the index in {folder} is damaged ({error}); delete that folder and run again") from error
    if index is None or index.schema != schema_of(language):
        return None
    return _prepared(index, language, exact_analyzer())


def open_or_create(store: DatasetStore, language: str) -> "tantivy.Index":
    """The index as documents are added to it; one that cannot be used any more is replaced by an empty one.

    What is added as `exact` has to be identifiers with a space between.

    Raises:
        StoreError: it is damaged, or cannot be written.

    """
    import tantivy

    index = open_existing(store, language)
    if index is not None:
        return _prepared(index, language, _extracted_analyzer())
    with writing(store):
        shutil.rmtree(store.lexical_folder, ignore_errors=True)
        store.lexical_folder.mkdir(parents=True)
        index = tantivy.Index(schema_of(language), path=str(store.lexical_folder))
        return _prepared(index, language, _extracted_analyzer())


def _prepared(index: "tantivy.Index", language: str, exact: "tantivy.TextAnalyzer") -> "tantivy.Index":
    if language != "english":
        index.register_tokenizer(_tokenizer_of(language), word_analyzer(language))
    index.register_tokenizer("identifiers", exact)
    return index


def documents_of(index: "tantivy.Index", partition: str) -> pl.DataFrame:
    """Key and stamp (UInt64) of the partition's documents."""
    import tantivy

    searcher = index.searcher()
    inside = tantivy.Query.const_score_query(tantivy.Query.term_query(index.schema, "partition", partition), 1.0)
    found = searcher.search(inside, limit=max(1, searcher.num_docs), count=False).hits
    places = [place for _, place in found]
    values = {name: searcher.fast_field_values(name, places) for name in ("key", "stamp")}
    return pl.DataFrame(values, schema={"key": pl.UInt64, "stamp": pl.UInt64})


def is_empty(index: "tantivy.Index", partition: str) -> bool:
    """Whether the partition has no documents."""
    import tantivy

    inside = tantivy.Query.term_query(index.schema, "partition", partition)
    return not index.searcher().search(inside, limit=1, count=False).hits


def of_keys(index: "tantivy.Index", partition: str, keys: list[int]) -> "tantivy.Query":
    """The documents of the partition with these keys."""
    import tantivy

    inside = tantivy.Query.term_query(index.schema, "partition", partition)
    return inside.and_must_match(tantivy.Query.term_set_query(index.schema, "key", keys))


@contextlib.contextmanager
def writer_of(store: DatasetStore, index: "tantivy.Index", attempts: int) -> Iterator["tantivy.IndexWriter"]:
    """The index's one writer; what is not committed is dropped, and the lock is released at the end.

    Raises:
        StoreError: another run still holds the lock after `attempts`, four a second; or it cannot be written.

    """
    with writing(store):
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
def writing(store: DatasetStore) -> Iterator[None]:
    """Say what the index says against a write in our own words.

    Raises:
        StoreError: the block failed to write.

    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise StoreError(
            f"cannot write {store.lexical_folder}: {error}. Free space or fix permissions, then run again"
        ) from error
