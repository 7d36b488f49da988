from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking.packing import SEPARATOR, Record, pack

TEXTS = st.lists(st.one_of(st.text(min_size=1, max_size=30), st.text(min_size=50, max_size=300)), max_size=30)


def records(*texts: str) -> list[Record]:
    return [Record(row=row, line=2 * row, text=text) for row, text in enumerate(texts, 1)]


@given(TEXTS, st.integers(20, 120))
def test_pieces_joined_are_the_rendered_text_and_cover_every_row(texts, size):
    pieces = list(pack(records(*texts), size))

    assert "".join(piece.text for piece in pieces) == "".join(text + SEPARATOR for text in texts)
    assert {row for piece in pieces for row in range(piece.row_start, piece.row_end + 1)} == set(
        range(1, len(texts) + 1)
    )
    assert sum(piece.records for piece in pieces) == len(texts)
    assert all(len(piece.text) <= size for piece in pieces)
    assert all(following.start == piece.start + len(piece.text) for piece, following in pairwise(pieces))


@given(TEXTS, TEXTS, st.integers(20, 120))
def test_records_appended_later_leave_all_but_the_last_piece_as_they_were(texts, appended, size):
    before = list(pack(records(*texts), size))
    after = list(pack(records(*texts, *appended), size))

    kept = before[:-1]

    assert after[: len(kept)] == kept


def test_whole_records_are_packed_until_the_next_would_not_fit():
    pieces = list(pack(records("a" * 8, "b" * 8, "c" * 9, "d"), 20))

    assert [(piece.scope, piece.line_start, piece.line_end) for piece in pieces] == [
        ("rows 1-2", 2, 4),
        ("rows 3-4", 6, 8),
    ]
    assert pieces[0].text == "aaaaaaaa\n\nbbbbbbbb\n\n"


def test_a_single_record_is_named_by_its_row():
    assert [piece.scope for piece in pack(records("a" * 18, "b" * 18), 20)] == ["row 1", "row 2"]


def test_a_long_record_has_pieces_of_its_own():
    pieces = list(pack(records("short", "one two three four five six", "end"), 20))

    assert [piece.scope for piece in pieces] == ["row 1", "row 2 part 1", "row 2 part 2", "row 3"]
    assert [piece.records for piece in pieces] == [1, 1, 0, 1]
    assert [piece.start for piece in pieces] == [0, 7, 26, 36]


def test_a_piece_spans_its_lines_whatever_their_order():
    (piece,) = pack(
        [Record(row=1, line=7, text="a"), Record(row=2, line=9, text="b"), Record(row=3, line=1, text="c")], 99
    )

    assert (piece.line_start, piece.line_end) == (1, 9)
