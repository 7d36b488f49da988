from itertools import pairwise

import polars as pl
import pytest

from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import chunk_tables, written
from rlm_pipeline.fingerprint import sha256_of_file
from rlm_pipeline.store import read_json


def test_the_files_of_a_text_joined_are_the_text_and_nothing_stored_changes(mixed, tmp_path):
    before = sha256_of_file(mixed.store.chunks_path("all"))

    done = written.write_files(mixed.store, tmp_path / "out", sources=["notes.md"])

    assert b"".join(path.read_bytes() for path in done.files) == (mixed.source / "notes.md").read_bytes()
    assert [path.name for path in done.files[:2]] == ["chunk_0000.txt", "chunk_0001.txt"]
    entries = read_json(done.index)["chunks"]
    assert [each["file"] for each in entries] == [path.name for path in done.files]
    assert entries[0]["char_start"] == 0
    assert sha256_of_file(mixed.store.chunks_path("all")) == before


def test_files_that_exist_are_kept_unless_told_otherwise_and_none_stays_behind(mixed, tmp_path):
    everything = written.write_files(mixed.store, tmp_path)
    (tmp_path / "chunk_notes.txt").write_text("mine")

    with pytest.raises(QueryError, match="--force"):
        written.write_files(mixed.store, tmp_path)
    fewer = written.write_files(mixed.store, tmp_path, sources=["notes.md"], force=True)

    assert len(fewer.files) < len(everything.files)
    assert sorted(tmp_path.glob("chunk_[0-9]*.txt")) == sorted(fewer.files)
    assert (tmp_path / "chunk_notes.txt").read_text() == "mine"


@pytest.mark.parametrize("prefix", ["../x", "a/b", "", ".hidden", "con", "x" * 200])
def test_a_prefix_that_is_no_file_name_is_refused(mixed, tmp_path, prefix):
    with pytest.raises(QueryError, match="file name"):
        written.write_files(mixed.store, tmp_path, prefix=prefix)


@pytest.mark.parametrize("suffix", [".ndjson", ".parquet"])
def test_chunks_as_data_are_all_chunks_with_all_their_columns(mixed, tmp_path, suffix):
    path = tmp_path / f"chunks{suffix}"

    number = written.write_data(mixed.store, path)

    expected = chunk_tables.scan(mixed.store).collect()
    found = pl.read_parquet(path) if suffix == ".parquet" else pl.read_ndjson(path, schema=expected.schema)
    assert number == expected.height
    assert found.equals(expected)
    with pytest.raises(QueryError, match="exists"):
        written.write_data(mixed.store, path)


def test_ranges_are_those_of_the_stored_chunks(mixed):
    text = (mixed.source / "notes.md").read_text(encoding="utf-8")

    (ranges,) = written.ranges(mixed.store, ["notes.md"], "characters").values()

    assert ranges[0][0] == 0
    assert ranges[-1][1] == len(text)
    assert all(end == start for (_, end), (start, _) in pairwise(ranges))
