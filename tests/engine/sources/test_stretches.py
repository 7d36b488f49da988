import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.sources import content, stretches
from rlm_pipeline.sources.encodings import decode_head, settle_encoding
from rlm_pipeline.sources.stretches import line_starts

CHARACTERS = st.one_of(st.sampled_from([*"\r\n\ta,é漢😀\x85\u2028\ufeff"]), st.characters(exclude_categories=["Cs"]))
TEXTS = st.text(CHARACTERS, min_size=1, max_size=60)
WRITTEN = st.one_of(
    st.builds(
        lambda text, codec: text.encode(codec, "replace"),
        TEXTS,
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be", "cp1252", "latin-1"]),
    ),
    st.lists(st.one_of(TEXTS.map(str.encode), st.binary(min_size=1, max_size=3)), min_size=1).map(b"".join),
    # Wide text with units that are half of a pair, or cut off.
    st.builds(lambda text, more: b"\xff\xfe" + text.encode("utf-16-le") + more, TEXTS, st.binary(max_size=7)),
    st.builds(lambda text, half: b"\xff\xfe" + half + text.encode("utf-16-le"), TEXTS, st.just(b"\x01\xd8")),
)


def measured(written, block=content.BLOCK_BYTES, window=4096):
    """What the stretches of a file are, put together: its text, the bytes before each character, its line starts."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(content, "BLOCK_BYTES", block)
        patch.setattr(stretches, "_WINDOW", window)
        path = Path(folder) / "a"
        path.write_bytes(written)
        encoding = settle_encoding(path, written)
        utf8, before, starts = b"", [], [0]
        chars = size = 0
        after_return = False
        for stretch in stretches.stretches(path, encoding):
            size += stretch.mark
            numbers = np.arange(stretch.chars)
            places = stretch.places_of(numbers)
            assert stretch.chars_before(places).tolist() == numbers.tolist()
            before += (size + stretch.bytes_before(numbers, places)).tolist()
            found = line_starts(stretch.utf8, after_return=after_return)
            starts += (chars + stretch.chars_before(found)).tolist()
            after_return = stretch.utf8.endswith(b"\r")
            utf8, chars, size = utf8 + stretch.utf8, chars + stretch.chars, size + stretch.bytes
        return encoding, utf8.decode(), before, starts, size


@given(written=WRITTEN, block=st.integers(4, 12), window=st.integers(4, 9))
def test_characters_bytes_and_lines_are_those_of_the_obvious_reading(written, block, window):
    encoding, text, before, starts, size = measured(written, block, window)

    assert text == decode_head(written, encoding, whole=True)
    assert len(before) == len(text)
    assert before == sorted(before)
    if text:
        assert size == len(written)
    lines = list(io.StringIO(text, newline=""))
    ends = [sum(map(len, lines[:count])) for count in range(1, len(lines) + 1)]
    if lines and not lines[-1].endswith(("\n", "\r")):
        ends.pop()
    if text.endswith("\r"):  # a \n might follow
        ends.pop()
    assert starts == [0, *ends]
    for place in {0, len(text) // 2, len(text) - 1} if text else ():
        if "\\x" not in text:
            assert decode_head(written[before[place] :], behind(encoding, written), whole=True) == text[place:]


def behind(encoding, written):
    """The encoding behind a byte order mark."""
    codec = encoding.codec
    if codec in {"utf-16", "utf-32"}:
        codec += "-le" if written.startswith(b"\xff\xfe") else "-be"
    return type(encoding)(name=encoding.name, codec=codec.removesuffix("-sig"), evidence="", errors=encoding.errors)


@given(written=WRITTEN, block=st.integers(1, 12))
def test_how_much_is_read_at_once_changes_nothing(written, block):
    assert measured(written, block) == measured(written)


@pytest.mark.parametrize(
    ("text", "starts"),
    [("a\nb\r\nc\rd", [2, 5, 7]), ("\r\r\n\n", [1, 3, 4]), ("\x85\u2028\x0b\x0c\n", [8]), ("a\r", [])],
)
def test_lines_end_as_in_a_file_read_as_text(text, starts):
    assert line_starts(text.encode(), after_return=False).tolist() == starts


def test_a_line_feed_after_a_return_of_the_stretch_before_ends_the_same_line():
    assert line_starts(b"\na", after_return=True).tolist() == [1]
    assert line_starts(b"a", after_return=True).tolist() == [0]
