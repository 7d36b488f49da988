"""Two thousand chunks read through a server that fails in every way it can: every record accounted for, spend exact."""

import functools
from decimal import Decimal

import polars as pl
import pytest

from rlm_pipeline.analysis.reading import accounts, making
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.ledger import FILE, Ledger
from tests.engine.analysis.reading import readable
from tests.engine.analysis.reading.reader import honest
from tests.engine.llm.asked import Time
from tests.fakes.messages_api import EVERY_FAULT, MessagesApi


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
    monkeypatch.setattr(making.asking, "ask_all", functools.partial(ask_all, pace=Time().pace()))


def test_two_thousand_chunks_with_a_fault_in_twenty(tmp_path):
    dataset = readable.model_config(reading_tokens=200, budget_usd=50, concurrency=16)
    store = readable.of_narratives(tmp_path, [f"{each} {each[::-1]}" for each in readable.narratives(2000)], dataset)
    assert pl.read_parquet(store.chunks_path("all")).height >= 2000
    api = MessagesApi(answer=honest, rate=0.05, seed=2)

    found = readable.read(store, dataset, api)

    assert found.readings + found.coverage.quarantined >= 1990
    assert set(api.account.calls) == {"whole", *EVERY_FAULT}, "every kind of fault was met"
    assert accounts.unaccounted(store, dataset, "all") == ()
    coverage = found.coverage
    assert coverage.records == 2000 == coverage.read + coverage.read_in_another + coverage.quarantined
    assert coverage.quarantined > 0
    findings = readable.table(store.read_findings_path("all"))
    cited = {(each["source"], each["row"]) for row in findings["citations"] for each in row}
    records = readable.table(store.readings_path("all"))
    read = records.filter((pl.col("fate") == "read") & (pl.col("read_for") == "chosen"))
    assert cited == set(read.select("source", "row").iter_rows()), "what was read has its finding, and nothing else has"
    with Ledger(tmp_path / FILE) as ledger:
        ((paid,),) = ledger.read("SELECT sum(cost_pico) FROM attempts WHERE status = 'answered'")
    assert Decimal(paid) / 10**12 == api.account.spent
    assert found.cost_usd <= float(api.account.spent) + 1e-9

    calls = api.account.calls.total()
    again = readable.read(store, dataset, api)
    assert (again.coverage, api.account.calls.total()) == (coverage, calls), "nothing is paid twice"
