"""The minimum a configuration asks for, and the promise that the truth is hidden from what finds dimensions."""

import pytest

from rlm_pipeline import configuration
from rlm_pipeline.configuration import ColumnRoles, DatasetConfig
from rlm_pipeline.errors import ConfigurationError, QueryError
from rlm_pipeline.evaluation import minimum
from rlm_pipeline.known_truth import Evaluation
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import compared, facets
from tests.engine.evaluation.labelled import (
    CONFIG,
    dimension,
    new_store,
    store_dimensions,
    store_labels,
    store_records,
)
from tests.engine.taxonomy import stored
from tests.engine.taxonomy_published import desk as published_desk


@pytest.fixture
def store(tmp_path):
    """Two text dimensions: `d1` is right in nine records of ten, `d2` says nothing."""
    store = new_store(tmp_path)
    store_records(store, "all", {"part": ["hand"] * 50 + ["foot"] * 50})
    store_labels(store, "all", {"d1": ["a"] * 45 + ["b"] * 50 + ["a"] * 5, "d2": ["x", "y"] * 50})
    store_dimensions(
        store, dimension("d1", "narrative", {"a": "a", "b": "b"}), dimension("d2", "remarks", {"x": "x", "y": "y"})
    )
    return store


def reached(store, **asked):
    evaluation = Evaluation.model_validate({"truth": "part", **asked})
    return minimum.against(minimum.evaluate_configured(store, CONFIG, evaluation), evaluation)


def test_the_dimension_that_agrees_best_is_the_one_that_must_reach_the_minimum(store):
    found = reached(store, minimum={"matched_accuracy": 0.9, "labelled": 1.0})

    assert found.dimension == "By narrative"
    assert found.figures["matched_accuracy"].value == pytest.approx(0.9)
    assert found.below == ()


def test_what_is_below_the_minimum_is_said_with_both_figures(store):
    found = reached(store, minimum={"matched_accuracy": 0.95, "ami": 0.99, "ari": 0.1})

    assert len(found.below) == 2
    assert found.below[1] == "matched_accuracy is 0.900, at least 0.95 is asked for"


def test_another_dimension_can_be_the_one_asked_about(store):
    found = reached(store, dimension="remarks", minimum={"ami": 0.5})

    assert found.dimension == "By remarks"
    assert found.below


def test_a_dimension_that_did_not_pass_is_taken_only_where_none_did(store):
    failed = dimension("d1", "narrative", {"a": "a", "b": "b"}, gate="no_stable_structure")
    store_dimensions(store, failed, dimension("d2", "remarks", {"x": "x", "y": "y"}))

    assert reached(store).dimension == "By remarks"


def test_where_nothing_can_be_compared_no_minimum_is_reached(store):
    store_records(store, "all", {"part": [" "] * 100})

    with pytest.raises(QueryError, match="there is nothing to compare"):
        reached(store)


def loaded(folder, evaluation, columns=""):
    path = folder / "desk.yaml"
    path.write_text(f"name: desk\nsource: x.csv\nevaluation: {evaluation}\n{columns}", encoding="utf-8")
    return configuration.load(path)


def test_a_truth_column_is_ignored_however_it_is_spelled_and_no_other_is(tmp_path):
    config = loaded(tmp_path, "{truth: [Body Part, 'class [1]']}", "columns: {ignore: [ssn]}\n")

    ignored = ["Body Part", "body_part", "BodyPart", "BODY-PART", "class [1]", "ssn"]
    assert [each for each in ignored if not config.columns.is_ignored(each)] == []
    assert not config.columns.is_ignored("body_part_code")
    assert not config.columns.is_ignored("class 2")
    again = DatasetConfig.model_validate(config.model_dump(mode="json"))
    assert again.columns == config.columns


def test_a_truth_file_is_looked_for_beside_the_yaml_and_hides_nothing(tmp_path):
    config = loaded(tmp_path, "{truth: truth.csv, key: id, column: topic, minimum: {ami: 0.7}}")

    assert config.evaluation.truth == (str(tmp_path / "truth.csv"),)
    assert config.evaluation.minimum.wanted == {"ami": 0.7}
    assert config.columns.ignore == ()


@pytest.mark.parametrize(
    ("evaluation", "key", "message"),
    [
        ("{truth: topic, minimum: {amy: 0.7}}", "evaluation.minimum.amy", "expected one of ami, ari"),
        ("{truth: topic, minimun: {}}", "evaluation.minimun", "expected one of truth, key"),
        ("{truth: topic, minimum: {ami: 70}}", "evaluation.minimum.ami", "less than or equal to 1"),
        ("{truth: topic, key: id}", "evaluation", "key and column belong to a file"),
        ("{truth: [a, b.csv]}", "evaluation", "expected columns or one file"),
        ("{truth: []}", "evaluation", "neither a column nor a file"),
        ("{truth: topic, minimum: {ancestor_f1: 0.5}}", "evaluation", "ancestor_f1 is of a tree"),
        ("{minimum: {ami: 0.5}}", "evaluation.truth", "missing"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused_with_its_key(tmp_path, evaluation, key, message):
    with pytest.raises(ConfigurationError, match=message) as raised:
        loaded(tmp_path, evaluation)
    assert raised.value.key == key


def test_a_text_cannot_be_the_truth_as_well(tmp_path):
    with pytest.raises(ConfigurationError, match="'topic' is the truth of evaluation"):
        loaded(tmp_path, "{truth: topic}", "columns: {text: [topic]}\n")


def test_a_truth_column_is_no_facet_and_is_not_named_among_those_left_out(tmp_path):
    hiding = DatasetConfig.model_validate(
        {**stored.CONFIG.model_dump(mode="json"), "evaluation": {"truth": "drawer"}, "columns": {}}
    )
    cells = {"drawer": ["top", "low", "mid"] * 100, "Shelf": ["left", "right"] * 150}

    def found(config):
        store = DatasetStore(tmp_path / str(config.evaluation is None) / "letters")
        partitions = stored.put(store, config, {"FY2020": cells})
        return facets.find(store, config, schema.load(store), partitions)

    without, hidden = found(stored.CONFIG), found(hiding)
    assert {answers.column for answers in without.categorical} == {"drawer", "Shelf"}
    assert {answers.column for answers in hidden.categorical} == {"Shelf"}
    assert "drawer" not in hidden.left_out


def test_a_truth_column_is_not_compared_with_the_dimensions(tmp_path):
    desk = published_desk.build(tmp_path, size=150)
    config = DatasetConfig(
        name="desk", source="desk.csv", columns=ColumnRoles(id="ticket"), evaluation=Evaluation(truth=("Priority",))
    )

    def chosen(config):
        for year in published_desk.YEARS:
            columns.materialise(desk.store, config, year)
        schema.materialise(desk.store, config, published_desk.YEARS)
        found = schema.load(desk.store)
        return compared.choose(desk.store, config, found, partitions=published_desk.YEARS, facets=())

    assert "priority" in {column.name for column in chosen(published_desk.CONFIG).columns}
    assert "priority" not in {column.name for column in chosen(config).columns}
