"""Ancestor F1 of trees: by hand, against the definition record by record, and its bounds."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rlm_pipeline.evaluation.trees import ancestors, tree_agreement
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.taxonomy.document import Category

# Two known parents of two leaves each: columns are A, B, a1, a2, b1, b2.
KNOWN = np.array([[1, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1]], dtype=bool)


@st.composite
def trees(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    counts = arrays.arrays(np.int64, (rows, columns), elements=st.integers(0, 9)).filter(lambda table: table.sum() > 0)
    known = arrays.arrays(np.bool_, (rows, draw(st.integers(1, 4))))
    found = arrays.arrays(np.bool_, (columns, draw(st.integers(1, 4))))
    return draw(counts), draw(known), draw(found)


def test_the_same_tree_under_other_names_agrees_perfectly():
    table = np.diag([5, 4, 3, 2])
    renamed = KNOWN[:, [4, 1, 0, 5, 3, 2]]

    figures = tree_agreement(table, KNOWN, renamed)

    assert (figures.precision.value, figures.recall.value, figures.f1.value) == (1.0, 1.0, 1.0)
    assert figures.f1.low == figures.f1.high == 1.0
    assert (figures.records, figures.known_categories, figures.found_categories, figures.matched) == (14, 6, 6, 6)


def test_leaves_without_their_parents_lose_recall_alone():
    table = np.diag([5, 5, 5, 5])

    figures = tree_agreement(table, KNOWN, np.eye(4, dtype=bool))

    # By hand: a found leaf lies as far inside its known parent as inside its known leaf, so whichever it is named
    # after, 20 of its 20 ancestors are right, and 20 of the 40 known ones are found.
    assert figures.precision.value == 1.0
    assert figures.recall.value == pytest.approx(0.5)
    assert figures.f1.value == pytest.approx(2 / 3)


def test_a_leaf_below_the_wrong_parent_costs_its_parent_only():
    table = np.diag([10, 10, 10, 10])
    found = KNOWN.copy()
    found[3, :2] = [True, False]  # b2 is found below A

    figures = tree_agreement(table, KNOWN, found)

    assert figures.precision.value == figures.recall.value == pytest.approx(70 / 80)


def test_records_labelled_other_have_no_ancestors_and_cost_recall():
    categories = [
        Category(id="A", name="", definition="", status="established"),
        Category(id="a1", name="", definition="", status="established", parent="A"),
        Category(id="b", name="", definition="", status="established"),
    ]

    inside = ancestors(["a1", OTHER, "b", BLANK, "A"], categories)

    assert inside.tolist() == [
        [True, True, False],
        [False, False, False],
        [False, False, True],
        [False, False, False],
        [True, False, False],
    ]
    known = np.array([[True]])
    figures = tree_agreement(np.array([[6, 2]]), known, ancestors(["b", OTHER], categories))
    assert (figures.precision.value, figures.recall.value) == (1.0, pytest.approx(0.75))


def test_a_record_in_two_branches_asks_for_both():
    known = np.array([[True, True], [True, False]])  # two tactics, one tactic
    table = np.array([[4], [4]])

    figures = tree_agreement(table, known, np.array([[True]]))

    assert (figures.precision.value, figures.recall.value) == (1.0, pytest.approx(8 / 12))


def test_nothing_found_is_zero_and_not_an_error():
    figures = tree_agreement(np.array([[3], [3]]), np.eye(2, dtype=bool), np.zeros((1, 0), dtype=bool))

    assert (figures.precision.value, figures.recall.value, figures.f1.value) == (0.0, 0.0, 0.0)
    assert figures.matched == 0


@settings(max_examples=60, deadline=None)
@given(trees())
def test_the_figures_are_those_of_the_best_naming_counted_record_by_record(tree):
    table, known, found = tree

    figures = tree_agreement(table, known, found, resamples=0)

    records = [(row, column) for row, column in np.ndindex(*table.shape) for _ in range(table[row, column])]
    sides = known.shape[1], found.shape[1]
    shorter, longer = (range(min(sides)), itertools.permutations(range(max(sides)), min(sides)))
    best = 0
    for others in longer:
        pairs = list(zip(shorter, others, strict=True))
        named = pairs if sides[0] <= sides[1] else [(other, one) for one, other in pairs]
        best = max(best, sum(known[row, k] and found[column, f] for row, column in records for k, f in named))
    of_known = sum(int(known[row].sum()) for row, _ in records)
    of_found = sum(int(found[column].sum()) for _, column in records)
    assert figures.precision.value == pytest.approx(best / of_found if of_found else 0.0)
    assert figures.recall.value == pytest.approx(best / of_known if of_known else 0.0)
    assert figures.f1.value == pytest.approx(2 * best / (of_known + of_found) if of_known + of_found else 0.0)


def test_the_interval_holds_the_figure_and_narrows_with_more_records():
    rng = np.random.default_rng(0)
    few = rng.integers(0, 4, (4, 4)) + np.diag([12, 12, 12, 12])

    wide, narrow = tree_agreement(few, KNOWN, KNOWN), tree_agreement(few * 50, KNOWN, KNOWN)

    assert wide.f1.low < wide.f1.value < wide.f1.high
    assert narrow.f1.high - narrow.f1.low < (wide.f1.high - wide.f1.low) / 3
    assert tree_agreement(few, KNOWN, KNOWN) == wide


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="ancestors of its rows and columns"):
        tree_agreement(np.ones((3, 4), dtype=np.int64), KNOWN, KNOWN)
    with pytest.raises(ValueError, match="at least one record"):
        tree_agreement(np.zeros((4, 4), dtype=np.int64), KNOWN, KNOWN)
