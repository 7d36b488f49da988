import pytest

from tests.engine.sources.configs.leaves import aside, column, entries, values


def test_a_value_is_found_by_the_path_of_its_keys():
    text = "servers:\n  - host: a\n    ports: [80, 443]\n  - host: b\n'my key': {x: 1}\n"

    assert values("yaml", text) == {
        "servers[0].host": "a",
        "servers[0].ports[0]": "80",
        "servers[0].ports[1]": "443",
        "servers[1].host": "b",
        '["my key"].x': "1",
    }


def test_values_are_not_converted():
    text = "a: 0x1F\nb: 1.10\nc: yes\nd: 2001-01-01\ne:\nf: '007'\ng: 1_000\n"

    assert values("yaml", text) == {
        "a": "0x1F", "b": "1.10", "c": "yes", "d": "2001-01-01", "e": "", "f": "007", "g": "1_000",
    }  # fmt: skip
    assert column("yaml", text, "type") == {
        "a": "integer", "b": "number", "c": "boolean", "d": "date", "e": "null", "f": "string", "g": "integer",
    }  # fmt: skip


def test_a_value_stands_on_the_line_of_its_key():
    text = "# c\na:\n  folded\n  text\nb: |\n  x\n\n  y\nc: [\n  1,\n  2]\n"

    assert column("yaml", text, "line") == {"a": 2, "b": 5, "c[0]": 10, "c[1]": 11}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("? [a, # c\nb]\n: c\nt: 1\n", [1, 2, 3, 4]),
        ("? {a: b,\n  c: d}\n:\n  - e\n  - f\n", [1, 2, 4, 5]),
        ("? [a,\n  [b,\n   c]]\n\n: d\n", [1, 2, 3, 5]),
        ("? - a\n  - b\n? - c\n", [1, 2, 3, 3, 3]),
    ],
)
def test_a_value_whose_key_is_a_collection_stands_on_its_own_line(text, lines):
    assert [entry.line for entry in entries("yaml", text)] == lines


def test_lines_are_the_files_whatever_yaml_takes_for_a_line_end():
    assert column("yaml", "a: 'x\u2028y'\r\nb: 1\rc: 'p\x85q'\nd: 2\n", "line") == {"a": 1, "b": 2, "c": 3, "d": 4}


def test_comments_above_and_behind_belong_to_the_value():
    text = "# file\n\n# of a\na: 1 # behind\nb: # of b\n  # inside\n  c: '# none'\nd: |\n  # text\n# at the end\n"

    assert column("yaml", text, "comment") == {
        "a": "file\nof a\nbehind",
        "b.c": "of b\ninside",
        "d": "",
        "": "at the end",
    }


def test_aliases_are_not_expanded():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
    )

    read = values("yaml", bomb)

    assert len(read) == 9 + 2 + 8 * 9
    assert (read["a"], read["i[0]"], column("yaml", bomb, "type")["i[0]"]) == ("&a", "*h", "alias")


def test_a_merge_key_is_a_key():
    assert values("yaml", "a: &x {k: 1}\nb:\n  <<: *x\n") == {"a": "&x", "a.k": "1", 'b["<<"]': "*x"}


def test_objects_are_never_constructed(tmp_path):
    text = f"a: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n"

    assert values("yaml", text)["a[0]"] == f"{tmp_path}/made"
    assert column("yaml", text, "type")["a"] == "tag"
    assert not (tmp_path / "made").exists()


def test_documents_of_a_stream_are_numbered():
    assert values("yaml", "a: 1\n---\na: 2\n---\n- b\n") == {"a": "1", "(2).a": "2", "(3)[0]": "b"}


def test_empty_collections_are_values():
    assert values("yaml", "a: []\nb: {}\nc: [{}]\n") == {"a": "[]", "b": "{}", "c[0]": "{}"}


def test_a_key_may_be_a_collection():
    assert values("yaml", "? [p, q]\n: v\nk: w\n") == {
        '["?"][0]': "p",
        '["?"][1]': "q",
        '["?"]': "v",
        "k": "w",
    }


def test_control_characters_are_kept():
    assert values("yaml", "a: x\x00y\x1b\n'k\x01': z\n") == {"a": "x\x00y\x1b", '["k\\u0001"]': "z"}


def test_behind_a_broken_line_the_file_is_read_line_by_line():
    text = "a:\n  b:\n    - x: 1\n    - x: 2\n      bad: { t }} }\n      y: 4 # four\n  c: 'no end\nd: no\njunk\n"

    read = {entry.cells[0]: (entry.line, entry.cells[1]) for entry in entries("yaml", text) if entry.cells}

    assert read["a.b[0].x"] == (3, "1")
    assert read["a.b[1].y"] == (6, "4")
    assert read["d"] == (8, "no")
    assert [line for line, _ in aside("yaml", text)] == [5, 9]
    assert aside("yaml", text)[0][1].startswith("not YAML: ")
    assert "line 5" in aside("yaml", text)[0][1]


def test_a_text_below_a_key_is_read_behind_a_broken_line():
    text = "a: 'open\nb: |\n  one\n  two\nc:\n- 1\n- 2\n"

    read = {entry.cells[0]: entry.cells[1] for entry in entries("yaml", text) if entry.cells}

    assert read == {"b": "one\ntwo", "c[0]": "1", "c[1]": "2"}


def test_a_file_that_ends_too_early_says_so():
    assert aside("yaml", "a: [1, 2\n")[0][0] == 1


def test_depth_is_bounded():
    read = entries("yaml", "[" * 100_000)

    assert [entry.reason for entry in read] == ["not YAML: nested more than 200 deep (line 1)"]


def test_the_places_of_a_template_are_values_as_they_are_written():
    text = 'name: {{ include "a.b" . }}\nlabels:\n  {{- toYaml .x | nindent 4 }}\nitems: [{{ .a }}, "{{ .b }}"]\n'
    text += "key: {a: {b: 1}}\n'{{ k }}': v # {{ c }}\n"

    assert values("yaml", text) == {
        "name": '{{ include "a.b" . }}',
        "labels": "{{- toYaml .x | nindent 4 }}",
        "items[0]": "{{ .a }}",
        "items[1]": "{{ .b }}",
        "key.a.b": "1",
        '["{{ k }}"]': "v",
    }
    assert column("yaml", text, "comment")['["{{ k }}"]'] == "{{ c }}"


def test_a_time_of_day_is_no_number():
    assert column("yaml", "at: 12:30:45\nfor: 1:30.5\nport: 80\n", "type") == {
        "at": "string", "for": "string", "port": "integer",
    }  # fmt: skip
