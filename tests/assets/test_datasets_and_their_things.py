"""load, datasets, reset, delete, export, import, buffer, var and global, as text and as JSON."""

import json
from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline.exchange import running
from tests.assets.exchanged import lines_printed, printed, rlm, stored


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(tmp_path):
    return stored(tmp_path, indexed=True)


def test_a_folder_is_loaded_once_and_searched_after_it_came_out_of_an_archive(tmp_path, monkeypatch):
    folder = tmp_path / "Support Desk"
    folder.mkdir()
    (folder / "t.csv").write_text("id,subject\n" + "".join(f"{n},printer {n} is on fire\n" for n in range(30)))
    (folder / "n.md").write_text("# Notes\n\nThe café is closed.\n")

    first = rlm("load", folder, "--chunk-size", "300", "--chunker", "fixed", "--overlap", "20", "--json")
    again = rlm("load", folder)

    assert first.exit_code == 0, first.stderr
    assert json.loads(first.stdout)["name"] == "support_desk"
    assert again.exit_code == 0
    assert "nothing to do" in again.stderr
    config = json.loads((tmp_path / "store" / "support_desk" / "dataset.json").read_text())
    assert config["chunking"]["size"] == 300, "settings of the first time stay"
    exported = rlm("export", "support_desk", "out.tar.zst")
    assert exported.exit_code == 0, exported.stderr
    status = printed("status", "support_desk", "--json")
    assert status["chunks"] == status["embedded"] == json.loads(first.stdout)["chunks"] > 0
    assert status["bytes"]["lancedb"] > 0
    assert "current embeddings" in rlm("status", "support_desk").stdout
    assert "source files themselves are not in it" in exported.stderr
    before = printed("search", "support_desk", "café", "--json")

    monkeypatch.setenv("RLM_HOME", str(tmp_path / "elsewhere"))
    imported = printed("import", "out.tar.zst", "--json")

    assert imported["dataset"] == "support_desk"
    assert printed("search", "support_desk", "café", "--json") == before
    assert not [
        path for path in (tmp_path / "elsewhere").rglob("lancedb/**/*") if path.is_file() and _holds(path, tmp_path)
    ]
    run = rlm("load", folder)
    assert "nothing to do" in run.stderr, "what was computed there is current here"
    assert rlm("import", "out.tar.zst").exit_code == 2
    assert rlm("import", "out.tar.zst", "--force").exit_code == 0


def _holds(path: Path, folder: Path) -> bool:
    return str(folder).encode() in path.read_bytes()


def test_what_cannot_be_loaded_is_refused(tmp_path, store):
    (tmp_path / "mine").write_text("a\n")

    assert rlm("load", "gone.csv").exit_code == 1
    assert rlm("load", "-").exit_code == 2
    taken = rlm("load", "mine")
    assert taken.exit_code == 2
    assert "--name" in taken.stderr
    assert rlm("load", "mine", "--name", "../x").exit_code == 2
    assert rlm("load", "mine", "--name", "x", "--chunk-size", "3").exit_code == 2
    assert rlm("load", "mine", "--name", "x", "--chunker", "semantik").exit_code == 2
    assert not (tmp_path / "store" / "x").exists()


def test_what_could_not_be_read_at_all_takes_no_name_away(tmp_path):
    (tmp_path / "notes.csv").write_bytes(b"")
    (tmp_path / "notes.md").write_text("# Notes\n\nThe café is closed.\n")

    assert rlm("load", "notes.csv", "--no-embed").exit_code == 1
    assert printed("datasets", "--json") == []
    assert rlm("load", "notes.md", "--no-embed").exit_code == 0


def test_a_load_tells_what_was_set_aside_and_what_comes_next(tmp_path):
    (tmp_path / "some.json").write_text('{"a": [1, 2,')

    result = rlm("load", "some.json", "--no-embed")

    assert result.exit_code == 0
    assert "1 set aside; `rlm status some --files` says why" in result.stderr
    assert "rlm search" not in result.stderr, "there is nothing to search"


@pytest.mark.parametrize(
    "call", [["load", "export", "--name", "mine"], ["reset", "mine", "-y"], ["delete", "mine", "-y"]]
)
def test_a_dataset_that_is_being_computed_is_left_alone(store, call):
    with running.only_one(store):
        refused = rlm(*call)

    assert refused.exit_code == 1
    assert "another command is computing mine" in refused.stderr
    assert store.chunks_path("all").exists()


def test_no_path_is_not_the_working_directory(tmp_path):
    result = rlm("load", "")

    assert result.exit_code == 2
    assert "the path is empty" in result.stderr


def test_a_dataset_is_found_where_a_folder_of_its_name_lies(store, tmp_path):
    (tmp_path / "mine").mkdir()

    assert rlm("chunk", "list", "mine").exit_code == 0
    (tmp_path / "other").mkdir()
    assert "a folder, not a dataset's YAML file" in rlm("status", "other").stderr


