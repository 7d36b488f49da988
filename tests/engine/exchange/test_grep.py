"""A match is found once, wherever it lies, at the place where the source has it."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import grep as grepping
from rlm_pipeline.exchange import regex


def found(mixed, pattern, *, ignore_case=False, **how):
    expression = regex.compiled(pattern, ignore_case=ignore_case)
    return grepping.grep(mixed.store, mixed.config, expression, **how)


def test_a_match_in_text_is_at_its_own_characters_and_line(mixed):
    text = (mixed.source / "notes.md").read_text(encoding="utf-8")

    result = found(mixed, r"number \d+", sources=["notes.md"], most=1000)

    assert result.total == len(result.matches) == len(re.findall(r"number \d+", text)) == 60
    for each in result.matches:
        assert text[each.char_start : each.char_end] == each.matched
        assert text.count("\n", 0, each.char_start) + 1 == each.line
        assert each.matched in each.snippet


def test_a_match_across_two_parts_of_a_cut_record_is_found_once(mixed):
    text = (mixed.source / "notes.md").read_text(encoding="utf-8")
    chunks = grepping.chunk_tables.scan(mixed.store, (), ["notes.md"]).collect()
    border = chunks.filter(chunks["part"] > 1)["char_start"][0]
    across = text[border - 12 : border + 12]

    result = found(mixed, re.escape(across))

    assert result.total == 1
    assert result.matches[0].char_start == border - 12
    begins_in = chunks.filter((chunks["char_start"] <= border - 12) & (chunks["char_end"] > border - 12))
    assert result.matches[0].chunk_id == begins_in["chunk_id"][0]


def test_a_match_in_a_table_is_at_its_record_and_chunk(mixed):
    result = found(mixed, "TONER ordered", ignore_case=True, most=3)

    assert result.total == 10
    first = result.matches[0]
    assert (first.source, first.row, first.line, first.verbatim) == ("tickets.csv", 4, 5, False)
    chunk = grepping.chunk_tables.texts(mixed.store, [first.chunk_id])[first.chunk_id]
    assert "toner ordered" in chunk["text"]


def test_what_is_ignored_is_never_found(mixed):
    assert found(mixed, "hush").total == 0


def test_partitions_and_sources_narrow_the_search(mixed):
    assert found(mixed, "printer", sources=["*.md"]).total == 1
    with pytest.raises(QueryError, match=r"no source 'gone\.md'; it has events\.jsonl"):
        found(mixed, "printer", sources=["gone.md"])
    with pytest.raises(QueryError, match="no partition 'FY2012'"):
        found(mixed, "printer", partitions=["FY2012"])


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "unclosed group"),
        ("(?=a)", "look-around"),
        (r"(a)\1", "backreferences are not supported"),
        ("a*", "matches the empty text"),
        ("", "matches the empty text"),
        (r"(\w{1000}){1000}", "size limit"),
    ],
)
def test_an_expression_that_cannot_be_searched_for_says_why(pattern, said):
    with pytest.raises(QueryError, match=said):
        regex.compiled(pattern)


def test_an_expression_that_stops_other_engines_takes_linear_time():
    before = time.process_time()

    assert regex.count(regex.compiled("(a+)+$"), "a" * 100_000 + "!") == 0
    assert time.process_time() - before < 30  # a backtracking engine would take 2**100000 steps


@given(
    st.text(alphabet="ab \n\ufdd0\ufdd1é😀", max_size=60), st.sampled_from(["ab", "a+", r"\bb", "é.", "^a", "b$", "😀"])
)
def test_matches_are_those_of_pythons_engine(text, pattern):
    expected = [(each.start(), each.end()) for each in re.finditer(f"(?m){pattern}", text)]

    result = regex.find_all(regex.compiled(pattern), text, most=1000, window=3)

    assert [(each.start, each.end) for each in result] == expected
    assert regex.count(regex.compiled(pattern), text) == len(expected)
    assert all(each.snippet == text[max(0, each.start - 3) : each.end + 3] for each in result)
