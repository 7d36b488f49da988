import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.report import figures, left_out


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0 %"), (1, "100 %"), (0.0001, "<0.1 %"), (0.9999, ">99.9 %"), (0.5, "50.0 %"), (0.1234, "12.3 %")],
)
def test_only_nothing_reads_as_nothing_and_only_everything_as_everything(value, written):
    assert figures.share(value) == written.replace(" ", "\N{NO-BREAK SPACE}")


@given(st.floats(0, 1))
def test_a_share_reads_as_a_whole_only_when_it_is_one(value):
    written = figures.share(value)

    assert (written == f"0{figures.PERCENT}") == (value == 0)
    assert (written == f"100{figures.PERCENT}") == (value == 1)


@pytest.mark.parametrize(("value", "written"), [(0.0901, "+9.0"), (-0.075, "\N{MINUS SIGN}7.5"), (0.0001, "±0.0")])
def test_a_change_of_shares_carries_its_sign(value, written):
    assert figures.points(value) == written


@pytest.mark.parametrize(("value", "written"), [(1204.0, "1,204"), (0.06981, "0.0698"), (3, "3")])
def test_whole_numbers_are_exact_and_others_rounded(value, written):
    assert figures.count(value) == written


def test_periods_are_ordered_and_undated_records_have_no_place_in_time():
    assert figures.dated(("FY2014", "undated", "FY2013", "FY2014")) == ("FY2013", "FY2014")
    assert figures.dated(("all",)) == ()
    assert figures.period_noun(("FY2013", "FY2014")) == "fiscal year"
    assert figures.period_noun(("spring", "summer")) == "period"


@given(st.text(max_size=40))
def test_a_sentence_ends_once(text):
    written = figures.sentence(text)

    assert written == "" or written[-1] in ".!?"
    assert figures.sentence(written) == written


def test_reasons_that_differ_only_in_their_figures_are_one():
    reasons = left_out.by_reason(
        {"a": "constant: 'x' in 1,200 records", "b": "constant: 'y y' in 7 records", "c": "empty"}
    )

    assert [(reason.text, [name for name, _ in reason.columns]) for reason in reasons] == [
        ("constant: … in … records", ["a", "b"]),
        ("empty", ["c"]),
    ]
