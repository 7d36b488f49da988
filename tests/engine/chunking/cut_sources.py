"""Sources made of records, and what must hold for the pieces of any of them."""

import unicodedata
from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from rlm_pipeline.chunking.piece import Chunker, Piece, Record
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.sources.prose.block import count_ends

PIECES_OF_TEXT = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="ab .!?,é🙂\u0301\u200d🇩🇪\u1100\u1161\n\r\t。#-|:=[]", max_size=120),
    st.sampled_from(
        ["\n\n", "word " * 90, "One sentence. " * 40, "a" * 700, "\n" * 300, "- item\n" * 60, "\r\n" * 200]
    ),
)
TEXTS = st.lists(PIECES_OF_TEXT, max_size=4).map("".join).filter(bool)


def source(blocks: Iterable[tuple[dict[str, str], str]]) -> list[Record]:
    """Records that lie next to each other in their source, from their cells and texts."""
    made: list[Record] = []
    before = ""
    for row, (cells, text) in enumerate(blocks, 1):
        line = 1 + count_ends(before) - (before.endswith("\r") and text.startswith("\n"))
        made.append(Record(row=row, line=line, start=len(before), end=len(before) + len(text), text=text, cells=cells))
        before += text
    return made


def cut(chunker: Chunker, records: Sequence[Record], size: int, **settings: object) -> list[Piece]:
    return list(chunker(iter(records), Chunking(size=size, **settings)))


def assert_exact(pieces: Sequence[Piece], records: Sequence[Record], size: int) -> None:
    """Nothing is lost or added; every range is exact; nothing is too long."""
    text = "".join(record.text for record in records)
    assert "".join(piece.text for piece in pieces) == text
    assert sum(piece.records for piece in pieces) == len(records)
    assert all(len(piece.text) <= size for piece in pieces)
    assert all(piece.text for piece in pieces)
    at = 0
    for piece in pieces:
        assert (piece.start, piece.end) == (at, at + len(piece.text))
        assert piece.line_start <= 1 + count_ends(text[:at])
        assert piece.line_start >= count_ends(text[:at])
        begun = [record.row for record in records if piece.start <= record.start < piece.end]
        assert piece.records == len(begun)
        touched = [record.row for record in records if record.start < piece.end and record.end > piece.start]
        assert (piece.row_start, piece.row_end) == (touched[0], touched[-1])
        at = piece.end


def parts_a_character(before: str, after: str) -> bool:
    return (before[-1], after[0]) == ("\r", "\n") or (unicodedata.category(after[0])[0] == "M" and not before[-1] < " ")
