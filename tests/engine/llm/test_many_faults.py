"""Thousands of requests through a server that fails in every way it can: all accounted for, nothing paid twice."""

import collections
from decimal import Decimal

import pytest

from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import ask, request
from tests.fakes.messages_api import EVERY_FAULT, NOT_DELIVERED, UNCHARGED_AND_PASSING, MessagesApi


@pytest.mark.parametrize("seed", [2, 3])
def test_two_thousand_requests_with_a_fault_in_twenty(ledger, seed):
    api = MessagesApi(rate=0.05, seed=seed)

    replies = ask(map(request, range(2000)), api, ledger, budget_usd=50, concurrency=16)

    assert set(api.account.calls) == {"whole", *EVERY_FAULT}, "every kind of fault was met"
    assert [reply.request.label for reply in replies] == [f"desk.csv:{number}" for number in range(2000)]
    assert all(reply.value is not None for reply in replies if reply.status == "answered")
    assert all(reply.reason for reply in replies if reply.status != "answered")
    assert {reply.status for reply in replies} == {"answered", "quarantined"}
    assert sum(reply.status == "answered" for reply in replies) > 1950

    charged = api.account.calls.total() - sum(api.account.calls[kind] for kind in _uncharged())
    rows = ledger.read("SELECT status, count(*), sum(cost_pico) FROM attempts GROUP BY status")
    settled = {status: (count, Decimal(cost) / 10**12) for status, count, cost in rows}
    assert settled["answered"] == (charged, api.account.spent), "to the last digit"
    lost = sum(api.account.calls[kind] for kind in (*NOT_DELIVERED, "html"))
    assert settled["lost"][0] == lost
    assert settled["lost"][1] >= api.account.lost
    assert ledger.read("SELECT count(*) FROM attempts WHERE status = 'reserved'") == [(0,)]
    _sums_agree(ledger)

    calls = len(api.bodies())
    again = ask(map(request, range(2000)), api, ledger, budget_usd=50)
    assert len(api.bodies()) == calls, "nothing is asked twice"
    assert [(one.status, one.value, one.cost_usd, one.text) for one in again] == [
        (one.status, one.value, one.cost_usd, one.text) for one in replies
    ]


def test_no_answer_is_paid_twice(ledger):
    api = MessagesApi(rate=0.3, seed=7, kinds=("overloaded", "rate_limited", "refused", "bad_json", "max_tokens"))

    ask([request(number % 100) for number in range(300)], api, ledger, budget_usd=50, concurrency=32)

    delivered = collections.Counter(ledger.read("SELECT key, turn FROM attempts WHERE status = 'answered'"))
    assert set(delivered.values()) == {1}
    assert len({key for key, _ in delivered}) == 100


def _uncharged():
    return (*UNCHARGED_AND_PASSING, *NOT_DELIVERED, "too_large")


def _sums_agree(ledger):
    (sums,) = ledger.read("SELECT settled_pico, reserved_pico FROM spending")
    (counted,) = ledger.read("SELECT sum(cost_pico), sum(iif(status = 'reserved', reserved_pico, 0)) FROM attempts")
    assert sums == counted
    (total,) = totals(ledger)
    assert round(total.spent_usd + total.lost_usd, 9) == round(sums[0] / 10**12, 9)
