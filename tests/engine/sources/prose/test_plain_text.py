import gzip
import itertools
import json
from pathlib import Path

import pytest

from rlm_pipeline.sources.encodings import Encoding
from rlm_pipeline.sources.prose import block
from rlm_pipeline.sources.prose.lines import Line, lines_of
from rlm_pipeline.sources.prose.plain import plain_blocks
from rlm_pipeline.sources.reading import Entry
from tests.engine.sources.prose.reading_back import records, unaccounted

SOTU = Path(__file__).parents[5] / "shared" / "data" / "sotu" / "speeches.jsonl.gz"
UTF8 = Encoding(name="utf-8", codec="utf-8", evidence="")


def test_paragraphs_end_at_blank_lines_and_keep_their_wrapping(tmp_path):
    text = "\n\nOne long\nparagraph here.\n   \nAnother one,\r\nwith another end.\n\n\n"

    assert records(tmp_path, text, "a.txt") == [
        (3, "", "paragraph", "One long\nparagraph here."),
        (6, "", "paragraph", "Another one,\r\nwith another end."),
    ]


def test_a_text_without_any_line_end_is_a_paragraph(tmp_path):
    assert records(tmp_path, "hello there", "a.txt") == [(1, "", "paragraph", "hello there")]


@pytest.mark.parametrize(
    ("heading", "is_one"),
    [
        ("THE STATE OF THE UNION", True),
        ("CHAPTER IV", True),
        ("Chapter 3. The Whale", True),
        ("1. Introduction", True),
        ("2.3.1 Scope and Purpose", True),
        ("Introduction\n============", True),
        ("WE WENT HOME.", False),
        ("OK", False),
        ("1. buy milk", False),
        ("1984 was a long year", False),
        ("Just a short line", False),
        ("A paragraph whose first line is long\n----", False),
        ("IN CAPITALS\nbut not alone", False),
    ],
)
def test_only_a_line_that_can_be_nothing_else_is_a_heading(tmp_path, heading, is_one):
    found = records(tmp_path, f"Before it.\n\n{heading}\n\nBehind it.\n", "a.txt")

    assert (found[1][2] == "heading") == is_one
    assert found[-1][1] == (heading.split("\n")[0] if is_one else "")


def test_headings_nest_by_their_numbers(tmp_path):
    text = "PART ONE\n\n1. First\n\n1.1 Inner\n\ntext a\n\n2. Second\n\ntext b\n\nPART TWO\n\ntext c\n"

    paths = {text: heading for _, heading, kind, text in records(tmp_path, text, "a.txt") if kind == "paragraph"}

    assert paths == {
        "text a": "PART ONE > 1. First > 1.1 Inner",
        "text b": "PART ONE > 2. Second",
        "text c": "PART TWO",
    }


def test_a_heading_in_a_path_is_on_one_line_and_short():
    assert block.shortened(" a \n b ") == "a b"
    assert len(block.shortened("x " * 5000)) == 200


def test_lists_quotes_and_rules_are_told_apart(tmp_path):
    text = "- a\n- b\n\n> q\n> r\n\n* * *\n\n(a) c\n"

    assert [record[2] for record in records(tmp_path, text, "a.txt")] == ["list", "quote", "rule", "list"]


def test_a_giant_line_comes_in_pieces_and_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    line = "".join(f"word {number} " for number in range(400_000))
    path.write_text(f"first\n\n{line}\n\nlast\n")

    blocks = list(plain_blocks(lines_of(path, UTF8)))

    assert "".join(found.text for found in blocks[1:-1]) == line
    assert max(len(found.text) for found in blocks) <= block.BLOCK_LIMIT
    assert [found.line for found in blocks[-2:]] == [3, 5]


def test_the_limit_does_not_part_a_line_end(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * (block.BLOCK_LIMIT - 1) + b"\r\n\r\nlast\r\n")

    assert [(found.line, len(found.text)) for found in plain_blocks(lines_of(path, UTF8))] == [
        (1, block.BLOCK_LIMIT - 1),
        (3, 4),
    ]


def test_a_text_of_any_length_is_read_as_it_goes():
    endless = (Line(number, "word\n" if number % 3 else "\n") for number in itertools.count(1))

    assert next(plain_blocks(endless)).text == "word\nword"


@pytest.mark.skipif(not SOTU.is_file(), reason="the speeches of shared/data are not beside us")
def test_every_word_of_every_speech_is_in_a_paragraph():
    with gzip.open(SOTU, "rt") as lines:
        texts = [
            max(json.loads(line).values(), key=lambda value: len(str(value))) for line in itertools.islice(lines, 30)
        ]
    for text in texts:
        pieces = [Line(number, piece) for number, piece in enumerate(text.splitlines(keepends=True), 1)]

        blocks = list(plain_blocks(pieces))

        assert not unaccounted(text, [Entry(found.line, found[1:4]) for found in blocks]).strip()
        assert sum(found.kind == "paragraph" for found in blocks) > 0.9 * len(blocks) > 5


def test_few_words_above_indented_text_are_a_heading_in_a_document(tmp_path):
    text = "Abstract\n\n   This is it.\n\nDoe                    Informational         [Page 1]\n\n   More.\n\n"
    text += "Say it:\n\n   Yes.\n\nDo this >\n\n   Now.\n\nAt the margin\n\nNot indented.\n"

    assert [record[1:3] for record in records(tmp_path, text, "rfc.txt")] == [
        ("Abstract", "heading"), *[("Abstract", "paragraph")] * 9,
    ]  # fmt: skip


def test_what_is_set_off_by_stars_is_no_heading(tmp_path):
    text = "*** START OF THE EBOOK ***\n\nCHAPTER I.\n\nIt was dark.\n"

    assert [record[1:3] for record in records(tmp_path, text, "a.txt")] == [
        ("", "paragraph"), ("CHAPTER I.", "heading"), ("CHAPTER I.", "paragraph"),
    ]  # fmt: skip
