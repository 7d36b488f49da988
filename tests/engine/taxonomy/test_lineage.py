"""Ids and names of categories outlive a rerun, and what does not go on is said."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import dimensions, lineage
from rlm_pipeline.taxonomy.document import Category, Dimension, Lineage
from rlm_pipeline.taxonomy.labeller import Members, key_of
from tests.engine.taxonomy.letters import MATTERS, letters
from tests.engine.taxonomy.stored import CONFIG, put

KNOWN = [
    Category(id=each, name=f"name of {each}", definition="", status="established", lineage=Lineage(state="new"))
    for each in "abc"
]


def traced(now, before, known=KNOWN):
    labels = np.array(now, dtype=np.int32)
    return lineage.trace(labels, np.array(before, dtype=np.int32), known, max(now) + 1)


def ids(descent):
    return [category.id if category else None for category in descent.kept]


def said(descent):
    return [(line.state, line.former) for line in descent.lineage]


def test_categories_go_on_under_their_ids_however_they_are_numbered():
    descent = traced([2, 2, 2, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 2, 2, 2, 0])

    assert ids(descent) == ["b", "c", "a"]
    assert said(descent) == [("continued", ("b",)), ("continued", ("c",)), ("continued", ("a",))]
    assert descent.names == {0: "name of b", 1: "name of c", 2: "name of a"}


def test_a_merged_category_keeps_the_id_of_the_larger_part_and_is_named_anew():
    descent = traced([0] * 9 + [1] * 4, [0] * 6 + [1] * 3 + [2] * 4)

    assert ids(descent) == ["a", "c"]
    assert said(descent) == [("merged", ("a", "b")), ("continued", ("c",))]
    assert descent.names == {1: "name of c"}


def test_the_larger_part_of_a_split_goes_on_and_the_other_says_what_it_was():
    descent = traced([0] * 6 + [1] * 4 + [2] * 5 + [3] * 5, [0] * 10 + [1] * 5 + [2] * 5)

    assert ids(descent) == ["a", None, "b", "c"]
    assert said(descent)[1] == ("split", ("a",))


def test_a_category_of_statements_nobody_knew_is_new():
    descent = traced([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1, 2, 2, -1, -1])

    assert ids(descent) == ["a", "b", "c", None]
    assert said(descent)[3] == ("new", ())


def test_a_category_scattered_over_all_former_ones_is_no_continuation():
    descent = traced([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2, 0, 1, 2, 0, 1, 2])

    assert ids(descent) == [None, None, None]
    assert {state for state, _ in said(descent)} == {"new"}


def test_what_is_only_repeated_keeps_its_lineage():
    known = [KNOWN[0].model_copy(update={"lineage": Lineage(state="merged", former=("a", "x"))}), *KNOWN[1:]]

    descent = traced([1, 1, 0, 0, 2], [0, 0, 1, 1, 2], known)

    assert said(descent) == [("new", ()), ("merged", ("a", "x")), ("new", ())]
    assert descent.names == {0: "name of b", 1: "name of a", 2: "name of c"}


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 2)), min_size=1))
def test_no_id_is_given_twice_and_every_origin_existed(pairs):
    now, before = zip(*[*pairs, (4, -1)], strict=True)

    descent = traced(now, before)

    given_ids = [each for each in ids(descent) if each]
    assert len(given_ids) == len(set(given_ids))
    for identity, line in zip(ids(descent), descent.lineage, strict=True):
        assert set(line.former) <= {"a", "b", "c"}
        assert (identity is not None) <= (line.state == "new" or line.former[0] == identity)


def test_parents_go_on_with_their_leaves_and_without_any_all_is_well():
    past = lineage.Former(
        dimension=Dimension(
            id="d", name="d", definition="", facet="d", kind="text", method="", gate="passed",
            categories=(
                *(each.model_copy(update={"id": f"parent {each.id}", "name": f"over {each.id}"}) for each in KNOWN[:2]),
                *(each.model_copy(update={"parent": f"parent {up}"}) for each, up in zip(KNOWN, "aab", strict=True)),
                KNOWN[0].model_copy(update={"id": "alone"}),
            ),
        ),
        members=Members(
            categories=("a", "b", "c", "alone"),
            known=tuple(map(key_of, ("one", "two", "three", "four", "five"))),
            known_categories=np.array([0, 1, 2, 2, 3], dtype=np.int32),
            boilerplate=(),
        ),
    )  # fmt: skip
    texts = ["One", "Two", "Three", "Four", "Five", "Six"]

    same = lineage.parents(past, texts[:5], np.array([1, 1, 0, 0, -1], dtype=np.int32), 2)
    fewer = lineage.parents(past, texts, np.array([-1, -1, 0, 0, 0, 0], dtype=np.int32), 1)
    none = lineage.parents(past, texts, np.full(6, -1, dtype=np.int32), 0)

    assert ids(same) == ["parent b", "parent a"]
    assert same.names == {0: "over b", 1: "over a"}
    assert said(fewer) == [("continued", ("parent b",))]
    assert none.kept == none.lineage == ()
    assert same.taken == {"a", "b", "c", "alone", "parent a", "parent b"}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Letters and where they are stored, with their first dimensions."""
    store = DatasetStore(tmp_path_factory.mktemp("lineage") / "letters")
    texts = letters(500, seed=1)[0]
    return store, texts, discover(store, texts)


