"""`rlm findings` on merged findings of every analyst; stages run directly, without Dagster."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from assets.command_line import app
from rlm_pipeline.analysis import findings
from rlm_pipeline.store import Store, write_frame
from rlm_pipeline.synthesis import merge
from tests.engine.analysis.prepared import config, prepare
from tests.engine.synthesis.framed import cite, finding, frame, read

YEARS = ("FY2010", "FY2011")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Two years of a table, with findings of a specialist and of a model stored beside the data analyst's."""
    monkeypatch.setenv("RLM_HOME", str(tmp_path))
    made = Store(tmp_path).dataset("desk")
    for year in YEARS:
        prepare(tmp_path, {"status": ["open", "closed"] * 40}, partition=year)
        findings.materialise(made, config(), year)
        path = made.findings_path(year)
        more = [
            finding(scope="function:f", severity="warning", total=9, citations=[cite("a.py", 4, "eval(\x1b[2J)")]),
            finding("json", "anomaly", "$.items[*].id", severity="notice", total=2),
            read("Closed tickets lack a date", "data", "insight", "status"),
        ]
        write_frame(pl.concat([pl.read_parquet(path), frame(more)]), path)
        merge.materialise(made, config(), year)
    made.register(config())
    return made


def rlm(*arguments):
    return CliRunner().invoke(app, ["findings", "desk", *map(str, arguments)])


def found(*arguments):
    return json.loads(rlm("--json", *arguments).stdout)


def test_the_most_important_comes_first_with_its_counts_and_citations(store):
    result = rlm("--top", 2)

    assert result.exit_code == 0
    assert "  1. 0." in result.stdout
    assert "vulnerability  function:f  [code]" in result.stdout
    assert "warning; 18 of 160 records (11.2 %)" in result.stdout
    assert 'FY2010 a.py:4 "eval(' in result.stdout
    assert "2 of 4 findings" in result.stderr


def test_findings_are_chosen_by_year_analyst_type_scope_and_severity(store):
    assert found()["total"] == 4
    assert found("--partition", "2010", "--analyst", "code")["findings"][0]["total"] == 9
    assert {each["analyst"] for each in found("--analyst", "data")["findings"]} == {"data"}
    assert [each["scope"] for each in found("--type", "anomaly")["findings"]] == ["$.items[*].id"]
    assert [each["scope"] for each in found("--scope", "$.items[*].id")["findings"]] == ["$.items[*].id"]
    assert {each["scope"] for each in found("--scope", "func*")["findings"]} == {"function:f"}
    assert {each["severity"] for each in found("--severity", "notice")["findings"]} == {"notice", "warning"}


def test_what_a_model_said_is_marked(store):
    assert "insight  status  [data, a model]" in rlm("--type", "insight").stdout


def test_each_finding_is_one_line_of_ndjson(store):
    lines = rlm("--format", "ndjson").stdout.splitlines()

    assert [json.loads(line)["score"] for line in lines] == [each["score"] for each in found()["findings"]]


def test_nothing_found_says_so_and_a_type_that_is_not_there_is_refused(store):
    nothing = rlm("--scope", "nowhere")
    refused = rlm("--type", "flaw")

    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "0 of 0 findings" in nothing.stderr
    assert refused.exit_code == 2
    assert "no findings of type 'flaw'; there are anomaly, distribution, insight, vulnerability" in refused.stderr
    assert rlm("--analyst", "poet").exit_code == 2


def test_a_dataset_that_was_not_analysed_says_what_to_run(store):
    for year in YEARS:
        store.merged_findings_path(year).unlink()

    result = rlm()

    assert result.exit_code == 1
    assert "merged_findings of desk" in result.stderr
