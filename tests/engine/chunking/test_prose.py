from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rlm_pipeline.chunking import prose
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.configuration import Chunking
from tests.engine.chunking.cut_sources import TEXTS, assert_exact, cut, parts_a_character, source

KINDS = st.sampled_from(["heading", "paragraph", "list", "table", "code", "quote", ""])
PATHS = st.sampled_from(["", "A", "A > B", "A > B > C", "A > D", "E", "E > F"])
BLOCKS = st.tuples(st.fixed_dictionaries({"heading": PATHS, "block": KINDS}), TEXTS)


def block(path, kind, text):
    return {"heading": path, "block": kind}, text


def section(path, length, marks="##"):
    """A heading and one paragraph, `length` characters together."""
    head = f"{marks} {path.rpartition(' > ')[2]}\n\n"
    body = "word " * ((length - len(head)) // 5 + 1)
    return [block(path, "heading", head), block(path, "paragraph", body[: length - len(head) - 2] + "\n\n")]


def words(length):
    return ("lorem ipsum " * (length // 12 + 1))[: length - 2] + "\n\n"


@given(st.lists(BLOCKS, max_size=12), st.integers(200, 300))
@example([({"heading": "", "block": "heading"}, "0\u0300" + "\n" * 300)], 200)
def test_the_pieces_joined_are_the_source_with_exact_ranges(blocks, size):
    records = source(blocks)
    pieces = cut(prose.pieces, records, size)

    assert_exact(pieces, records, size)
    inside = [pair for pair in pairwise(pieces) if pair[1].row_start == pair[0].row_end]
    assert not any(parts_a_character(before.text, after.text) for before, after in inside)


@given(st.lists(st.tuples(PATHS, st.integers(20, 900)), max_size=20))
def test_a_heading_is_never_last(sections):
    blocks = [each for path, length in sections for each in section(path, length)]
    pieces = cut(prose.pieces, source(blocks), 1000)

    assert all(piece.text.rstrip().splitlines()[-1].startswith("#") is False for piece in pieces)


def test_sections_are_kept_whole_and_small_ones_of_one_parent_together():
    blocks = [block("Guide", "heading", "# Guide\n\n")]
    for title, length in (("One", 300), ("Two", 300), ("Three", 900), ("Four", 120), ("Five", 120)):
        blocks += section(f"Guide > {title}", length)
    pieces = cut(prose.pieces, source(blocks), 1000)

    assert [piece.place for piece in pieces] == ["Guide > One … Two", "Guide > Three", "Guide > Four … Five"]


def test_chapters_that_have_something_to_say_stay_apart():
    blocks = [*section("One", 500, "#"), *section("Two", 400, "#"), *section("Three", 60, "#")]

    assert [piece.place for piece in cut(prose.pieces, source(blocks), 1000)] == ["One", "Two … Three"]


def test_a_long_section_does_not_leave_a_small_rest():
    blocks = [block("One", "heading", "# One\n\n"), *[block("One", "paragraph", words(100)) for _ in range(11)]]
    pieces = cut(prose.pieces, source([*blocks, *section("Two", 900, "#")]), 1000)

    assert [piece.place for piece in pieces] == ["One", "One", "Two"]
    assert len(pieces[1].text) >= 300


def test_a_block_that_fits_is_whole():
    blocks = [
        block("A", "paragraph", words(600)),
        block("A", "table", "| a | b |\n" * 90),
        block("A", "list", "- x\n" * 9),
    ]
    pieces = cut(prose.pieces, source(blocks), 1000)

    assert [(piece.row_start, piece.row_end) for piece in pieces] == [(1, 1), (2, 3)]


def test_a_paragraph_that_ends_in_a_colon_goes_with_what_follows():
    blocks = [
        *[block("A", "paragraph", words(200)) for _ in range(3)],
        block("A", "paragraph", "These are the reasons:\n\n"),
        block("A", "list", "- reason\n" * 40),
    ]
    pieces = cut(prose.pieces, source(blocks), 900)

    assert pieces[1].text.startswith("These are the reasons:")


def test_a_long_table_is_cut_between_rows_and_its_header_is_carried_along():
    table = "| name | value |\n|---|---|\n" + "".join(f"| row {row} | {row * row} |\n" for row in range(100)) + "\n"
    pieces = cut(prose.pieces, source([*section("A", 100), block("A", "table", table)]), 500)

    assert all(piece.text.rstrip("\n").endswith("|") for piece in pieces)
    assert pieces[1].context == "## A\n| name | value |\n|---|---|\n"
    assert [piece.part for piece in pieces] == list(range(1, len(pieces) + 1))


def test_a_long_list_is_cut_between_its_outermost_items():
    items = "".join(f"- item {item}\n  - one below it\n  - another\n" for item in range(60))
    pieces = cut(prose.pieces, source([block("A", "list", items)]), 400)

    assert all(piece.text.startswith("- item") for piece in pieces)


def test_a_long_paragraph_is_cut_between_sentences():
    text = "Mr. Smith of the U.S. Senate spoke for 3.5 hours. " * 60
    pieces = cut(prose.pieces, source([block("", "paragraph", text)]), 500)

    assert all(piece.text.startswith("Mr. Smith") for piece in pieces)
    assert all(piece.text.endswith("hours. ") for piece in pieces)


def test_the_context_is_the_headings_above_as_written():
    blocks = [
        block("Guide", "heading", "Guide\n=====\n\n"),
        block("Guide > Use", "heading", "## Use {#use}\n\n"),
        *[block("Guide > Use", "paragraph", words(300)) for _ in range(6)],
    ]
    pieces = cut(prose.pieces, source(blocks), 1000)

    assert [piece.context for piece in pieces] == ["", "Guide\n=====\n## Use {#use}\n"]


def test_a_rendered_block_has_its_whole_range_in_each_of_its_parts():
    cells = {"heading": "Page", "block": "paragraph"}
    records = [
        Record(row=1, line=1, start=0, end=50, text="Short.\n\n", cells=cells),
        Record(row=2, line=4, start=50, end=5000, text="A sentence of words. " * 30 + "\n\n", cells=cells),
    ]
    pieces = list(prose.pieces(records, Chunking(size=400)))

    assert [(piece.start, piece.end) for piece in pieces] == [(0, 5000), (50, 5000)]
    assert [piece.place for piece in pieces] == ["Page", "Page"]


@pytest.mark.parametrize("place", [3, 40, 300])
def test_an_inserted_paragraph_moves_few_boundaries(place):
    draw = Random(0)
    blocks = [block("", "paragraph", f"{draw.random()} " + words(draw.randint(50, 250))) for _ in range(600)]
    before = cut(prose.pieces, source(blocks), 3000)
    after = cut(prose.pieces, source([*blocks[:place], block("", "paragraph", words(333)), *blocks[place:]]), 3000)

    kept = {piece.text for piece in before} & {piece.text for piece in after}
    assert len(kept) >= len(before) - 10


def test_what_belongs_to_another_partition_is_not_skipped_inside_a_piece():
    first, _, third = source([block("", "paragraph", words(50)) for _ in range(3)])

    assert len(list(prose.pieces([first, third], Chunking(size=1000)))) == 2
