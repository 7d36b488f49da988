import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.chunking import stage
from rlm_pipeline.chunking.batches import plan
from rlm_pipeline.configuration import Batches, Chunking, ColumnRoles
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.profiling import columns
from tests.engine.chunking.placed import place_records
from tests.engine.chunking.stage_of_file import stored
from tests.engine.profiling.stored import config_with, put, store_in


def planned(folder, config, **sources):
    store = store_in(folder)
    put(store, "all", **sources)
    columns.materialise(store, config, "all")
    place_records(store, "all")
    stage.materialise(store, config, "all")
    return pl.read_parquet(store.chunks_path("all")), list(plan(store, config, "all"))


def numbered(count: int, words: int = 3) -> dict[str, list[str]]:
    return {"id": [f"T{row}" for row in range(count)], "note": [f"{row} " + "word " * words for row in range(count)]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=6),
    rows=st.integers(1, 50),
)
def test_every_chunk_is_in_one_batch_and_no_batch_is_over_its_limits(tmp_path, sizes, lengths, rows):
    config = config_with(chunking=Chunking(size=300), batches=Batches(rows=rows, tokens=1000))
    tables = {
        f"s{place}": {
            "id": [f"T{row}" for row in range(size)],
            "note": [f"{row} " + "word " * lengths[row % len(lengths)] for row in range(size)],
        }
        for place, size in enumerate(sizes)
    }
    tables = {name: pl.DataFrame(cells, schema={"id": pl.String, "note": pl.String}) for name, cells in tables.items()}
    chunks, batches = planned(
        tmp_path, config, **{name: frame.to_dict(as_series=False) for name, frame in tables.items()}
    )

    of_chunk = {row["chunk_id"]: row for row in chunks.iter_rows(named=True)}
    assert sorted(each for batch in batches for each in batch.chunk_ids) == sorted(of_chunk)
    assert sum(batch.records for batch in batches) == sum(sizes)
    for batch in batches:
        own = [of_chunk[each] for each in batch.chunk_ids]
        assert batch.records == sum(row["records"] for row in own)
        assert batch.records <= rows or len(own) == 1
        assert sum(row["n_tokens_estimate"] for row in own) + len(batch.context) / 4 <= batch.tokens <= 1000
        assert [row["ordinal"] for row in own] == list(range(own[0]["ordinal"], own[-1]["ordinal"] + 1))


def test_what_is_the_same_in_all_records_is_carried_along_for_it_is_in_no_chunk(tmp_path):
    cells = {**numbered(5), "state": ["open"] * 5, "long": ["x" * 900] * 5, "secret": ["s"] * 5, "void": [None] * 5}
    config = config_with(columns=ColumnRoles(ignore=("secret",)))

    _, (batch,) = planned(tmp_path, config, desk=cells)

    first, second = batch.context.splitlines()
    assert first == "Columns: id (string), note (string)"
    assert second == f"The same wherever filled, and in no chunk: state = open, long = {'x' * 199}…"


def test_a_budget_is_of_tokens_in_every_script(tmp_path):
    cells = {
        "编号": [f"第{row}号" for row in range(40)],
        "说明": [f"{row}" + "矿工在冰上滑倒了" * 20 for row in range(40)],
    }

    chunks, batches = planned(tmp_path, config_with(batches=Batches(tokens=3000)), desk=cells)

    assert len(batches) > 1
    for batch in batches:
        texts = chunks.filter(pl.col("chunk_id").is_in(batch.chunk_ids))["text"].to_list()
        chinese = sum(character > "\u2e80" for text in [*texts, batch.context] for character in text)
        assert 0.75 * chinese <= batch.tokens <= 3000


def test_a_batch_of_a_table_carries_its_columns_and_their_kinds(tmp_path):
    _, batches = planned(tmp_path, config_with(), desk=numbered(30))

    (batch,) = batches
    assert batch.context == "Columns: id (identifier), note (string)"
    assert (batch.sources, batch.content_type, batch.records) == (("desk.csv",), "tabular", 30)


def test_a_wide_table_has_fewer_records_in_a_batch(tmp_path):
    config = config_with(batches=Batches(rows=100, wide_rows=10, wide_from=3), chunking=Chunking(size=200))

    _, narrow = planned(tmp_path / "narrow", config, desk=numbered(60))
    _, wide = planned(tmp_path / "wide", config, desk={**numbered(60), "more": [str(row % 5) for row in range(60)]})

    assert max(batch.records for batch in narrow) > 10
    assert max(batch.records for batch in wide) <= 10


def test_batches_have_the_same_ids_when_planned_again(tmp_path):
    config = config_with(batches=Batches(rows=10), chunking=Chunking(size=200))

    _, first = planned(tmp_path / "first", config, desk=numbered(60))
    _, again = planned(tmp_path / "again", config, desk=numbered(60))

    assert [batch.batch_id for batch in first] == [batch.batch_id for batch in again]
    assert len({batch.batch_id for batch in first}) == len(first) > 1


def test_what_is_carried_along_is_cut_to_a_quarter_of_the_budget(tmp_path):
    cells = {
        f"a long name of a column, number {place}": [str(row * place % 7) for row in range(9)] for place in range(1, 99)
    }
    config = config_with(batches=Batches(tokens=1000), chunking=Chunking(size=1000, column_groups=False))

    _, batches = planned(tmp_path, config, desk=cells)

    assert {len(batch.context) <= 1000 for batch in batches} == {True}
    assert batches[0].context.endswith(" more")


def test_parts_of_a_record_stay_together_where_they_fit(tmp_path):
    config = config_with(batches=Batches(tokens=1000), chunking=Chunking(size=300))
    notes = ["word " * (300 if row % 3 == 0 else 10 + row) for row in range(12)]

    chunks, batches = planned(tmp_path, config, desk={"id": [f"T{row}" for row in range(12)], "note": notes})

    batch_of = {chunk: batch.batch_id for batch in batches for chunk in batch.chunk_ids}
    parts = chunks.filter(pl.col("part") > 0).with_columns(pl.col("chunk_id").replace_strict(batch_of).alias("batch"))
    assert parts.height > 8
    assert set(parts.group_by("row_start").agg(pl.col("batch").n_unique())["batch"]) == {1}


def test_a_budget_that_is_smaller_than_a_chunk_is_refused(tmp_path):
    config = config_with(batches=Batches(tokens=1000), chunking=Chunking(size=8000))

    with pytest.raises(ConfigurationError, match=r"batches\.tokens.*smaller chunking\.size"):
        planned(tmp_path, config, desk=numbered(9, words=900))


def test_a_batch_of_json_carries_its_paths_but_none_that_is_ignored(tmp_path):
    lines = [json.dumps({"id": n, "user": {"name": f"n{n}", "phone": f"555-{n}"}, "tags": [n]}) for n in range(9)]

    store, config = stored(tmp_path, "a.jsonl", "\n".join(lines), "columns: {ignore: ['*phone']}\n")
    (batch,) = plan(store, config, "all")

    assert "$.user.name: string" in batch.context
    assert "$.tags[*]: integer" in batch.context
    assert "phone" not in batch.context
