"""From stored labels and dimensions to taxonomy.json: everything accounted for, nothing unproven."""

import polars as pl
import pytest

from rlm_pipeline.errors import InvariantError, NotMaterialised, StoreError
from rlm_pipeline.model import OTHER
from rlm_pipeline.store import read_json, write_frame, write_json
from rlm_pipeline.taxonomy import published
from rlm_pipeline.taxonomy.document import DimensionSet
from rlm_pipeline.taxonomy.wording import unsupported_numbers
from tests.engine.taxonomy_published.desk import CONFIG, SECRET, TOPICS, YEARS, build

NOW = "2024-05-01T12:00:00"


def publish(desk, at=NOW):
    return published.materialise(desk.store, CONFIG, YEARS, generated_at=at)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    desk = build(tmp_path_factory.mktemp("shared"))
    return desk, publish(desk)


def test_every_record_is_labelled_or_other_and_every_input_is_named(shared):
    _, taxonomy = shared

    coverage = taxonomy.coverage
    assert coverage.records == coverage.labelled + coverage.other == 1_800
    assert coverage.quarantined == 6
    assert [(each.partition, each.rows) for each in taxonomy.inputs] == [(year, 600) for year in YEARS]


def test_counts_and_shares_are_those_of_the_labels_and_parents_sum_their_leaves(shared):
    desk, taxonomy = shared
    topic = taxonomy.dimensions[0]
    by_id = {category.id: category for category in topic.categories}
    labels = pl.concat(pl.read_parquet(desk.store.labels_path(year)) for year in YEARS)

    for name in TOPICS:
        expected = labels.filter(pl.col("category_id") == f"topic-{name}").height
        assert by_id[f"topic-{name}"].count == expected
        assert by_id[f"topic-{name}"].share == pytest.approx(expected / topic.labelled, abs=1e-6)
    paper = by_id["topic-paper"]
    assert paper.count == by_id["topic-jam"].count + by_id["topic-toner"].count
    assert paper.by_partition == {
        year: by_id["topic-jam"].by_partition[year] + by_id["topic-toner"].by_partition[year] for year in YEARS
    }
    assert topic.labelled + topic.other + topic.blank == 1_800
    assert topic.blank == 36


def test_planted_relationships_are_published_and_no_other(shared):
    _, taxonomy = shared

    assert {(each.source, each.target) for each in taxonomy.relationships} == {("topic", "priority"), ("topic", "cost")}


def test_the_planted_trend_is_published(shared):
    _, taxonomy = shared

    moves = {trend.category: trend.share_to - trend.share_from for trend in taxonomy.trends}
    assert moves["topic-jam"] == pytest.approx(0.2, abs=0.07)
    assert moves["topic-toner"] == pytest.approx(-0.2, abs=0.07)
    assert set(moves) == {"topic-jam", "topic-toner"}


def test_all_citations_are_verified(shared):
    _, taxonomy = shared

    assert taxonomy.coverage.citations == taxonomy.coverage.citations_verified > 12
    assert all(citation.verified for category in taxonomy.dimensions[0].categories for citation in category.exemplars)


def test_every_number_of_every_sentence_stands_beside_it(shared):
    _, taxonomy = shared
    by_id = {item.id: item for item in taxonomy.knowledge_items}

    assert {item.kind for item in taxonomy.knowledge_items} >= {"size", "trend", "association", "stability", "quality"}
    for item in taxonomy.knowledge_items:
        assert unsupported_numbers(item.statement, item.numbers) == ()
    for advice in taxonomy.recommendations:
        numbers = {str(at): n for key in advice.based_on for at, n in enumerate(by_id[key].numbers.values())}
        assert advice.based_on
        assert set(advice.based_on) <= by_id.keys()
        assert advice.statement.endswith(".")
        assert numbers


def test_the_trend_is_told_with_its_years_and_counts(shared):
    _, taxonomy = shared
    topic = taxonomy.dimensions[0]
    jam = next(category for category in topic.categories if category.id == "topic-jam")

    (item,) = [item for item in taxonomy.knowledge_items if item.kind == "trend" and item.statement.startswith("“jam”")]

    count = jam.by_partition["FY2020"]
    assert item.statement.startswith("“jam” in “Description” rose from ")
    assert f"(FY2020: {count} of " in item.statement
    assert item.citations == jam.exemplars
    assert item.namespace == "topic"


