"""Categories that are hard to tell apart: close calls counted exactly, from the labels."""

import polars as pl
import pytest

from rlm_pipeline.model import LABEL_SCHEMA, OTHER
from rlm_pipeline.store import DatasetStore, write_frame
from rlm_pipeline.taxonomy import confused, counts, published
from rlm_pipeline.taxonomy.document import Category, Dimension
from tests.engine.taxonomy_published.desk import CONFIG, YEARS, build

FY = ("FY2020", "FY2021")


def dimension(*, kind="text", gate="passed"):
    return Dimension(
        id="d", name="Topic", definition="", facet="text", kind=kind, method="", gate=gate,
        categories=tuple(
            Category(id=each, name=each.upper(), definition="", status="established") for each in ("a", "b", "c")
        ),
    )  # fmt: skip


def store_of(folder, rows):
    """Labels from (partition, category, runner-up, margin, how many)."""
    store = DatasetStore(folder / "desk")
    for partition in FY:
        mine = [row[1:] for row in rows if row[0] == partition]
        spread = [(category, runner, margin) for category, runner, margin, times in mine for _ in range(times)]
        frame = pl.DataFrame(
            [("s", at + 1, "d", category, 0.5, margin, runner) for at, (category, runner, margin) in enumerate(spread)],
            schema=LABEL_SCHEMA,
            orient="row",
        )
        write_frame(frame, store.labels_path(partition))
    return store


def found(store, **options):
    filled = counts.fill([dimension(**options)], counts.tally(store, FY), FY)
    return confused.find(filled, confused.tally(store, FY))


ROWS = [
    ("FY2020", "a", "b", 0.1, 60), ("FY2020", "a", "b", 0.9, 140), ("FY2020", "b", "a", 0.2, 5),
    ("FY2020", "b", "c", 0.5, 995), ("FY2021", "a", "b", -0.1, 20), ("FY2021", "a", None, 1.0, 180),
    ("FY2021", OTHER, "a", 0.0, 50), ("FY2021", "c", "a", 0.1, 60),
]  # fmt: skip


def test_close_calls_are_counted_the_way_that_has_the_larger_share(tmp_path):
    pair, *rest = found(store_of(tmp_path, ROWS))

    assert rest == []
    assert (pair.kind, pair.source, pair.target) == ("often_confused_with", "a", "b")
    assert pair.n == 400
    assert pair.effect == pytest.approx(80 / 400)
    assert pair.interval[0] < 0.2 < pair.interval[1]
    assert pair.by_partition == {"FY2020": 0.3, "FY2021": 0.1}
    assert pair.strongest == ("80 of 400 records of A would do as B", "5 of 1,000 records of B would do as A")


def test_few_records_or_few_close_calls_are_no_confusion(tmp_path):
    few = [("FY2020", "a", "b", 0.0, 99), ("FY2021", "b", "c", 0.0, 40), ("FY2021", "b", "c", 0.9, 960)]

    assert found(store_of(tmp_path, few)) == ()


@pytest.mark.parametrize("options", [{"kind": "categorical"}, {"gate": "no_stable_structure"}])
def test_only_text_dimensions_that_passed_have_confusions(tmp_path, options):
    assert found(store_of(tmp_path, ROWS), **options) == ()


def test_a_runner_up_that_is_no_leaf_any_more_does_not_count(tmp_path):
    assert found(store_of(tmp_path, [("FY2020", "a", "gone", 0.0, 200), ("FY2020", "a", "a", 0.0, 200)])) == ()


def test_a_confusion_is_published_told_and_recounted(tmp_path):
    desk = build(tmp_path)
    for year in YEARS:
        path = desk.store.labels_path(year)
        jam = pl.col("category_id") == "topic-jam"
        close = jam & (pl.col("row") % 3 == 0)
        labels = pl.read_parquet(path).with_columns(
            runner_up=pl.when(jam).then(pl.lit("topic-toner")),
            margin=pl.when(close).then(pl.lit(0.1)).otherwise("margin").cast(pl.Float32),
        )
        write_frame(labels, path)

    taxonomy = published.materialise(desk.store, CONFIG, YEARS, generated_at="now")

    (pair,) = (each for each in taxonomy.relationships if each.kind == "often_confused_with")
    assert (pair.source, pair.target) == ("topic-jam", "topic-toner")
    (item,) = (each for each in taxonomy.knowledge_items if each.kind == "confusion")
    assert item.statement.startswith("“jam” and “toner” in “Description” are hard to tell apart: ")
    assert item.namespace == "topic"
    assert any(advice.based_on == (item.id,) for advice in taxonomy.recommendations)
    assert published.check_recomputable(desk.store, YEARS) == ()

    path = desk.store.labels_path("FY2020")
    write_frame(pl.read_parquet(path).with_columns(margin=pl.lit(0.9, pl.Float32)), path)
    assert any("are published as close calls" in each for each in published.check_recomputable(desk.store, YEARS))
