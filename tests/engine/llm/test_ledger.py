"""The ledger: one file that threads and processes share, and that a look never creates."""

import multiprocessing
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pydantic
import pytest

from rlm_pipeline.errors import StoreError
from rlm_pipeline.llm import process
from rlm_pipeline.llm.backend import key
from rlm_pipeline.llm.conversation import Answer
from rlm_pipeline.llm.ledger import FILE, Charge, History, Ledger
from rlm_pipeline.llm.totals import totals
from rlm_pipeline.llm.usage import Usage
from tests.engine.llm.asked import Finding, ask, request, settings
from tests.fakes.messages_api import MessagesApi

ANSWER = Answer(text="{}", stop_reason="end_turn", category="", usage=Usage(input=10, output=5), request_id="req_1")


def charge(number=0, *, most=1000, answers=0):
    asked = request(number)
    return Charge(key=asked.key, request=asked, turn="first", most_pico=most, answers=answers, seconds=60)


def test_a_look_creates_nothing(tmp_path):
    with Ledger(tmp_path / "root" / FILE) as ledger:
        assert ledger.history("0" * 32) == History()
        assert totals(ledger) == ()
        assert ledger.recover() == 0

    assert list(tmp_path.iterdir()) == []


def test_totals_are_of_what_they_are_asked_for(ledger):
    api = MessagesApi()
    api.faults.extend([None, None, "refusal", "overloaded", None])
    asked = [
        request(0), request(1, partition="FY2013"), request(2, purpose="analyst:text"),
        request(3, dataset="other", model="claude-sonnet-5-5"),
    ]  # fmt: skip
    ask(asked, api, ledger, concurrency=1)

    by_dataset = totals(ledger)
    assert [(each.of, each.calls, each.answered, each.quarantined) for each in by_dataset] == [
        (("desk",), 3, 2, 1),
        (("other",), 1, 1, 0),
    ]
    assert by_dataset[1].failed == 1
    assert [each.of for each in totals(ledger, by=("partition", "purpose"), dataset="desk")] == [
        ("FY2012", "analyst:data"), ("FY2012", "analyst:text"), ("FY2013", "analyst:data"),
    ]  # fmt: skip
    by_model = {each.of[0]: each for each in totals(ledger, by=("model",))}
    for model, spent in api.account.delivered.items():
        assert by_model[model].spent_usd == pytest.approx(float(spent), abs=1e-12)
    assert sum(each.usage.output for each in by_dataset) == sum(each.usage.output for each in by_model.values())


def test_every_call_is_accounted_for_with_what_it_was_and_when(ledger):
    api = MessagesApi()
    api.faults.append("bad_json")
    ask([request()], api, ledger)

    rows = ledger.read(
        "SELECT turn, status, dataset, partition, purpose, label, model, prompt_version, prompt_characters, "
        "request_id, stop_reason, response <> '', started > 1e9, finished >= started, reserved_pico >= cost_pico "
        "FROM attempts"
    )
    same = ("desk", "FY2012", "analyst:data", "desk.csv:0", "claude-haiku-5-5", "1-abcdef01", len(request().prompt))
    assert [row[:9] for row in rows] == [("first", "answered", *same), ("repair", "answered", *same)]
    assert [row[9:] for row in rows] == [
        ("req_000002", "end_turn", 1, 1, 1, 1), ("req_000004", "end_turn", 1, 1, 1, 1),
    ]  # fmt: skip


def test_a_key_is_of_what_decides_the_answer_and_of_nothing_else():
    class Other(pydantic.BaseModel):
        summary: str

    same = {"dataset": "x", "partition": "y", "purpose": "z", "label": "w"}
    other = {
        "model": "claude-sonnet-5-5", "system": "s", "prompt": "p", "prompt_version": "2", "max_tokens": 9,
        "answer": Other,
    }  # fmt: skip

    assert {request(**{name: value}).key for name, value in same.items()} == {request().key}
    assert len({request().key, *(request(**{name: value}).key for name, value in other.items())}) == 7
    assert key(settings(concurrency=1, budget_usd=9), request()) == key(settings(), request()) == request().key


def test_an_answer_the_schema_no_longer_fits_is_asked_for_again(ledger):
    api = MessagesApi()
    ask([request()], api, ledger)
    stricter = pydantic.create_model("Finding", __base__=Finding, __doc__=Finding.__doc__)

    (same,) = ask([request(answer=stricter)], api, ledger)
    assert same.from_ledger
    (reply,) = ask(
        [request()], api, ledger, check=lambda _request, value: "" if value.severity == "high" else "too mild"
    )

    assert (reply.status, reply.cause) == ("quarantined", "invalid")
    assert [len(body["messages"]) for body in api.bodies()] == [1, 3], "it is repaired, not asked anew"


def test_money_is_set_aside_before_and_settled_after(ledger):
    attempt = ledger.reserve(charge(most=700), 1000)
    assert ledger.read("SELECT settled_pico, reserved_pico FROM spending") == [(0, 700)]
    assert ledger.reserve(charge(1, most=400), 1000) == "set_aside", "the first may cost less"
    assert ledger.reserve(charge(1, most=1001), 1000) == "over_budget", "whatever the first costs"

    ledger.settle(attempt, ANSWER, 250, None)
    assert ledger.read("SELECT settled_pico, reserved_pico FROM spending") == [(250, 0)]
    assert isinstance(ledger.reserve(charge(1, most=400), 1000), int)


