import io

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.places.standard_input import spool, spooled_path
from rlm_pipeline.store import Store
from tests.engine.sources.places.written_archives import TABLE, zipped

CONFIG = DatasetConfig(name="desk", source="-")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path).dataset("desk")


def test_what_was_piped_in_is_read_now_and_later(store):
    assert spool(store, io.BytesIO(TABLE))

    manifest = raw_file.materialise(store, CONFIG, "all")

    assert [(each.source, each.rows) for each in manifest.sources] == [("standard_input", 2)]
    assert raw_file.materialise(store, CONFIG, "all") == manifest


def test_an_empty_stream_changes_nothing(store):
    spool(store, io.BytesIO(TABLE))

    assert not spool(store, io.BytesIO())
    assert spooled_path(store).read_bytes() == TABLE


def test_the_same_records_piped_in_again_are_current(store):
    spool(store, io.BytesIO(TABLE))
    first = take_inventory(store, CONFIG).fingerprints
    spool(store, io.BytesIO(TABLE))

    assert take_inventory(store, CONFIG).fingerprints == first


def test_other_records_piped_in_take_the_place_of_the_former(store):
    spool(store, io.BytesIO(TABLE * 100_000))
    spool(store, io.BytesIO(TABLE))

    assert raw_file.materialise(store, CONFIG, "all").rows == 2


def test_an_interrupted_pipe_leaves_what_was_there(store):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise KeyboardInterrupt
            return super().read(3)

    spool(store, io.BytesIO(TABLE))
    with pytest.raises(KeyboardInterrupt):
        spool(store, Broken(b"a,b\n1,2\n"))

    assert spooled_path(store).read_bytes() == TABLE


def test_an_archive_may_be_piped_in(store):
    spool(store, io.BytesIO(zipped({"a.csv": TABLE, "b.csv": TABLE})))

    assert [each.source for each in raw_file.materialise(store, CONFIG, "all").sources] == ["a.csv", "b.csv"]


def test_without_a_pipe_the_error_says_how_to_make_one(store):
    with pytest.raises(SourceError, match=r"nothing was piped in; pipe the records: `cat records\.csv \| rlm run"):
        take_inventory(store, CONFIG)
