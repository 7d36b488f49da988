"""What a model says about a partition: checked, accounted for, and paid for once."""

import polars as pl
import pytest

from rlm_pipeline.analysis.reading import accounts
from rlm_pipeline.errors import ModelError
from tests.engine.analysis.reading import readable
from tests.engine.analysis.reading.reader import honest, units_in


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")


def fates(store, partition="all"):
    records = readable.table(store.readings_path(partition))
    return dict(records.group_by("fate").len().iter_rows())


def test_every_record_is_read_and_every_finding_cites_it(tmp_path):
    dataset, texts = readable.model_config(), readable.narratives(60)
    store = readable.of_narratives(tmp_path, texts, dataset)

    found = readable.read(store, dataset, readable.server(honest))

    assert found.coverage.read == found.coverage.records == 60
    assert fates(store) == {"read": 60}
    assert accounts.unaccounted(store, dataset, "all") == ()
    findings = readable.table(store.read_findings_path("all"))
    assert found.findings == findings.height == 60
    for row in findings.iter_rows(named=True):
        (citation,) = row["citations"]
        assert citation["verified"]
        assert citation["quote"] in texts[citation["row"] - 1]
    statements = readable.table(store.read_statements_path("all"))
    assert statements.select("source", "row").n_unique() == 60
    assert set(statements["facet"]) == {"about"}


def test_records_that_say_the_same_are_read_once_and_all_of_them_say_it(tmp_path):
    dataset = readable.model_config()
    base = readable.narratives(12)
    texts = [*base, base[0], base[0].upper(), base[1].replace("crew", "the crew"), None, None]
    store = readable.of_narratives(tmp_path, texts, dataset)
    api = readable.server(honest)

    found = readable.read(store, dataset, api)

    assert sum(len(units_in(body["messages"][0]["content"])) for body in api.bodies()) == found.coverage.read
    records = readable.table(store.readings_path("all"))
    how = dict(records.select("row", "read_for").iter_rows())
    assert (how[13], how[14], how[15]) == ("same", "alike", "near")
    assert records.filter(pl.col("row").is_in([13, 14]))["read_row"].to_list() == [1, 1]
    assert fates(store) == {"read": 15, "blank": 2}
    statements = readable.table(store.read_statements_path("all"))
    assert statements.filter(pl.col("row").is_in([1, 13, 14]))["statement"].n_unique() == 1
    assert statements.filter(pl.col("row") == 13).height == 1
    stands_for = readable.table(store.read_findings_path("all"))["total"].to_list()
    assert sum(stands_for) == 15, "a finding speaks of all records that say the same, counted by code"


def test_invented_quotes_are_dropped_and_counted(tmp_path):
    dataset = readable.model_config()
    store = readable.of_narratives(tmp_path, readable.narratives(20), dataset)

    def inventing(params):
        answer = honest(params)
        for each in answer["findings"]:
            each["quotes"] = [
                {"record": each["quotes"][0]["record"], "quote": "the dragon ate the manager at midnight"}
            ]
        answer["findings"].append({**answer["findings"][0], "quotes": []})
        return answer

    found = readable.read(store, dataset, readable.server(inventing))

    assert readable.table(store.read_findings_path("all")).height == found.findings == 0
    assert found.quotes == found.quotes_not_found == 20
    assert found.findings_dropped >= 20


def test_an_answer_about_a_record_that_was_not_shown_is_asked_for_again(tmp_path):
    dataset = readable.model_config(reading_tokens=2500)
    store = readable.of_narratives(tmp_path, readable.narratives(5), dataset)

    def mistaken(params):
        answer = honest(params)
        if len(params["messages"]) == 1:
            answer["records"][0]["record"] = 99
        return answer

    api = readable.server(mistaken)
    found = readable.read(store, dataset, api)

    assert found.coverage.read == 5
    assert [len(body["messages"]) for body in api.bodies()] == [1, 3]


def test_what_is_not_answered_is_set_aside_with_its_reason(tmp_path):
    dataset = readable.model_config(concurrency=1)
    store = readable.of_narratives(tmp_path, readable.narratives(40), dataset)
    api = readable.server(honest)
    api.faults.extend([None, "refusal", "bad_schema", "bad_schema"])

    found = readable.read(store, dataset, api)

    units = readable.table(store.read_units_path("all"))
    assert fates(store)["quarantined"] == found.coverage.quarantined > 0
    reasons = set(units.filter(pl.col("status") == "quarantined")["reason"])
    assert any("refused" in reason for reason in reasons)
    assert len(reasons) == 2
    assert found.coverage.read + found.coverage.quarantined == 40
    assert accounts.unaccounted(store, dataset, "all") == ()