def discover(store, texts, seed=0):
    partitions = put(store, CONFIG, {"FY2020": {"letter": texts, "kind": [text.split()[1][:1] for text in texts]}})
    config = CONFIG.model_copy(update={"discovery": CONFIG.discovery.model_copy(update={"seed": seed})})
    found = dimensions.materialise(store, config, partitions)
    return {dimension.facet: dimension for dimension in found.dimensions}


def ids_and_names(dimension):
    return {category.id: category.name for category in dimension.categories}


def test_discovery_repeated_gives_the_same_bytes(stored):
    store, texts, _ = stored
    before = store.dimensions_path.read_bytes()

    discover(store, texts)

    assert store.dimensions_path.read_bytes() == before


def test_ids_and_names_survive_five_rounds_of_new_records(stored):
    store, texts, first = stored
    for number in range(5):
        texts = [*texts, *letters(len(texts) * 36 // 1000, seed=50 + number)[0]]
        later = discover(store, texts, seed=number + 1)

    assert ids_and_names(later["letter"]) == ids_and_names(first["letter"])
    assert {category.lineage.state for category in later["letter"].categories} == {"continued"}
    assert later["letter"].retired == ()


def test_a_matter_that_nobody_writes_about_any_more_is_retired_and_another_is_new(tmp_path):
    store = DatasetStore(tmp_path / "letters")
    texts, matters = letters(500, seed=1)
    gone, late, *_ = sorted(MATTERS)
    first = discover(store, [text for text, matter in zip(texts, matters, strict=True) if matter != late])["letter"]

    second = discover(store, [text for text, matter in zip(texts, matters, strict=True) if matter != gone])["letter"]

    states = [category.lineage.state for category in second.categories]
    assert (states.count("new"), states.count("continued")) == (1, len(MATTERS) - 2)
    (retired,) = second.retired
    assert retired.id in ids_and_names(first)
    assert retired.id not in ids_and_names(second)

    third = discover(store, texts)["letter"]
    assert retired.id in {each.id for each in third.retired} | ids_and_names(third).keys()
    assert ids_and_names(second).keys() <= ids_and_names(third).keys()


def test_values_of_a_column_are_known_by_their_ids(tmp_path):
    store = DatasetStore(tmp_path / "letters")
    texts = letters(300, seed=1)[0]
    put(store, CONFIG, {"FY2020": {"letter": texts, "kind": ["x", "y", "z"] * 100}})
    first = {each.facet: each for each in dimensions.materialise(store, CONFIG, ("FY2020",)).dimensions}["kind"]
    put(store, CONFIG, {"FY2020": {"letter": texts, "kind": ["x", "y", "new"] * 100}})

    second = {each.facet: each for each in dimensions.materialise(store, CONFIG, ("FY2020",)).dimensions}["kind"]

    states = {category.name: category.lineage.state for category in second.categories}
    assert states == {"x": "continued", "y": "continued", "new": "new"}
    assert [each.name for each in second.retired] == ["z"]
    assert {category.lineage.state for category in first.categories} == {"new"}


def test_damaged_members_give_new_ids_and_say_so(stored, tmp_path, caplog):
    store = DatasetStore(Path(tmp_path) / "letters")
    texts = letters(300, seed=3)[0]
    first = discover(store, texts)["letter"]
    (store.classifiers_folder / f"{first.id}.npz").write_bytes(b"damaged")

    second = discover(store, texts)["letter"]

    assert "get new ids" in caplog.text
    assert {category.lineage.state for category in second.categories} == {"new"}
