import tomllib

import pytest
import tomlkit
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tests.engine.sources.configs.leaves import READERS, entries, values

PIECES = st.sampled_from(
    [
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "\t",
        "a",
        "b: ",
        "b:",
        "- ",
        "-",
        "[",
        "]",
        "{",
        "}",
        "= ",
        "x = ",
        "[t]\n",
        "[[t]]\n",
        '"',
        "'",
        '"""',
        "'''",
        "# c",
        "; c",
        "|\n",
        ">-\n",
        "&a ",
        "*a",
        "<<: ",
        "!t ",
        "? ",
        ": ",
        "---\n",
        "...\n",
        "%",
        "\\",
        "1",
        "0x1",
        "1.5",
        "2001-01-01",
        "true",
        "\x00",
        "\x85",
        "\u2028",
        "é",
        "\ufeff",
        "@",
        "`",
        ",",
    ]
)
TEXTS = st.lists(PIECES | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=40).map("".join)
WORDS = st.text("abcxyz09 _-#:.é'\"", max_size=8)
TREES = st.dictionaries(
    WORDS,
    st.recursive(
        WORDS | st.integers() | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def leaves(value):
    """The texts of all leaves, in order."""
    if isinstance(value, dict) and value:
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list) and value:
        return [leaf for each in value for leaf in leaves(each)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return ["{}" if value == {} else "[]" if value == [] else str(value)]


@pytest.mark.parametrize("kind", list(READERS))
@given(text=TEXTS)
@example(text="a: 'b\n\tc: &x [1, {*x: 2\n")
@example(text="\ud7ff: \x01\ufffe")
def test_any_text_is_read_without_an_error(kind, text):
    read = entries(kind, text)

    last = len(text.splitlines()) + 1
    assert all(1 <= entry.line <= last for entry in read)
    assert all(entry.reason if entry.cells is None else len(entry.cells) == 4 for entry in read)
    for entry in read:
        "".join(entry.cells or (entry.raw, entry.reason)).encode()


@given(text=TEXTS)
def test_every_letter_of_an_ini_text_is_in_a_record(text):
    text = text.replace("[", "(")  # sections are told by the keys in them
    read = "\n".join("\n".join(entry.cells) if entry.cells else entry.raw for entry in entries("ini", text))

    assert {character for character in text if character.isalnum()} <= set(read + "export")


@given(tree=TREES)
def test_a_tree_written_as_yaml_comes_back(tree):
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)

    assert [entry.cells[1] for entry in entries("yaml", text)] == (leaves(tree))


@given(tree=TREES)
def test_a_tree_written_as_toml_comes_back(tree):
    text = tomlkit.dumps(tree)
    assert tomllib.loads(text) == tree

    read = [entry.cells[1] for entry in entries("toml", text)]

    assert sorted(read) == sorted(leaf for leaf in leaves(tree) if tree) or "{}" in leaves(tree)


@given(pairs=st.dictionaries(st.text("abcxyz_", min_size=1, max_size=6), st.text("abc 19%$/", max_size=9), max_size=6))
def test_keys_and_values_written_as_ini_come_back(pairs):
    text = "[s]\n" + "".join(f"{key} = {value}\n" for key, value in pairs.items())

    assert values("ini", text) == {f"s.{key}": value.strip() for key, value in pairs.items()}
