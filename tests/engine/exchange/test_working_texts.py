import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import QueryError, StoreError
from rlm_pipeline.exchange import set_up, variables, working_texts
from rlm_pipeline.store import DatasetStore, Store


@pytest.fixture
def store(tmp_path):
    return DatasetStore(tmp_path / "mine")


def test_a_text_comes_back_as_it_was_put_line_ends_included(store):
    text = "first\r\nsecond\rthird é𝔸\n\nlast"

    figures = working_texts.add(store, "b", [text.encode()])

    assert working_texts.peek(store, "b", 0, None) == text
    assert (figures.characters, figures.lines) == (len(text), 4)
    assert working_texts.names(store) == ("b",)


def test_a_name_is_taken_once_and_updated_only_where_it_is(store):
    working_texts.add(store, "b", [b"one"])

    with pytest.raises(QueryError, match="update"):
        working_texts.add(store, "b", [b"two"])
    with pytest.raises(QueryError, match="no buffer 'c' in mine; there are: b"):
        working_texts.update(store, "c", [b"two"])
    working_texts.update(store, "b", [b"two"])

    assert working_texts.peek(store, "b", 0, None) == "two"
    working_texts.delete(store, "b")
    assert working_texts.names(store) == ()


def test_a_text_that_is_not_utf8_is_refused_and_the_former_one_stays(store):
    working_texts.add(store, "b", [b"one"])

    with pytest.raises(QueryError, match="UTF-8"):
        working_texts.update(store, "b", [b"two \xc3", b"("])

    assert working_texts.peek(store, "b", 0, None) == "one"


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a\\b", "nul.txt", "é", "x" * 101, "a\nb", "a."])
def test_a_name_that_is_no_file_name_is_refused(store, name):
    with pytest.raises(QueryError, match="file name"):
        working_texts.add(store, name, [b"x"])


@given(text=st.text(max_size=50), start=st.integers(0, 60), length=st.integers(0, 60))
def test_characters_are_counted_as_characters(tmp_path_factory, text, start, length):
    store = DatasetStore(tmp_path_factory.mktemp("b") / "mine")
    working_texts.add(store, "b", [text.encode("utf-8", "replace")])
    whole = working_texts.peek(store, "b", 0, None)

    assert working_texts.peek(store, "b", start, start + length) == whole[start : start + length]


def test_all_buffers_are_one_json_object(store):
    working_texts.add(store, "b", [b"one"])
    working_texts.add(store, "a", [b't"wo\n'])

    assert json.loads("".join(working_texts.joined(store, ("a", "b"), as_json=True))) == {"a": 't"wo\n', "b": "one"}
    assert "".join(working_texts.joined(store, ("a", "b"), as_json=False)) == 't"wo\n\n\none'
    assert json.loads("".join(working_texts.joined(store, (), as_json=True))) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("2.5", 2.5),
        ("true", True),
        ("null", None),
        ('[1, "a"]', [1, "a"]),
        ('"3"', "3"),
        ("hello", "hello"),
        ("NaN", "NaN"),
        ("{broken", "{broken"),
    ],
)
def test_a_variable_keeps_its_type(store, text, value):
    variables.write(store, "v", variables.value_of(text))

    assert variables.read(store, "v") == value
    assert type(variables.read(store, "v")) is type(value)


def test_variables_of_a_dataset_and_of_the_store_are_apart(tmp_path):
    root = Store(tmp_path)
    variables.write(root, "v", 1)
    variables.write(root.dataset("mine"), "v", 2)

    assert (variables.read(root, "v"), variables.read(root.dataset("mine"), "v")) == (1, 2)
    variables.delete(root, "v")
    with pytest.raises(StoreError, match="no variable 'v'"):
        variables.read(root, "v")


def test_agents_that_write_at_once_lose_nothing(store):
    def write(number):
        variables.write(store, f"v{number}", number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(variables.read_all(store)) == 20


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("data/Support Desk.csv", "support_desk"),
        ("logs.tar.gz", "logs"),
        ("2014.csv", "d_2014"),
        ("s3://bucket/exports/", "exports"),
        ("*.csv", "d_"),
    ],
)
def test_a_dataset_is_named_after_what_it_is_read_from(source, name):
    if name == "d_":
        with pytest.raises(QueryError, match="--name"):
            set_up.name_after(source)
    else:
        assert set_up.name_after(source) == name
