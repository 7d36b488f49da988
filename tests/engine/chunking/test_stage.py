import json
import random
import resource
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.chunking import record_tables, stage
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.errors import InvariantError, NotMaterialised, StoreError
from rlm_pipeline.model import CHUNK_SCHEMA, COLUMN_PAIR_SCHEMA, LINE, ROW, Manifest
from rlm_pipeline.profiling import columns
from rlm_pipeline.store import write_frame
from tests.engine.chunking.placed import place_records
from tests.engine.chunking.stage_of_file import chunked as file_chunked
from tests.engine.profiling.stored import config_with, put, roles, store_in

DATA = Path(__file__).parents[4] / "shared" / "data"


def chunked(tmp_path, config=None, **sources) -> pl.DataFrame:
    config, store = config or config_with(), store_in(tmp_path)
    put(store, "FY2012", **sources)
    columns.materialise(store, config, "FY2012")
    place_records(store, "FY2012")
    stage.materialise(store, config, "FY2012")
    return pl.read_parquet(store.chunks_path("FY2012"))


def small(size: int = 200):
    return config_with(chunking=Chunking(size=size))


def test_chunks_are_stored_as_the_contract_says(tmp_path):
    found = chunked(tmp_path, desk={"a": ["1", None, "x"], "b": ["p", "q", None]})

    assert found.schema == CHUNK_SCHEMA
    assert found["text"].to_list() == ["a: 1\nb: p\n\nb: q\n\na: x\n\n"]
    row = found.row(0, named=True)
    assert (row["row_start"], row["row_end"], row["line_start"], row["line_end"]) == (1, 3, 2, 4)
    assert (row["char_start"], row["char_end"], row["byte_start"], row["byte_end"]) == (0, 30, 0, 30)
    assert (row["n_chars"], row["n_tokens_estimate"], row["chunker"], row["records"]) == (23, 6, "tabular", 3)
    assert (row["source"], row["scope"], row["content_type"], row["ordinal"]) == ("desk.csv", "rows 1-3", "tabular", 0)
    assert len(row["chunk_id"]) == 16


def test_empty_constant_and_ignored_columns_are_not_shown(tmp_path):
    cells = {"a": ["1", "2"], "empty": [None, None], "same": ["k", "k"], "ssn": ["123", "456"], "ticked": ["x", None]}

    found = chunked(tmp_path, roles(ignore=("SSN",)), desk=cells)

    assert found["text"].to_list() == ["a: 1\nticked: x\n\na: 2\n\n"]


def test_a_column_ignored_after_the_profile_was_made_is_not_shown_either(tmp_path):
    chunked(tmp_path, desk={"a": ["1", "2"], "ssn": ["123", "456"]})
    store = store_in(tmp_path)

    stage.materialise(store, roles(ignore=("ssn",)), "FY2012")

    assert "123" not in pl.read_parquet(store.chunks_path("FY2012"))["text"][0]


def test_a_record_without_informative_cells_is_accounted_for(tmp_path):
    found = chunked(tmp_path, desk={"a": ["1", None, "2"], "b": [None, None, None]})

    assert found["text"].to_list() == ["a: 1\n\n(empty record)\n\na: 2\n\n"]


def test_a_partition_without_any_informative_column_still_has_its_records(tmp_path):
    found = chunked(tmp_path, desk={"same": ["k", "k"], "none": [None, None]})

    assert found["text"].to_list() == ["(empty record)\n\n(empty record)\n\n"]


def test_a_partition_without_records_has_no_chunks(tmp_path):
    found = chunked(tmp_path, desk=pl.DataFrame(schema={"a": pl.String}))

    assert found.schema == CHUNK_SCHEMA
    assert found.is_empty()


