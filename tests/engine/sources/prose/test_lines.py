"""A file's lines are the same however they are read: one by one, or empty ones many at once."""

from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rlm_pipeline.sources import content
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.encodings import Encoding, encoding_of_name
from rlm_pipeline.sources.prose import lines
from rlm_pipeline.sources.prose.lines import Line, lines_of
from rlm_pipeline.sources.readers import open_reading

UTF8: Encoding = encoding_of_name("utf-8")


def _joined(found: list[Line]) -> list[Line]:
    """Consecutive pieces without anything but line ends as one."""
    joined: list[Line] = []
    for empty, run in groupby(found, key=lambda line: not line.text.strip("\r\n")):
        pieces = list(run)
        joined += [Line(pieces[0].number, "".join(each.text for each in pieces))] if empty else pieces
    return joined


@given(
    text=st.text(alphabet="a \r\n\x85é", max_size=30) | st.text(alphabet="\r\n", max_size=20),
    block=st.integers(1, 9),
    limit=st.integers(2, 6),
)
@example(text="a\r\n\r\n\r\n\r\na", block=9, limit=3)
@example(text="a\ra\r\n", block=1, limit=2)
def test_runs_of_empty_lines_are_those_lines(tmp_path_factory, text, block, limit):
    path = tmp_path_factory.mktemp("lines") / "a"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_LIMIT", limit)
        one_by_one = list(lines_of(path, UTF8))
        patch.setattr(content, "BLOCK_BYTES", block)
        in_runs = list(lines_of(path, UTF8, empty_runs=True))

    assert "".join(line.text for line in in_runs) == text
    assert _joined([line._replace(column=0) for line in in_runs]) == _joined(
        [line._replace(column=0) for line in one_by_one]
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("name", "text"), [("a.ini", "[a]|k =| 1||| 2||||# end|||"), ("a.txt", "||One|two.|||Three.||")]
)
def test_records_do_not_depend_on_where_blocks_end_in_empty_lines(tmp_path, monkeypatch, end, name, text):
    path = tmp_path / name
    path.write_text(text.replace("|", end), newline="")
    detected = detect(path)
    whole = list(open_reading(path, detected, name).entries)
    for block in range(1, 8):
        monkeypatch.setattr(content, "BLOCK_BYTES", block)

        assert list(open_reading(path, detected, name).entries) == whole
