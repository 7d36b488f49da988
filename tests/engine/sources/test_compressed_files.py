import bz2
import gzip
import lzma
import random

import pytest
import zstandard

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import content
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.encodings import physical_lines, settle_encoding

COMPRESSED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstandard.compress}
NUMBERS = random.Random(0)
TEXT = b"id,value\n" + b"".join(b"%d,%d\n" % (each, NUMBERS.getrandbits(60)) for each in range(10_000))


PACKED = {kind: compress(TEXT) for kind, compress in COMPRESSED.items()}


def write(tmp_path, raw):
    path = tmp_path / "table.csv"
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_is_read_as_what_is_in_it_whatever_it_is_called(tmp_path, kind):
    path = write(tmp_path, PACKED[kind])

    assert content.is_compressed(path)
    assert b"".join(content.blocks(path)) == TEXT
    assert content.sample(path, 8) == (TEXT[:8], False)
    assert sum(1 for _ in physical_lines(path, settle_encoding(path, TEXT[:50]))) == 10_001
    assert (detect(path).detected_type, detect(path).compressed) == ("csv", True)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_file_compressed_in_several_pieces_is_read_whole(tmp_path, kind):
    path = write(tmp_path, COMPRESSED[kind](TEXT[:1000]) + COMPRESSED[kind](TEXT[1000:]))

    assert b"".join(content.blocks(path)) == TEXT


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("left", [0.0, 0.5, 0.999])
def test_a_truncated_file_is_an_error_that_names_it(tmp_path, kind, left):
    raw = PACKED[kind]
    path = write(tmp_path, raw[: max(12, int(left * len(raw)))])

    with pytest.raises(SourceError, match=rf"table\.csv is a (truncated|damaged) {kind} file.*copy it again"):
        list(content.blocks(path))


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, kind):
    raw = bytearray(PACKED[kind])
    raw[len(raw) // 2 : len(raw) // 2 + 40] = b"\xff" * 40

    with pytest.raises(SourceError, match=rf"table\.csv is a (damaged|truncated) {kind} file"):
        list(content.blocks(write(tmp_path, raw)))


@pytest.mark.parametrize("text", [b"BZh9 is how the line starts\n", b"a,b\n1,2\n", b"\x28\xb5", b""])
def test_text_that_starts_like_a_compressed_file_is_text(tmp_path, text):
    path = write(tmp_path, text)

    assert not content.is_compressed(path)
    assert b"".join(content.blocks(path)) == text


def test_what_may_hold_more_than_its_first_bytes_show_is_known(tmp_path):
    assert all(content.may_hold_more(packed) for packed in PACKED.values())
    assert content.may_hold_more(b"PK\x03\x04")
    assert not content.may_hold_more(TEXT)


def test_a_file_that_asks_for_more_memory_than_any_has_need_of_is_refused(tmp_path):
    raw = lzma.compress(TEXT[:1000], filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}])

    with pytest.raises(SourceError, match=r"xz file \(Memory usage limit exceeded\)"):
        list(content.blocks(write(tmp_path, raw)))


def test_an_xz_file_with_padding_between_and_after_its_streams_is_read_whole(tmp_path):
    path = write(tmp_path, lzma.compress(TEXT[:1000]) + bytes(8) + lzma.compress(TEXT[1000:]) + bytes(4))

    assert b"".join(content.blocks(path)) == TEXT


def test_bytes_after_the_end_of_an_xz_file_are_no_silence(tmp_path):
    with pytest.raises(SourceError, match="damaged xz file"):
        list(content.blocks(write(tmp_path, lzma.compress(TEXT[:1000]) + b"more than a header")))