def test_cells_are_shown_verbatim(tmp_path):
    note = 'He said "stop".\r\n\r\nThen: {left}\tat\u00a03 🙂 '

    cells = {"note: {}": [note, "x"], "*": [None, "^y$"], "a": ["p", "q"], "a.b": ["r", "s"]}

    found = chunked(tmp_path, desk=cells)

    assert found["text"].to_list() == [f"note: {{}}: {note}\na: p\na.b: r\n\nnote: {{}}: x\n*: ^y$\na: q\na.b: s\n\n"]


def test_sources_are_not_mixed_and_each_has_its_own_offsets(tmp_path):
    found = chunked(tmp_path, a={"x": ["1", "2"]}, b={"y": ["3"], "x": ["4"]})

    assert found.select("ordinal", "source", "char_start", "scope", "text").rows() == [
        (0, "a.csv", 0, "rows 1-2", "x: 1\n\nx: 2\n\n"),
        (1, "b.csv", 0, "row 1", "y: 3\nx: 4\n\n"),
    ]


def test_rows_and_lines_are_those_of_the_file(tmp_path):
    cells = pl.DataFrame({"a": ["p", "q"], ROW: [7, 40], LINE: [9, 55]})

    found = chunked(tmp_path, desk=cells).row(0, named=True)

    assert (found["row_start"], found["row_end"], found["line_start"], found["line_end"]) == (7, 40, 9, 55)


def test_the_summary_counts_what_was_stored(tmp_path):
    store = store_in(tmp_path)
    put(store, "FY2012", desk={"note": ["word " * 100, "short", "brief"]})
    columns.materialise(store, small(), "FY2012")
    place_records(store, "FY2012")

    summary = stage.materialise(store, small(), "FY2012")

    stored = pl.read_parquet(store.chunks_path("FY2012"))
    assert (summary.records, summary.split_records) == (3, 1)
    assert summary.chunks == stored.height
    assert summary.characters == stored["n_chars"].sum()
    assert summary.longest == stored["n_chars"].max()


@pytest.mark.parametrize("bound", ["CELLS_PER_BATCH", "BYTES_PER_BATCH", "ROWS_PER_BATCH"])
def test_a_second_run_writes_the_same_bytes_whatever_is_held_at_once(tmp_path, monkeypatch, bound):
    cells = {"note": [f"note {number} " + "word " * (number % 60) for number in range(200)]}
    chunked(tmp_path, small(), desk=cells)
    path = store_in(tmp_path).chunks_path("FY2012")
    first = path.read_bytes()

    monkeypatch.setattr(record_tables, bound, 30)
    stage.materialise(store_in(tmp_path), small(), "FY2012")

    assert path.read_bytes() == first


def test_appended_rows_keep_the_ids_of_all_but_the_last_chunk(tmp_path):
    notes = [f"note {number} " + "word " * (number % 60) for number in range(90)]
    before = chunked(tmp_path / "before", small(), desk={"note": notes[:60]})["chunk_id"].to_list()
    after = chunked(tmp_path / "after", small(), desk={"note": notes})["chunk_id"].to_list()

    assert after[: len(before) - 1] == before[:-1]
    assert len(set(after)) == len(after)


def test_an_edited_row_leaves_the_ids_of_what_follows(tmp_path):
    rows = [f"{row} " + "word " * (row % 7) for row in range(200)]
    before = file_chunked(tmp_path, "t.csv", "id,note\n" + "".join(f"T{n},{row}\n" for n, row in enumerate(rows)))
    rows[20] += " and something more than there was"

    after = file_chunked(tmp_path, "t.csv", "id,note\n" + "".join(f"T{n},{row}\n" for n, row in enumerate(rows)))

    assert before["char_start"][-1] < after["char_start"][-1]
    assert 1 <= len(set(after["chunk_id"]) - set(before["chunk_id"])) <= 3
    assert after["chunk_id"].n_unique() == after.height > 30


def test_parts_with_the_same_text_have_their_own_ids(tmp_path):
    found = file_chunked(tmp_path, "t.txt", "a" * 3000, "chunking: {size: 200, chunker: fixed}\nformat: prose\n")

    assert found["chunk_id"].n_unique() == found.height == 15
    assert found["text"].n_unique() == 1


