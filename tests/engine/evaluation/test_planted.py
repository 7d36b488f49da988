"""The score of a taxonomy against a planted desk: perfect for the truth itself, lower for every planted mistake."""

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.configuration import DatasetConfig, PartitionRule
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation.planted import compare
from rlm_pipeline.evaluation.support_desk import write_support_desk
from rlm_pipeline.sources import inventory, raw_file
from rlm_pipeline.store import DatasetStore, read_json, write_frame
from rlm_pipeline.taxonomy.document import Relationship, Trend
from tests.engine.evaluation.labelled import CONFIG, dimension, labels, store_taxonomy

# What a pipeline might have published, by the planted dimension whose truth stands behind it.
PUBLISHED = {
    "topic": ("d_topic", "Issue Description", "text"),
    "resolution": ("d_resolution", "resolution_notes", "text"),
    "feedback": ("d_feedback", "customer_feedback", "text"),
    "region": ("d_region", "REGION", "categorical"),
    "channel": ("d_channel", "channel", "categorical"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return write_support_desk(tmp_path_factory.mktemp("desk"), rows=3000, columns=40, years=4)


@pytest.fixture(scope="module")
def known(desk):
    return pl.read_parquet(desk.truth_folder / "records.parquet")


@pytest.fixture(scope="module")
def store(desk, known, tmp_path_factory):
    """The desk as read by the pipeline, labelled with the truth; off-topic texts are `other`."""
    store = DatasetStore(tmp_path_factory.mktemp("store") / "desk")
    config = DatasetConfig(
        name="desk", source=desk.source, partition=PartitionRule(by="filename", pattern=r"fy(?P<year>\d{4})")
    )
    for partition in inventory.take_inventory(store, config).partitions:
        raw_file.materialise(store, config, partition)
        there = known.filter((pl.col("fiscal_year") == partition) & ~pl.col("ragged"))
        write_labels(store, partition, there)
    return store


def write_labels(store, partition, there):
    parts = [
        labels(
            there["source"].to_list(),
            there["row"].to_list(),
            id_,
            there[planted].replace({"off_topic": "other"}).fill_null("blank").to_list(),
        )
        for planted, (id_, _, _) in PUBLISHED.items()
    ]
    write_frame(pl.concat(parts), store.labels_path(partition))


@pytest.fixture(scope="module")
def dimensions(known):
    return [
        dimension(id_, facet, {key: f"found {key}" for key in known[planted].drop_nulls().unique().sort()}, kind=kind)
        for planted, (id_, facet, kind) in PUBLISHED.items()
    ]


def relationship(source, target, kind="association"):
    return Relationship(
        kind=kind, source=source, target=target, source_name=source, target_name=target, effect=0.3,
        effect_name="bias-corrected Cramér's V", n=3000,
    )  # fmt: skip


def trend(category, share_from, share_to, dimension_id="d_topic"):
    return Trend(
        dimension=dimension_id, category=category, category_name=f"found {category}", start="FY2012", end="FY2015",
        share_from=share_from, share_to=share_to, q=0.001,
    )  # fmt: skip


def test_labels_that_are_the_truth_agree_perfectly(store, desk, dimensions):
    store_taxonomy(store, dimensions)

    score = compare(store, CONFIG, desk.truth_folder)

    found = {match.planted: match for match in score.dimensions if match.is_found}
    assert set(found) == set(PUBLISHED)
    for planted, match in found.items():
        assert match.dimension_id == PUBLISHED[planted][0]
        assert match.agreement.ami.value == pytest.approx(1)
        assert match.coverage == pytest.approx(1, abs=0.01)  # ragged rows have no label
    assert score.found("text") == (3, 3)
    assert score.found("categorical") == (2, 7)
    assert score.unplanted == ()


def test_every_row_is_labelled_or_set_aside_and_a_lost_one_is_noticed(store, desk, known, dimensions):
    store_taxonomy(store, dimensions)
    score = compare(store, CONFIG, desk.truth_folder)
    assert score.is_accounted
    assert (score.rows_written, score.rows_labelled + score.rows_quarantined) == (3000, 3000)
    assert score.rows_quarantined == desk.ragged

    there = known.filter((pl.col("fiscal_year") == "FY2013") & ~pl.col("ragged"))
    write_labels(store, "FY2013", there.slice(1))
    lost = compare(store, CONFIG, desk.truth_folder)
    write_labels(store, "FY2013", there)

    assert not lost.is_accounted
    assert [file.is_accounted for file in lost.files] == [True, False, True, True]


def test_labels_of_the_wrong_rows_do_not_pass(store, desk, known, dimensions):
    store_taxonomy(store, dimensions)
    there = known.filter((pl.col("fiscal_year") == "FY2014") & ~pl.col("ragged"))
    shifted = there.with_columns(pl.col(list(PUBLISHED)).shift(1))
    write_labels(store, "FY2014", shifted)

    score = compare(store, CONFIG, desk.truth_folder)
    write_labels(store, "FY2014", there)

    assert score.dimensions[0].agreement.ami.value < 0.9


def test_category_rows_pair_planted_and_found_categories(store, desk, known, dimensions):
    store_taxonomy(store, dimensions)

    match = compare(store, CONFIG, desk.truth_folder).dimensions[0]

    rows = {row.planted: row for row in match.categories}
    printing = rows["Printers and scanners"]
    assert printing.found == "found printing"
    assert printing.planted_records == known.filter((pl.col("topic") == "printing") & ~pl.col("ragged")).height
    assert printing.overlap == 1
    assert rows["Off topic"].found == "other"


def test_a_planted_dimension_that_nothing_resembles_is_not_found(store, desk, known, dimensions):
    rng = np.random.default_rng(0)
    noise = dimension("d_noise", "noise", {"u": "u", "v": "v"})
    extra = {}
    for partition in known["fiscal_year"].unique().sort():
        path = store.labels_path(partition)
        extra[path] = pl.read_parquet(path)
        there = known.filter((pl.col("fiscal_year") == partition) & ~pl.col("ragged"))
        drawn = rng.choice(["u", "v"], len(there)).tolist()
        made = labels(there["source"].to_list(), there["row"].to_list(), "d_noise", drawn)
        write_frame(pl.concat([extra[path], made]), path)
    store_taxonomy(store, [dimensions[0], noise])

    score = compare(store, CONFIG, desk.truth_folder)
    for path, frame in extra.items():
        write_frame(frame, path)

    assert score.found("text") == (1, 3)
    assert score.unplanted == (("text", "By noise"),)
    assert not any(match.is_found for match in score.dimensions if match.dimension_id == "d_noise")


def test_a_dimension_that_failed_its_gate_does_not_count_as_found(store, desk, dimensions):
    failed = [each.model_copy(update={"gate": "no_stable_structure"}) for each in dimensions]
    store_taxonomy(store, failed)

    assert compare(store, CONFIG, desk.truth_folder).found("text") == (0, 3)


def test_relationships_are_right_when_planted_or_implied_and_false_otherwise(store, desk, dimensions):
    store_taxonomy(
        store,
        dimensions,
        relationships=[
            relationship("d_topic", "d_resolution"),  # planted
            relationship("channel", "d_region"),  # planted, one end named by its column
            relationship("d_topic", "d_feedback"),  # implied through the resolution
            relationship("d_channel", "region_code"),  # planted, by a recoded copy
            relationship("d_topic", "d_region"),  # independent
            relationship("d_topic", "d_topic", kind="often_confused_with"),  # not between variables
        ],
    )

    found = compare(store, CONFIG, desk.truth_folder).relationships

    assert (found.published, found.right) == (5, 4)
    assert found.precision == pytest.approx(0.8)
    assert found.false == ("d_topic x d_region (0.30)",)
    assert (found.recovered, found.planted) == (2, 8)
    assert any(text.startswith("assigned_team x department") for text in found.missed)


def test_trends_are_right_when_the_truth_moved_the_same_way(store, desk, dimensions):
    store_taxonomy(
        store,
        dimensions,
        trends=[
            trend("security", 0.04, 0.12),
            trend("file_recovery", 0.03, 0.09),  # the wrong way
            trend("North", 0.20, 0.30, dimension_id="d_region"),  # did not move by the plan
        ],
    )

    found = compare(store, CONFIG, desk.truth_folder).trends

    assert "found file_recovery: 3.0% to 9.0%" in found.false
    assert found.published == 3
    assert (found.recovered, found.planted) == (1, 4)
    assert any(text.startswith("resolution: automation (+") for text in found.missed)


def test_unverified_citations_lower_their_share(store, desk, dimensions):
    store_taxonomy(store, dimensions, verified=(10, 9))

    assert compare(store, CONFIG, desk.truth_folder).share_verified == pytest.approx(0.9)


def test_a_folder_without_truth_is_refused(store, tmp_path, dimensions):
    store_taxonomy(store, dimensions)

    with pytest.raises(QueryError, match="holds no planted truth"):
        compare(store, CONFIG, tmp_path)


def test_the_planted_filler_kinds_are_all_there_in_a_wide_desk(tmp_path):
    desk = write_support_desk(tmp_path, rows=60, columns=500, years=2)

    kinds = set(read_json(desk.truth_folder / "truth.json")["filler"].values())

    assert {"empty", "constant", "near_constant", "flag", "measure", "date", "identifier", "recoded_duplicate"} <= kinds
