import contextlib
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pytest

from rlm_pipeline.configuration import Files
from rlm_pipeline.errors import SourceError, StoreError
from rlm_pipeline.fingerprint import sha256_of_file
from rlm_pipeline.model import SourceFile
from rlm_pipeline.sources.places import scratch as module
from rlm_pipeline.sources.places.scratch import Scratch
from rlm_pipeline.store import Store
from tests.engine.sources.places.written_archives import TABLE, tarred, zipped


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store").dataset("desk")


@pytest.fixture
def sha256(tmp_path):
    (tmp_path / "table").write_bytes(TABLE)
    return sha256_of_file(tmp_path / "table")


def archived(tmp_path, content, member):
    path = tmp_path / "x.dat"
    path.write_bytes(content)
    return SourceFile(name="a.csv", path=path, member=member)


def test_a_plain_file_is_read_where_it_is(tmp_path, store, sha256):
    with Scratch(store, Files()) as scratch:
        with scratch.local_copy(SourceFile(name="table", path=tmp_path / "table"), sha256) as path:
            assert path == tmp_path / "table"
        assert not store.folder.exists()


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (zipped({"b.csv": b"x", "a.csv": TABLE}), "a.csv"),
        (tarred({"b.csv": b"x", "a.csv": TABLE}, mode="w:gz"), "a.csv"),
        (zipped({"in.tgz": tarred({"a.csv": TABLE}, mode="w:gz")}), "in.tgz!/a.csv"),
        (tarred({"a.csv": b"old", "b.csv": b"x"}) [:2048] + tarred({"a.csv": TABLE}), "a.csv"),
    ],
    ids=["zip", "tar", "nested", "replaced"],
)  # fmt: skip
def test_a_member_is_unpacked_for_as_long_as_it_is_read(tmp_path, store, sha256, content, member):
    with Scratch(store, Files()) as scratch:
        with scratch.local_copy(archived(tmp_path, content, member), sha256) as path:
            assert path.read_bytes() == TABLE
            assert store.folder in path.parents
        assert not path.exists()
    assert not (store.folder / "scratch").exists()


def test_members_are_found_in_any_order(tmp_path, store):
    contents = {f"{number}.csv": f"{number}\n".encode() * 10 for number in range(9)}
    file = archived(tmp_path, tarred(contents), "")

    with Scratch(store, Files()) as scratch:
        for name in ("3.csv", "8.csv", "0.csv", "0.csv", "4.csv"):
            (tmp_path / "wanted").write_bytes(contents[name])
            member = SourceFile(name=name, path=file.path, member=name)
            with scratch.local_copy(member, sha256_of_file(tmp_path / "wanted")) as path:
                assert path.read_bytes() == contents[name]


def test_members_in_the_archives_order_are_found_in_one_pass(tmp_path, store, sha256, monkeypatch):
    content = tarred({f"{number}.csv": TABLE for number in range(50)}, mode="w:gz")
    file = archived(tmp_path, content, "")
    passes = []
    monkeypatch.setattr(module, "members", lambda *each, walk=module.members: passes.append(1) or walk(*each))

    with Scratch(store, Files()) as scratch:
        for number in range(50):
            with scratch.local_copy(SourceFile(name="x", path=file.path, member=f"{number}.csv"), sha256):
                pass

    assert len(passes) == 1


def test_a_member_that_is_gone_or_changed_is_an_error(tmp_path, store, sha256):
    for content in (zipped({"b.csv": TABLE}), zipped({"a.csv": b"other"}), b"no archive"):
        file = archived(tmp_path, content, "a.csv")
        message = r"x\.dat!/a\.csv changed while it was read"
        with (
            Scratch(store, Files()) as scratch,
            pytest.raises(SourceError, match=message),
            scratch.local_copy(file, sha256),
        ):
            pass


def test_errors_name_the_member_and_not_its_copy(tmp_path, store, sha256):
    file = archived(tmp_path, zipped({"a.csv": TABLE}), "a.csv")

    with (
        Scratch(store, Files()) as scratch,
        pytest.raises(SourceError) as error,
        scratch.local_copy(file, sha256) as path,
    ):
        raise SourceError(f"{path} is odd")

    assert str(error.value) == f"{tmp_path / 'x.dat'}!/a.csv is odd"


def test_a_disk_that_would_fill_is_said_before_it_does(tmp_path, store, sha256, monkeypatch):
    monkeypatch.setattr(module, "_RESERVE", 1 << 62)
    file = archived(tmp_path, zipped({"a.csv": TABLE}), "a.csv")

    message = r"no room to unpack a\.csv.*free space"
    with Scratch(store, Files()) as scratch, pytest.raises(StoreError, match=message), scratch.local_copy(file, sha256):
        pass
    assert not (store.folder / "scratch").exists()


def _hold(folder: Path, ready, release) -> None:
    with Scratch(Store(folder).dataset("desk"), Files()) as scratch:
        scratch.new_path().write_text("in use")
        ready.set()
        release.wait(30)


@pytest.fixture
def holder(store):
    """A process that is using its scratch folder, and what tells it to stop."""
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(store.folder.parent, ready, release))
    process.start()
    assert ready.wait(60)
    yield process, release
    if process.is_alive():  # telling one that was killed waits for its answer for ever
        release.set()
    process.join()
    process.close()


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_is_in_use_is_not(store, holder):
    process, _ = holder
    folder = store.folder / "scratch"

    with Scratch(store, Files()):
        assert [path.read_text() for path in folder.glob("*/*")] == ["in use"]
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert list(folder.glob("*/*"))
    with Scratch(store, Files()) as scratch:
        scratch.new_path().touch()

    assert not folder.exists()


def test_runs_that_begin_and_end_at_once_do_not_stumble_over_each_other(store):
    failures = []

    def work():
        try:
            for _ in range(200):
                with Scratch(store, Files()) as scratch:
                    scratch.new_path().touch()
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert not (store.folder / "scratch").exists()


def test_a_file_where_the_scratch_folder_belongs_is_named(store):
    store.folder.mkdir(parents=True)
    (store.folder / "scratch").write_text("a file")

    with Scratch(store, Files()) as scratch, pytest.raises(StoreError, match=r"cannot write .*scratch"):
        scratch.new_path()


def test_a_run_that_fails_leaves_nothing(store):
    with contextlib.suppress(KeyboardInterrupt), Scratch(store, Files()) as scratch:
        scratch.new_path().touch()
        raise KeyboardInterrupt

    assert not (store.folder / "scratch").exists()
