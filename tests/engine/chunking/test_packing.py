import random
from itertools import accumulate, cycle, pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.chunking.packing import HALF_FULL, LEAST_FILL, pack
from rlm_pipeline.chunking.record_batches import RecordBatch
from rlm_pipeline.chunking.rendering import SEPARATOR
from rlm_pipeline.fingerprint import rank

TEXTS = st.lists(st.one_of(st.text(min_size=1, max_size=30), st.text(min_size=50, max_size=300)), max_size=30)


def batch(*texts: str | None, first: int = 1, **where) -> RecordBatch:
    """Records of one column, of which each has ten characters of the source; their rows are numbered from `first`."""
    rows = range(first, first + len(texts))
    places = {
        "row": rows,
        "line": [2 * row for row in rows],
        "char_start": [10 * (row - 1) for row in rows],
        "char_end": [10 * row for row in rows],
        "byte_start": [10 * (row - 1) for row in rows],
        "byte_end": [10 * row for row in rows],
        "line_end": [2 * row for row in rows],
        "place": [""] * len(texts),
    }
    cells = pl.DataFrame({"0": texts}, schema={"0": pl.String})
    return RecordBatch(names=("t",), cells=cells, where=pl.DataFrame({**places, **where}))


def packed(*texts: str | None, size: int, **where):
    return [piece for piece, _ in pack([batch(*texts, **where)], size)]


def shown(text: str | None) -> str:
    return ("(empty record)" if text is None else f"t: {text}") + SEPARATOR


def rows_of(pieces):
    return [(piece.row_start, piece.row_end) for piece in pieces]


@settings(deadline=None)
@given(TEXTS, st.integers(20, 120))
def test_pieces_joined_are_the_rendered_text_and_cover_every_row(texts, size):
    pieces = packed(*texts, size=size)

    assert "".join(piece.text for piece in pieces) == "".join(map(shown, texts))
    assert {row for piece in pieces for row in range(piece.row_start, piece.row_end + 1)} == set(
        range(1, len(texts) + 1)
    )
    assert sum(piece.records for piece in pieces) == len(texts)
    assert all(len(piece.text) <= size for piece in pieces)
    assert all(after.start in {before.start, before.end} for before, after in pairwise(pieces))


@settings(deadline=None)
@given(TEXTS, st.integers(20, 120))
def test_no_record_that_fits_is_cut(texts, size):
    pieces = packed(*texts, size=size)

    assert {piece.row_start for piece in pieces if piece.part} == {
        row for row, text in enumerate(texts, 1) if len(shown(text)) > size
    }


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(20, 120))
def test_records_appended_later_leave_all_but_the_last_piece_as_they_were(texts, appended, size):
    before = packed(*texts, size=size)
    after = packed(*texts, *appended, size=size)

    kept = before[:-1]

    assert after[: len(kept)] == kept


def share_kept(texts, edited, size=3000):
    before = {piece.text for piece in packed(*texts, size=size)}
    after = [piece.text for piece in packed(*edited, size=size)]
    return sum(text in before for text in after) / len(after)


def test_after_a_row_is_inserted_at_the_top_the_boundaries_find_back_to_the_old_ones():
    draw = random.Random(1)
    texts = ["".join(draw.choices("abcdefgh ", k=148)) for _ in range(3000)]

    assert share_kept(texts, ["".join(draw.choices("abcdefgh ", k=148)), *texts]) > 0.9


def test_pieces_are_nearly_as_full_as_can_be():
    draw = random.Random(2)
    texts = ["".join(draw.choices("abcdefgh ", k=draw.randint(60, 140))) for _ in range(3000)]
    pieces = packed(*texts, size=3000)

    brim = sum(
        1
        for before, after in pairwise(accumulate(len(shown(text)) for text in texts))
        if before // 3000 < after // 3000
    )
    assert len(pieces) <= 1.2 * brim


def test_of_equal_records_as_many_as_fit_are_taken():
    pieces = packed(*["a" * 5] * 6, size=30)

    assert rows_of(pieces) == [(1, 3), (4, 6)]


def test_a_long_record_has_pieces_of_its_own():
    pieces = packed("short", "one two three four five six", "end", size=20)

    assert [(*rows, piece.part) for rows, piece in zip(rows_of(pieces), pieces, strict=True)] == [
        (1, 1, 0),
        (2, 2, 1),
        (2, 2, 2),
        (3, 3, 0),
    ]
    assert [piece.records for piece in pieces] == [1, 1, 0, 1]
    assert [(piece.start, piece.end) for piece in pieces] == [(0, 10), (10, 20), (10, 20), (20, 30)]


def test_a_record_that_lies_before_the_others_is_in_a_piece_of_its_own():
    assert rows_of(packed("record", "record", "beside", size=99, char_start=[10, 20, 0])) == [(1, 2), (3, 3)]


def test_a_piece_has_its_place_or_the_first_and_the_last():
    assert [piece.place for piece in packed("x", "x", size=99, place=["a", "a"])] == ["a"]
    assert [piece.place for piece in packed("x", "x", "x", size=99, place=["a", "a", "b"])] == ["a … b"]


def one_by_one(texts: list[str], size: int) -> list[int]:
    """How many records each piece has by the rule of packing as it is told: record after record."""
    taken: list[int] = []
    waiting: list[str] = []
    for text in [*map(shown, texts), "x" * (size + 1)]:
        while waiting and sum(map(len, waiting)) + len(text) > size:
            ends = [len(waiting)]
            while len(text) <= size:
                length = sum(map(len, waiting[: ends[-1]]))
                last = len(ends) == 2 and len("".join(waiting)) >= LEAST_FILL * size and length >= HALF_FULL * size
                if length < LEAST_FILL * size and not last:
                    ends.pop()
                    break
                ends.append(ends[-1] - 1)
            count = min(ends, key=lambda end: (rank(waiting[end - 1]), -end), default=len(waiting))
            taken.append(count)
            del waiting[:count]
        if len(text) > size:
            taken.append(1)
        else:
            waiting.append(text)
    return taken[:-1]


RECORDS = st.lists(st.one_of(st.none(), st.text(max_size=12), st.text(min_size=30, max_size=90)), max_size=40)


@settings(deadline=None)
@given(RECORDS, st.integers(30, 120))
def test_the_pieces_are_those_of_records_looked_at_one_by_one(texts, size):
    pieces = packed(*texts, size=size)

    assert [piece.records for piece in pieces if piece.records] == one_by_one(texts, size)


@settings(deadline=None)
@given(RECORDS, st.lists(st.integers(1, 7), min_size=1), st.integers(30, 120))
def test_pieces_do_not_depend_on_what_is_held_at_once(texts, heights, size):
    batches, done = [], 0
    for height in cycle(heights):
        if done >= len(texts):
            break
        batches.append(batch(*texts[done : done + height], first=done + 1))
        done += height

    assert list(pack(batches, size)) == list(pack([batch(*texts)], size))
