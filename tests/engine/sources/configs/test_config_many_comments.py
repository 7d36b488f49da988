"""Comments without end are all read: those that are too many for one value's record are records of their own."""

import pytest

from rlm_pipeline.sources.configs import leaf, yaml_events
from tests.engine.sources.configs.leaves import aside, entries


@pytest.mark.parametrize(("kind", "key"), [("yaml", "b: 2"), ("toml", "b = 2"), ("ini", "b = 2")])
def test_the_first_of_very_many_comments_are_records(monkeypatch, kind, key):
    monkeypatch.setattr(leaf, "_COMMENTS_GATHERED", 8)
    text = f"# one\n# two\n\n# three\n# four\n# five\n{key}\n# six\n# seven\n# eight\n"

    assert [(entry.line, entry.cells[0], entry.cells[3]) for entry in entries(kind, text)] == [
        (1, "", "one\ntwo"),
        (4, "", "three\nfour"),
        (7, "b", "five"),
        (8, "", "six\nseven"),
        (10, "", "eight"),
    ]


def test_comments_between_a_key_and_its_value_come_behind_the_value(monkeypatch):
    monkeypatch.setattr(leaf, "_COMMENTS_GATHERED", 8)

    assert [
        (entry.line, entry.cells[3]) for entry in entries("yaml", "a:\n  # one\n  # two\n  # three\n  1\nb: 2\n")
    ] == [
        (1, "three"),
        (2, "one\ntwo"),
        (6, ""),
    ]


def test_a_value_of_yaml_that_is_too_long_for_a_record_is_set_aside(monkeypatch):
    monkeypatch.setattr(yaml_events, "_LONGEST_VALUE", 20)
    text = "a: |\n  many\n  lines of\n  text\nb: 2\n"

    assert aside("yaml", text) == [(1, "a value longer than 20 characters")]
    assert [entry.cells for entry in entries("yaml", text)] == [None, ("b", "2", "integer", "")]
