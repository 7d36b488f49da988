import random
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking.packing import SEPARATOR, pack
from rlm_pipeline.chunking.piece import Record

TEXTS = st.lists(st.one_of(st.text(min_size=1, max_size=30), st.text(min_size=50, max_size=300)), max_size=30)


def records(*texts: str) -> list[Record]:
    """Rendered records, of which each has ten characters of the source."""
    return [
        Record(row=row, line=2 * row, start=10 * (row - 1), end=10 * row, text=text + SEPARATOR)
        for row, text in enumerate(texts, 1)
    ]


def rows_of(pieces):
    return [(piece.row_start, piece.row_end) for piece in pieces]


@given(TEXTS, st.integers(20, 120))
def test_pieces_joined_are_the_rendered_text_and_cover_every_row(texts, size):
    pieces = list(pack(records(*texts), size))

    assert "".join(piece.text for piece in pieces) == "".join(text + SEPARATOR for text in texts)
    assert {row for piece in pieces for row in range(piece.row_start, piece.row_end + 1)} == set(
        range(1, len(texts) + 1)
    )
    assert sum(piece.records for piece in pieces) == len(texts)
    assert all(len(piece.text) <= size for piece in pieces)
    assert all(after.start in {before.start, before.end} for before, after in pairwise(pieces))


@given(TEXTS, st.integers(20, 120))
def test_no_record_that_fits_is_cut(texts, size):
    pieces = list(pack(records(*texts), size))

    assert {piece.row_start for piece in pieces if piece.part} == {
        row for row, text in enumerate(texts, 1) if len(text + SEPARATOR) > size
    }


@given(TEXTS, TEXTS, st.integers(20, 120))
def test_records_appended_later_leave_all_but_the_last_piece_as_they_were(texts, appended, size):
    before = list(pack(records(*texts), size))
    after = list(pack(records(*texts, *appended), size))

    kept = before[:-1]

    assert after[: len(kept)] == kept


def share_kept(texts, edited, size=3000):
    before = {piece.text for piece in pack(records(*texts), size)}
    after = [piece.text for piece in pack(records(*edited), size)]
    return sum(text in before for text in after) / len(after)


def test_after_a_row_is_inserted_at_the_top_the_boundaries_find_back_to_the_old_ones():
    draw = random.Random(1)
    texts = ["".join(draw.choices("abcdefgh ", k=148)) for _ in range(3000)]

    assert share_kept(texts, ["".join(draw.choices("abcdefgh ", k=148)), *texts]) > 0.9


def test_pieces_are_nearly_as_full_as_can_be():
    draw = random.Random(2)
    texts = ["".join(draw.choices("abcdefgh ", k=draw.randint(60, 140))) for _ in range(3000)]
    pieces = list(pack(records(*texts), 3000))

    brim = sum(
        1 for before, after in pairwise(accumulate(len(text) + 2 for text in texts)) if before // 3000 < after // 3000
    )
    assert len(pieces) <= 1.2 * brim


def test_of_equal_records_as_many_as_fit_are_taken():
    pieces = list(pack(records(*["a" * 8] * 6), 30))

    assert rows_of(pieces) == [(1, 3), (4, 6)]


def test_a_long_record_has_pieces_of_its_own():
    pieces = list(pack(records("short", "one two three four five six", "end"), 20))

    assert [(*rows, piece.part) for rows, piece in zip(rows_of(pieces), pieces, strict=True)] == [
        (1, 1, 0),
        (2, 2, 1),
        (2, 2, 2),
        (3, 3, 0),
    ]
    assert [piece.records for piece in pieces] == [1, 1, 0, 1]
    assert [(piece.start, piece.end) for piece in pieces] == [(0, 10), (10, 20), (10, 20), (20, 30)]


def test_a_record_that_lies_before_the_others_is_in_a_piece_of_its_own():
    beside = Record(row=3, line=1, start=0, end=10, text="beside\n\n")
    first, second = (Record(row=row, line=row, start=10 * row, end=10 * row + 10, text="record\n\n") for row in (1, 2))

    assert rows_of(pack([first, second, beside], 99)) == [(1, 2), (3, 3)]


def test_a_piece_has_its_place_or_the_first_and_the_last():
    placed = [
        Record(row=row, line=row, start=row, end=row + 1, text="x\n\n", place=place) for row, place in enumerate("aab")
    ]

    assert [piece.place for piece in pack(placed[:2], 99)] == ["a"]
    assert [piece.place for piece in pack(placed, 99)] == ["a … b"]
