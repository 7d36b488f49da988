"""The budget is a hard stop, whoever spends it."""

import multiprocessing
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import prices
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.ledger import FILE, Charge, Ledger
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import ask, request, settings
from tests.fakes.messages_api import EVERY_FAULT, NOT_DELIVERED, UNCHARGED_AND_PASSING, MessagesApi
from tests.fakes.serving import serving


def most_of_one(ledger):
    return ledger.read("SELECT max(reserved_pico) FROM attempts")[0][0] / 10**12


@pytest.mark.parametrize("concurrency", [1, 8, 64])
def test_spending_stops_within_one_call_of_the_budget(ledger, concurrency):
    # An answer that is cut off is asked for again with more room: such a call is larger than the others.
    api = MessagesApi(rate=0.1, seed=3, kinds=[kind for kind in EVERY_FAULT if kind != "max_tokens"])
    budget = 0.004

    replies = ask(map(request, range(500)), api, ledger, budget_usd=budget, concurrency=concurrency)

    spent = sum((total.spent_usd + total.lost_usd) for total in totals(ledger))
    assert budget - most_of_one(ledger) < spent <= budget
    assert float(api.account.spent + api.account.lost) <= budget
    assert len(replies) == 500
    unasked = [reply for reply in replies if reply.status == "unasked"]
    assert {reply.cause for reply in unasked} == {"budget"}
    assert "raise analysis.budget_usd" in unasked[0].reason

    assert {one.status for one in ask(map(request, range(500)), api, ledger, budget_usd=5)} <= {
        "answered",
        "quarantined",
    }
    assert sum(total.calls for total in totals(ledger)) == api.account.calls.total() - _without_answer(api)


def _without_answer(api):
    return sum(api.account.calls[kind] for kind in (*UNCHARGED_AND_PASSING, *NOT_DELIVERED, "too_large"))


def test_a_repair_counts_against_the_budget_and_is_made_up_for_by_the_next_run(ledger):
    api = MessagesApi()
    api.faults.append("bad_json")
    ask([request(0)], api, ledger)
    one_call = most_of_one(ledger)

    api.faults.append("bad_json")
    (reply,) = ask([request(1)], api, ledger, budget_usd=float(api.account.spent) + 1.02 * one_call)
    assert (reply.status, reply.cause) == ("unasked", "budget")

    calls = len(api.bodies())
    (reply,) = ask([request(1)], api, ledger)
    assert (reply.status, len(api.bodies())) == ("answered", calls + 1)


def test_a_budget_that_is_too_small_for_one_call_makes_none(ledger):
    api = MessagesApi()

    (reply,) = ask([request()], api, ledger, budget_usd=0.0000001)

    assert (reply.status, reply.cause, api.bodies()) == ("unasked", "budget", [])


def test_each_dataset_has_its_own_budget(ledger):
    api = MessagesApi()
    ask(map(request, range(200)), api, ledger, budget_usd=0.004)

    (reply,) = ask([request(0, dataset="other", prompt="another")], api, ledger, budget_usd=0.004)

    assert reply.status == "answered"


def test_what_another_dataset_paid_for_is_not_paid_again(ledger):
    api = MessagesApi()
    ask([request()], api, ledger)

    (reply,) = ask([request(dataset="other")], api, ledger)

    assert (reply.status, reply.from_ledger, len(api.bodies())) == ("answered", True, 1)


def test_a_model_without_a_price_is_not_asked(ledger):
    api = MessagesApi()

    with pytest.raises(ModelError, match=r"no price is known for the model 'claude-next'.*prices\.yaml"):
        ask([request(model="claude-next")], api, ledger)

    assert api.bodies() == []


def _spend(path: Path, address: str, start: int, budget: float) -> None:
    import os

    os.environ |= {"ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": address}
    with Ledger(path) as ledger:
        list(ask_all(map(request, range(start, start + 400)), settings=settings(budget_usd=budget), ledger=ledger))


def test_two_processes_share_a_budget(tmp_path):
    api, budget = MessagesApi(), 0.006
    processes = multiprocessing.get_context("spawn")
    with serving(api) as address, Ledger(tmp_path / FILE) as ledger:
        # The second half of the one's requests are the first half of the other's.
        both = [processes.Process(target=_spend, args=(tmp_path / FILE, address, start, budget)) for start in (0, 200)]
        for process in both:
            process.start()
        for process in both:
            process.join()

        assert [process.exitcode for process in both] == [0, 0]
        (total,) = totals(ledger)
        assert total.spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)
        assert budget - most_of_one(ledger) < total.spent_usd <= budget
        assert (total.lost, total.reserved_usd) == (0, 0.0)
        paid = ledger.read("SELECT key, count(*) FROM attempts WHERE status = 'answered' GROUP BY key")
        assert {count for _, count in paid} == {1}


def test_what_another_process_sets_aside_and_does_not_spend_is_spent(tmp_path):
    # Its call may cost the whole budget and costs a part of it: this process's call is made when that is known.
    api, path = MessagesApi(), tmp_path / FILE
    with Ledger(path) as ledger:
        ask([request(0)], api, ledger)
        one_call = most_of_one(ledger)
        processes = multiprocessing.get_context("spawn")
        held = processes.Event()
        other = processes.Process(target=_hold, args=(path, one_call, held))
        other.start()
        assert held.wait(60)

        (reply,) = ask([request(1)], api, ledger, budget_usd=totals(ledger)[0].spent_usd + 1.5 * one_call)

        other.join()
        assert (other.exitcode, reply.status) == (0, "answered")


def _hold(path: Path, dollars: float, held: Event) -> None:
    asked, most = request(9), prices.pico(dollars)
    with Ledger(path) as ledger:
        attempt = ledger.reserve(
            Charge(key=asked.key, request=asked, turn="first", most_pico=most, answers=0, seconds=60), None
        )
        held.set()
        time.sleep(1)
        ledger.release(attempt, "not charged")
