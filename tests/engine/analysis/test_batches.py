import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import batches
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.store import DatasetStore, write_frame
from tests.engine.analysis.prepared import config, prepare, prepare_sources


def notes(lengths):
    return [f"note {place} " + "x" * length for place, length in enumerate(lengths)]


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.lists(st.integers(0, 700), min_size=2, max_size=60), min_size=1, max_size=3),
    batch_records=st.integers(1, 50),
)
def test_every_record_is_in_exactly_one_batch(tmp_path_factory, lengths, batch_records):
    sources = {f"{place}.csv": {"note": notes(each)} for place, each in enumerate(lengths)}
    store = prepare_sources(tmp_path_factory.mktemp("plan"), sources)

    plan = batches.plan(store, "all", batch_records=batch_records)

    covered = [place for batch in plan.batches for place in range(batch.start, batch.stop)]
    assert covered == list(range(sum(map(len, lengths))))
    assert [batch.number for batch in plan.batches] == list(range(len(plan.batches)))
    identity = store.scan_records("all").select(SOURCE, ROW).collect()
    for batch in plan.batches:
        rows = identity.slice(batch.start, batch.records)
        spanned = [(span.source, row) for span in batch.spans for row in range(span.row_start, span.row_end + 1)]
        assert spanned == rows.rows()


@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.integers(0, 700), min_size=2, max_size=80), batch_records=st.integers(1, 50))
def test_a_batch_is_a_run_of_whole_chunks(tmp_path_factory, lengths, batch_records):
    store = prepare(tmp_path_factory.mktemp("plan"), {"note": notes(lengths)})

    plan = batches.plan(store, "all", batch_records=batch_records)

    chunks = pl.read_parquet(store.chunks_path("all"))
    assert [chunk_id for batch in plan.batches for chunk_id in batch.chunk_ids] == chunks["chunk_id"].to_list()
    for batch in plan.batches:
        held = chunks.filter(pl.col("chunk_id").is_in(batch.chunk_ids))
        assert (held["row_start"].min(), held["row_end"].max()) == (batch.row_start, batch.row_end)


def test_a_record_cut_over_several_chunks_belongs_to_one_batch(tmp_path):
    store = prepare(tmp_path, {"note": notes([10, 2000, 10, 10])})

    plan = batches.plan(store, "all", batch_records=1)

    chunks = pl.read_parquet(store.chunks_path("all"))
    parts = chunks.filter(pl.col("row_start") == 2)["chunk_id"].to_list()
    assert len(parts) > 3
    assert [set(parts) <= set(batch.chunk_ids) for batch in plan.batches].count(True) == 1


def test_batches_are_of_nearly_equal_size(tmp_path):
    store = prepare(tmp_path, {"note": notes([20] * 1000)})

    sizes = [batch.records for batch in batches.plan(store, "all", batch_records=300).batches]

    assert len(sizes) == 3
    assert max(sizes) - min(sizes) <= 20


def test_wide_partitions_are_read_in_smaller_batches():
    assert batches.records_per_batch(99) == 2000
    assert batches.records_per_batch(100) == 500


def test_windows_hold_whole_batches_up_to_a_bound(tmp_path):
    store = prepare(tmp_path, {"note": notes([0] * 30_000)}, dataset=config(chunking={"size": 3000}))

    plan = batches.plan(store, "all", batch_records=2000)

    windows = list(plan.windows())
    assert [batch for window in windows for batch in window] == list(plan.batches)
    assert [sum(batch.records for batch in window) <= batches.WINDOW_RECORDS for window in windows] == [True, True]


def test_a_partition_without_records_has_no_batches(tmp_path):
    store = prepare(tmp_path, {"note": []})

    assert batches.plan(store, "all", batch_records=10).batches == ()


def test_chunks_of_other_records_are_refused(tmp_path):
    store = prepare(tmp_path, {"note": notes([5, 5])})
    path = store.chunks_path("all")
    write_frame(pl.read_parquet(path).with_columns(row_start=pl.lit(7, pl.Int64)), path)

    with pytest.raises(StoreError, match=r"all\.csv:7 is not among the records"):
        batches.plan(store, "all", batch_records=10)


def test_a_partition_without_chunks_is_named(tmp_path):
    with pytest.raises(NotMaterialised, match="chunks of desk, partition FY2012"):
        batches.plan(DatasetStore(tmp_path / "desk"), "FY2012", batch_records=10)
