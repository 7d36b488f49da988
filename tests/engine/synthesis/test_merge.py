import json
import random
import statistics
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import findings
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.profiling import schema
from rlm_pipeline.store import DatasetStore, write_frame
from rlm_pipeline.synthesis import gathering, merge
from rlm_pipeline.synthesis.document import MergedFindings
from tests.engine.analysis.prepared import config, prepare
from tests.engine.synthesis.made import parts

YEARS = ("FY2010", "FY2011", "FY2012")


def merged(*found):
    return merge.merge(found, dataset="desk")


def desk(rows, seed, status="status"):
    draw = random.Random(seed)
    states = [draw.choice(["open", "closed", "pending"]) for _ in range(rows)]
    return {
        "ticket": [f"TK-{place:05d}" for place in range(rows)],
        status: [state if draw.random() > 0.1 else None for state in states],
        "queue": [state[0].upper() if draw.random() < 0.9 else "X" for state in states],
        "amount": [f"{draw.gauss(100, 10):.2f}" for _ in range(rows)],
    }


def prepare_years(root, years, dataset=None):
    for year, cells in years.items():
        store = prepare(root, cells, partition=year, dataset=dataset)
        findings.materialise(store, dataset or config(), year)
        merge.materialise(store, dataset or config(), year)
    return store


@settings(max_examples=60, deadline=None)
@given(parts(), parts(), parts())
def test_the_grouping_of_parts_does_not_matter(first, second, third):
    assert merged(merged(first, second), third) == merged(first, merged(second, third)) == merged(first, second, third)


