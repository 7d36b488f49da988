import json

import pytest

from rlm_pipeline.exchange import aggregation, answers


@pytest.fixture
def chunk(mixed):
    ids = aggregation.known_chunks(mixed.store)
    text = aggregation.chunk_tables.texts(mixed.store, ids)
    return ids, {each: text[each]["text"] for each in ids}


def gathered(mixed, items, **how):
    found, aside = answers.read(json.dumps(items))
    checked = aggregation.check(mixed.store, found)
    covered = aggregation.coverage(aggregation.known_chunks(mixed.store), found)
    options = {"least": "low", "group_by": "relevance", **how}
    arranged = aggregation.arranged(checked, options.pop("sort_by", "relevance"))
    return aggregation.result(arranged, aside, covered, **options)


def test_a_quote_is_verified_against_its_chunk_white_space_apart(mixed, chunk):
    ids, texts = chunk
    quote = "  ".join(texts[ids[0]].split()[:4])
    findings = [
        {"summary": "a", "evidence": quote},
        {"summary": "b", "evidence": quote.upper()},
        {"summary": "c", "evidence": [quote, "made up"]},
        {"summary": "d"},
    ]

    result = gathered(mixed, [{"chunk_id": ids[0], "relevance": "high", "findings": findings}])

    assert [each["verified"] for each in result["groups"][0]["answers"][0]["findings"]] == [True, False, False, None]
    assert result["summary"]["verified"] == 1
    assert result["summary"]["not_verified"] == 2


def test_a_quote_from_another_chunk_is_not_verified(mixed, chunk):
    ids, texts = chunk
    finding = {"summary": "a", "evidence": texts[ids[-1]].strip()}

    result = gathered(mixed, [{"chunk_id": ids[0], "relevance": "high", "findings": [finding]}])

    assert result["summary"]["not_verified"] == 1


def test_groups_come_from_high_to_none_and_counts_are_of_answers_and_findings(mixed, chunk):
    ids, _ = chunk
    items = [
        {"chunk_id": ids[0], "relevance": "none", "findings": []},
        {"chunk_id": ids[1], "relevance": "low", "findings": ["x"]},
        {"chunk_id": ids[2], "relevance": "HIGH", "findings": ["x", "y"]},
        {"chunk_id": ids[3], "relevance": "medium", "findings": ["X  "]},
    ]

    result = gathered(mixed, items, least="none")

    assert [each["group"] for each in result["groups"]] == ["high", "medium", "low", "none"]
    by_relevance = result["summary"]["by_relevance"]
    assert {name: (each["answers"], each["findings"]) for name, each in by_relevance.items()} == {
        "high": (1, 2), "medium": (1, 1), "low": (1, 1), "none": (1, 0),
    }  # fmt: skip
    assert [(each["text"], each["count"], each["relevance"]) for each in result["findings"]] == [
        ("x", 3, "high"), ("y", 1, "high"),
    ]  # fmt: skip
    assert result["findings"][0]["chunk_ids"] == (ids[2], ids[3], ids[1])


def test_less_relevant_answers_are_left_out_but_counted(mixed, chunk):
    ids, _ = chunk
    items = [
        {"chunk_id": ids[0], "relevance": "none", "findings": ["n"]},
        {"chunk_id": ids[1], "relevance": "medium", "findings": ["m"], "follow_up": ["When?", "when? "]},
    ]

    result = gathered(mixed, items, least="medium")

    assert result["summary"]["answers"] == 2
    assert result["summary"]["kept"]["answers"] == 1
    assert [each["text"] for each in result["findings"]] == ["m"]
    assert [(each["text"], each["count"]) for each in result["follow_ups"]] == [("When?", 2)]


def test_groups_by_chunk_are_in_the_order_of_the_dataset(mixed, chunk):
    ids, _ = chunk
    items = [{"chunk_id": each, "relevance": "low", "findings": ["x"]} for each in reversed(ids)]

    result = gathered(mixed, items, group_by="chunk", sort_by="chunk")

    assert [each["group"] for each in result["groups"]] == list(ids)


@pytest.mark.parametrize(("by", "first"), [("relevance", 1), ("chunk", 0), ("findings", 2)])
def test_answers_are_sorted_as_asked(mixed, chunk, by, first):
    ids, _ = chunk
    items = [
        {"chunk_id": ids[0], "relevance": "low", "findings": ["x"]},
        {"chunk_id": ids[1], "relevance": "high", "findings": []},
        {"chunk_id": ids[2], "relevance": "medium", "findings": ["x", "y"]},
    ]

    result = gathered(mixed, items, group_by="none", sort_by=by)

    assert [each["group"] for each in result["groups"]] == ["all"]
    assert result["groups"][0]["answers"][0]["chunk_id"] == ids[first]


def test_unknown_chunks_and_chunks_without_an_answer_are_reported(mixed, chunk):
    ids, _ = chunk

    result = gathered(mixed, [{"chunk_id": ids[0], "relevance": "low"}, {"chunk_id": "f" * 16, "relevance": "low"}])

    assert result["unknown_chunks"] == ["f" * 16]
    assert result["coverage"] == {"asked": len(ids), "answered": 1, "missing": ids[1:]}