def test_equal_records_have_chunks_of_equal_content_but_own_ids(tmp_path):
    found = chunked(tmp_path, small(), desk={"note": ["word " * 30] * 5 + ["other"]})[:4]

    assert found["content_hash"].n_unique() == 1
    assert found["chunk_id"].n_unique() == 4


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.text(min_size=1)), st.one_of(st.none(), st.text(min_size=150, max_size=700))),
        min_size=1,
        max_size=12,
    )
)
def test_chunks_of_any_records_give_the_rendered_text_back(tmp_path, rows):
    cells = {
        "a": pl.Series([a for a, _ in rows], dtype=pl.String),
        "b": pl.Series([b for _, b in rows], dtype=pl.String),
    }
    found = chunked(tmp_path, small(), desk=pl.DataFrame(cells))
    kinds = dict(pl.read_parquet(store_in(tmp_path).profile_path("FY2012")).select("column", "kind").iter_rows())
    shown = [name for name in ("a", "b") if kinds[name] not in {"empty", "constant"}]
    texts = [
        "\n".join(f"{name}: {cells[name][row]}" for name in shown if cells[name][row] is not None) or "(empty record)"
        for row in range(len(rows))
    ]
    rendered = "".join(text + "\n\n" for text in texts)

    assert "".join(found["text"]) == rendered
    assert found["n_chars"].max() <= 200
    assert {n for row in found.iter_rows(named=True) for n in range(row["row_start"], row["row_end"] + 1)} == set(
        range(1, len(rows) + 1)
    )


def test_real_records_are_all_in_chunks(tmp_path):
    file = DATA / "faa-birdstrikes" / "birds.csv.gz"
    if not file.exists():
        pytest.skip(f"real records are not beside the repository: {file}")
    records = pl.read_csv(file, infer_schema=False).with_columns(pl.all().replace("", None))

    found = chunked(tmp_path, birds=records)

    assert (found["row_end"] - found["row_start"] + 1).sum() == records.height
    assert found["n_chars"].max() <= 3000
    assert found["chunk_id"].is_unique().all()


def test_what_has_not_run_is_said(tmp_path):
    store = store_in(tmp_path)
    with pytest.raises(NotMaterialised, match="raw_file"):
        stage.materialise(store, config_with(), "FY2012")

    put(store, "FY2012", desk={"a": ["1", "2"]})
    with pytest.raises(NotMaterialised, match="column_profile"):
        stage.materialise(store, config_with(), "FY2012")

    columns.materialise(store, config_with(), "FY2012")
    with pytest.raises(NotMaterialised, match="raw_file"):
        stage.materialise(store, config_with(), "FY2012")


def wide_cells(columns_each: int = 10) -> dict[str, list[str]]:
    """Columns of three families, in turns, and an id; a record is longer than 200 characters."""
    names = [f"{family}_{number}" for number in range(columns_each) for family in ("sla", "billing", "contact")]
    cells = {name: [f"{name} value {row % 7}" for row in range(40)] for name in names}
    return {"ticket": [f"T{row:04d}" for row in range(40)], **cells}


def test_the_records_of_a_wide_table_are_cut_between_groups_of_columns(tmp_path):
    config, store = small(400), store_in(tmp_path)
    put(store, "FY2012", desk=wide_cells())
    columns.materialise(store, config, "FY2012")
    place_records(store, "FY2012")
    with pytest.raises(NotMaterialised, match="column_pairs"):
        stage.materialise(store, config, "FY2012")
    names = list(wide_cells())
    rows = [
        {"kind": "association", "source": one, "target": other, "n": 40, "effect": 0.9}
        for one in names[1:]
        for other in names[1:]
        if one < other and one.split("_")[0] == other.split("_")[0]
    ]
    write_frame(pl.DataFrame(rows, schema=COLUMN_PAIR_SCHEMA), store.column_pairs_path("FY2012"))

    stage.materialise(store, config, "FY2012")

    found = pl.read_parquet(store.chunks_path("FY2012"))
    first = found.filter(pl.col("row_start") == 1)
    assert first["place"].to_list() == ["ticket, sla", "billing", "contact"]
    assert first["context"].to_list() == ["", "ticket: T0000", "ticket: T0000"]
    assert [text.count("sla_") for text in first["text"]] == [20, 0, 0]
    assert first["char_start"].n_unique() == 1
    assert found["records"].sum() == 40


