"""Agreement of labels with a truth column of the stored records."""

import numpy as np
import pytest

from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.evaluation import agreement
from tests.engine.evaluation.labelled import (
    CONFIG,
    dimension,
    new_store,
    store_dimensions,
    store_labels,
    store_records,
    store_taxonomy,
)


def evaluate(store, *truth, **options):
    return agreement.evaluate(store, CONFIG, truth=truth, **options)


NARRATIVE = dimension("d1", "narrative", {"a": "hands", "b": "feet", "c": "heads"})
OTHER_TEXT = dimension("d2", "remarks", {"x": "x"}, gate="no_stable_structure")
SITE = dimension("d3", "site", {"n": "n"}, kind="categorical")


@pytest.fixture
def store(tmp_path):
    """Two years: the truth column is written `Body Part` in one and `body_part` in the other."""
    store = new_store(tmp_path)
    store_records(store, "FY2012", {"Body Part": ["hand", "hand", "foot", "foot", None], "id": list("12345")})
    store_records(store, "FY2013", {"body_part": ["hand ", "head", "  ", "head"], "id": list("6789")})
    store_labels(store, "FY2012", {"d1": ["a", "a", "b", "other", "b"], "d2": ["x"] * 5, "d3": ["n"] * 5})
    store_labels(store, "FY2013", {"d1": ["a", "c", "a", "blank"], "d2": ["x"] * 4, "d3": ["n"] * 4})
    store_dimensions(store, NARRATIVE, OTHER_TEXT, SITE)
    return store


def test_the_truth_column_is_found_in_each_year_as_it_is_written_there(store):
    evaluated = evaluate(store, "body_part", dimension="d1")
    found = evaluated.dimensions[0]

    assert evaluated.partitions_without_truth == ()
    assert found.compared == 6  # 9 records, 2 without truth, 1 blank
    assert found.without_truth == 2
    assert found.blank == 1
    assert found.agreement.known_categories == 3


def test_other_counts_as_one_more_found_category_and_blank_is_left_out(store):
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    known, labelled = ["hand", "hand", "foot", "foot", "hand", "head"], ["a", "a", "b", "other", "a", "c"]

    found = evaluate(store, "Body Part", dimension="d1").dimensions[0]

    assert found.other == 1
    assert found.agreement.found_categories == 4
    assert found.agreement.ami.value == pytest.approx(adjusted_mutual_info_score(known, labelled))
    assert found.agreement.ari.value == pytest.approx(adjusted_rand_score(known, labelled))
    assert found.agreement.matched_accuracy.value == pytest.approx(5 / 6)


def test_by_default_every_text_dimension_is_compared_whether_or_not_it_passed(store):
    found = evaluate(store, "body_part").dimensions

    assert [(each.dimension.id, each.dimension.gate) for each in found] == [
        ("d1", "passed"),
        ("d2", "no_stable_structure"),
    ]
    assert found[1].agreement.ami.value == pytest.approx(0)


@pytest.mark.parametrize("name", ["d3", "By site", "site", "SITE"])
def test_a_dimension_is_named_by_id_name_or_facet(store, name):
    assert [each.dimension.id for each in evaluate(store, "body_part", dimension=name).dimensions] == ["d3"]


def test_a_year_without_the_column_is_named_and_its_records_are_counted(store):
    store_records(store, "FY2014", {"id": ["10", "11"]})
    store_labels(store, "FY2014", {"d1": ["a", "b"]})

    evaluated = evaluate(store, "body_part", dimension="d1")
    found = evaluated.dimensions[0]

    assert evaluated.partitions_without_truth == ("FY2014",)
    assert found.without_truth == 4
    assert found.compared == 6


def test_the_published_dimensions_are_used_once_there_are_any(store):
    store_taxonomy(store, [dimension("d1", "narrative", {"a": "hands"}).model_copy(update={"name": "Published"})])

    assert evaluate(store, "body_part", dimension="published").dimensions[0].dimension.id == "d1"


def test_a_dimension_without_a_comparable_record_has_no_agreement(store):
    store_dimensions(store, dimension("d9", "empty", {}))

    found = evaluate(store, "body_part").dimensions[0]

    assert found.agreement is None
    assert found.coverage is None
    assert found.compared == 0


