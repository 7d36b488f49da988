"""Codes and identifiers are found as they are written; words by their stems; and what matched is shown."""

import pytest

from rlm_pipeline.configuration import DatasetConfig, Search
from rlm_pipeline.retrieval import lexical
from rlm_pipeline.retrieval.hybrid import Query, search
from rlm_pipeline.retrieval.word_index import exact_analyzer

DIGEST = "b53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS = (
    "The breaker failed with E-1042 again.",
    "The breaker failed with E-1043; see page 1042.",
    "E 1042 is not a code here.",
    "def foo_bar(x): return foo(bar(x))",
    "foo and bar are words",
    "const name = getUserName(parseHTTPHeader)",
    "the name of the user",
    f"sha256 {DIGEST}",
    "host 10.0.0.17 refused src/app/main.py:214",
    "host 10.0.0.170 refused src/app/main.py:21",
    "universities and the universe",
)


@pytest.fixture
def indexed(store, config, write):
    write("FY2012", TEXTS)
    lexical.materialise(store, config, "FY2012")
    return store


def found(store, config, query, **options):
    return [hit.text for hit in search(store, config, Query(text=query, mode="bm25", **options))]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("E-1042", 0),
        ("e-1042 breaker", 0),
        ("E-1043", 1),
        ("foo_bar", 3),
        ("getUserName", 5),
        ("parseHTTPHeader", 5),
        (DIGEST, 7),
        ("10.0.0.17", 8),
        ("src/app/main.py:214", 8),
        ("main.py:21", 9),
        ("what's E-1042?", 0),
    ],
)
def test_a_code_finds_its_chunk_first(indexed, config, query, first):
    assert found(indexed, config, query)[0] == TEXTS[first]


def test_parts_of_a_name_in_camel_case_are_found_by_the_words_they_are(indexed, config):
    assert TEXTS[5] in found(indexed, config, "+user +name")
    assert found(indexed, config, "header") == [TEXTS[5]]


def test_an_exact_field_can_be_asked_alone(indexed, config):
    assert found(indexed, config, "exact:E-1042") == [TEXTS[0]]
    assert len(found(indexed, config, "text:breaker")) == 2


def test_words_are_stemmed_in_the_language_of_the_dataset(store, write):
    config = DatasetConfig(name="mine_injuries", source="x", search=Search(language="german"))
    write("FY2012", ["Die Häuser brannten.", "Ein Haus am See."])
    lexical.materialise(store, config, "FY2012")

    assert len(found(store, config, "hauser")) == 2
    unstemmed = DatasetConfig(name="mine_injuries", source="x", search=Search(language="none"))
    assert lexical.materialise(store, unstemmed, "FY2012").indexed_now == 2
    assert found(store, unstemmed, "häuser") == ["Die Häuser brannten."]


def test_highlights_are_the_characters_that_matched(indexed, config):
    for query, expected in (
        ("failing breakers", [(0, ["breaker", "failed"]), (1, ["breaker", "failed"])]),
        ("+E-1042 -page", [(0, ["E-1042"])]),
        ("+users +names", [(5, ["User", "Name"]), (6, ["name", "user"])]),
    ):
        hits = {hit.text: hit for hit in search(indexed, config, Query(text=query, mode="bm25"))}
        for place, words in expected:
            hit = hits[TEXTS[place]]
            shown = [each.word for each in hit.highlights]
            assert [hit.text[each.start : each.end] for each in hit.highlights] == shown
            assert set(words) <= set(shown)


def test_places_are_indexed_with_the_text_and_can_be_asked_alone(store, config, write):
    from rlm_pipeline.store import write_frame

    chunks = write("FY2012", ["one two", "three four"])
    import polars as pl

    chunks = chunks.with_columns(place=pl.Series(["method:Belt.stop", "Safety > Ice"]))
    write_frame(chunks, store.chunks_path("FY2012"))
    lexical.materialise(store, config, "FY2012")

    assert found(store, config, "ice") == ["three four"]
    assert found(store, config, "place:stop") == ["one two"]
    assert len(found(store, config, "source:fy2012")) == 2


def test_identifiers_are_words_joined_or_mixed_with_digits():
    analyzer = exact_analyzer()

    assert analyzer.analyze("see foo_bar, a.b/c (E-1042) 3.14 v2 2b ok") == [
        "foo_bar", "a.b/c", "e-1042", "3.14", "v2", "2b",
    ]  # fmt: skip


def test_only_what_changed_is_indexed_again(store, config, write):
    write("FY2012", TEXTS)
    lexical.materialise(store, config, "FY2012")
    changed = (*TEXTS[:4], "A bird struck the windshield.", *TEXTS[5:])
    write("FY2012", changed)

    again = lexical.materialise(store, config, "FY2012")

    assert (again.indexed_now, again.removed) == (1, 1)
    assert found(store, config, "bird") == [changed[4]]
    assert TEXTS[4] not in found(store, config, "foo", top_k=20)


def test_a_chunk_whose_place_changed_is_indexed_again_under_its_id(store, config, write):
    import polars as pl

    from rlm_pipeline.store import write_frame

    chunks = write("FY2012", ["one two", "three four"])
    lexical.materialise(store, config, "FY2012")
    hashes = pl.when(pl.col("row_start") == 1).then(pl.lit("f" * 32)).otherwise(pl.col("content_hash"))
    write_frame(chunks.with_columns(place=pl.lit("Belt"), content_hash=hashes), store.chunks_path("FY2012"))

    assert lexical.materialise(store, config, "FY2012").indexed_now == 1
    assert found(store, config, "belt") == ["one two"]
