"""The synthesiser's account of merged findings: asked once, checked, and never needed for a number."""

import pytest

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm.ledger import FILE, Ledger
from rlm_pipeline.synthesis import forecast, merge, narrating
from tests.engine.analysis.reading import readable
from tests.engine.analysis.reading.reader import honest
from tests.fakes.messages_api import MessagesApi


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")


def merged_desk(root, dataset):
    store = readable.of_narratives(root, readable.narratives(40), dataset)
    readable.read(store, dataset, readable.server(honest))
    return store, merge.materialise(store, dataset, "all")


def account(params):
    return {
        "summary": [
            {"text": "There are 40 records.", "facts": ["F1"]},
            {"text": "There are 977 records.", "facts": ["F1"]},
            {"text": "Most of them are red.", "facts": ["F999"]},
        ],
        "themes": [],
        "conflicts": [],
    }


def test_what_the_facts_do_not_bear_out_is_dropped_and_told(tmp_path):
    dataset = readable.model_config()
    _, merged = merged_desk(tmp_path, dataset)

    with Ledger(tmp_path / FILE) as ledger:
        found = narrating.narrate(
            merged, dataset, "all", ledger=ledger, transport=MessagesApi(answer=account).transport()
        )

    assert [sentence.text for sentence in found.summary] == ["There are 40 records."]
    assert len(found.dropped) == 2


def test_equal_findings_are_explained_once(tmp_path):
    dataset = readable.model_config()
    _, merged = merged_desk(tmp_path, dataset)
    api = MessagesApi(answer=account)

    with Ledger(tmp_path / FILE) as ledger:
        told = [narrating.narrate(merged, dataset, "all", ledger=ledger, transport=api.transport()) for _ in range(2)]

    assert told[0] == told[1]
    assert api.account.calls.total() == 1
    assert api.bodies()[0]["model"] == "claude-sonnet-5-5"


def test_what_models_said_is_merged_with_what_code_counted(tmp_path):
    dataset = readable.model_config()
    _, merged = merged_desk(tmp_path, dataset)

    assert merged.records == 40
    assert sum(each.by_models for each in merged.partitions.values()) == 40
    assert len(merged.readings) > 0
    assert merged.narrative is None, "nobody was asked"


def test_without_budget_the_findings_stay_as_they_are(tmp_path):
    dataset = readable.model_config()
    _, merged = merged_desk(tmp_path, dataset)
    poor = readable.model_config(budget_usd=0.000001)
    api = MessagesApi(answer=account)

    with Ledger(tmp_path / FILE) as ledger:
        assert narrating.narrate(merged, poor, "all", ledger=ledger, transport=api.transport()) is None
    assert api.account.calls.total() == 0


def test_a_server_that_refuses_the_key_is_an_error(tmp_path):
    dataset = readable.model_config()
    _, merged = merged_desk(tmp_path, dataset)
    api = MessagesApi(answer=account)
    api.faults.append("no_key")

    with Ledger(tmp_path / FILE) as ledger, pytest.raises(ModelError):
        narrating.narrate(merged, dataset, "all", ledger=ledger, transport=api.transport())


def test_the_synthesiser_costs_no_more_than_is_forecast(tmp_path):
    dataset = readable.model_config()
    _, merged = merged_desk(tmp_path, dataset)
    api = MessagesApi(answer=account)
    before = forecast.forecast(dataset, 1)

    with Ledger(tmp_path / FILE) as ledger:
        narrating.narrate(merged, dataset, "all", ledger=ledger, transport=api.transport())

    assert before.calls == 2
    assert 0 < float(api.account.spent) <= before.usd / before.calls
