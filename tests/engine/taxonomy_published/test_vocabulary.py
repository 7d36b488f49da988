"""A column whose codes were replaced is reported as that, not as falling and rising categories."""

import numpy as np
import pytest

from rlm_pipeline.taxonomy import trends, vocabulary
from rlm_pipeline.taxonomy.document import Category, Dimension

YEARS = ("FY2012", "FY2013", "FY2014", "FY2015")


def impact(counts, *, kind="categorical"):
    """`counts` maps a value to its records in each year."""
    categories = tuple(
        Category(
            id=value,
            name=value,
            definition="",
            status="established",
            by_partition=dict(zip(YEARS, each, strict=True)),
        )
        for value, each in counts.items()
    )
    return Dimension(
        id="impact", name="Impact", definition="", facet="impact", kind=kind, method="", gate="passed",
        categories=categories,
    )  # fmt: skip


RECODED = {"1": [500, 480, 0, 0], "2": [300, 310, 0, 0], "low": [0, 0, 490, 510], "high": [0, 0, 320, 300]}


def test_replaced_codes_are_no_trend_and_the_year_is_named():
    dimension = impact(RECODED)

    assert vocabulary.changed_in(dimension, YEARS) == "FY2014"
    assert trends.find([dimension], YEARS) == ()
    assert vocabulary.values_around(dimension, "FY2014") == ("“1”, “2”", "“low”, “high”")


def test_a_few_late_rows_with_old_codes_do_not_hide_a_recoding():
    counts = {value: list(each) for value, each in RECODED.items()}
    counts["1"][2] = 9

    assert vocabulary.changed_in(impact(counts), YEARS) == "FY2014"


@pytest.mark.parametrize(
    "counts",
    [
        {"a": [500, 400, 300, 200], "b": [100, 200, 300, 400]},
        {"a": [500, 500, 500, 0], "b": [100, 100, 100, 400]},
        {"a": [0, 0, 500, 500], "b": [0, 0, 300, 300]},
        {},
    ],
)
def test_moves_new_columns_and_emptiness_are_not_recodings(counts):
    assert vocabulary.changed_in(impact(counts), YEARS) is None


def test_categories_found_in_text_have_no_vocabulary():
    assert vocabulary.changed_in(impact(RECODED, kind="text"), YEARS) is None
    assert np.size(trends.find([impact(RECODED, kind="text")], YEARS)) > 0
