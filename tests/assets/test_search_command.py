"""Every option of `rlm search`, through the command."""

import json

import pytest
from typer.testing import CliRunner

from assets.command_line import app
from rlm_pipeline.store import Store
from tests.engine.retrieval import searchable


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searched")
    searchable.write(folder)
    return folder


@pytest.fixture
def rlm(root, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(root))

    def run(*arguments):
        return CliRunner().invoke(app, ["search", "mine", *map(str, arguments)])

    return run


@pytest.fixture
def hits(rlm):
    def run(*arguments):
        result = rlm(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_text_shows_rank_score_id_place_and_the_words_in_context(rlm, hits):
    result = rlm("roof belt", "--top-k", 3)

    first = hits("roof belt", "-k", 3)[0]
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f" 1. {first['score']:.4f}  {first['chunk_id']}  {first['partition']}  ")
    assert f"{first['source']}:{first['row_start']}-{first['row_end']}" in lines[0]
    assert "roof" in lines[1] or "belt" in lines[1]
    assert sum(line[:4].strip(" .").isdigit() for line in lines) == 3


def test_json_and_ndjson_hold_the_same_hits(rlm, hits):
    lines = rlm("roof belt", "--format", "ndjson").stdout.splitlines()

    assert [json.loads(line) for line in lines] == hits("roof belt")
    assert json.loads(rlm("roof belt", "-f", "json").stdout) == hits("roof belt")
    assert len(lines) == 10


def test_highlights_are_characters_of_the_text(hits):
    for hit in hits("roofs", "--mode", "bm25"):
        assert hit["highlights"]
        for each in hit["highlights"]:
            assert hit["text"][each["start"] : each["end"]] == each["word"] == "roof"


def test_each_mode_says_which_method_found_a_hit(hits):
    assert all(hit["bm25_rank"] is None for hit in hits("roof", "--mode", "semantic"))
    assert all(hit["semantic_rank"] is None for hit in hits("roof", "-m", "bm25"))
    assert any(hit["semantic_rank"] and hit["bm25_rank"] for hit in hits("roof"))


def test_a_threshold_is_a_least_similarity(hits):
    everything = hits("roof", "--mode", "semantic", "-k", 20)
    least = everything[4]["score"]

    assert hits("roof", "--mode", "semantic", "-k", 20, "--threshold", least) == everything[:5]
    assert hits("roof", "--mode", "semantic", "-t", 0.9999) == []


def test_the_constant_of_the_fusion_flattens_the_scores(hits):
    assert hits("roof", "--rrf-k", 0)[0]["score"] > 10 * hits("roof", "--rrf-k", 100)[0]["score"]


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        (["--partition", "2012"], lambda hit: hit["partition"] == "FY2012"),
        (["-p", "2012", "-p", "FY2013"], lambda hit: hit["partition"] in {"FY2012", "FY2013"}),
        (["--source", "*.py"], lambda hit: hit["source"].endswith("belt.py")),
        (["-s", "fy2011/*", "-s", "*.md"], lambda hit: hit["source"].startswith("fy2011") or ".md" in hit["source"]),
        (["--type", "code"], lambda hit: hit["content_type"] == "code"),
        (["--place", "method:"], lambda hit: hit["place"].startswith("method:")),
        (["--place", "Safety > *"], lambda hit: hit["place"].startswith("Safety > ")),
        (["--where", "priority = 'P1' and hours > 20"], lambda hit: len(hit["matching_rows"]) > 0),
        (["--where", "hours > 20", "--where", "\"the site\" = 'north'"], lambda hit: len(hit["matching_rows"]) > 0),
    ],
)
def test_filters_leave_only_what_they_say_and_as_much_as_there_is(hits, options, holds):
    found = hits("roof", "-k", 200, *options)

    everything = hits("roof", "-k", 200)
    assert all(map(holds, found))
    assert 0 < len(found) < len(everything)
    if "--where" not in options:
        assert len(found) == sum(map(holds, everything))
    assert len(hits("roof", "-k", 5, *options)) == 5


def test_a_chunk_finds_others_like_it(hits):
    original = hits("roof", "-k", 1)[0]["chunk_id"]

    found = hits("--like", original[:9])

    assert len(found) == 10
    assert original not in {hit["chunk_id"] for hit in found}


def test_near_duplicates_are_told_and_left_out(hits, rlm):
    found = hits("roof", "--collapse", "--collapse-at", 0.8)

    collapsed = [each for hit in found for each in hit["collapsed"]]
    assert collapsed
    assert not set(collapsed) & {hit["chunk_id"] for hit in found}
    assert len(found) == 10
    assert "nearly the same: " in rlm("roof", "--collapse", "--collapse-at", 0.8).stdout
    assert not any(hit["collapsed"] for hit in hits("roof", "--collapse"))


def test_a_similarity_to_collapse_at_collapses(hits):
    assert hits("roof", "--collapse-at", 0.2) == hits("roof", "--collapse", "--collapse-at", 0.2)
    assert hits("roof", "--collapse-at", 0.2) != hits("roof")


def test_text_tells_why_a_chunk_was_found_and_that_none_was(rlm):
    assert "[words #1]" in rlm("roof", "--mode", "bm25").stdout.splitlines()[0]
    assert "[meaning #1 " in rlm("roof", "--mode", "semantic").stdout.splitlines()[0]
    nothing = rlm("qwertyuiop", "--mode", "bm25")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "no chunk matches" in nothing.stderr


def test_diversity_changes_the_order_behind_the_first(hits):
    plain, diverse = hits("roof"), hits("roof", "--diverse", 0.2)

    assert diverse[0]["chunk_id"] == plain[0]["chunk_id"]
    assert [hit["chunk_id"] for hit in diverse] != [hit["chunk_id"] for hit in plain]


def test_previews_are_as_long_as_asked_and_texts_can_be_left_out(hits):
    for hit in hits("roof", "--preview-len", 20, "--mode", "bm25"):
        assert len(hit["preview"]) <= 20
        assert hit["text"][hit["preview_start"] :].startswith(hit["preview"])
        assert "roof" in hit["preview"]
    assert all("text" not in hit and hit["preview"] for hit in hits("roof", "--no-text"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the query is empty"),
        (["roof", "--like", "abcdef12"], "not both"),
        (["roof", "--mode", "fuzzy"], "fuzzy"),
        (["roof", "-k", "0"], "-k"),
        (["roof", "--threshold", "7"], "threshold must be from -1 to 1"),
        (["roof", "--diverse", "2"], "diverse must be from 0 to 1"),
        (["roof", "--partition", "1999"], "no partition 'FY1999'"),
        (["roof", "--source", "*.xyz"], "no source matches '*.xyz'"),
        (["roof", "--type", "pdf"], "no chunks of type 'pdf'"),
        (["roof", "--where", "priority ="], "expected a value"),
        (["roof", "--where", "colour = red"], "no column 'colour'"),
        (["--like", "ffffffff"], "no chunk 'ffffffff'"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(rlm, arguments, said):
    result = rlm(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_category_without_a_dimension_is_a_usage_error(rlm, root):
    result = rlm("roof", "--category", "north")

    assert result.exit_code in {1, 2}
    assert "error" in result.stderr
    assert Store(root).dataset("mine").folder.exists()
