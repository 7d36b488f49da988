"""A record's cells as sections, and what JSON holds in them, cut between elements."""

import polars as pl

from rlm_pipeline.chunking import lines
from rlm_pipeline.chunking.rendering import SEPARATOR, rendered


def sections_of(value: str) -> lines.Section:
    (section,) = lines.sections(rendered(pl.DataFrame({"a": [value]}), ["a"], 1).lines(0))
    return section


def test_elements_are_those_in_the_fewest_brackets():
    outer = sections_of('[[1, 2], {"b": "x, [y", "c": 3}]').inside()

    assert [each.text for each in outer] == ["a: [[1, 2],", ' {"b": "x, [y", "c": 3}]\n\n']
    assert [each.text for each in outer[0].inside()] == ["a: [[1,", " 2],"]
    assert [each.text for each in outer[1].inside()] == [' {"b": "x, [y",', ' "c": 3}]\n\n']


def test_a_string_that_is_never_closed_costs_its_length_not_its_square():
    value = '[1, "' + '\\"' * 500_000

    assert [each.text for each in sections_of(value).inside()] == ["a: [1,", ' "' + '\\"' * 500_000 + SEPARATOR]


def test_brackets_without_end_hold_no_elements():
    assert sections_of("[" * 100_000).inside() == ()
