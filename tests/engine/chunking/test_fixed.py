from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking import fixed
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.configuration import Chunking
from tests.engine.chunking.cut_sources import TEXTS, assert_exact, cut, parts_a_character, source

SIZE = 200


@given(st.lists(TEXTS, max_size=8), st.integers(200, 260))
def test_the_pieces_joined_are_the_source_with_exact_ranges(texts, size):
    records = source(({}, text) for text in texts)
    pieces = cut(fixed.pieces, records, size)

    assert_exact(pieces, records, size)
    assert not any(parts_a_character(before.text, after.text) for before, after in pairwise(pieces))


def test_every_piece_but_the_last_is_as_long_as_the_size():
    records = source(({}, "x" * 150 + "\n") for _ in range(10))

    assert [len(piece.text) for piece in cut(fixed.pieces, records, SIZE)] == [200] * 7 + [110]


def test_a_cut_does_not_part_a_line_end_between_records():
    records = source([({}, "x" * 199 + "\r"), ({}, "\n" + "y" * 10)])

    assert [piece.text for piece in cut(fixed.pieces, records, SIZE)] == ["x" * 199, "\r\n" + "y" * 10]


def test_a_record_counts_where_its_first_character_is():
    records = source([({}, "a" * 150), ({}, "b" * 500), ({}, "c" * 10)])
    pieces = cut(fixed.pieces, records, SIZE)

    assert [(piece.row_start, piece.row_end, piece.records, piece.part) for piece in pieces] == [
        (1, 2, 2, 1),
        (2, 2, 0, 2),
        (2, 2, 0, 3),
        (2, 3, 1, 4),
    ]


def test_a_rendered_record_that_is_cut_has_its_own_range_in_each_part():
    records = [
        Record(row=1, line=1, start=0, end=40, text="name: x\n\n"),
        Record(row=2, line=2, start=40, end=70, text="name: " + "y" * 300 + "\n\n"),
    ]
    pieces = list(fixed.pieces(records, Chunking(size=SIZE)))

    assert [(piece.start, piece.end, piece.line_start) for piece in pieces] == [(0, 70, 1), (40, 70, 2)]


def test_text_that_belongs_elsewhere_is_not_skipped_inside_a_piece():
    first, second, third = source([({}, "one\n"), ({}, "two\n"), ({}, "three\n")])
    pieces = list(fixed.pieces([first, third], Chunking(size=SIZE)))

    assert [(piece.text, piece.start, piece.end) for piece in pieces] == [("one\n", 0, 4), ("three\n", 8, 14)]
    assert second.end == third.start
