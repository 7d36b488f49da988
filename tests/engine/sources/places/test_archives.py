import bz2
import gzip
import io
import lzma
import random
import stat
import tarfile
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.places import archives
from rlm_pipeline.sources.places.archives import Budget, archive_kind, members
from tests.engine.sources.places.written_archives import TABLE, encrypted, overlapping_zip, special, tarred, zipped

GIB = 1 << 30
BOMB = 6 << 20
COMPRESSED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress}


def content_of(path, *, most=GIB):
    """What the members of an archive hold, or why they are not read, by name."""
    found = {}
    for member in members(path, archive_kind(path), Budget(left=most)):
        try:
            found[member.name] = member.reason or b"".join(member.blocks)
        except SourceError as error:
            found[member.name] = str(error)
    return found


@pytest.fixture
def small_bombs(monkeypatch):
    """Let bombs be recognised when they are still small, so that tests need not make large ones."""
    monkeypatch.setattr(archives, "RATIO_FROM", BOMB - (1 << 20))


def write(tmp_path, content, name="x.dat"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_archive_gives_its_files_in_its_own_order(tmp_path, method):
    path = write(tmp_path, zipped({"b.csv": TABLE, "deep/": b"", "deep/a.csv": b"x" * 5000}, method=method))

    assert archive_kind(path) == "zip"
    assert list(content_of(path).items()) == [("b.csv", TABLE), ("deep/a.csv", b"x" * 5000)]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("suffix", ["", *COMPRESSED])
def test_a_tar_archive_is_known_by_its_content_compressed_or_not(tmp_path, form, suffix):
    content = tarred({"b.csv": TABLE, special("deep", tarfile.DIRTYPE): None, "deep/a.csv": b"x" * 5000}, form=form)
    path = write(tmp_path, COMPRESSED[suffix](content) if suffix else content)

    assert archive_kind(path) == "tar"
    assert list(content_of(path).items()) == [("b.csv", TABLE), ("deep/a.csv", b"x" * 5000)]


def test_a_tar_archive_without_a_mark_is_known_by_its_checksum(tmp_path):
    content = bytearray(tarred({"a.csv": TABLE}, form=tarfile.USTAR_FORMAT))
    content[257:265] = bytes(8)
    content[148:156] = b"%06o\0 " % (sum(content[:512]) - sum(content[148:156]) + 8 * 32)

    assert content_of(write(tmp_path, content)) == {"a.csv": TABLE}


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n" * 300, b"PK but text\n" * 90, gzip.compress(TABLE, mtime=0), b"BZh9 is text\n"]
)
def test_text_and_single_compressed_files_are_no_archives(tmp_path, content):
    assert archive_kind(write(tmp_path, content)) is None


@pytest.mark.parametrize("member", ["xl/workbook.xml", "word/document.xml"])
def test_an_office_document_is_no_archive(tmp_path, member):
    assert archive_kind(write(tmp_path, zipped({"[Content_Types].xml": b"<x/>", member: b"<x/>"}))) is None


def test_an_office_document_that_hides_what_it_is_behind_its_first_bytes_is_refused(tmp_path):
    path = write(tmp_path, zipped({"a.bin": random.Random(0).randbytes(100_000), "[Content_Types].xml": b"<x/>"}))

    with pytest.raises(SourceError, match="an Office document, not an archive"):
        content_of(path)


@pytest.mark.parametrize(
    "name", ["../a.csv", "a/../../b.csv", "/etc/passwd", "C:/a.csv", "..\\a.csv", "\\\\host\\a.csv"]
)
def test_names_that_lead_out_of_the_archive_are_left_out(tmp_path, name):
    for number, content in enumerate((zipped({name: TABLE, "b.csv": TABLE}), tarred({name: TABLE, "b.csv": TABLE}))):
        path = write(tmp_path, content, f"{number}.dat")

        assert content_of(path) == {name: "its name leads out of the archive", "b.csv": TABLE}