def test_the_growing_category_is_the_first_recommendation(shared):
    _, taxonomy = shared

    growing = [each for each in taxonomy.recommendations if each.statement.startswith("Find out why “jam” is growing")]
    assert [each.priority for each in growing] == ["high"]
    order = [("high", "medium", "low").index(each.priority) for each in taxonomy.recommendations]
    assert order == sorted(order)


def test_what_follows_is_recomputable_from_labels_and_records(shared):
    desk, _ = shared

    assert published.check_recomputable(desk.store, YEARS) == ()


def test_an_ignored_column_leaves_no_value_in_the_taxonomy(shared):
    desk, _ = shared

    assert SECRET not in desk.store.taxonomy_path.read_text()


def test_the_stored_file_is_what_was_returned_and_names_its_years_from_and_to(shared):
    desk, taxonomy = shared

    assert published.load(desk.store) == taxonomy
    content = read_json(desk.store.taxonomy_path)
    assert content["trends"][0]["from"] == "FY2020"
    assert content["dimensions"][0]["categories"][0]["lineage"] == {"from": [], "state": "new"}
    assert read_json(desk.store.folder / "taxonomy" / f"{taxonomy.run_id}.json") == content


def test_the_same_inputs_give_the_same_bytes_whenever_they_are_published(tmp_path):
    desk = build(tmp_path, size=150)
    publish(desk)
    first = desk.store.taxonomy_path.read_bytes()

    again = publish(desk, at="2031-01-01T00:00:00")

    assert again.generated_at == NOW
    assert desk.store.taxonomy_path.read_bytes() == first


def test_other_labels_give_another_run_and_a_new_date(tmp_path):
    desk = build(tmp_path, size=150)
    before = publish(desk)
    labels = pl.read_parquet(desk.store.labels_path("FY2021"))
    write_frame(labels.with_columns(category_id=pl.lit(OTHER)), desk.store.labels_path("FY2021"))

    after = publish(desk, at="2031-01-01T00:00:00")

    assert after.run_id != before.run_id
    assert after.generated_at == "2031-01-01T00:00:00"
    assert after.coverage.other == before.coverage.other + 150
    assert len(list((desk.store.folder / "taxonomy").glob("*.json"))) == 2


def test_figures_that_no_longer_follow_from_the_labels_are_listed(tmp_path):
    desk = build(tmp_path)
    publish(desk)
    labels = pl.read_parquet(desk.store.labels_path("FY2020"))
    changed = pl.when(pl.col("category_id") == "topic-jam").then(pl.lit(OTHER)).otherwise("category_id")
    write_frame(labels.with_columns(category_id=changed), desk.store.labels_path("FY2020"))

    problems = " ".join(published.check_recomputable(desk.store, YEARS))

    assert "topic/topic-jam: count is published" in problems
    assert "topic/topic-paper: share" in problems
    assert "trend of topic-jam" in problems
    assert "topic and priority: n is published" in problems


def test_a_lost_label_stops_publication(tmp_path):
    desk = build(tmp_path, size=150)
    labels = pl.read_parquet(desk.store.labels_path("FY2021"))
    write_frame(labels.head(labels.height - 1), desk.store.labels_path("FY2021"))

    with pytest.raises(InvariantError, match="channel has 149 labels for the 150 records of FY2021"):
        publish(desk)
    assert not desk.store.taxonomy_path.exists()


def test_a_label_of_an_unknown_category_stops_publication(tmp_path):
    desk = build(tmp_path, size=150)
    labels = pl.read_parquet(desk.store.labels_path("FY2021"))
    write_frame(
        labels.with_columns(category_id=pl.col("category_id").str.replace("topic-jam", "topic-paper")),
        desk.store.labels_path("FY2021"),
    )

    with pytest.raises(InvariantError, match="no leaf category of it: topic-paper"):
        publish(desk)


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "words nobody wrote"},
        {"row": 9_999},
        {"line": 1},
        {"column": "site"},
        {"source": "gone.csv"},
        {"quote": ""},
    ],
    ids=str,
)
def test_a_citation_that_is_not_in_the_records_stops_publication(tmp_path, change):
    desk = build(tmp_path, size=150)
    content = read_json(desk.store.dimensions_path)
    content["dimensions"][0]["categories"][2]["exemplars"][0] |= change
    write_json(content, desk.store.dimensions_path)

    with pytest.raises(InvariantError, match="1 of 12 citations are not in the records; first: "):
        publish(desk)
    assert not desk.store.taxonomy_path.exists()


