"""The price is known before, and holds."""

import pytest

from rlm_pipeline.analysis.reading import forecast
from rlm_pipeline.llm.ledger import FILE, Ledger
from tests.engine.analysis.reading import readable
from tests.engine.analysis.reading.reader import honest


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")


def two_years(root, dataset):
    texts = readable.narratives(500)
    readable.of_narratives(root, texts[:200], dataset, partition="FY2011")
    return readable.of_narratives(root, texts[200:], dataset, partition="FY2012")


def test_a_forecast_spends_nothing_and_names_every_call(tmp_path):
    dataset = readable.model_config()
    store = two_years(tmp_path, dataset)

    with Ledger(tmp_path / FILE) as ledger:
        found = forecast.forecast(store, dataset, ("FY2011", "FY2012"), ledger)

    assert not (tmp_path / FILE).exists()
    (data,) = found.analysts
    assert (data.analyst, data.model, data.units) == ("data", "claude-haiku-5-5", 500)
    assert data.answers == 0
    api = readable.server(honest)
    made = [readable.read(store, dataset, api, partition=each).readings for each in ("FY2011", "FY2012")]
    assert sum(made) == data.calls == found.calls


def test_after_a_sample_it_is_within_a_fifth_of_what_is_spent(tmp_path):
    dataset = readable.model_config()
    store = two_years(tmp_path, dataset)
    api = readable.server(honest)

    with Ledger(tmp_path / FILE) as ledger:
        forecast.sample(store, dataset, ("FY2011", "FY2012"), ledger, 16, transport=api.transport())
        sampled = float(api.account.spent)
        expected = forecast.forecast(store, dataset, ("FY2011", "FY2012"), ledger)
    for each in ("FY2011", "FY2012"):
        readable.read(store, dataset, api, partition=each)

    spent = float(api.account.spent)
    assert sampled > 0
    assert expected.spent_usd == pytest.approx(sampled)
    assert expected.usd == pytest.approx(spent, rel=0.2)
    calls = api.account.calls.total()
    assert calls == expected.calls, "what the sample read is not read again"


def test_the_budget_says_how_much_it_pays_for(tmp_path):
    dataset = readable.model_config(budget_usd=0.01)
    store = two_years(tmp_path, dataset)

    with Ledger(tmp_path / FILE) as ledger:
        found = forecast.forecast(store, dataset, ("FY2011", "FY2012"), ledger)

    assert found.usd > 0.01
    assert found.allowed_calls == pytest.approx(found.calls * 0.01 / found.usd, abs=1)


def test_years_that_are_not_planned_are_scaled_by_their_records(tmp_path, monkeypatch):
    monkeypatch.setattr(forecast, "PLANNED", 1)
    dataset = readable.model_config()
    store = two_years(tmp_path, dataset)

    with Ledger(tmp_path / FILE) as ledger:
        found = forecast.forecast(store, dataset, ("FY2011", "FY2012"), ledger)

    assert found.planned == ("FY2011",)
    assert found.records == 500
    assert found.analysts[0].units == pytest.approx(500, rel=0.02)
