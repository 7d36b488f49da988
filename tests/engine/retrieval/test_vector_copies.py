"""Copies of vectors: searches agree with the table whatever became of the copies, and a run brings them up to date."""

import numpy as np
import polars as pl
import pytest

from rlm_pipeline import staleness
from rlm_pipeline.retrieval import embeddings, vector_copies, vector_table
from rlm_pipeline.retrieval.encoders import search_encoder
from rlm_pipeline.retrieval.vector_index import build_index
from rlm_pipeline.retrieval.vector_search import VectorReader, semantic_search
from rlm_pipeline.store import read_json, write_json

SLIP = "someone slid on an icy surface"
YEARS = ("FY2011", "FY2012", "FY2013")


@pytest.fixture
def three_years(store, config, write, reports):
    """Three years, embedded and copied."""
    for year in YEARS:
        write(year, [f"{text} In {year}." for text in reports])
        embeddings.materialise(store, config, year)
    build_index(store, config)
    return store


def assert_searched_as_computed(store, config, years, *, reader=None):
    """Every chunk of these years is found, in the order and with the similarity computed from its text."""
    encoder = search_encoder(config.embedding)
    chunks = pl.concat(pl.read_parquet(store.chunks_path(year)) for year in years)
    similarity = encoder.encode(chunks["text"].to_list()) @ encoder.encode_query(SLIP)
    expected = dict(zip(chunks["chunk_id"], similarity.tolist(), strict=True))
    if reader is None:
        found = semantic_search(store, config, SLIP, 1000)
    else:
        found = reader.nearest(encoder.encode_query(SLIP), 1000, catalogue=None, allowed=None)
    assert {each.chunk_id: pytest.approx(each.score, abs=1e-5) for each in found} == expected
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def opened(store, config):
    return VectorReader(store, search_encoder(config.embedding))


def files(store):
    return {path.name: path.stat().st_mtime_ns for path in store.vector_copies_path.parent.iterdir()}


def test_a_search_of_what_is_copied_does_not_open_the_database(three_years, config, monkeypatch):
    monkeypatch.setattr(vector_table, "open_existing", lambda *_: pytest.fail("the database was opened"))

    assert_searched_as_computed(three_years, config, YEARS)


def test_an_open_reader_follows_a_replaced_and_a_removed_partition(three_years, config, write, reports):
    reader = opened(three_years, config)
    assert_searched_as_computed(three_years, config, YEARS, reader=reader)

    write("FY2012", [f"{text} Corrected." for text in reports[::-1]])
    embeddings.materialise(three_years, config, "FY2012")
    assert_searched_as_computed(three_years, config, YEARS, reader=reader)

    embeddings.remove_partition(three_years, "FY2011")
    assert_searched_as_computed(three_years, config, ("FY2012", "FY2013"), reader=reader)

    build_index(three_years, config)
    assert_searched_as_computed(three_years, config, ("FY2012", "FY2013"), reader=reader)
    assert not three_years.vector_copy_path("FY2011").exists()


def test_only_the_partitions_that_changed_are_copied_again(three_years, config, write, reports):
    before = files(three_years)
    write("FY2012", reports)
    embeddings.materialise(three_years, config, "FY2012")

    built = build_index(three_years, config)

    after = files(three_years)
    assert built.copied == 1
    assert {name for name in after if after[name] != before[name]} == {"FY2012.arrow", "written.json"}
    assert build_index(three_years, config).copied == 0


def test_the_same_vectors_give_the_same_bytes(three_years, config):
    path = three_years.vector_copy_path("FY2012")
    before = path.read_bytes()
    path.unlink()

    assert build_index(three_years, config).copied == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["FY2012.arrow", "written.json"])
def test_a_deleted_file_is_done_without_known_to_be_missing_and_made_again(three_years, config, name):
    inputs = {"code": "x"}
    staleness.stamp(three_years, "vector_index", None, inputs)
    (three_years.vector_copies_path.parent / name).unlink()

    assert_searched_as_computed(three_years, config, YEARS)
    found = staleness.state_of(three_years, config, staleness.BY_NAME["vector_index"], None, sources={})
    assert (found.status, name in found.reason) == ("missing", True)
    build_index(three_years, config)
    assert set(files(three_years)) == {"FY2011.arrow", "FY2012.arrow", "FY2013.arrow", "written.json"}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_damaged_copy_is_not_searched(three_years, config, share):
    path = three_years.vector_copy_path("FY2012")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])

    assert_searched_as_computed(three_years, config, YEARS)
    three_years.vector_copies_path.unlink()
    assert build_index(three_years, config).copied == 1
    assert path.read_bytes() == whole


def test_a_run_killed_between_two_files_leaves_what_is_right_and_the_next_makes_the_rest(
    three_years, config, write, reports, monkeypatch
):
    for year in YEARS:
        write(year, [f"{text} Again in {year}." for text in reports])
        embeddings.materialise(three_years, config, year)
    whole, written = vector_copies._write, []

    def killed(path, *rest):
        whole(path, *rest)
        if written:
            raise KeyboardInterrupt
        written.append(path)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(vector_copies, "_write", killed)
        build_index(three_years, config)

    assert not three_years.vector_copies_path.exists()
    assert_searched_as_computed(three_years, config, YEARS)
    assert build_index(three_years, config).copied == 2
    assert_searched_as_computed(three_years, config, YEARS)


def test_copies_of_another_model_or_of_other_commits_are_not_taken_for_the_tables(three_years, config, write, reports):
    half = config.model_copy(update={"embedding": config.embedding.model_copy(update={"precision": "float16"})})
    for year in YEARS:
        embeddings.materialise(three_years, half, year)

    found = semantic_search(three_years, half, SLIP, 1000)

    assert len(found) == 3 * len(reports)
    np.testing.assert_allclose(
        [each.score for each in found],
        [each.score for each in semantic_search(three_years, config, SLIP, 1000)],
        atol=2e-3,
    )
    written = read_json(three_years.vector_copies_path)
    write("FY2012", reports[:3])
    embeddings.materialise(three_years, config, "FY2012")
    write_json(written, three_years.vector_copies_path)
    assert_searched_as_computed(three_years, config, YEARS)
