"""What is said to have changed between two taxonomies, and what is not."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.taxonomy import difference
from rlm_pipeline.taxonomy.document import Decided
from tests.engine.taxonomy.compared import category, dimension, relationship, taxonomy, trend


def decided(kind, *categories, state="applied", reason=""):
    return Decided(
        decision=kind, says=f"{kind} it", dimension="d", target=("it",), categories=categories, state=state,
        reason=reason,
    )  # fmt: skip


def changes(before, now, decisions=()):
    found = difference.between(taxonomy(dimension(*before)), taxonomy(dimension(*now), curation=decisions))
    return {each.id: each for each in found.dimensions[0].categories}


def test_a_category_that_goes_on_has_the_move_of_its_share():
    (change,) = changes([category("a", "Jam", 10)], [category("a", "Jam", 25)]).values()

    assert (change.state, change.count_before, change.count) == ("continued", 10, 25)
    assert change.move == pytest.approx(0.15)
    assert not change.by_person


def test_one_with_another_name_is_renamed_and_whose_doing_that_is():
    before, now = [category("a", "Jam", 10)], [category("a", "Paper", 10)]

    assert (changes(before, now)["a"].state, changes(before, now)["a"].former_name) == ("renamed", "Jam")
    assert not changes(before, now)["a"].by_person
    assert changes(before, now, [decided("rename", "a")])["a"].by_person
    assert not changes(before, now, [decided("rename", "b")])["a"].by_person
    assert not changes(before, now, [decided("rename", "a", state="does_not_fit")])["a"].by_person


def test_one_that_was_not_there_is_new():
    found = changes([category("a", "Jam", 10)], [category("a", "Jam", 10), category("b", "Toner", 5, state="new")])

    assert (found["b"].state, found["b"].count_before, found["b"].share_before) == ("new", None, None)
    assert found["b"].move == pytest.approx(0.05)


def test_one_that_is_no_more_is_retired_or_went_into_another():
    before = [category("a", "Jam", 10), category("b", "Toner", 5), category("c", "Vpn", 7)]
    now = [category("a", "Printer", 15, state="merged", former=("a", "b"))]
    found = changes(before, now, [decided("merge", "a", "b")])

    assert (found["a"].state, found["a"].origins, found["a"].former_name) == ("merged", ("Toner",), "Jam")
    assert (found["b"].state, found["b"].into) == ("retired", ("Printer",))
    assert (found["c"].state, found["c"].into, found["c"].move) == ("retired", (), pytest.approx(-0.07))
    assert [each for each, change in found.items() if change.by_person] == ["a", "b"]


def test_one_split_off_says_what_from():
    before = [category("a", "Printer", 15)]
    now = [category("a", "Printer", 10), category("b", "Toner", 5, state="split", former=("a",))]
    found = changes(before, now, [decided("split_off", "b")])

    assert (found["b"].state, found["b"].origins, found["b"].by_person) == ("split", ("Printer",), True)
    assert found["a"].state == "continued"


def test_what_was_merged_or_split_before_is_so_no_more():
    """Lineage tells of the last discovery; a taxonomy that only has other decisions repeats it."""
    merged = [category("a", "Printer", 15, state="merged", former=("a", "b"))]
    split = [category("a", "Printer", 10), category("b", "Toner", 5, state="split", former=("a",))]

    assert changes(merged, merged)["a"].state == "continued"
    assert {each.state for each in changes(split, split).values()} == {"continued"}


def test_what_is_below_a_forbidden_group_is_retired_by_a_person():
    before = [category("g", "All", 10), category("a", "Jam", 10, parent="g"), category("b", "Vpn", 20)]
    found = changes(before, [category("b", "Vpn", 20)], [decided("forbid", "g")])

    assert {each: change.by_person for each, change in found.items()} == {"g": True, "a": True, "b": False}


def test_categories_are_told_by_what_became_of_them_then_by_the_size_of_the_move():
    before = [category(each, each, 10) for each in "abcd"]
    now = [category("a", "a", 11), category("b", "b", 30), category("c", "z", 10), category("n", "n", 1, state="new")]
    found = difference.between(taxonomy(dimension(*before)), taxonomy(dimension(*now)))

    assert [each.id for each in found.dimensions[0].categories] == ["n", "c", "d", "b", "a"]


def test_dimensions_come_go_and_gain_or_lose_their_structure():
    before = [
        dimension(identity="a", name="One"), dimension(identity="b", name="Two"), dimension(identity="c", name="Three"),
        dimension(identity="e", name="Five", gate="no_stable_structure"), dimension(identity="f", name="Six"),
    ]  # fmt: skip
    now = [
        dimension(identity="a", name="One"), dimension(identity="b", name="Deux"), dimension(identity="d", name="Four"),
        dimension(identity="e", name="Five"), dimension(identity="f", name="Six", gate="no_stable_structure"),
    ]  # fmt: skip
    found = difference.between(taxonomy(*before), taxonomy(*now))

    assert {each.id: each.state for each in found.dimensions} == {
        "a": "continued", "b": "renamed", "c": "retired", "d": "new", "e": "passed its gate",
        "f": "no stable structure any more",
    }  # fmt: skip
    assert next(each.former_name for each in found.dimensions if each.id == "b") == "Two"


def test_relationships_are_gained_and_lost_whichever_side_is_named_first():
    before = (relationship("a", "b"), relationship("a", "c"), relationship("a", "b", kind="dependency"))
    now = (relationship("b", "a"), relationship("b", "c"), relationship("b", "a", kind="dependency"))
    found = difference.between(taxonomy(relationships=before), taxonomy(relationships=now))

    assert found.relationships_gained == ("association: B and C (V 0.50)", "dependency: B and A (V 0.50)")
    assert found.relationships_lost == ("association: A and C (V 0.50)", "dependency: A and B (V 0.50)")


def test_a_trend_that_turned_round_is_lost_and_gained():
    before = (trend("a", "Jam", 0.1, 0.3), trend("b", "Vpn", 0.1, 0.3))
    now = (trend("a", "Jam", 0.1, 0.2), trend("b", "Vpn", 0.3, 0.1))
    found = difference.between(taxonomy(dimension(), trends=before), taxonomy(dimension(), trends=now))

    assert found.trends_gained == ("Subject: Vpn falls from 30.0% in FY2020 to 10.0% in FY2022",)
    assert found.trends_lost == ("Subject: Vpn rises from 10.0% in FY2020 to 30.0% in FY2022",)


def test_a_decision_that_fitted_and_fits_no_longer_is_told():
    gone = decided("pin", state="does_not_fit", reason="there is no category “it”")
    never = decided("forbid", state="does_not_fit", reason="there is no category “it”")
    found = difference.between(taxonomy(curation=(decided("pin", "a"), never)), taxonomy(curation=(gone, never)))

    assert found.decisions_that_no_longer_fit == ("pin it: there is no category “it”",)


CATEGORIES = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.text("xy", min_size=1, max_size=3), st.integers(0, 100), st.sampled_from(["continued", "merged"])),
)


@given(before=CATEGORIES, now=CATEGORIES)
def test_every_category_is_told_once_and_nothing_changes_between_equals(before, now):
    then, here = (
        dimension(*(category(identity, name, count, state=state) for identity, (name, count, state) in each.items()))
        for each in (before, now)
    )

    found = difference.between(taxonomy(then), taxonomy(here)).dimensions[0].categories
    assert sorted(each.id for each in found) == sorted({*before, *now})
    assert sum(each.move for each in found) == pytest.approx(
        sum(count for _, count, _ in now.values()) / 100 - sum(count for _, count, _ in before.values()) / 100
    )
    same = asdict(difference.between(taxonomy(here), taxonomy(here)))
    assert {each["state"] for each in same["dimensions"][0]["categories"]} <= {"continued"}