def test_an_unknown_column_is_refused_with_the_closest_names(store):
    with pytest.raises(QueryError, match=r"desk has no column 'body_prt'; the closest are: body_part"):
        evaluate(store, "body_prt")
    with pytest.raises(QueryError, match=r"no column 'zzz'; there are: Body Part, id, body_part"):
        evaluate(store, "zzz")


def test_an_unknown_dimension_is_refused_with_the_names_that_exist(store):
    with pytest.raises(QueryError, match=r"no dimension 'topic'; the dimensions are: 'By narrative' \(narrative\)"):
        evaluate(store, "body_part", dimension="topic")


def test_a_column_of_identifiers_is_not_taken_for_categories(tmp_path):
    store = new_store(tmp_path)
    store_records(store, "all", {"id": [str(number) for number in range(2500)]})
    store_labels(store, "all", {"d1": ["a"] * 2500})
    store_dimensions(store, NARRATIVE)

    with pytest.raises(QueryError, match="2,500 different values"):
        evaluate(store, "id")


def test_without_labels_or_dimensions_the_missing_stage_is_named(tmp_path):
    store = new_store(tmp_path)

    with pytest.raises(NotMaterialised, match="dimensions of desk"):
        evaluate(store, "x")

    store_dimensions(store, NARRATIVE)
    with pytest.raises(NotMaterialised, match="labels of desk"):
        evaluate(store, "x")


def test_coverage_says_what_became_of_the_records_with_a_truth(store):
    coverage = evaluate(store, "body_part", dimension="d1").dimensions[0].coverage

    shares = {name: getattr(coverage, name).value for name in ("labelled", "other", "blank")}
    assert shares == pytest.approx({"labelled": 5 / 7, "other": 1 / 7, "blank": 1 / 7})
    assert 0 < coverage.labelled.low < 5 / 7 < coverage.labelled.high < 1


def test_two_views_of_one_column_are_both_compared_by_its_name(store):
    second = NARRATIVE.model_copy(update={"id": "d4", "name": "Another view"})
    store_dimensions(store, NARRATIVE, second)

    found = evaluate(store, "body_part", dimension="narrative").dimensions

    assert [each.dimension.id for each in found] == ["d1", "d4"]


@pytest.fixture
def tree(tmp_path):
    """Records of known limbs and parts, labelled with leaves whose parents are right in all but one case of six."""
    store = new_store(tmp_path)
    limbs = ["arm", "arm", "arm", "leg", "leg", "leg"]
    parts = ["hand", "hand", "elbow", "foot", "foot", "knee"]
    paths = [f"{limb} / {part}" for limb, part in zip(limbs, parts, strict=True)]
    store_records(store, "all", {"limb": limbs, "part": parts, "path": paths})
    store_labels(store, "all", {"d1": ["a1", "a1", "a2", "b1", "b1", "a2"]})
    upper = dimension("d1", "narrative", {"a": "arms", "b": "legs", "a1": "hands", "a2": "elbows", "b1": "feet"})
    parents = {"a1": "a", "a2": "a", "b1": "b"}
    categories = tuple(each.model_copy(update={"parent": parents.get(each.id)}) for each in upper.categories)
    store_dimensions(store, upper.model_copy(update={"categories": categories}))
    return store


def test_of_a_tree_all_ancestors_and_the_widest_level_are_compared(tree):
    found = evaluate(tree, "limb", "part").dimensions[0]

    # By hand: matched are arm-a, leg-b, hand-a1, foot-b1, elbow-a2; the knee in a2 shares nothing with its ancestors.
    # Five records share both their ancestors; each of six has two on either side.
    assert found.tree.f1.value == pytest.approx(10 / 12)
    assert found.tree.known_categories == 6
    assert found.widest.known_categories == found.widest.found_categories == 2
    assert found.widest.matched_accuracy.value == pytest.approx(5 / 6)
    assert found.agreement.known_categories == 4


def test_a_path_in_one_cell_is_the_same_tree_as_its_levels_in_columns(tree):
    levels = evaluate(tree, "limb", "part").dimensions[0]
    path = evaluate(tree, "path", separator="/").dimensions[0]

    assert path.pairs.known == levels.pairs.known
    assert np.array_equal(path.pairs.table, levels.pairs.table)
    assert path.tree == levels.tree


def test_a_truth_of_one_level_is_no_tree(tree):
    found = evaluate(tree, "path").dimensions[0]

    assert found.tree is None
    assert found.widest is None