def test_a_citation_of_an_ignored_column_stops_publication(tmp_path):
    desk = build(tmp_path, size=150)
    content = read_json(desk.store.dimensions_path)
    content["dimensions"][0]["categories"][2]["exemplars"][0] |= {"column": "caller_phone", "quote": SECRET}
    write_json(content, desk.store.dimensions_path)

    with pytest.raises(InvariantError, match="caller_phone"):
        publish(desk)


def test_a_dimension_made_from_an_ignored_column_stops_publication(tmp_path):
    desk = build(tmp_path, size=150)
    content = read_json(desk.store.dimensions_path)
    content["dimensions"][1]["facet"] = "caller_phone"
    write_json(content, desk.store.dimensions_path)

    with pytest.raises(InvariantError, match="'caller_phone', which is to be ignored"):
        publish(desk)


def test_two_categories_with_one_id_stop_publication(tmp_path):
    desk = build(tmp_path, size=150)
    content = read_json(desk.store.dimensions_path)
    content["dimensions"][1]["categories"][0]["id"] = "topic-jam"
    write_json(content, desk.store.dimensions_path)

    with pytest.raises(InvariantError, match="share an id: topic-jam"):
        publish(desk)


def test_without_any_dimension_everything_is_other(tmp_path):
    desk = build(tmp_path, size=150)
    write_json(DimensionSet(dataset="desk", dimensions=()).model_dump(mode="json"), desk.store.dimensions_path)
    for year in YEARS:
        write_frame(pl.read_parquet(desk.store.labels_path(year)).head(0), desk.store.labels_path(year))

    taxonomy = publish(desk)

    assert (taxonomy.coverage.labelled, taxonomy.coverage.other) == (0, 450)
    assert published.check_recomputable(desk.store, YEARS) == ()


def test_one_partition_alone_has_no_trends(tmp_path):
    desk = build(tmp_path, size=150, years=("FY2021",))

    taxonomy = published.materialise(desk.store, CONFIG, ("FY2021",), generated_at=NOW)

    assert taxonomy.trends == ()
    assert taxonomy.coverage.records == 150


def test_missing_labels_are_named(tmp_path):
    desk = build(tmp_path, size=150)
    desk.store.labels_path("FY2021").unlink()

    with pytest.raises(NotMaterialised, match="labels of desk, partition FY2021"):
        publish(desk)


def test_a_damaged_taxonomy_is_reported_and_replaced(tmp_path):
    desk = build(tmp_path, size=150)
    write_json({"schema_version": "1"}, desk.store.taxonomy_path)

    with pytest.raises(StoreError, match="is not a taxonomy"):
        published.load(desk.store)

    assert publish(desk).generated_at == NOW


def test_a_taxonomy_that_was_never_published_is_not_materialised(tmp_path):
    desk = build(tmp_path, size=150)

    with pytest.raises(NotMaterialised):
        published.load(desk.store)


def test_lifts_of_categories_that_come_together_are_counted_again(tmp_path):
    desk = build(tmp_path)
    for year in YEARS:
        path = desk.store.labels_path(year)
        labels = pl.read_parquet(path)
        jammed = labels.filter(pl.col("category_id") == "topic-jam").select("row").with_columns(jam=pl.lit(value=True))
        by_phone = (pl.col("dimension_id") == "channel") & pl.col("jam").is_not_null() & (pl.col("row") % 4 > 0)
        moved = labels.join(jammed, on="row", how="left").with_columns(
            category_id=pl.when(by_phone).then(pl.lit("channel-phone")).otherwise("category_id")
        )
        write_frame(moved.drop("jam"), path)
    taxonomy = publish(desk)
    assert published.check_recomputable(desk.store, YEARS) == ()

    content = read_json(desk.store.taxonomy_path)
    (at,) = (
        at
        for at, each in enumerate(taxonomy.relationships)
        if each.kind == "co_occurrence" and {each.source, each.target} == {"topic-jam", "channel-phone"}
    )
    content["relationships"][at]["effect_within"] += 0.2
    write_json(content, desk.store.taxonomy_path)

    (problem,) = published.check_recomputable(desk.store, YEARS)
    assert "topic-jam and channel-phone: lifts are published as" in problem
