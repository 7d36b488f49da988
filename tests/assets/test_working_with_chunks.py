"""grep, peek, chunk, write-chunks, sources, dispatch, aggregate, as text and as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assets.exchanged import NOTES, lines_printed, printed, rlm, stored

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return stored(tmp_path)


@pytest.fixture
def indexed(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    return stored(tmp_path, indexed=True)


@pytest.mark.parametrize(
    "call",
    [
        ["grep", "mine", "printer"],
        ["peek", "mine", "notes.md"],
        ["chunk", "list", "mine", "--preview"],
        ["chunk", "status", "mine"],
        ["chunk", "neighbours", "mine", "ID"],
        ["sources", "list", "mine"],
        ["dispatch", "mine"],
        ["datasets"],
        ["buffer", "list", "mine"],
    ],
    ids=" ".join,
)
def test_every_list_is_printed_as_text_json_and_ndjson(store, call):
    call = [printed("chunk", "list", "mine", "--json")[0]["chunk_id"] if each == "ID" else each for each in call]

    text = rlm(*call)

    assert text.exit_code == 0, text.stderr
    assert text.stdout
    assert printed(*call, "--json") == printed(*call, "--format", "json")
    assert lines_printed(*call) or call[0] == "buffer"
    assert rlm(*call, "--format", "yaml").exit_code == 2


def test_grep_tells_how_many_there_are_and_shows_as_many_as_asked(store):
    found = printed("grep", "mine", "PRINTER", "-i", "-n", "3", "--window", "5", "--json")
    text = rlm("grep", "mine", "printer", "-n", "3")

    assert (found["total"], found["shown"]) == (41, 3)
    assert all(each["matched"].lower() == "printer" for each in found["matches"])
    assert "3 of 41 matches" in text.stderr
    assert text.stdout.startswith("notes.md:2 line 3 @18")
    assert printed("grep", "mine", "hush", "--json")["total"] == 0
    assert len(lines_printed("grep", "mine", "printer", "-n", "2", "--source", "tickets.csv", "-p", "all")) == 2


def test_an_expression_with_look_around_is_a_usage_error_that_says_so(store):
    result = rlm("grep", "mine", "(?=a)b")

    assert result.exit_code == 2
    assert "look-around" in result.stderr


def test_peek_shows_a_record_a_line_or_characters(store):
    assert (
        printed("peek", "mine", "tickets.csv", "--row", "2", "--json")[0]["text"]
        == "id: 1\nsubject: printer 1 is on fire"
    )
    assert printed("peek", "mine", "notes.md", "--line", "3", "--json")[0]["row"] == 2
    assert "".join(each["text"] for each in lines_printed("peek", "mine", "notes.md", "--end", "40")) == NOTES[:40]
    assert rlm("peek", "mine", "notes.md", "--raw", "--start", "9", "--end", "42").stdout.endswith(NOTES[9:42] + "\n")
    assert rlm("peek", "mine", "tickets.csv", "--raw").exit_code == 1
    assert rlm("peek", "mine", "gone.csv").exit_code == 2


def test_chunks_are_listed_from_a_cursor_on_without_their_texts(store):
    everything = printed("chunk", "list", "mine", "-n", "1000", "--json")
    behind = printed("chunk", "list", "mine", "--after", everything[2]["chunk_id"], "-n", "2", "--json")
    preview = printed("chunk", "list", "mine", "--preview", "--preview-len", "7", "--json")[0]

    assert behind == everything[3:5]
    assert "text" not in everything[0]
    assert preview["preview"] == NOTES[:7]
    assert everything[0]["chunk_id"] in rlm("chunk", "list", "mine").stdout
    assert rlm("chunk", "list", "mine", "--after", "nothing").exit_code == 2


def test_a_chunk_is_shown_by_the_beginning_of_its_id_with_all_that_is_stored(store):
    chunk = printed("chunk", "list", "mine", "--json")[0]

    found = printed("chunk", "get", "mine", chunk["chunk_id"][:8], "--json")
    text = rlm("chunk", "get", "mine", chunk["chunk_id"], "--metadata").stdout

    assert found["chunk_id"] == chunk["chunk_id"]
    assert NOTES.startswith(found["text"])
    assert "content_hash: " in text
    assert rlm("chunk", "get", "mine", "ffffffffffffffff").exit_code == 2


def test_neighbours_are_those_of_the_same_source(store):
    chunks = printed("chunk", "list", "mine", "--source", "notes.md", "-n", "100", "--json")

    found = printed("chunk", "neighbours", "mine", chunks[-1]["chunk_id"], "-n", "2", "--json")

    assert [each["chunk_id"] for each in found] == [each["chunk_id"] for each in chunks[-3:]]


def test_indices_are_the_ranges_of_the_stored_chunks(store):
    found = printed("chunk", "indices", "mine", "notes.md", "--json")
    rows = printed("chunk", "indices", "mine", "--unit", "rows", "--json")

    assert found[0][0] == 0
    assert found[-1][1] == len(NOTES)
    assert set(rows) == {"notes.md", "tickets.csv"}
    assert rlm("chunk", "indices", "mine", "--unit", "words").exit_code == 2


def test_chunk_status_counts_what_is_embedded(indexed):
    found = printed("chunk", "status", "mine", "--json")

    assert found["chunks"] == found["embedded"] > 0
    assert {each["source"] for each in found["sources"]} == {"notes.md", "tickets.csv"}
    assert all(each["complete"] for each in found["sources"])


def test_chunks_are_written_to_files_with_an_index(store, tmp_path):
    out = tmp_path / "out"

    paths = printed("write-chunks", "mine", "--out", out, "--prefix", "part", "--source", "notes.md", "--json")

    assert "".join(Path(each).read_text(encoding="utf-8") for each in paths) == NOTES
    assert len(json.loads((out / "part_index.json").read_text())["chunks"]) == len(paths)
    refused = rlm("write-chunks", "mine", "--out", out, "--prefix", "part")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert rlm("write-chunks", "mine", "--out", out, "--prefix", "part", "--force", "-p", "all").exit_code == 0


def test_sources_are_shown_with_their_chunks_and_never_their_texts(store):
    (found,) = printed("sources", "show", "mine", "notes.md", "--chunks", "--json")

    assert found["chunks"] == len(found["chunk_list"])
    assert "text" not in found["chunk_list"][0]
    assert "markdown" in rlm("sources", "show", "mine", "notes.md").stdout
    assert rlm("sources", "show", "mine", "gone").exit_code == 2


def test_dispatch_hands_out_every_chunk_once(store):
    everything = [each["chunk_id"] for each in printed("chunk", "list", "mine", "-n", "1000", "--json")]

    configured = lines_printed("dispatch", "mine")
    assert sorted(each for batch in configured for each in batch["chunk_ids"]) == sorted(everything)
    assert any("subject" in batch["carried"] for batch in configured if batch["sources"] == ["tickets.csv"])
    for size in (["--batch-size", "3"], ["--workers", "4"], ["--tokens", "300"]):
        batches = lines_printed("dispatch", "mine", *size)
        assert [each for batch in batches for each in batch["chunk_ids"]] == everything
    assert len(lines_printed("dispatch", "mine", "--workers", "4")) == 4
    assert printed("dispatch", "mine", "--workers", "1000", "--json")["batch_count"] == len(everything)


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--batch-size", "-1"], ["--tokens", "0"]])
def test_a_batch_of_nothing_is_a_usage_error(store, wrong):
    result = rlm("dispatch", "mine", *wrong)

    assert result.exit_code == 2
    assert "give at least 1" in result.stderr


def test_two_sizes_of_a_batch_contradict_each_other(store):
    result = rlm("dispatch", "mine", "--workers", "2", "--batch-size", "3")

    assert result.exit_code == 2
    assert "contradict" in result.stderr


def test_dispatch_with_a_query_hands_out_what_matches_within_its_scope(indexed):
    found = printed("dispatch", "mine", "printer on fire", "--source", "tickets.csv", "--mode", "bm25", "--json")
    nothing = printed("dispatch", "mine", "zebra", "--mode", "bm25", "--json")

    assert found["total_chunks"] > 0
    assert {source for batch in found["batches"] for source in batch["sources"]} == {"tickets.csv"}
    assert (nothing["total_chunks"], nothing["batches"]) == (0, [])
    assert "no chunk matches" in rlm("dispatch", "mine", "zebra", "--mode", "bm25").stdout
    assert rlm("dispatch", "mine", " ").exit_code == 2


def answers_of(ids):
    good = {
        "chunk_id": ids[0],
        "relevance": "HIGH",
        "findings": [{"description": "jam", "evidence": "printer jams on Mondays"}],
    }
    return [
        good,
        {"chunk_id": ids[1], "relevance": "low", "findings": ["Jam "]},
        {"chunk_id": ids[2], "relevance": "?"},
    ]


def test_aggregate_takes_answers_back_and_one_bad_item_costs_only_itself(store, tmp_path):
    batches = rlm("dispatch", "mine", "--batch-size", "3", "--format", "ndjson").stdout
    (tmp_path / "plan.ndjson").write_text(batches.splitlines()[0])
    ids = json.loads(batches.splitlines()[0])["chunk_ids"]
    (tmp_path / "answers.json").write_text(json.dumps(answers_of(ids)))
    call = ["aggregate", "mine", tmp_path / "answers.json", "--plan", tmp_path / "plan.ndjson"]

    found = printed(*call, "--output-buffer", "result", "--json")

    assert [each["index"] for each in found["set_aside"]] == [2]
    assert found["coverage"] == {"asked": 3, "answered": 2, "missing": [ids[2]]}
    assert [(each["text"], each["count"], each["verified"]) for each in found["findings"]] == [("jam", 2, 1)]
    assert json.loads(printed("buffer", "show", "mine", "result", "--json")["text"]) == found
    assert "[verified]" in rlm(*call).stdout
    assert [each["relevance"] for each in lines_printed(*call, "--min-relevance", "high")] == ["high"]
    assert [
        each["group"] for each in printed(*call, "--group-by", "none", "--sort-by", "findings", "--json")["groups"]
    ] == ["all"]
    assert rlm(*call, "--group-by", "theme").exit_code == 2
    assert rlm(*call, "--output-buffer", "result").exit_code == 2, "a buffer is not replaced by accident"


def test_aggregate_reads_standard_input_and_refuses_what_holds_nothing(store):
    ids = [each["chunk_id"] for each in printed("chunk", "list", "mine", "--json")]

    piped = printed("aggregate", "mine", "--json", input=f"```json\n{json.dumps(answers_of(ids))}\n```")

    assert piped["summary"]["answers"] == 2
    assert rlm("aggregate", "mine", input="").exit_code == 2
    assert rlm("aggregate", "mine", "gone.json").exit_code == 2
    assert rlm("aggregate", "mine", input='{"chunk_id": "x"}').exit_code == 1


@pytest.mark.parametrize(
    "call",
    [["grep", "mine", "x"], ["chunk", "list", "mine"], ["dispatch", "mine"], ["sources", "list", "mine"]],
    ids=" ".join,
)
def test_before_the_first_run_every_command_says_what_to_do(tmp_path, monkeypatch, call):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    (tmp_path / "t.csv").write_text("id,colour\n1,red\n")
    (tmp_path / "mine.yaml").write_text("name: mine\nsource: t.csv\n")

    result = rlm(*[str(tmp_path / "mine.yaml") if each == "mine" else each for each in call])

    assert result.exit_code == 1
    assert "rlm run" in result.stderr


def test_an_error_is_json_for_who_asked_for_json(store):
    for asked in (["--json"], ["--format", "ndjson"], ["--format=json"]):
        result = rlm("grep", "mine", "(", *asked)
        assert result.exit_code == 2
        assert json.loads(result.stderr)["error"]["type"] == "QueryError"
        assert result.stdout == ""
    assert json.loads(rlm("grep", "--json").stderr)["error"]["type"] == "UsageError"
    assert rlm("grep", "mine", "(").stderr.startswith("error: ")


def test_a_reader_that_stops_reading_is_no_error(store, tmp_path):
    program = f"'{sys.executable}' -c 'from assets.command_line import app; app()' chunk indices mine | head -n 1"
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", program],
        cwd=ROOT, env={**os.environ, "RLM_HOME": str(tmp_path / "store")}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.startswith("notes.md")


def test_home_version_and_verbose_are_global(store, tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "nowhere"))

    assert printed("--home", tmp_path / "store", "datasets", "--json")[0]["name"] == "mine"
    assert os.environ["RLM_HOME"] == str(tmp_path / "nowhere")
    assert rlm("--version").stdout.startswith("rlm ")
    assert rlm("--verbose", "--home", tmp_path / "store", "datasets").exit_code == 0
