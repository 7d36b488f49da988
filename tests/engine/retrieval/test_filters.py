import fnmatch
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.retrieval import catalogue as catalogues
from rlm_pipeline.retrieval import chunk_files, vector_matrix
from rlm_pipeline.retrieval.encoders import search_encoder
from rlm_pipeline.retrieval.filters import Filters, Labelled, glob_expression, settle
from rlm_pipeline.retrieval.queries import Query
from rlm_pipeline.retrieval.searcher import Searcher
from tests.engine.retrieval import searchable

TOTAL = len(searchable.YEARS) * len(searchable.TYPES) * searchable.CHUNKS_PER_SOURCE

# Each filter beside what it means, said again over the chunks and the records.
PARTITIONS = [(), ("FY2012",), ("FY2011", "FY2013")]
SOURCES = [(), ("*.py",), ("fy2012/*", "*/handbook.md"), ("fy201[13]/tickets.csv",)]
CONTENT_TYPES = [(), ("code",), ("tabular", "markdown")]
PLACES = [(), ("method:",), ("belt.",), ("Safety > *",), ("*bolt", "method:Belt.stop"), ("nowhere",)]
WHERE = [
    ((), None),
    (("priority = 'P1'",), pl.col("priority") == "P1"),
    (("priority = P1 and hours > 30",), (pl.col("priority") == "P1") & (pl.col("number") > 30)),
    (("hours is null", "\"the site\" = 'north'"), pl.col("number").is_null() & (pl.col("the site") == "north")),
    (("hours between 38 and 39",), pl.col("number").is_between(38, 39)),
    (("priority = 'P9'",), pl.lit(value=False)),
]
LABELS = [(), (Labelled(dimension="d1", categories=("c1",)),)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    store, config = searchable.write(tmp_path_factory.mktemp("searchable"))
    return store, config, Searcher(store, config)


@pytest.fixture(scope="module")
def chunks(desk):
    store, config, _ = desk
    frame = chunk_files.scan(store, searchable.YEARS).collect()
    vectors = search_encoder(config.embedding).encode(frame.select(chunk_files.searched_text()).to_series().to_list())
    return frame.with_columns(vector=pl.Series(vectors.tolist(), dtype=pl.List(pl.Float32)))


def fulfilling(store, chunks, filters, condition):
    """The allowed chunks, one by one, the slow way."""
    records = pl.concat(
        pl.read_parquet(store.records_folder(year) / "all.parquet").with_columns(partition=pl.lit(year))
        for year in searchable.YEARS
    ).with_columns(number=pl.col("hours").cast(pl.Float64, strict=False))
    labels = pl.concat(
        pl.read_parquet(store.labels_path(year)).with_columns(partition=pl.lit(year)) for year in searchable.YEARS
    )
    matching = records if condition is None else records.filter(condition)
    matching = set(matching.select("partition", "_source", "_row").iter_rows())
    for each in filters.labelled:
        matching &= set(
            labels.filter(pl.col("category_id").is_in(each.categories)).select("partition", "source", "row").iter_rows()
        )
    asks_records = condition is not None or filters.labelled
    return [
        chunk
        for chunk in chunks.iter_rows(named=True)
        if (not filters.partitions or chunk["partition"] in filters.partitions)
        and (not filters.sources or any(globbed(each, chunk["source"]) for each in filters.sources))
        and (not filters.content_types or chunk["content_type"] in filters.content_types)
        and (not filters.places or any(placed(each, chunk["place"]) for each in filters.places))
        and (not asks_records or any((chunk["partition"], chunk["source"], row) in matching for row in rows_of(chunk)))
    ]


def rows_of(chunk):
    return range(chunk["row_start"], chunk["row_end"] + 1)


def globbed(glob, text):
    return fnmatch.fnmatchcase(text, glob)


def placed(wanted, place):
    wanted, names = wanted.lower(), {place.lower(), place.lower().partition(":")[2] or place.lower()}
    return any(globbed(wanted if "*" in wanted else wanted + "*", name) for name in names)


filters = st.builds(
    lambda partitions, sources, content_types, places, where, labelled: (
        Filters(
            partitions=partitions,
            sources=sources,
            content_types=content_types,
            places=places,
            where=where[0],
            labelled=labelled,
        ),
        where[1],
    ),
    *map(st.sampled_from, (PARTITIONS, SOURCES, CONTENT_TYPES, PLACES, WHERE, LABELS)),
)


@settings(max_examples=120, deadline=None)
@given(filters=filters, top_k=st.integers(1, TOTAL + 5), words=st.lists(st.sampled_from(searchable.WORDS), min_size=1))
def test_a_filtered_search_finds_what_comparing_all_allowed_chunks_finds(desk, chunks, filters, top_k, words):
    store, config, searcher = desk
    filters, condition = filters
    text = " ".join(words)
    found = searcher.search(Query(text=text, mode="semantic", top_k=top_k, filters=filters))

    allowed = fulfilling(store, chunks, filters, condition)
    vector = search_encoder(config.embedding).encode_query(text)
    score = {each["chunk_id"]: float(np.dot(each["vector"], vector)) for each in allowed}
    assert len(found) == min(top_k, len(allowed))
    assert {hit.chunk_id for hit in found} <= set(score)
    expected = sorted(score.values(), reverse=True)[: len(found)]
    np.testing.assert_allclose([hit.score for hit in found], expected, atol=1e-5)
    np.testing.assert_allclose([hit.score for hit in found], [score[hit.chunk_id] for hit in found], atol=1e-5)


@settings(max_examples=120, deadline=None)
@given(filters=filters, top_k=st.integers(1, TOTAL + 5), words=st.lists(st.sampled_from(searchable.WORDS), min_size=1))
def test_a_filtered_word_search_is_the_whole_ranking_without_what_is_not_allowed(desk, chunks, filters, top_k, words):
    store, _, searcher = desk
    filters, condition = filters
    allowed = {each["chunk_id"] for each in fulfilling(store, chunks, filters, condition)}
    everything = searcher.search(Query(text=" ".join(words), mode="bm25", top_k=TOTAL))

    found = searcher.search(Query(text=" ".join(words), mode="bm25", top_k=top_k, filters=filters))

    assert [hit.chunk_id for hit in found] == [hit.chunk_id for hit in everything if hit.chunk_id in allowed][:top_k]
    both = searcher.search(Query(text=" ".join(words), top_k=top_k, filters=filters))
    assert len(both) == min(top_k, len(allowed))
    assert {hit.chunk_id for hit in both} <= allowed


def test_the_rows_that_fulfil_the_conditions_are_told(desk):
    store, _, searcher = desk
    hits = searcher.search(Query(text="roof", top_k=TOTAL, filters=Filters(where=("hours >= 30", "priority != P1"))))

    assert hits
    for hit in hits:
        records = pl.read_parquet(store.records_folder(hit.partition) / "all.parquet")
        fulfilling = records.filter(
            pl.col("_source") == hit.source,
            pl.col("_row").is_between(hit.row_start, hit.row_end),
            pl.col("hours").cast(pl.Float64, strict=False) >= 30,
            pl.col("priority") != "P1",
        )
        assert hit.matching_rows == tuple(fulfilling["_row"])
    assert searcher.search(Query(text="roof"))[0].matching_rows is None


@pytest.mark.parametrize("at_once", [1, 7])
def test_many_allowed_chunks_are_compared_in_batches_with_the_same_result(desk, monkeypatch, at_once):
    _, _, searcher = desk
    query = Query(text="ice", mode="semantic", top_k=40, filters=Filters(content_types=("code", "markdown")))
    expected = [(hit.chunk_id, round(hit.score, 5)) for hit in searcher.search(query)]
    monkeypatch.setattr(vector_matrix, "_ROWS_AT_ONCE", at_once)

    assert [(hit.chunk_id, round(hit.score, 5)) for hit in searcher.search(query)] == expected


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(partitions=("FY1999",)), "no partition 'FY1999'; it has FY2011, FY2012, FY2013"),
        (Filters(sources=("*.pyy",)), r"no source matches '\*.pyy'; there are .*belt.py"),
        (Filters(content_types=("pdf",)), "no chunks of type 'pdf'; it has code, markdown, tabular"),
        (Filters(where=("prioritty = 'P1'",)), "no column 'prioritty' in mine; there are priority"),
        (Filters(where=("secret_name = 'x'",)), "the column 'secret_name' of mine is ignored"),
        (Filters(where=("priority",)), "expected a comparison .*, but it ends"),
        (Filters(where=("priority = 'P1' hours > 3",)), "expected and, or, or the end, but found 'hours'"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told_why(desk, filters, message):
    _, _, searcher = desk
    with pytest.raises(QueryError, match=message):
        searcher.search(Query(text="roof", filters=filters))


def test_categories_before_labels_have_run_name_the_stage(tmp_path, desk):
    store, config, _ = desk
    for year in searchable.YEARS:
        (tmp_path / year).write_bytes(store.labels_path(year).read_bytes())
        store.labels_path(year).unlink()
    try:
        with pytest.raises(NotMaterialised, match="labels"):
            settle(store, config, catalogues.load(store), Filters(labelled=(Labelled(dimension="d", categories=()),)))
    finally:
        for year in searchable.YEARS:
            store.labels_path(year).write_bytes((tmp_path / year).read_bytes())


def test_a_bracket_that_is_not_closed_stands_for_itself():
    assert re.fullmatch(glob_expression("a[1.csv"), "a[1.csv")
    assert re.fullmatch(glob_expression("a[!x]?*"), "aybcd")
    assert not re.fullmatch(glob_expression("a[!x]?*"), "axbcd")
