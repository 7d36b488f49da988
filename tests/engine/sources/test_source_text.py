import gzip
import zipfile

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, SourceError
from rlm_pipeline.sources import raw_file, source_text
from rlm_pipeline.sources.places.standard_input import spool
from rlm_pipeline.sources.source_text import read_bytes, read_text
from rlm_pipeline.store import Store

TEXT = "id,text\n1,é\n2,漢字\n3,😀\n4,z\n"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store").dataset("given")


def materialised(store, source, **settings):
    config = DatasetConfig(name="given", source=str(source), **settings)
    raw_file.materialise(store, config, "all")
    return config


def check_every_range(store, config, source, written, text):
    for start in range(0, len(text), 3):
        for end in (start, start + 1, start + 5, len(text)):
            assert read_text(store, config, "all", source, start=start, end=end) == text[start:end]
    for start in range(0, len(written), 3):
        assert read_bytes(store, config, "all", source, start=start, end=start + 7) == written[start : start + 7]
    for row in pl.read_parquet(store.extents_path("all")).filter(pl.col("source") == source).iter_rows(named=True):
        part = read_bytes(store, config, "all", source, start=row["byte_start"], end=row["byte_end"])
        assert part == written[row["byte_start"] : row["byte_end"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-le"])
def test_any_range_of_a_plain_file_is_read_in_any_encoding(store, tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(TEXT.encode(encoding))

    config = materialised(store, tmp_path / "a.csv")

    check_every_range(store, config, "a.csv", TEXT.encode(encoding), TEXT)


def test_a_stray_byte_reads_as_the_records_have_it_and_stays_a_byte(store, tmp_path):
    written = TEXT.encode() + b"5,caf\xe9\n" + "6,é é é\n".encode() * 20
    (tmp_path / "a.csv").write_bytes(written)

    config = materialised(store, tmp_path / "a.csv")

    check_every_range(store, config, "a.csv", written, TEXT + "5,café\n" + "6,é é é\n" * 20)


def test_a_compressed_file_and_an_archives_member_are_read_through(store, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    with zipfile.ZipFile(tmp_path / "in" / "b.zip", "w") as archive:
        archive.writestr("c.csv", TEXT * 2)

    config = materialised(store, tmp_path / "in")

    for source, text in (("a.csv.gz", TEXT), ("b.zip/c.csv", TEXT * 2)):
        check_every_range(store, config, source, text.encode(), text)
    assert not (store.folder / "scratch").exists()


def test_what_was_piped_in_is_read_again(store, tmp_path):
    piped = tmp_path / "piped"
    piped.write_text(TEXT)
    with piped.open("rb") as stream:
        spool(store, stream)

    config = materialised(store, "-")

    check_every_range(store, config, "standard_input", TEXT.encode(), TEXT)


@settings(max_examples=40, deadline=None)
@given(block=st.integers(1, 7), start=st.integers(0, 30), length=st.integers(0, 30))
def test_how_much_is_read_at_once_changes_nothing(tmp_path_factory, block, start, length):
    folder = tmp_path_factory.mktemp("source")
    (folder / "a.csv").write_text(TEXT)
    store = Store(folder / "store").dataset("given")
    config = materialised(store, folder / "a.csv")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_text, "BLOCK_BYTES", block)
        assert read_text(store, config, "all", "a.csv", start=start, end=start + length) == TEXT[start : start + length]


def test_a_source_that_has_changed_or_gone_is_refused(store, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(TEXT)
    (tmp_path / "in" / "b.csv").write_text(TEXT)
    config = materialised(store, tmp_path / "in")
    (tmp_path / "in" / "a.csv").write_text(TEXT.replace("z", "y"))
    (tmp_path / "in" / "b.csv").unlink()

    with pytest.raises(SourceError, match=r"a\.csv has changed since it was read; run the pipeline again"):
        read_text(store, config, "all", "a.csv", start=0, end=5)
    with pytest.raises(SourceError, match=r"b\.csv is no longer in"):
        read_bytes(store, config, "all", "b.csv", start=0, end=5)


def test_a_source_with_columns_that_are_never_shown_is_refused(store, tmp_path):
    (tmp_path / "a.csv").write_text("id,Home Phone\n1,555\n")
    config = materialised(store, tmp_path / "a.csv", columns={"ignore": ["*_phone"]})

    with pytest.raises(SourceError, match=r"the raw text of a\.csv has columns that are never shown .*: Home Phone;"):
        read_text(store, config, "all", "a.csv", start=0, end=5)


def test_what_was_not_read_is_refused(store, tmp_path):
    (tmp_path / "a.csv").write_text(TEXT)
    config = DatasetConfig(name="given", source=str(tmp_path / "a.csv"))

    with pytest.raises(NotMaterialised):
        read_text(store, config, "all", "a.csv", start=0, end=5)
    raw_file.materialise(store, config, "all")
    with pytest.raises(SourceError, match=r"no source 'b\.csv' was read into partition all; it has a\.csv"):
        read_text(store, config, "all", "b.csv", start=0, end=5)
