"""What a JSON reading gives does not depend on where the blocks end in which the text is read."""

import pytest

from rlm_pipeline.sources import content
from rlm_pipeline.sources.json_files import scanner
from rlm_pipeline.sources.json_files.scanner import Scanner


def told(read_file, text):
    read = read_file(text, "json")
    return read.records, read.lines, read.aside, read.evidence


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}{"a": 2//}\n\n[e\nx\n\n y\n1, 2]\n"text"\n',
        '{"a": 1}\nn = 1\n\n[[item]]\nn = 1\n[[item]]\nn = 2\n',
        '[{"a": 1}, {"a": 2, "b"}, {"a": 3, "c": "' + "x" * 30 + '"}, {"a": 4}]',
        '[{"a": [1, /* two, ]} */ 3]}, {"a": 2} // ], [\n, {"a": 1e5}, {"b": [1.5E+3, -1.25]}]',
        '[\n  {"a": 1},\n  {"a": [1, 2},\n' + " " * 2 + '{"a": 3}\n]',
        "// one\r{}\r// two\r[1]",
        '{"a": 1}\r\n\x1a\r\n{"a": 2}\r\n\r\r\n{"a": 3}\r',
    ],
)
def test_a_broken_value_is_set_aside_alike_whatever_the_blocks(read, monkeypatch, text):
    whole = told(read, text)
    for size in (1, 2, 3, 5, 8, 13):
        monkeypatch.setattr(content, "BLOCK_BYTES", size)
        monkeypatch.setattr(scanner, "_LEAST", size)
        assert told(read, text) == whole


def test_all_of_a_broken_value_is_kept_though_a_block_ends_in_it():
    text = '{"a": 1} {"b": oops, "c": "and all the rest of it"} {"a": 2}'
    blocks = Scanner(iter([text[:12], text[12:]]))

    blocks.peek()
    blocks.take()
    blocks.peek()

    assert blocks.take().text == '{"b": oops, "c": "and all the rest of it"}'


def test_a_comment_that_ends_with_a_carriage_return_swallows_no_record(read):
    assert read('// export of May\r{"a": 1}\r{"a": 2}\r', "json").records == [{"a": "1"}, {"a": "2"}]


def test_comments_between_values_are_reported(read):
    text = '// export of May\n{"a": 1}\n/* two */ {"a": 2}\n'

    assert "2 comments between values left out" in read(text, "json").evidence


@pytest.mark.parametrize("text", ["[1, " + "/*" * 100_000 + "]", '[{"a": ' + "/*" * 100_000])
def test_comments_that_never_end_are_looked_through_once(text):
    scanner = Scanner(iter([text]))
    scanner.peek()

    assert scanner.take().reason.startswith("not JSON")


def test_a_comment_without_a_line_end_may_end_the_text(read):
    assert read('[{"a": 1}, {"a": 2} // the end', "json").records == [{"a": "1"}, {"a": "2"}]
