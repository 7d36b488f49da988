"""What `rlm profile --paths`, `--pairs` and `rlm status` tell of the sources; stages run directly, without Dagster."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from assets.command_line import app
from rlm_pipeline import configuration
from rlm_pipeline.model import COLUMN_PAIR_SCHEMA
from rlm_pipeline.profiling import columns
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store, write_frame


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """A folder of nested and broken JSON lines, a table and a picture, as far as the column profile."""
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "export"
    folder.mkdir()
    lines = [{"id": place, "events": [{"type": "open"}, {"type": 7}]} for place in range(6)]
    (folder / "a.jsonl").write_text("\n".join(json.dumps(each) for each in lines) + "\n{broken\n{broken too\n")
    (folder / "b.csv").write_text("id,colour\n" + "".join(f"{place},red\n" for place in range(9)))
    (folder / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (tmp_path / "mine.yaml").write_text("name: mine\nsource: export\n")
    config = configuration.load(tmp_path / "mine.yaml")
    store = Store(tmp_path / "store").dataset("mine")
    raw_file.materialise(store, config, "all")
    columns.materialise(store, config, "all")
    return store


def rlm(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def yaml(dataset, tmp_path):
    return tmp_path / "mine.yaml"


def pair(kind, source, target, effect, **more):
    return {"kind": kind, "source": source, "target": target, "effect": effect, "n": 10, **more}


def test_every_path_is_shown_with_its_types_and_counts(yaml):
    rows = json.loads(rlm("profile", yaml, "--paths", "--json").stdout)

    assert {"path": "$.events[*].type", "type": "integer", "values": 6, "records": 6, "files": 1} in rows
    assert {"path": "$.events[*].type", "type": "string", "values": 6, "records": 6, "files": 1} in rows
    assert "$.events[*].type" in rlm("profile", yaml, "--paths").stdout


def test_paths_that_are_cut_off_are_counted(yaml):
    result = rlm("profile", yaml, "--paths", "--limit", "2")

    assert "2 of " in result.stderr


def test_a_dataset_without_nested_files_says_so(yaml, dataset):
    write_frame(pl.read_parquet(dataset.paths_path("all")).clear(), dataset.paths_path("all"))

    result = rlm("profile", yaml, "--paths")

    assert result.exit_code == 0
    assert "no file is nested" in result.stderr


def test_the_strongest_pairs_come_first_and_of_several_years_the_weakest_figures(yaml, dataset):
    weak, strong = pair("association", "a", "b", 0.4, q=1e-9), pair("association", "a", "c", 0.9, q=1e-4)
    first = [weak, strong, pair("duplicate", "d", "e", 1.0)]
    second = [pair("association", "c", "a", 0.7, q=1e-3)]
    for partition, rows in (("FY2011", first), ("FY2012", second)):
        write_frame(pl.DataFrame(rows, schema=COLUMN_PAIR_SCHEMA), dataset.column_pairs_path(partition))

    rows = json.loads(rlm("profile", yaml, "--pairs", "--json").stdout)
    limited = rlm("profile", yaml, "--pairs", "--limit", "1")

    assert [(row["source"], row["target"], row["effect"], row["partitions"]) for row in rows] == [
        ("d", "e", 1.0, 1), ("a", "c", 0.7, 2), ("a", "b", 0.4, 1),
    ]  # fmt: skip
    assert (rows[1]["q"], rows[1]["n"]) == (1e-3, 20)
    assert "d = e" in limited.stdout
    assert "1 of 3 pairs" in limited.stderr


def test_a_profile_shows_one_thing_at_a_time(yaml):
    result = rlm("profile", yaml, "--paths", "--pairs")

    assert result.exit_code == 2
    assert "give one of them" in result.stderr


def test_a_long_cell_with_line_ends_takes_one_line_of_the_profile(dataset, yaml, tmp_path):
    cells = [
        f"Dear all,\nticket {place} is about the printer and it is on fire. {'again ' * 200}" for place in range(40)
    ]
    (tmp_path / "export" / "b.csv").write_text("id,text\n" + "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells)))
    raw_file.materialise(dataset, configuration.load(yaml), "all")
    columns.materialise(dataset, configuration.load(yaml), "all")

    shown = rlm("profile", yaml, "--column", "text").stdout

    assert "Dear all,⏎ticket 0 is about" in " ".join(shown.split())
    assert len(shown.splitlines()) < 250  # in a terminal of 80 columns; the cells in full would take over 400


def test_status_counts_what_was_read_and_says_why_the_rest_was_not(yaml):
    text = " ".join(rlm("status", yaml).stdout.split())

    assert "2 files read: 15 records stored, 2 set aside" in text
    assert "left out c.png: " in text
    assert "set aside 2: not JSON" in text
    assert "first a.jsonl:7, line 7" in text


def test_status_tells_for_each_file_what_it_was_taken_for_and_why(yaml):
    found = json.loads(rlm("status", yaml, "--files", "--json").stdout)
    shown = rlm("status", yaml, "--files").stdout

    types = {each["source"]: (each["detected_type"], each["rows"], each["quarantined"]) for each in found["files"]}
    assert types == {"a.jsonl": ("jsonl", 6, 2), "b.csv": ("csv", 9, 0)}
    assert all(each["evidence"] for each in found["files"])
    assert [each["name"] for each in found["left_out"]] == ["c.png"]
    assert [each["records"] for each in found["set_aside"]] == [2]
    assert "b.csv" in shown
    assert "left out c.png" in shown


def test_status_before_the_first_run_already_names_the_files_left_out(yaml, monkeypatch, tmp_path):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "other"))

    text = rlm("status", yaml).stdout

    assert "left out c.png" in text
    assert "files read" not in text


def test_of_very_many_columns_the_fullest_are_shown_in_their_order(dataset, yaml, tmp_path):
    names = [f"column_{place}" for place in range(120)]
    rows = [",".join("x" if number >= 60 or place < 5 else "" for number in range(120)) for place in range(20)]
    (tmp_path / "export" / "b.csv").write_text("\n".join([",".join(names), *rows]) + "\n")
    raw_file.materialise(dataset, configuration.load(yaml), "all")
    columns.materialise(dataset, configuration.load(yaml), "all")

    result = rlm("profile", yaml, "--limit", "60")

    assert "column_60 " in result.stdout
    assert "column_59 " not in result.stdout
    assert "60 of 122 columns" in result.stderr