@settings(max_examples=60, deadline=None)
@given(st.lists(parts(), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_parts_does_not_matter(found, draw):
    shuffled = list(found)
    draw.shuffle(shuffled)

    assert merged(*shuffled) == merged(*found)


@settings(max_examples=30, deadline=None)
@given(parts())
def test_a_part_merged_alone_or_with_nothing_stays_as_it_is(part):
    alone = merged(part)

    assert merged(alone) == alone == merged(alone, merged())
    assert (alone.columns, alone.pairs, alone.partitions) == (part.columns, part.pairs, part.partitions)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_batches_merged_one_by_one_give_the_partition(tmp_path_factory, data):
    rows = data.draw(st.integers(30, 120))
    cells = {
        name: data.draw(st.lists(st.sampled_from(["a", "b", None]), min_size=rows, max_size=rows)) for name in "pq"
    }
    cells["amount"] = [f"{place * 0.37:.2f}" for place in range(rows)]
    store = prepare(tmp_path_factory.mktemp("desk"), cells)
    findings.materialise(store, config(), "all")
    # Rows of the same findings, stamped as if they came from batches of their own.
    stored = pl.read_parquet(store.findings_path("all")).with_columns(batch=pl.int_range(pl.len()) % 3)

    batches = [gathering.gather(part.lazy(), dataset="desk", partition="all") for part in stored.partition_by("batch")]
    whole = gathering.gather(stored.lazy(), dataset="desk", partition="all")

    figures = {
        "columns": {"__all__": {"citations"}},
        "pairs": {"__all__": {"citations"}},
        "themes": True,
        "conflicts": True,
    }
    assert merged(*batches).model_dump(exclude=figures) == merged(whole).model_dump(exclude=figures)


def test_merged_numbers_equal_a_direct_count_over_all_years(tmp_path):
    years = {year: desk(2500 + 300 * place, place) for place, year in enumerate(YEARS)}
    store = prepare_years(tmp_path, years)

    result = merge.merge_all(store, YEARS)

    status = [cell for cells in years.values() for cell in cells["status"]]
    amounts = [float(cell) for cells in years.values() for cell in cells["amount"]]
    found = result.column("status")
    assert found.distribution == Counter(cell for cell in status if cell)
    assert found.missing == status.count(None)
    assert found.distribution_by_partition["FY2011"] == Counter(cell for cell in years["FY2011"]["status"] if cell)
    numbers = result.column("amount").numbers
    assert (numbers.n, numbers.minimum, numbers.maximum) == (len(amounts), min(amounts), max(amounts))
    assert numbers.mean == pytest.approx(statistics.fmean(amounts), rel=1e-14)
    assert numbers.standard_deviation == pytest.approx(statistics.stdev(amounts), rel=1e-12)
    assert result.records == len(status)
    joint = {(left, right): records for left, right, records in result.pairs[0].table}
    queue = [cell for cells in years.values() for cell in cells["queue"]]
    assert joint == Counter((q, s) for q, s in zip(queue, status, strict=True) if s)


def test_what_is_stored_is_what_is_returned(tmp_path):
    store = prepare_years(tmp_path, {"FY2010": desk(600, 1)})

    result = merge.materialise(store, config(), "FY2010")

    assert merge.load(store, "FY2010") == result
    whole = merge.merge_all(store, ("FY2010",))
    assert MergedFindings.model_validate(json.loads(store.merged_all_years_path.read_text())) == whole


def test_columns_renamed_over_the_years_are_added_up_under_one_name(tmp_path):
    years = {"FY2010": desk(400, 1, status="Ticket Status"), "FY2011": desk(400, 2, status="ticket_status")}
    store = prepare_years(tmp_path, years)

    apart = merge.merge_all(store, tuple(years))
    schema.materialise(store, config(), tuple(years))
    together = merge.merge_all(store, tuple(years))

    assert apart.column("Ticket Status").distribution_by_partition.keys() == {"FY2010"}
    assert together.column("Ticket Status") is None
    assert together.column("ticket_status").distribution_by_partition.keys() == {"FY2010", "FY2011"}
    assert [(pair.left, pair.right) for pair in together.pairs] == [("queue", "ticket_status")]
    filled = [cell for cells in years.values() for name in cells if "tatus" in name for cell in cells[name] if cell]
    assert together.pairs[0].n == len(filled)


def test_a_pair_whose_names_change_places_is_turned_round(tmp_path):
    years = {"FY2010": desk(400, 1, status="status"), "FY2011": desk(400, 1, status="Status")}
    years["FY2010"]["Queue"] = years["FY2010"].pop("queue")
    store = prepare_years(tmp_path, years)
    schema.materialise(store, config(), tuple(years))

    result = merge.merge_all(store, tuple(years))

    assert [(pair.left, pair.right) for pair in merge.load(store, "FY2010").pairs] == [("Queue", "status")]
    (pair,) = result.pairs
    assert (pair.left, pair.right) == ("Status", "queue")
    assert {left for left, _, _ in pair.table} == {"open", "closed", "pending"}
    assert {where: each.n for where, each in pair.by_partition.items()} == dict.fromkeys(years, pair.n / 2)


def test_findings_stored_twice_count_once(tmp_path):
    store = prepare_years(tmp_path, {"FY2010": desk(400, 1)})
    once = merge.materialise(store, config(), "FY2010")
    path = store.findings_path("FY2010")
    frame = pl.read_parquet(path)
    write_frame(pl.concat([frame, frame.head(2)]), path)

    twice = merge.materialise(store, config(), "FY2010")

    assert twice.partitions["FY2010"].duplicates == 2
    assert twice.model_copy(update={"partitions": once.partitions}) == once


def test_at_most_three_records_are_cited_per_column_and_every_year_has_a_turn(tmp_path):
    store = prepare_years(tmp_path, {year: desk(400, place) for place, year in enumerate(YEARS)})

    result = merge.merge_all(store, YEARS)

    assert all(1 <= len(column.citations) <= 3 for column in result.columns)
    assert [citation.partition for citation in result.column("status").citations] == list(YEARS)
    assert all(citation.verified for column in result.columns for citation in column.citations)


def test_ignored_columns_are_not_merged(tmp_path):
    dataset = config(columns={"ignore": ["queue"]})
    store = prepare_years(tmp_path, {"FY2010": desk(400, 1)}, dataset)

    merge.merge_all(store, ("FY2010",))

    assert "queue" not in store.merged_all_years_path.read_text()


def test_a_partition_that_was_not_analysed_is_named(tmp_path):
    store = DatasetStore(tmp_path / "desk")

    with pytest.raises(NotMaterialised, match="findings of desk, partition FY2012"):
        merge.materialise(store, config(), "FY2012")
    with pytest.raises(NotMaterialised, match="merged_findings of desk, partition FY2012"):
        merge.merge_all(store, ("FY2012",))


def test_a_result_of_another_shape_is_refused(tmp_path):
    store = prepare_years(tmp_path, {"FY2010": desk(100, 1)})
    path = store.merged_findings_path("FY2010")
    path.write_text(path.read_text().replace('"dataset": "desk"', '"dataset": 7'))

    with pytest.raises(StoreError, match=r"FY2010\.json: dataset: .* delete it and run again"):
        merge.load(store, "FY2010")


def test_no_partitions_give_an_empty_result(tmp_path):
    store = DatasetStore(tmp_path / "desk")

    assert merge.merge_all(store, ()).records == 0