def test_links_devices_and_pipes_of_a_tar_archive_are_left_out(tmp_path):
    odd = {
        special("link", tarfile.SYMTYPE, "/etc/passwd"): None,
        special("hard", tarfile.LNKTYPE, "a.csv"): None,
        special("disk", tarfile.BLKTYPE): None,
        special("tty", tarfile.CHRTYPE): None,
        special("pipe", tarfile.FIFOTYPE): None,
    }

    assert content_of(write(tmp_path, tarred({"a.csv": TABLE, **odd}))) == {
        "a.csv": TABLE,
        "link": "a symbolic link to /etc/passwd",
        "hard": "a hard link to a.csv",
        "disk": "not a file but a pipe, socket or device",
        "tty": "not a file but a pipe, socket or device",
        "pipe": "not a file but a pipe, socket or device",
    }


def test_links_and_devices_of_a_zip_archive_are_left_out(tmp_path):
    link, device = zipfile.ZipInfo("link"), zipfile.ZipInfo("device")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    device.external_attr = (stat.S_IFBLK | 0o666) << 16
    path = write(tmp_path, zipped({link: "/etc/passwd", device: b"", "a.csv": TABLE}))

    assert content_of(path) == {
        "link": "a symbolic link",
        "device": "not a file but a pipe, socket or device",
        "a.csv": TABLE,
    }


def test_encrypted_members_are_left_out(tmp_path):
    path = write(tmp_path, encrypted(zipped({"a.csv": TABLE})))

    assert content_of(path) == {"a.csv": "encrypted; unpack it with its password"}


def test_members_that_share_bytes_are_left_out(tmp_path):
    assert content_of(write(tmp_path, overlapping_zip())) == {
        "a.csv": "it overlaps another file of the archive",
        "b.csv": "it overlaps another file of the archive",
    }


def test_of_two_members_of_one_name_a_zip_archive_gives_the_later(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", b"old")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", b"new")
    path = write(tmp_path, buffer.getvalue())

    assert [each.reason for each in members(path, "zip", Budget(left=GIB))] == [
        "the archive has a later file of this name",
        "",
    ]
    assert content_of(path) == {"a.csv": b"new"}


def test_a_damaged_member_is_left_out_and_its_neighbours_are_read(tmp_path):
    content = bytearray(zipped({"a.csv": TABLE, "b.csv": b"x" * 1000, "c.csv": TABLE}))
    content[content.find(b"b.csv") + 7] ^= 0xFF
    found = content_of(write(tmp_path, content))

    assert found["a.csv"] == found["c.csv"] == TABLE
    assert "b.csv is damaged" in found["b.csv"]


@pytest.mark.parametrize("cut", [10, 600, 1000])
def test_a_truncated_archive_is_an_error_that_names_it(tmp_path, cut):
    whole = tarred({"a.csv": TABLE, "b.csv": random.Random(0).randbytes(3000)})
    cases = {
        "t.tar.gz": gzip.compress(whole)[:-cut],
        "z.zip": zipped({"a.csv": random.Random(0).randbytes(3000)})[:-cut],
    }
    for name, content in cases.items():
        path = write(tmp_path, content, name)
        try:
            kind = archive_kind(path)
            for member in members(path, kind, Budget(left=GIB)):
                b"".join(member.blocks)
        except SourceError as error:
            assert "damaged" in str(error)  # noqa: PT017
        else:
            pytest.fail(f"{name} was read whole")


def test_a_zip_bomb_is_recognised_while_it_is_unpacked_and_its_neighbours_are_read(small_bombs, tmp_path):
    bomb = zipped({"bomb.csv": bytes(BOMB), "a.csv": TABLE})

    found = content_of(write(tmp_path, bomb))

    assert found["a.csv"] == TABLE
    assert "bomb.csv unpacks to more than 200 times its" in found["bomb.csv"]


