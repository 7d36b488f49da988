import pytest

from rlm_pipeline.profiling.kinds import Facts, kind_of


def kind(*, prose: bool = False, **facts) -> str:
    usual = dict.fromkeys(("placeholders", "numeric", "whole", "integral", "zero_led", "dates", "codes"), 0)
    usual |= {"records": 1000, "non_null": 1000, "distinct": 300, "length_median": 8.0, "words_median": 1.0}
    return kind_of(Facts(**{**usual, **facts}), prose=lambda: prose)


WHOLE = {"numeric": 1000, "whole": 1000, "integral": 1000}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"non_null": 0, "distinct": 0}, "empty"),
        ({"distinct": 1}, "constant"),
        ({"distinct": 1, "non_null": 960}, "constant"),
        ({"dates": 950}, "date"),
        (WHOLE, "integer"),
        ({"numeric": 1000, "integral": 10}, "number"),
        ({"numeric": 1000, "integral": 1000, "distinct": 900}, "number"),
        ({**WHOLE, "distinct": 5}, "categorical"),
        ({"numeric": 1000, "integral": 1000, "distinct": 4}, "categorical"),
        ({**WHOLE, "distinct": 999}, "identifier"),
        ({"numeric": 1000, "integral": 30, "distinct": 1000}, "number"),
        ({"codes": 1000, "distinct": 1000}, "identifier"),
        ({"codes": 1000, "distinct": 1000, "length_median": 300.0}, "string"),
        ({"distinct": 64}, "categorical"),
        ({"distinct": 50}, "categorical"),
        ({"distinct": 300}, "string"),
    ],
)
def test_counts_decide_the_kind(facts, expected):
    assert kind(**facts) == expected


def test_one_value_in_some_records_only_is_not_constant():
    assert kind(distinct=1, non_null=400) == "string"


def test_a_single_record_shows_no_constant():
    assert kind(records=1, non_null=1, distinct=1) == "string"


def test_placeholders_do_not_hide_numbers_or_dates():
    assert kind(placeholders=400, numeric=600, whole=600, integral=600) == "integer"
    assert kind(placeholders=400, dates=600) == "date"
    assert kind(placeholders=1000, distinct=2) == "categorical"


def test_digits_with_leading_zeros_are_codes():
    assert kind(numeric=990, whole=1000, integral=990, zero_led=10) == "string"


def test_text_is_prose_with_enough_words_that_does_not_repeat():
    narrative = {"words_median": 30.0, "distinct": 990, "length_median": 160.0}

    assert kind(**narrative, prose=True) == "text"
    assert kind(**narrative, prose=False) == "string"
    assert kind(**{**narrative, "distinct": 40}, prose=True) == "categorical"
    assert kind(**{**narrative, "words_median": 2.0, "length_median": 12.0}, prose=True) == "string"
    assert kind(**{**narrative, "records": 100_000, "non_null": 999}, prose=True) == "string"


def test_three_quarters_of_boilerplate_do_not_hide_text():
    assert kind(words_median=12.0, distinct=250, prose=True) == "text"