def test_the_budget_is_never_exceeded_and_more_of_it_reads_on(tmp_path):
    dataset = readable.model_config(budget_usd=0.004)
    store = readable.of_narratives(tmp_path, readable.narratives(150), dataset)
    api = readable.server(honest)

    first = readable.read(store, dataset, api)

    assert float(api.account.spent) <= 0.004
    assert 0 < first.coverage.read < 150
    assert fates(store)["unread"] == 150 - first.coverage.read
    assert "budget" in readable.table(store.read_units_path("all")).filter(pl.col("status") == "unread")["reason"][0]

    richer = readable.model_config(budget_usd=5)
    second = readable.read(store, richer, api)

    assert second.coverage.read == 150
    assert second.used_again == first.readings
    shown = [unit for body in api.bodies() for unit in units_in(body["messages"][0]["content"])]
    assert len(shown) == 150, "nothing is read twice"


def test_a_change_of_one_record_reads_that_one_again(tmp_path):
    dataset, texts = readable.model_config(), readable.narratives(60)
    store = readable.of_narratives(tmp_path, texts, dataset)
    readable.read(store, dataset, readable.server(honest))

    texts[30] = "Something entirely different happened in the canteen, where the soup was served cold."
    texts = ["A new record in front of all others, about the gate.", *texts]
    store = readable.of_narratives(tmp_path, texts, dataset, numbers=[999, *range(60)])
    api = readable.server(honest)
    found = readable.read(store, dataset, api)

    shown = [text for body in api.bodies() for _, text, _ in units_in(body["messages"][0]["content"])]
    assert len(shown) == 2
    assert found.coverage.read == 61
    cited = {each["row"] for row in readable.table(store.read_findings_path("all"))["citations"] for each in row}
    assert len(cited) == 61, "what was read before cites the records where they are now"


def test_the_same_record_in_another_year_costs_nothing(tmp_path):
    dataset, texts = readable.model_config(), readable.narratives(30)
    store = readable.of_narratives(tmp_path, texts, dataset, partition="FY2011")
    readable.read(store, dataset, readable.server(honest), partition="FY2011")
    store = readable.of_narratives(tmp_path, texts, dataset, partition="FY2012")
    api = readable.server(honest)

    found = readable.read(store, dataset, api, partition="FY2012")

    assert (api.account.calls.total(), found.coverage.read) == (0, 30)


def test_another_question_is_another_reading(tmp_path):
    dataset, texts = readable.model_config(), readable.narratives(10)
    store = readable.of_narratives(tmp_path, texts, dataset)
    readable.read(store, dataset, readable.server(honest))
    api = readable.server(honest)

    readable.read(store, readable.model_config(question="Which parts fail?"), api)

    assert api.account.calls.total() > 0
    assert all("Which parts fail?" in body["messages"][0]["content"] for body in api.bodies())


def test_a_server_that_is_away_fails_the_stage_and_keeps_what_was_answered(tmp_path, monkeypatch):
    from rlm_pipeline.llm import asking

    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.0)
    dataset = readable.model_config(concurrency=1)
    store = readable.of_narratives(tmp_path, readable.narratives(40), dataset)
    api = readable.server(honest)
    api.faults.extend([None, None, *["no_payment"] * 50])

    with pytest.raises(ModelError):
        readable.read(store, dataset, api)

    api.faults.clear()
    before = api.account.calls.copy()
    found = readable.read(store, dataset, api)
    assert found.coverage.read == 40
    assert api.account.calls.total() - before.total() == found.readings - 2


def test_without_a_model_nothing_is_said_and_nothing_asked(tmp_path):
    dataset = readable.model_config()
    store = readable.of_narratives(tmp_path, readable.narratives(5), dataset)
    statistical = dataset.model_copy(update={"analysis": dataset.analysis.model_copy(update={"mode": "statistical"})})
    api = readable.server(honest)

    found = readable.read(store, statistical, api)

    assert (found.readings, found.coverage.records, api.account.calls.total()) == (0, 0, 0)
    assert readable.table(store.read_findings_path("all")).height == 0
    assert not (tmp_path / "ledger.sqlite").exists()
