import polars as pl
import pytest

from rlm_pipeline.errors import InvariantError, NotMaterialised
from rlm_pipeline.model import BLANK, LABEL_SCHEMA, OTHER
from rlm_pipeline.store import DatasetStore, write_frame
from rlm_pipeline.taxonomy import labels
from rlm_pipeline.taxonomy.discovery import METHOD
from tests.engine.taxonomy.stored import CONFIG, YEARS, desk


def stored(store, year):
    return pl.read_parquet(store.labels_path(year))


def of_facet(found, facet):
    return next(dimension for dimension in found.dimensions if dimension.facet == facet)


def test_every_record_has_one_label_in_every_dimension_that_passed(discovered):
    store, _, found = discovered
    passed = {dimension.id for dimension in found.dimensions if dimension.gate == "passed"}

    for year in YEARS:
        table = stored(store, year)
        assert table.schema == LABEL_SCHEMA
        assert set(table["dimension_id"]) == passed
        assert table.height == store.manifest(year).rows * len(passed)
        assert table.select("source", "row", "dimension_id").is_unique().all()
        assert table.equals(table.sort("source", "row", "dimension_id"))


def test_all_letters_are_labelled_by_their_matter(discovered):
    from sklearn.metrics import adjusted_mutual_info_score

    store, truth, found = discovered
    dimension = of_facet(found, "LetterText")
    table = pl.concat([stored(store, year) for year in YEARS]).filter(pl.col("dimension_id") == dimension.id)
    matters = [matter for year in YEARS for matter in truth[year]]

    assert adjusted_mutual_info_score(matters, table["category_id"].to_list()) > 0.9
    assert table.filter(pl.col("category_id") == OTHER).height < 0.06 * table.height
    assert table["confidence"].is_between(0, 1).all()


def test_coded_cells_are_labelled_by_their_value_and_gaps_are_blank(discovered):
    store, _, found = discovered
    dimension = of_facet(found, "channel")
    names = {category.id: category.name for category in dimension.categories} | {BLANK: "n/a"}
    cells = store.scan_records("FY2021").select(row="_row", cell="channel").collect()

    table = stored(store, "FY2021").filter(pl.col("dimension_id") == dimension.id).join(cells, on="row")

    assert [names[category] for category in table["category_id"]] == table["cell"].to_list()


def test_the_next_most_probable_category_is_kept_where_a_classifier_weighed_one(discovered):
    store, _, found = discovered
    kind = {dimension.id: dimension.kind for dimension in found.dimensions}
    leaves = {category.id for dimension in found.dimensions for category in dimension.categories}

    table = stored(store, "FY2021").filter(pl.col("category_id") != OTHER)

    of_text = table.filter(pl.col("dimension_id").replace_strict(kind) == "text", pl.col("category_id") != BLANK)
    assert of_text["runner_up"].null_count() == 0
    assert (of_text["runner_up"] != of_text["category_id"]).all()
    assert set(of_text["runner_up"]) <= leaves
    others = table.filter(pl.col("dimension_id").replace_strict(kind) != "text")
    assert others["runner_up"].null_count() == others.height > 0


def test_a_column_that_a_year_lacks_is_blank_there(discovered):
    store, _, found = discovered
    dimension = of_facet(found, "shelf")

    table = stored(store, "FY2020").filter(pl.col("dimension_id") == dimension.id)

    assert set(table["category_id"]) == {BLANK}


def test_small_batches_give_the_same_labels(discovered, monkeypatch):
    store, _, _ = discovered
    whole = stored(store, "FY2021")
    monkeypatch.setattr(labels, "RECORDS_AT_ONCE", 37)

    summary = labels.materialise(store, CONFIG, "FY2021")

    assert stored(store, "FY2021").drop("confidence", "margin").equals(whole.drop("confidence", "margin"))
    assert summary.labels == summary.categorised + summary.other + summary.blank
    assert summary.labels == summary.records * summary.dimensions


def test_a_value_that_was_not_there_at_discovery_is_other_and_an_empty_text_is_blank(tmp_path, discovered):
    former, _, found = discovered
    store, _ = desk(tmp_path)
    for path in (former.dimensions_path, *former.classifiers_folder.iterdir()):
        target = store.folder / path.relative_to(former.folder)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    (records,) = store.records_paths("FY2022")
    frame = pl.read_parquet(records)
    first = pl.col("_row") == 1
    changed = frame.with_columns(
        pl.when(first).then(pl.lit("West")).otherwise("region").alias("region"),
        pl.when(first).then(pl.lit("  ")).otherwise("LetterText").alias("LetterText"),
    )
    write_frame(changed, records)

    labels.materialise(store, CONFIG, "FY2022")

    given = {row["dimension_id"]: row for row in stored(store, "FY2022").filter(pl.col("row") == 1).to_dicts()}
    assert given[of_facet(found, "region").id]["category_id"] == OTHER
    assert given[of_facet(found, "LetterText").id]["category_id"] == BLANK


def test_records_that_do_not_match_the_manifest_are_a_broken_promise(tmp_path, discovered):
    former, _, _ = discovered
    store, _ = desk(tmp_path)
    for path in (former.dimensions_path, *former.classifiers_folder.iterdir()):
        target = store.folder / path.relative_to(former.folder)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    (records,) = store.records_paths("FY2022")
    write_frame(pl.read_parquet(records).head(10), records)

    with pytest.raises(InvariantError, match="for 10 of 220 records"):
        labels.materialise(store, CONFIG, "FY2022")

    assert not store.labels_path("FY2022").exists()


def test_labels_before_dimensions_say_what_is_missing(tmp_path):
    store, _ = desk(tmp_path, rows=60)

    with pytest.raises(NotMaterialised, match="dimensions of letters"):
        labels.materialise(store, CONFIG, "FY2020")


def test_a_dataset_without_dimensions_has_no_labels(tmp_path, discovered):
    _, _, found = discovered
    store, _ = desk(tmp_path, rows=60)
    empty = found.model_copy(
        update={
            "dimensions": tuple(each for each in found.dimensions if each.gate != "passed" and each.method == METHOD)
        }
    )
    store.dimensions_path.write_text(empty.model_dump_json())

    summary = labels.materialise(store, CONFIG, "FY2020")

    assert (summary.records, summary.labels) == (60, 0)
    assert stored(DatasetStore(store.folder), "FY2020").schema == LABEL_SCHEMA
