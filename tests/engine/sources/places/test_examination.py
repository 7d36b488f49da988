import gzip
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.configuration import DatasetConfig, Files
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.places import archives
from rlm_pipeline.sources.places.examination import examine, reason_by_head
from rlm_pipeline.sources.places.listing import local_candidate
from rlm_pipeline.sources.places.rules import Rules
from rlm_pipeline.sources.places.scratch import Scratch
from rlm_pipeline.store import Store
from tests.engine.sources.places.written_archives import TABLE, encrypted, overlapping_zip, tarred, zipped


@pytest.fixture
def looked_into(tmp_path):
    """A function that examines an archive of these bytes: (name, why it is not read) of each member."""

    def look(content, *, strict=True, name="x.dat", **files):
        path = tmp_path / name
        path.write_bytes(content)
        settings = Files(**files)
        with Scratch(Store(tmp_path / "store").dataset("desk"), settings) as scratch:
            found = examine(local_candidate(path, path.name), scratch, Rules(settings), strict=strict)
        assert not (tmp_path / "store").exists() or not list((tmp_path / "store").rglob("*"))[1:]
        if found.members is None:
            return found.facts.reason
        return [(member, facts.reason) for member, facts in found.members]

    return look


def test_archives_are_looked_into_one_level_deep(looked_into):
    inner = zipped({"a.csv": TABLE})
    packed = {
        "in.zip": inner,
        "in.tar.gz": tarred({"b.csv": TABLE}, mode="w:gz"),
        "deep.zip": zipped({"in.zip": inner}),
    }

    assert looked_into(zipped(packed)) == looked_into(tarred(packed, mode="w:bz2")) == [
        ("in.zip!/a.csv", ""),
        ("in.tar.gz!/b.csv", ""),
        ("deep.zip!/in.zip", "an archive in an archive in an archive; unpack it first"),
    ]  # fmt: skip


def test_a_bomb_of_archives_in_archives_ends_at_the_second_level(looked_into):
    level = zipped({f"{number}.csv": b"0" * 1_000_000 for number in range(4)})
    for _ in range(4):
        level = zipped({f"{number}.zip": level for number in range(8)})

    found = looked_into(level)

    assert len(found) == 64
    assert {reason for _, reason in found} == {"an archive in an archive in an archive; unpack it first"}


def test_what_nested_archives_unpack_to_counts_against_the_whole(looked_into):
    inner = zipped({"a.csv": b"some,text\n" * 200_000})

    reason = looked_into(zipped({f"{number}.zip": inner for number in range(8)}), most_unpacked_gib=0.01)

    assert re.search(r"/x\.dat: \d\.zip unpacks to more than files\.most_unpacked_gib", reason)


def test_an_archive_found_in_a_folder_that_unpacks_too_far_is_left_out(looked_into):
    reason = looked_into(zipped({"a.csv": b"some,text\n" * 200_000}), strict=False, most_unpacked_gib=0.001)

    assert "unpacks to more than files.most_unpacked_gib" in reason


def test_a_nested_bomb_is_left_out_and_its_neighbours_are_read(looked_into, monkeypatch):
    monkeypatch.setattr(archives, "RATIO_FROM", 1 << 20)
    bomb = zipped({"bomb.csv": b"0" * (2 << 20), "b.csv": TABLE})

    found = dict(looked_into(zipped({"a.csv": TABLE, "in.zip": bomb})))

    assert "unpacks to more than 200 times" in found.pop("in.zip!/bomb.csv")
    assert found == {"a.csv": "", "in.zip!/b.csv": ""}


def test_members_are_left_out_by_the_rules_for_files(looked_into):
    packed = {
        "a.csv": TABLE,
        "__MACOSX/._a.csv": b"x",
        "deep/.git/config": b"x",
        "deep/b.json": b"{}",
        "deep/empty.csv": b"",
        "deep/blank.csv": b" \n\n",
        "deep/picture": b"GIF89a" + bytes(90),
        "deep/noise": bytes(range(256)) * 9,
        "packed.png.gz": gzip.compress(b"\x89PNG\r\n\x1a\n"),
    }

    assert dict(looked_into(zipped(packed), exclude=["*.json"])) == {
        "a.csv": "",
        "__MACOSX/._a.csv": "written by the operating system",
        "deep/.git/config": "version control",
        "deep/b.json": "excluded by files.exclude '*.json'",
        "deep/empty.csv": "empty (0 bytes)",
        "deep/blank.csv": "nothing but white space",
        "deep/picture": "a GIF image",
        "deep/noise": "binary data",
        "packed.png.gz": "a PNG image",
    }


def test_an_archive_without_files_holds_nothing(looked_into):
    assert looked_into(zipped({})) == []


def test_code_that_nobody_wrote_is_left_out_of_a_folder():
    assert "generated" in reason_by_head("src/a_pb2.py", b"x = 1\n", whole=True)
    assert reason_by_head("src/a.py", b"x = 1\n", whole=True) == ""


WHOLE = (
    zipped({"a.csv": TABLE}),
    encrypted(zipped({"a.csv": TABLE})),
    overlapping_zip(),
    tarred({"a.csv": TABLE}),
    TABLE,
)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["x.zip", "x.tar.gz", "x.zst", "x.csv", "x.json", "x.log", "x.md", "x.py"]),
    start=st.sampled_from([*WHOLE, gzip.compress(TABLE), b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh91AY&SY", b""]),
    rest=st.binary(max_size=300),
)
def test_any_file_of_a_folder_is_read_or_left_out(tmp_path_factory, name, start, rest):
    folder = tmp_path_factory.mktemp("any")
    (folder / "source").mkdir()
    (folder / "source" / "sound.csv").write_bytes(TABLE)
    (folder / "source" / name).write_bytes(start + rest)
    dataset = DatasetConfig(name="desk", source=str(folder / "source"))

    manifest = raw_file.materialise(Store(folder / "store").dataset("desk"), dataset, "all")

    cited = {each.source for each in manifest.sources} | {each.name for each in manifest.left_out}
    assert "sound.csv" in {each.source for each in manifest.sources}
    assert any(each.startswith(name) for each in cited)
