import errno
import resource
import signal

import polars as pl
import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.store import DatasetStore, Store, atomic_path, read_json, write_frame, write_json


def test_an_interrupted_write_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "a.json"
    write_json({"old": 1}, path)

    with pytest.raises(KeyboardInterrupt), atomic_path(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt

    assert read_json(path) == {"old": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_full_disk_is_said_in_one_sentence(tmp_path):
    path = tmp_path / "a.json"

    with pytest.raises(StoreError, match=r"a\.json: No space left on device\. Free space"), atomic_path(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lazily", [True, False])
def test_a_table_that_does_not_fit_on_the_disk_is_said_in_one_sentence(tmp_path, lazily):
    """A limit on the size of files stands in for a full disk: the system refuses the write in the same place."""
    frame = pl.DataFrame({"a": [f"{number}{number * 7919 % 10007}" for number in range(200_000)]})
    path = tmp_path / "a.parquet"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot write .*a\.parquet.* then run again"):
            write_frame(frame.lazy() if lazily else frame, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_said_in_one_sentence(tmp_path):
    (tmp_path / "desk").touch()

    with pytest.raises(StoreError, match="cannot write"):
        write_json({}, tmp_path / "desk" / "schema.json")


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text("{")

    with pytest.raises(StoreError, match=r"schema\.json is damaged"):
        read_json(path)


def test_equal_content_gives_equal_bytes(tmp_path):
    write_json({"b": 1, "a": 2}, tmp_path / "1.json")
    write_json({"a": 2, "b": 1}, tmp_path / "2.json")

    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_what_has_not_run_yet_is_named(tmp_path):
    store = DatasetStore(tmp_path / "desk")

    with pytest.raises(NotMaterialised, match="raw_file of desk, partition FY2012 is not materialised"):
        store.manifest("FY2012")


def test_a_lazy_frame_is_streamed_to_the_same_table(tmp_path):
    frame = pl.DataFrame({"a": ["x", None, "z"]})

    write_frame(frame.lazy(), tmp_path / "lazy.parquet")
    write_frame(frame, tmp_path / "eager.parquet")

    assert pl.read_parquet(tmp_path / "lazy.parquet").equals(pl.read_parquet(tmp_path / "eager.parquet"))


def test_a_registered_dataset_is_found_by_name(tmp_path):
    store = Store(tmp_path)
    config = DatasetConfig(name="desk", source="/data/*.csv")

    store.dataset("desk").register(config)

    assert store.datasets() == ("desk",)
    assert store.dataset("desk").config() == config