def test_nobody_waits_for_money_that_an_ended_process_set_aside(ledger, monkeypatch):
    ledger.reserve(charge(most=700), 1000)
    monkeypatch.setattr(process, "has_ended", lambda _owner: True)

    assert ledger.reserve(charge(1, most=400), 1000) == "over_budget"


def test_an_answer_that_comes_after_it_was_given_up_costs_what_it_cost(ledger):
    attempt = ledger.reserve(charge(most=700), None)
    ledger.lose(attempt, "gone")
    assert ledger.read("SELECT settled_pico, reserved_pico FROM spending") == [(700, 0)]

    ledger.settle(attempt, ANSWER, 250, None)

    assert ledger.read("SELECT settled_pico, reserved_pico FROM spending") == [(250, 0)]
    assert ledger.history(charge().key).answers == (ANSWER,)


def test_the_same_request_is_not_reserved_twice(ledger):
    attempt = ledger.reserve(charge(), None)
    assert ledger.reserve(charge(), None) == "under_way"

    ledger.settle(attempt, ANSWER, 5, None)
    assert ledger.reserve(charge(), None) == "answered"
    assert isinstance(ledger.reserve(charge(answers=1), None), int)


def test_what_ended_processes_had_reserved_is_settled_as_lost(ledger):
    attempt, alive = ledger.reserve(charge(most=700), None), ledger.reserve(charge(1, most=50), None)
    machine, pid, started = process.identity().rsplit("/", 2)
    for ended in (f"{machine}/999999999/1", f"{machine}/{pid}/{int(started) - 1}"):
        with ledger.writing() as connection:
            connection.execute("UPDATE attempts SET process = ?, status = 'reserved' WHERE id = ?", (ended, attempt))
            connection.execute("UPDATE spending SET settled_pico = 0, reserved_pico = 750")

        assert ledger.recover() == 1

        (total,) = totals(ledger)
        assert (total.lost, total.lost_usd, total.reserved_usd) == (1, 700 / 10**12, 50 / 10**12)
    assert ledger.read("SELECT status FROM attempts WHERE id = ?", (alive,)) == [("reserved",)]


def test_threads_share_a_ledger(ledger):
    def write(first):
        for number in range(first, first + 50):
            ledger.settle(ledger.reserve(charge(number), None), ANSWER, 7, None)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(0, 200, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ledger.read("SELECT settled_pico, reserved_pico FROM spending") == [(200 * 7, 0)]


def _write(path: Path, first: int) -> None:
    with Ledger(path) as ledger:
        for number in range(first, first + 50):
            ledger.settle(ledger.reserve(charge(number), None), ANSWER, 7, None)


def test_processes_that_begin_a_ledger_at_once_share_it(tmp_path):
    processes = multiprocessing.get_context("spawn")
    path = tmp_path / FILE
    all_of_them = [processes.Process(target=_write, args=(path, first)) for first in range(0, 200, 50)]
    for each in all_of_them:
        each.start()
    for each in all_of_them:
        each.join()

    assert [each.exitcode for each in all_of_them] == [0] * 4
    with Ledger(path) as ledger:
        assert ledger.read("SELECT settled_pico, reserved_pico FROM spending") == [(200 * 7, 0)]


def test_a_file_that_is_no_ledger_is_named(tmp_path):
    (tmp_path / FILE).write_text("this is no database, but long enough to be taken for one " * 20, encoding="utf-8")

    with Ledger(tmp_path / FILE) as ledger, pytest.raises(StoreError, match=FILE):
        ledger.history("x")


def test_a_ledger_of_a_later_version_is_left_alone(tmp_path, ledger):
    ledger.reserve(charge(), None)
    ledger.close()
    connection = sqlite3.connect(ledger.path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with Ledger(ledger.path) as later, pytest.raises(StoreError, match="version 99"):
        later.reserve(charge(1), None)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with Ledger(tmp_path / "file" / FILE) as ledger, pytest.raises(StoreError, match="cannot be used"):
        ledger.reserve(charge(), None)


def test_a_transaction_that_fails_leaves_nothing(ledger):
    ledger.reserve(charge(), None)

    with pytest.raises(StoreError), ledger.writing() as connection:
        connection.execute("DELETE FROM attempts")
        connection.execute("INSERT INTO attempts (id) VALUES (1)")

    assert ledger.read("SELECT count(*) FROM attempts") == [(1,)]


def test_a_reply_is_the_same_whoever_paid_for_it(ledger):
    api = MessagesApi(rate=0.3, seed=5, kinds=("bad_json", "max_tokens", "refusal"))
    first = ask(map(request, range(60)), api, ledger)

    again = ask(map(request, range(60)), api, ledger)

    assert [replace(reply, from_ledger=True) for reply in first] == again
    assert len({reply.status for reply in first}) == 2
