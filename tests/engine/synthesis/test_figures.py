from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.synthesis import figures
from rlm_pipeline.synthesis.figures import Figure

FACT = "queue: 'open' in 12.3 % (1,234 of 10,000 records) in FY2012; CWE-89 at $.a[0].b on 2015-10-17"
GIVEN = (figures.share(1234, 10_000), figures.count(1234), figures.count(10_000))


def wrong(sentence):
    return figures.unsupported(sentence, [FACT], GIVEN)


@pytest.mark.parametrize(
    "sentence",
    [
        "12 % of the records are open.",
        "12.34 percent are open",
        "1,234 records (of 10,000) are open.",
        "1234 records",
        "1.2 thousand records",
        "1.2k records",
        "10\u202f000 records, 1'234 of them open",
        "10.000 Datensätze, davon 12,3 %",
        "about 1,200 records",
        "From 12 to 12.3 % in 2012.",
        "In FY2012, CWE-89 stands at `$.a[0].b`.",
        "on 2015-10-17",
        "between 1,234 and 10,000",
        "1,234\u201310,000 records",
        "Open is frequent.",
        "One value leads.",
    ],
)
def test_a_number_of_the_facts_may_be_written_in_any_way(sentence):
    assert wrong(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("12.4 % are open", ("12.4",)),
        ("13 % are open", ("13",)),
        ("1,235 records", ("1,235",)),
        ("1,200 records", ("1,200",)),
        ("1,234 %", ("1,234",)),
        ("12 records", ("12",)),
        ("in FY2013", ("FY2013",)),
        ("CWE-79", ("CWE-79",)),
        ("89 records", ("89",)),
        ("two values and 3 others", ("3", "two")),
        ("twice as many, or half of them", ("twice", "half")),
        ("1.3 million records", ("1.3",)),
        ("about 1,000 records", ("1,000",)),
        ("2015-10-18", ("2015-10-18",)),
    ],
)
def test_any_other_number_is_found(sentence, numbers):
    assert wrong(sentence) == numbers


def test_a_number_in_words_may_be_a_figure():
    assert figures.unsupported("the two columns", ["they go together"], [figures.count(2)]) == ()


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_every_rounding_of_a_share_is_borne_out_and_nothing_beyond_it(part, more):
    share = figures.share(part, part + more)

    for digits in range(4):
        rounded = f"{float(share.value):.{digits}f}"
        assert figures.unsupported(f"{rounded} %", [], [share]) == ()
        off = Decimal(rounded) + Decimal(2).scaleb(-digits)
        assert figures.unsupported(f"{off} %", [], [share]) == (f"{off}",)


@given(st.integers(0, 10**12))
def test_a_count_is_borne_out_with_and_without_separators(number):
    given = [Figure(Decimal(number))]

    assert figures.unsupported(f"{number:,} or {number} records", [], given) == ()
    assert figures.unsupported(f"{number + 1:,} records", [], given) != ()
