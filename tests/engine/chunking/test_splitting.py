import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking.splitting import split

WORDS = st.text(alphabet="ab é🙂\u0301\u200d🇩\n\r\t.!?。", max_size=400)


@given(st.one_of(st.text(max_size=400), WORDS), st.integers(1, 60))
def test_the_pieces_joined_are_the_text_and_none_is_too_long(text, size):
    pieces = list(split(text, size))

    assert "".join(pieces) == text
    assert all(len(piece) <= size for piece in pieces)
    assert all(pieces) or pieces == [""]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two\nthree\n\nfour five six", ["One. Two\nthree\n\n", "four five six"]),
        ("One two. three\nfour five six", ["One two. three\n", "four five six"]),
        ("One two three. Four five six", ["One two three. ", "Four five six"]),
        ('He said "stop." Then he left', ['He said "stop." ', "Then he left"]),
        ("One two three four five six", ["One two three four ", "five six"]),
        ("abcdefghijklmnopqrstuvwxyz", ["abcdefghijklmnopqrst", "uvwxyz"]),
        ("一二三四五六七八九十。一二三四五六七八九十一", ["一二三四五六七八九十。", "一二三四五六七八九十一"]),
    ],
)
def test_the_best_boundary_in_reach_is_taken(text, pieces):
    assert list(split(text, 20)) == pieces


def test_an_early_boundary_does_not_make_a_small_piece():
    assert list(split("a\n\nbcdefghij klmnopq rstuvw", 20)) == ["a\n\nbcdefghij ", "klmnopq rstuvw"]


def test_a_long_word_after_a_short_one_starts_a_piece():
    assert list(split("ab " + "c" * 18, 20)) == ["ab ", "c" * 18]


def test_trailing_white_space_is_not_left_alone():
    assert list(split("One two three four." + "\n\n", 20)) == ["One two three ", "four.\n\n"]


@pytest.mark.parametrize("seen_as_one", ["e\u0301", "👩\u200d🚒", "👍\U0001f3fd", "🇩🇪", "\r\n", "ก\u0e34"])
def test_what_is_seen_as_one_character_is_not_parted(seen_as_one):
    pieces = list(split("a" * 9 + seen_as_one + "b" * 8, 10))

    assert [piece for piece in pieces if seen_as_one in piece]


def test_a_pile_of_accents_longer_than_a_piece_is_parted_all_the_same():
    assert [len(piece) for piece in split("a" + "\u0301" * 25, 10)] == [10, 10, 6]
