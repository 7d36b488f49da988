"""Reading with a model through Dagster and at the command line, against a server on this machine."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from assets import launching
from assets.command_line import app
from rlm_pipeline import staleness
from rlm_pipeline.sources.inventory import take_inventory
from tests.engine.analysis.reading.reader import honest
from tests.fakes.messages_api import Local, MessagesApi
from tests.fakes.serving import serving


def answer(params):
    """As a reader to a reading; to the synthesiser, one sentence on its first fact."""
    properties = params["output_config"]["format"]["schema"]["properties"]
    if "records" in properties:
        return honest(params)
    return {
        "summary": [{"text": "Records were read.", "facts": ["F1"]}],
        "themes": [],
        "conflicts": [],
    }


@pytest.fixture
def server():
    api = MessagesApi(answer=answer, local=Local(ignores_schema=False))
    with serving(api) as url:
        yield api, url


def reading_desk(new_desk, url, **analysis):
    desk = new_desk(rows=240, columns=24, years=2, dirt=0.0)
    content = yaml.safe_load(desk.yaml.read_text(encoding="utf-8"))
    content["analysis"] = {"mode": "model", "base_url": url, "reading_tokens": 4000, **analysis}
    desk.yaml.write_text(yaml.safe_dump(content), encoding="utf-8")
    return desk


def launch(desk, instance, **request):
    store, config = desk.store, desk.config
    store.register(config)
    sources = take_inventory(store, config).fingerprints
    target = launching.Target(store=store, config=config, sources=sources)
    return launching.launch(target, launching.Request(**request), instance)


def rlm(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_a_desk_is_read_by_a_model_from_files_to_findings(new_desk, in_desk, server):
    api, url = server
    desk = reading_desk(new_desk, url)
    instance = in_desk(desk)
    stages = ("raw_file", "column_profile", "column_pairs", "chunks", "findings", "readings", "merged_findings")

    outcome = launch(desk, instance, stages=stages)

    assert not outcome.failures
    calls = api.account.calls.total()
    assert calls > 0
    state = {
        (each.stage, each.partition): each.status
        for each in staleness.states(
            desk.store, desk.config, sources=take_inventory(desk.store, desk.config).fingerprints
        )
    }
    assert {status for (stage, _), status in state.items() if stage in stages} == {"current"}

    assert launch(desk, instance, stages=stages).materialised == ()
    assert launch(desk, instance, stages=("readings",), force=True).materialised
    assert api.account.calls.total() == calls, "what was read is used again"

    status = json.loads(rlm("status", desk.yaml, "--json").stdout)["model"]
    assert status["calls"][0]["answered"] == sum("Record 1" in body["messages"][0]["content"] for body in api.bodies())
    assert all(each["unread"] == 0 for each in status["coverage"].values())
    assert "records read" in rlm("status", desk.yaml).stdout


def test_an_edited_prompt_makes_readings_stale_and_nothing_before_them(new_desk, in_desk, server, tmp_path):
    _api, url = server
    desk = reading_desk(new_desk, url, most_readings=1, prompts="prompts")
    folder = desk.folder / "prompts"
    folder.mkdir()
    instance = in_desk(desk)
    stages = ("raw_file", "column_profile", "column_pairs", "chunks", "findings", "readings")
    launch(desk, instance, stages=stages)

    (folder / "data.md").write_text(
        "---\nversion: 2\nanalyst: data\ntypes: [insight]\nfacets: {about: what it is about}\n---\nRead well.\n",
        encoding="utf-8",
    )
    sources = take_inventory(desk.store, desk.config).fingerprints
    stale = {
        each.stage: each.reason
        for each in staleness.states(desk.store, desk.config, sources=sources)
        if each.status == "stale"
    }

    assert set(stale) == {"readings"}
    assert "prompt data" in stale["readings"]


def test_an_estimate_tells_calls_and_shows_prompts_and_asks_nothing(new_desk, in_desk, server):
    api, url = server
    desk = reading_desk(new_desk, url)
    in_desk(desk)

    told = rlm("estimate", desk.yaml)
    found = json.loads(rlm("estimate", desk.yaml, "--json").stdout)
    prompts = json.loads(rlm("estimate", desk.yaml, "--show-prompt", "--json").stdout)

    assert told.exit_code == 0, told.stderr
    assert "prices of" in told.stdout
    assert found["calls"] > 0
    assert found["records"] == 240
    assert (found["synthesis"]["calls"], found["synthesis"]["usd"]) == (3, 0.0), "two years and all; a local server"
    assert api.account.calls.total() == 0
    (data,) = prompts.values()
    assert "Record 1" in data["prompt"]
    assert data["tokens"] <= 4000 + len(data["system"]) / 2.5 + 2000


def test_without_a_model_an_estimate_costs_nothing(new_desk, in_desk):
    desk = new_desk(rows=100, columns=24, years=1, dirt=0.0)
    in_desk(desk)

    told = rlm("estimate", desk.yaml)

    assert told.exit_code == 0, told.stderr
    assert "costs nothing" in " ".join(told.stdout.split())
    assert json.loads(rlm("estimate", desk.yaml, "--json").stdout)["usd"] == 0.0


def test_a_server_that_is_away_is_said_in_a_sentence(new_desk, in_desk):
    desk = reading_desk(new_desk, "http://127.0.0.1:9")
    instance = in_desk(desk)

    outcome = launch(
        desk, instance, stages=("raw_file", "column_profile", "column_pairs", "chunks", "findings", "readings")
    )

    (failure, *_) = outcome.failures
    assert failure.stage == "readings"
    assert "127.0.0.1:9" in failure.reason
    assert "Traceback" not in failure.reason
