import configparser
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking import configs
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.sources.configs.ini_lines import ini_entries
from rlm_pipeline.sources.configs.toml_statements import toml_entries
from rlm_pipeline.sources.configs.yaml_events import yaml_entries
from rlm_pipeline.sources.prose.lines import numbered
from tests.engine.chunking.cut_sources import TEXTS, assert_exact, cut, source

READERS = {"yaml": yaml_entries, "toml": toml_entries, "ini": ini_entries}
KEYS = st.sampled_from(["", "a", "a.b", "a.b[0].c", "a.b[1].c", 'x["my key"].z', "(2).a", "a..b", "[", '["'])
LINES = st.sampled_from(
    ["# note\n", "\n", "[a]\n", "a:\n", "  b:\n", "- c: 1\n", "---\n", "a = 1\n", "[[a.b]]\n", "x: |\n"]
)
VALUES = st.one_of(TEXTS, st.lists(LINES, min_size=1, max_size=12).map("".join), st.just(""))


def read(text, kind):
    """The records of a text as extents have them: each up to the line of the next."""
    lines = text.splitlines(keepends=True)
    entries = list(READERS[kind](numbered(lines)))
    starts = [0]
    for each in lines:
        starts.append(starts[-1] + len(each))
    begins = [0, *(starts[entry.line - 1] for entry in entries[1:]), len(text)]
    return [
        Record(
            row=row,
            line=entry.line if row > 1 else 1,
            start=begins[row - 1],
            end=begins[row],
            text=text[begins[row - 1] : begins[row]],
            cells=dict(zip(("key", "value", "type", "comment"), entry.cells, strict=True)),
        )
        for row, entry in enumerate(entries, 1)
    ]


@given(st.lists(st.tuples(st.builds(lambda key: {"key": key}, KEYS), VALUES), max_size=15), st.integers(200, 300))
def test_the_pieces_joined_are_the_source(values, size):
    records = source(values)
    pieces = cut(configs.pieces, records, size)

    assert "".join(piece.text for piece in pieces) == "".join(record.text for record in records)
    assert all(len(piece.text) <= size for piece in pieces)
    assert sum(piece.records for piece in pieces) == len(records)
    assert [piece.end - piece.start for piece in pieces] == [len(piece.text) for piece in pieces]
    assert all(before.end == after.start for before, after in pairwise(pieces))
    if all(record.text for record in records):
        for piece in pieces:
            touched = [each.row for each in records if each.start < piece.end and each.end > piece.start]
            assert (piece.row_start, piece.row_end) == (touched[0], touched[-1])


@given(st.lists(TEXTS.map(lambda text: f"v{''.join(text.splitlines())}\n"), max_size=10), st.integers(200, 300))
def test_values_without_lines_above_them_have_exact_rows(values, size):
    records = source(({"key": f"k{place}"}, text) for place, text in enumerate(values))

    assert_exact(cut(configs.pieces, records, size), records, size)


YAML = """\
# The service.
name: shop

# Where it runs.
servers:
  # The first one.
  - host: alpha
    port: 80
    tags: [a, b, c]
  - host: beta
    port: 81
    notes: |
      # not a comment
      servers:
      done

logging:
  level: info
"""


def test_comments_and_opening_lines_stay_with_what_is_below_them():
    pieces = cut(configs.pieces, read(YAML.replace("done", "done " * 40), "yaml"), 300)

    assert [piece.text.splitlines()[0] for piece in pieces] == ["# The service.", "  - host: beta", "logging:"]
    assert [piece.place for piece in pieces] == ["name … servers", "servers[1]", "logging.level"]
    assert pieces[1].context == "servers:\n"


def test_top_level_keys_are_whole_and_small_ones_together():
    groups = {"a": 3, "b": 3, "c": 14, "d": 5, "e": 5}
    text = "".join(
        f"{key}:\n" + "".join(f"  key_{place}: value of this key\n" for place in range(count))
        for key, count in groups.items()
    )
    pieces = cut(configs.pieces, read(text, "yaml"), 500)

    assert [piece.place for piece in pieces] == ["a … b", "c", "d … e"]


def test_a_long_key_is_cut_between_whole_items_below_their_line():
    items = "".join(f"  - name: item {place}\n    value: {place}\n    note: something to say\n" for place in range(30))
    pieces = cut(configs.pieces, read(f"list:\n{items}", "yaml"), 400)

    assert all(piece.text.startswith("  - name") for piece in pieces[1:])
    assert {piece.context for piece in pieces[1:]} == {"list:\n"}


def test_sections_are_whole_and_carry_their_header_and_comments():
    parser = configparser.ConfigParser()
    parser.read_dict({f"section {number}": {f"key{key}": "v" * 20 for key in range(6)} for number in range(12)})
    written = io.StringIO()
    parser.write(written)
    text = written.getvalue().replace("[section 7]", "; the seventh\n[section 7]")
    pieces = cut(configs.pieces, read(text, "ini"), 600)

    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text.startswith(("[section", "; the seventh")) for piece in pieces)


def test_tables_of_toml_keep_their_headers():
    tables = [
        f"# about {name}\n[tool.{name}]\n" + f"option = '{'x' * 40}'\n" * 1 + "other = [\n  1,\n  2,\n]\n\n"
        for name in "abcdefgh"
    ]
    pieces = cut(configs.pieces, read("".join(tables), "toml"), 250)

    assert all(piece.text.startswith("# about") for piece in pieces)
    assert pieces[0].place == "tool"


def test_a_setting_that_is_commented_out_stays_above():
    text = "a: 1\n# a: 2\n\n# about b\nb: 3\n"
    records = read(text, "yaml")
    long = "c: |\n" + "  word\n" * 26
    pieces = cut(configs.pieces, read(long + text, "yaml"), 200)

    assert len(records) == 2
    assert pieces[0].text + pieces[1].text == long + text
    assert next(record.text for _, record in configs.with_their_lines(iter(records))) == "a: 1\n# a: 2\n\n"


def test_a_long_value_is_cut_between_its_lines_and_its_key_is_carried_along():
    text = "jobs:\n  build:\n    script: |\n" + "".join(f"      step number {step}\n" for step in range(60))
    pieces = cut(configs.pieces, read(text, "yaml"), 400)

    assert pieces[1].context == "jobs:\n  build:\n    script: |\n"
    assert all(piece.text.startswith("      step") for piece in pieces[1:])


@pytest.mark.parametrize("count", [3, 3000])
def test_values_on_one_line_share_its_text(count):
    text = "a: [" + ", ".join(str(number) for number in range(count)) + "]\nb: 1\n"
    entries = list(yaml_entries(numbered(text.splitlines(keepends=True))))
    line = text.index("\n") + 1
    cells = [{"key": entry.cells[0]} for entry in entries]
    records = source([*[(each, "") for each in cells[:-2]], (cells[-2], text[:line]), (cells[-1], text[line:])])
    pieces = cut(configs.pieces, records, 500)

    assert "".join(piece.text for piece in pieces) == text
    assert sum(piece.records for piece in pieces) == count + 1
    assert all(piece.text for piece in pieces)


def test_keys_that_come_again_are_all_named():
    text = "[a]\nx = 1\n[b]\ny = 2\n[a]\nx = 3\n"

    assert [piece.place for piece in cut(configs.pieces, read(text, "ini"), 300)] == ["a … b"]
