import pytest

from rlm_pipeline.errors import QueryError, SourceError
from rlm_pipeline.exchange import peek as peeking
from rlm_pipeline.exchange import raw_text
from rlm_pipeline.exchange.peek import Where


def peek(mixed, source, **where):
    return peeking.peek(mixed.store, mixed.config, source, Where(**where))


def test_a_record_is_shown_as_readers_see_it_without_what_is_ignored(mixed):
    (record,) = peek(mixed, "tickets.csv", row=2)

    assert record.text == "id: 1\nsubject: cannot print on the third floor\nresolution: driver reinstalled"
    assert (record.row, record.line, record.verbatim) == (2, 3, False)


def test_a_line_shows_the_record_it_belongs_to(mixed):
    assert peek(mixed, "tickets.csv", line=3) == peek(mixed, "tickets.csv", row=2)
    assert peek(mixed, "notes.md", line=4)[0].row == 2


@pytest.mark.parametrize(("start", "end"), [(0, 20), (10, 60), (13, 17), (40, 47), (3000, 4000), (5, 5)])
def test_characters_of_a_text_are_exactly_these(mixed, start, end):
    text = (mixed.source / "notes.md").read_text(encoding="utf-8")

    found = peek(mixed, "notes.md", start=start, end=end)

    assert "".join(each.text for each in found) == text[start:end]
    for each in found:
        assert text[each.char_start : each.char_end] == each.text
        assert text.count("\n", 0, each.char_start) + 1 == each.line


def test_without_a_place_the_beginning_is_shown(mixed):
    text = (mixed.source / "notes.md").read_text(encoding="utf-8")

    assert "".join(each.text for each in peek(mixed, "notes.md")) == text[:3000]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"row": 999}, "no record 999"),
        ({"row": 3}, "no record 3 that is stored"),  # it was set aside
        ({"row": 1, "line": 1}, "contradict"),
        ({"row": 1, "start": 1}, "leave out --row"),
        ({"start": 9, "end": 3}, "no range"),
        ({"start": -1}, "no range"),
    ],
)
def test_what_is_not_there_is_refused(mixed, where, said):
    with pytest.raises(QueryError, match=said):
        peek(mixed, "tickets.csv", **where)


def test_the_raw_text_is_the_sources_own(mixed):
    text = (mixed.source / "events.jsonl").read_text()

    (record,) = raw_text.peek(mixed.store, mixed.config, "events.jsonl", Where(row=2))
    (part,) = raw_text.peek(mixed.store, mixed.config, "events.jsonl", Where(start=5, end=25))

    assert record.text == text.splitlines(keepends=True)[1]
    assert part.text == text[5:25]


def test_raw_text_with_columns_that_are_ignored_is_refused(mixed):
    with pytest.raises(SourceError, match="never shown"):
        raw_text.peek(mixed.store, mixed.config, "tickets.csv", Where(row=2))