def test_wide_records_can_be_cut_in_the_order_of_their_columns(tmp_path):
    config, store = config_with(chunking=Chunking(size=400, column_groups=False)), store_in(tmp_path)

    found = chunked(tmp_path, config, desk=wide_cells())

    assert not store.column_pairs_path("FY2012").exists()
    assert found["text"][0].startswith("ticket: T0000\nsla_0: sla_0 value 0\nbilling_0: ")


def test_the_end_of_the_chunk_before_is_repeated_on_request(tmp_path):
    notes = [f"note {number} " + "word " * (number % 30) for number in range(60)]
    plain = chunked(tmp_path / "plain", small(), desk={"note": notes})

    found = chunked(tmp_path / "over", config_with(chunking=Chunking(size=200, overlap=50)), desk={"note": notes})

    assert found["text"].to_list() == plain["text"].to_list()
    assert found["overlap"][0] == ""
    ends = list(zip(found["overlap"].to_list()[1:], found["text"].to_list()[:-1], strict=True))
    assert all(0 < len(overlap) <= 50 and text.endswith(overlap) for overlap, text in ends)
    assert not set(found["content_hash"][1:]) & set(plain["content_hash"])


def test_a_long_element_is_cut_by_key_and_then_between_the_elements_of_arrays(tmp_path):
    lines = [
        json.dumps(
            {
                "id": number,
                "user": {"name": f"Ann {number}", "about": "likes rain " * (9 + number)},
                "tags": [{"k": n, "v": [n] * (number + 1)} for n in range(40)],
            }
        )
        for number in range(3)
    ]

    found = file_chunked(tmp_path, "events.jsonl", "\n".join(lines), "format: jsonl\n")

    parts = found.filter(pl.col("row_start") == 1)
    assert parts["place"][0] == "id … user"
    assert set(parts["place"][1:]) == {"tags"}
    assert all(text.rstrip().endswith(("},", "}]")) for text in parts["text"][1:])
    assert found["n_chars"].max() <= 200


def test_lost_records_are_noticed_and_nothing_is_stored(tmp_path):
    store = store_in(tmp_path)
    put(store, "FY2012", a={"x": ["1", "2"]}, b={"x": ["3"]})
    columns.materialise(store, config_with(), "FY2012")
    place_records(store, "FY2012")
    put(store, "FY2012", a={"x": ["1"]})
    one = store.manifest("FY2012")
    put(store, "FY2012", a={"x": ["1", "2"]})
    store.write_manifest(Manifest(partition="FY2012", sources=one.sources))

    with pytest.raises(InvariantError, match="hold 2 records, raw_file has 1"):
        stage.materialise(store, config_with(), "FY2012")

    assert not store.chunks_path("FY2012").parent.joinpath("FY2012.parquet").exists()


def test_a_full_disk_is_an_error_that_says_what_to_do_and_leaves_nothing(tmp_path):
    store, draw = store_in(tmp_path), random.Random(0)
    put(store, "FY2012", desk={"a": ["".join(draw.choices("abcdefghijklmnop", k=3000)) for _ in range(50)]})
    columns.materialise(store, config_with(), "FY2012")
    place_records(store, "FY2012")

    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, usual[1]))
    try:
        with pytest.raises(StoreError, match=r"chunks/FY2012\.parquet.*run again"):
            stage.materialise(store, config_with(), "FY2012")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert list(store.chunks_path("FY2012").parent.iterdir()) == []
