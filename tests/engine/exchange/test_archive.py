"""What goes out comes back the same, and a broken archive leaves nothing."""

import io
import json
import tarfile

import pytest
import zstandard

from rlm_pipeline.errors import QueryError, StoreError
from rlm_pipeline.exchange import archive, removal, working_texts
from rlm_pipeline.store import Store


def contents_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


@pytest.fixture
def elsewhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    return Store(tmp_path / "elsewhere")


def nothing_left(store):
    return not list(store.root.iterdir())


@pytest.mark.parametrize("suffix", [".tar.zst", ".tar.gz"])
def test_every_file_comes_back_as_it_was(mixed, elsewhere, tmp_path, suffix):
    working_texts.add(mixed.store, "b", [b"mine"])
    path = tmp_path / f"out{suffix}"

    sent = archive.write(mixed.store, path)
    received = archive.read(elsewhere, path)

    assert contents_of(elsewhere.dataset("mixed").folder) == contents_of(mixed.store.folder)
    assert received == sent
    assert received.versions["lancedb"]
    assert elsewhere.datasets() == ("mixed",)


def test_another_name_is_the_datasets_name_there(mixed, elsewhere, tmp_path):
    archive.write(mixed.store, tmp_path / "out.tar.zst")

    archive.read(elsewhere, tmp_path / "out.tar.zst", name="other")

    assert elsewhere.dataset("other").config().name == "other"
    with pytest.raises(QueryError, match="cannot name a dataset"):
        archive.read(elsewhere, tmp_path / "out.tar.zst", name="../x")


def test_what_exists_is_replaced_only_by_force(mixed, elsewhere, tmp_path):
    path = tmp_path / "out.tar.gz"
    archive.write(mixed.store, path)
    archive.read(elsewhere, path)
    (elsewhere.dataset("mixed").folder / "old").write_text("old")

    with pytest.raises(QueryError, match="--force"):
        archive.write(mixed.store, path)
    with pytest.raises(QueryError, match="--force"):
        archive.read(elsewhere, path)
    archive.read(elsewhere, path, force=True)

    assert not (elsewhere.dataset("mixed").folder / "old").exists()
    assert [each.name for each in elsewhere.root.iterdir()] == ["mixed"]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".tar.zst", ".tar.gz"])
def test_an_archive_that_was_cut_off_leaves_nothing(mixed, elsewhere, tmp_path, suffix, kept):
    path = tmp_path / f"out{suffix}"
    archive.write(mixed.store, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(StoreError):
        archive.read(elsewhere, path)

    assert nothing_left(elsewhere)


def rewritten(path, change):
    """The archive with its members passed through `change(name, content) -> [(TarInfo, content)]`."""
    raw = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(path.read_bytes())).read()
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(raw)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for member in old:
            for info, content in change(member.name, old.extractfile(member).read()):
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    path.write_bytes(zstandard.compress(out.getvalue()))


def same(name, content):
    return [(tarfile.TarInfo(name), content)]


def changed_content(name, content):
    return same(name, content[:-1] + b"?") if name.endswith("dataset.json") else same(name, content)


def added_member(name, content):
    return same(name, content) + (same("dataset/extra", b"x") if name.endswith("dataset.json") else [])


def dropped_member(name, content):
    return [] if name.endswith("dataset.json") else same(name, content)


def climbing(name, content):
    if name == archive.MANIFEST:
        stored = json.loads(content)
        stored["files"].append({"path": "../../escaped", "bytes": 1, "sha256": "0"})
        return same(name, json.dumps(stored).encode())
    return same(name, content) + (same("dataset/../../escaped", b"x") if name.endswith("dataset.json") else [])


def a_link(name, content):
    if not name.endswith("dataset.json"):
        return same(name, content)
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [(link, b"")]


def another_format(name, content):
    if name != archive.MANIFEST:
        return same(name, content)
    return same(name, json.dumps({**json.loads(content), "format": 99}).encode())


@pytest.mark.parametrize("change", [changed_content, added_member, dropped_member, climbing, a_link, another_format])
def test_an_archive_that_was_tampered_with_is_refused_and_leaves_nothing(mixed, elsewhere, tmp_path, change):
    path = tmp_path / "out.tar.zst"
    archive.write(mixed.store, path)
    rewritten(path, change)

    with pytest.raises(StoreError, match=r"damaged|format 99"):
        archive.read(elsewhere, path)

    assert nothing_left(elsewhere)
    assert not list(tmp_path.glob("escaped"))


@pytest.mark.parametrize("content", [b"", b"not an archive", zstandard.compress(b"x" * 2000)])
def test_what_is_no_archive_is_said_to_be_none(elsewhere, tmp_path, content):
    (tmp_path / "x.tar.zst").write_bytes(content)

    with pytest.raises(StoreError, match=r"x\.tar\.zst"):
        archive.read(elsewhere, tmp_path / "x.tar.zst")

    assert nothing_left(elsewhere)


def test_reset_keeps_what_people_put_there_and_delete_keeps_nothing_but_the_sources(mixed):
    working_texts.add(mixed.store, "b", [b"mine"])
    (mixed.store.folder / "dataset.curation.yaml").write_text("decisions: []\n")

    assert removal.reset(mixed.store) > 0
    kept = sorted(each.name for each in mixed.store.folder.iterdir())
    assert kept == ["buffers", "dataset.curation.yaml", "dataset.json"]
    removal.delete(mixed.store)

    assert not list(mixed.root.iterdir())
    assert (mixed.source / "tickets.csv").exists()
    with pytest.raises(StoreError):
        removal.delete(mixed.store)