def test_a_member_just_below_the_ratio_is_read(small_bombs, tmp_path):
    content = random.Random(0).randbytes(20_000) * (BOMB // 20_000)

    assert content_of(write(tmp_path, zipped({"a.csv": content}))) == {"a.csv": content}


def test_sizes_that_an_archive_declares_are_not_trusted(tmp_path):
    content = bytearray(zipped({"bomb.csv": bytes(BOMB)}))
    place = content.find(b"PK\x01\x02")
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")

    found = content_of(write(tmp_path, content))

    assert "bomb.csv" in found
    assert found["bomb.csv"] != bytes(BOMB)


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_compressed_tar_that_is_a_bomb_is_refused(small_bombs, tmp_path, suffix):
    bomb = COMPRESSED[suffix](tarred({"bomb.csv": bytes(BOMB), "a.csv": TABLE}))

    path = write(tmp_path, bomb)

    budget = Budget(left=GIB)
    with pytest.raises(SourceError, match=r"x\.dat unpacks to more than 200 times its [\d,]+ bytes"):
        for member in members(path, "tar", budget):
            for _ in member.blocks:
                pass
    assert budget.exhausted


def test_an_archive_unpacks_no_further_than_it_may(tmp_path):
    path = write(tmp_path, zipped({"a.csv": b"x" * 700_000, "b.csv": b"y" * 700_000}, method=zipfile.ZIP_STORED))

    with pytest.raises(SourceError, match=r"unpacks to more than files\.most_unpacked_gib"):
        for member in members(path, "zip", Budget(left=1_000_000)):
            for _ in member.blocks:
                pass


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path):
    content = bytearray(tarred({"x" * 200: TABLE}, form=tarfile.GNU_FORMAT))
    content[124:136] = b"77777777777\0"
    content[148:156] = b"%06o\0 " % (sum(content[:512]) - sum(content[148:156]) + 8 * 32)

    with pytest.raises(SourceError, match=r"a damaged tar archive \(a header of 8,589,934,591 bytes\)"):
        content_of(write(tmp_path, content))


@pytest.mark.parametrize("name", ["é日本.csv", "line\nbreak.csv", "x" * 3000 + "/a.csv", " .csv", "a" * 250])
def test_members_of_any_name_are_read(tmp_path, name):
    for number, content in enumerate((zipped({name: TABLE}), tarred({name: TABLE}))):
        assert content_of(write(tmp_path, content, f"{number}.dat")) == {name: TABLE}


MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"")


@given(start=st.sampled_from(MAGIC), rest=st.binary(max_size=1200))
def test_any_bytes_are_an_archive_that_is_read_or_refused(tmp_path_factory, start, rest):
    path = write(tmp_path_factory.mktemp("any"), start + rest)

    try:
        kind = archive_kind(path)
        found = content_of(path) if kind else {}
    except SourceError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert all(isinstance(each, str | bytes) for each in found.values())


SOUND = (
    zipped({"a.csv": TABLE * 9, "b/c.csv": TABLE}),
    zipped({"a.csv": TABLE * 9}, method=zipfile.ZIP_LZMA),
    tarred({"a.csv": TABLE * 9, "é" * 120: TABLE}),
    gzip.compress(tarred({"a.csv": TABLE * 9, "b" * 120: TABLE}, form=tarfile.GNU_FORMAT)),
    zstandard.compress(tarred({"a.csv": TABLE * 9})),
)


@given(sound=st.sampled_from(SOUND), damage=st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255)), max_size=8))
def test_a_damaged_archive_is_read_in_part_or_refused(tmp_path_factory, sound, damage):
    content = bytearray(sound)
    for place, byte in damage:
        content[place % len(content)] = byte
    path = write(tmp_path_factory.mktemp("damaged"), content)

    try:
        kind = archive_kind(path)
        found = content_of(path) if kind else {}
    except SourceError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert damage or len(found) in {1, 2}