def test_without_embedding_words_still_find(tmp_path):
    (tmp_path / "t.csv").write_text("id,subject\n" + "".join(f"{n},printer {n} is on fire\n" for n in range(30)))

    assert rlm("load", "t.csv", "--no-embed").exit_code == 0

    assert printed("search", "t", "printer", "--mode", "bm25", "--json")
    assert printed("chunk", "status", "t", "--json")["embedded"] == 0


def test_datasets_are_listed_with_their_sizes(store):
    (found,) = printed("datasets", "--json")

    assert (found["name"], found["records"], found["sources"]) == ("mine", 43, 2)
    assert found["bytes"] > 0
    assert "mine" in rlm("datasets").stdout


def test_nothing_is_removed_without_a_yes(store):
    for command in ("reset", "delete"):
        refused = rlm(command, "mine")
        assert refused.exit_code == 2
        assert "--yes" in refused.stderr
    assert store.chunks_path("all").exists()

    assert printed("reset", "mine", "--yes", "--json")["bytes"] > 0
    assert not store.chunks_path("all").exists()
    assert rlm("delete", "mine", "--yes").exit_code == 0
    assert printed("datasets", "--json") == []
    assert rlm("delete", "mine", "--yes").exit_code == 2


def test_chunks_are_exported_as_data(store, tmp_path):
    figures = printed("export", "mine", "chunks.ndjson", "--chunks", "--json")
    lines = [json.loads(line) for line in (tmp_path / "chunks.ndjson").read_text(encoding="utf-8").splitlines()]

    assert len(lines) == figures["chunks"] == pl.read_parquet(store.chunks_path("all")).height
    assert rlm("export", "mine", "chunks.ndjson", "--chunks").exit_code == 2
    assert rlm("export", "mine", "chunks.csv", "--chunks").exit_code == 2
    assert rlm("export", "mine", "out.zip").exit_code == 2


def test_a_broken_archive_is_refused_in_one_sentence(store, tmp_path, monkeypatch):
    assert rlm("export", "mine", "out.tar.gz").exit_code == 0
    content = (tmp_path / "out.tar.gz").read_bytes()
    (tmp_path / "out.tar.gz").write_bytes(content[: len(content) // 2])
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "elsewhere"))

    result = rlm("import", "out.tar.gz")

    assert result.exit_code == 1
    assert "damaged or cut off" in result.stderr
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_buffer_is_kept_shown_changed_searched_and_removed(store, tmp_path):
    assert printed("buffer", "add", "mine", "b", "first line\nsecond é\n", "--json")["lines"] == 2
    assert rlm("buffer", "add", "mine", "b", "again").exit_code == 2
    assert rlm("buffer", "show", "mine", "b").stdout == "first line\nsecond é\n"
    assert rlm("buffer", "peek", "mine", "b", "--start", "6", "--end", "10").stdout == "line\n"
    assert printed("buffer", "grep", "mine", "b", "S[a-z]+", "-i", "--json")["matches"][0]["line"] == 1
    assert [each["matched"] for each in lines_printed("buffer", "grep", "mine", "b", "^s\\w+")] == ["second"]
    assert rlm("buffer", "update", "mine", "b", input="piped").exit_code == 0
    assert printed("buffer", "list", "mine", "--json") == [{"name": "b", "bytes": 5, "characters": 5, "lines": 1}]
    assert printed("buffer", "export", "mine", "--out", "all.json", "--json")["buffers"] == ["b"]
    assert json.loads((tmp_path / "all.json").read_text()) == {"b": "piped"}
    assert rlm("buffer", "delete", "mine", "b").exit_code == 0
    gone = rlm("buffer", "show", "mine", "b")
    assert gone.exit_code == 2
    assert "has none" in gone.stderr


def test_a_value_without_a_name_is_a_usage_error(store):
    assert rlm("var", "mine", "", "3").exit_code == 2
    assert "no variables" in rlm("var", "mine").stderr


def test_variables_are_set_shown_listed_and_forgotten(store):
    for scope in (["var", "mine"], ["global"]):
        assert rlm(*scope, "n", "5").exit_code == 0
        assert rlm(*scope, "s", "5", "--text").exit_code == 0
        assert printed(*scope, "n", "--json") == {"name": "n", "type": "integer", "value": 5}
        assert printed(*scope, "s", "--json")["type"] == "string"
        assert rlm(*scope, "n").stdout == "5\n"
        assert [each["name"] for each in printed(*scope, "--json")] == ["n", "s"]
        assert printed(*scope, "n", "--delete", "--json") == {"deleted": "n"}
        missing = rlm(*scope, "n")
        assert missing.exit_code == 1
        assert "no variable 'n'; there are: s" in missing.stderr
        assert rlm(*scope, "--delete").exit_code == 2
