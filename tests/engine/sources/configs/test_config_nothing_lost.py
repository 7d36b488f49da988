from tests.engine.sources.configs.leaves import entries


def test_the_anchor_of_a_key_is_a_value_of_its_own():
    read = [entry.cells[:3] for entry in entries("yaml", "a: 1\n&k b: 2\n")]

    assert read == [("a", "1", "integer"), ("b", "&k", "anchor"), ("b", "2", "integer")]


def test_where_a_file_stops_being_yaml_its_comments_and_its_keys_without_a_value_are_kept():
    text = "a: 1\nb: }\n# on c\nc: 3 # behind it\nd:\ne: # none\nf:\n  g: |\n    h\n- i\nk:\n- l\nm:\n# the end\n"
    read = entries("yaml", text)

    assert [(entry.line, *entry.cells) for entry in read if entry.cells] == [
        (1, "a", "1", "integer", ""),
        (4, "c", "3", "integer", "on c\nbehind it"),
        (5, "d", "", "null", ""),
        (6, "e", "", "null", "none"),
        (8, "f.g", "h", "string", ""),
        (10, "f[0]", "i", "string", ""),
        (12, "k[0]", "l", "string", ""),
        (13, "m", "", "null", "the end"),
    ]


def test_what_is_nested_too_deep_is_set_aside_on_its_line():
    read = entries("yaml", "a: 1\nb: &c " + "{" * 300 + "\n")

    assert [entry.line for entry in read if entry.cells is None] == [2]


def test_an_empty_document_at_the_end_is_on_the_last_line():
    assert [(entry.line, entry.cells[0]) for entry in entries("yaml", "a: 1\n---\n")] == [(1, "a"), (2, "(2)")]


def test_only_keys_that_must_be_marked_as_such_are_cut():
    (plain,) = entries("yaml", "k " * 500 + "z: 1\n")
    (marked,) = entries("yaml", "? " + "k" * 5000 + "\n: 1\n")

    assert plain.cells[0] == f'["{"k " * 500}z"]'
    assert marked.cells[0] == f'["{"k" * 1100}…"]'
