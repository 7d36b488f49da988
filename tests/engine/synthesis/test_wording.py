from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.synthesis import wording
from tests.engine.synthesis.framed import finding, gathered

BURST = "app.log: error burst from 2015-10-17 to 2015-10-18, {n} errors of it here"
_summaries = st.lists(
    st.lists(st.sampled_from(["a: ", "b, ", "b. ", "12 c; ", "d"])).map("".join), min_size=1, max_size=5
)


@given(_summaries, st.randoms())
def test_the_common_beginning_does_not_depend_on_order_or_grouping(summaries, draw):
    whole = wording.common(summaries)
    cut = draw.randint(0, len(summaries))
    parts = [wording.common(part) for part in (summaries[:cut], summaries[cut:]) if part]
    draw.shuffle(parts)

    assert wording.common(parts) == whole
    assert all(each.startswith(whole) for each in summaries)


def test_one_finding_is_told_in_its_own_words():
    (found,) = gathered([finding("text", "error", summary=BURST.format(n=7))]).specialists

    assert wording.of_scope(found) == BURST.format(n=7)


def test_of_several_the_merged_numbers_stand_behind_the_words_they_share():
    rows = [
        finding(
            "text", "error", "error burst \u00b7 app.log", summary=BURST.format(n=n), batch=n, total=n,
            distribution={"timeout": n, "refused": 1}, numbers={"hits": n},
        )
        for n in (7, 20)
    ]  # fmt: skip

    (found,) = gathered(rows).specialists

    assert wording.of_scope(found) == (
        "app.log: error burst from 2015-10-17 to 2015-10-18: 27 records; 'timeout' 93.1 %, 'refused' 6.9 %; hits 27"
    )


def test_a_number_that_several_batches_share_by_chance_is_not_repeated():
    rows = [finding(batch=batch, total=5, summary="eval of input, 5 records here, and so on") for batch in (0, 1)]

    (found,) = gathered(rows).specialists

    assert wording.of_scope(found) == "eval of input: 10 records"


def test_without_common_words_the_type_and_the_scope_are_named():
    rows = [finding(kind="dead_code", batch=batch, summary=f"{batch} here") for batch in (0, 1)]

    assert wording.of_scope(gathered(rows).specialists[0]) == "dead code at function:f: 2 records"
    everywhere = [{**row, "scope": "*"} for row in rows]
    assert wording.of_scope(gathered(everywhere).specialists[0]) == "dead code: 2 records"


@given(st.text(max_size=200) | _summaries.map("".join), st.integers(1, 120))
def test_a_text_is_shortened_between_clauses_or_words_and_never_within_a_number(text, most):
    short = wording.shortened(text, most)

    if len(text) <= most:
        assert short == text
    else:
        kept = short.removesuffix(" \u2026")
        assert text.lstrip().startswith(kept)
        assert len(kept) <= most


def test_a_long_sentence_ends_behind_a_clause():
    assert wording.shortened("first, 1,234 records; then others", 24) == "first, 1,234 records \u2026"
    assert wording.shortened("about 1,234 records in one", 16) == "about 1,234 \u2026"


def test_nested_data_counts_values_and_the_rest_records():
    values = [finding("json", "pattern", "$.a[*]", batch=batch, total=70, summary=f"{batch}") for batch in (0, 1)]

    assert wording.of_scope(gathered(values).specialists[0]) == "pattern at $.a[*]: 140 values"
    assert wording.breadth("json", 140, 100) == "140 values"
    assert wording.breadth("text", 40, 100) == "40 of 100 records (40.0 %)"
    assert wording.breadth("text", 140, 100) == "140 records"
