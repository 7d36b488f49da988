"""Counts add up over leaves and parents for any tree and any labels."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.taxonomy import counts
from rlm_pipeline.taxonomy.document import Category, Dimension


def dimension(parents):
    """Category i has parent `parents[i]`, an earlier category or None."""
    categories = tuple(
        Category(id=f"c{at}", name="", definition="", status="established", parent=None if up is None else f"c{up}")
        for at, up in enumerate(parents)
    )
    return Dimension(
        id="d", name="", definition="", facet="", kind="text", method="", gate="passed", categories=categories
    )


def tallied(rows):
    return pl.DataFrame([(p, "d", c, n) for (p, c), n in rows.items()], schema=counts.TALLY_SCHEMA, orient="row")


trees = st.integers(1, 12).flatmap(
    lambda size: st.tuples(*(st.none() | st.integers(0, at - 1) if at else st.none() for at in range(size)))
)


@given(parents=trees, data=st.data())
def test_roots_hold_every_labelled_record_exactly_once(parents, data):
    empty = dimension(parents)
    names = [leaf.id for leaf in counts.leaves(empty)] + [OTHER, BLANK]
    keys = st.tuples(st.sampled_from(["FY2020", "FY2021"]), st.sampled_from(names))
    rows = data.draw(st.dictionaries(keys, st.integers(1, 1_000)))

    (filled,) = counts.fill([empty], tallied(rows), ("FY2020", "FY2021"))

    total = sum(rows.values())
    roots = [category for category in filled.categories if category.parent is None]
    assert filled.labelled + filled.other + filled.blank == total
    assert sum(root.count for root in roots) == filled.labelled
    assert sum(leaf.count for leaf in counts.leaves(filled)) == filled.labelled
    assert all(sum(category.by_partition.values()) == category.count for category in filled.categories)
    if filled.labelled:
        assert sum(root.share for root in roots) == pytest.approx(1, abs=1e-5)


def test_parents_that_form_no_tree_are_an_error():
    broken = dimension((None, 0)).model_copy(
        update={
            "categories": (
                Category(id="leaf", name="", definition="", status="established", parent="gone"),
                Category(id="else", name="", definition="", status="established"),
            )
        }
    )

    with pytest.raises(InvariantError, match="do not form a tree"):
        counts.fill([broken], tallied({("FY2020", "leaf"): 1}), ("FY2020",))


def test_labels_of_a_dimension_that_was_never_discovered_are_an_error():
    with pytest.raises(InvariantError, match="never discovered: d"):
        counts.fill([], tallied({("FY2020", "c0"): 1}), ("FY2020",))
