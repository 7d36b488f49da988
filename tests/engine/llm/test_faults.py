"""Every way a server can fail to answer, by name, and what becomes of the request."""

import socket
from email.utils import formatdate

import pytest

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import Time, ask, request, settings
from tests.fakes.messages_api import NOT_DELIVERED, MessagesApi
from tests.fakes.serving import serving


def met(ledger, *faults, time=None, **changes):
    """The reply to one request whose calls meet these faults in turn, and the server."""
    api = MessagesApi()
    api.faults.extend(faults)
    (reply,) = ask([request()], api, ledger, time=time, **changes)
    return reply, api


@pytest.mark.parametrize(
    "fault",
    ["rate_limited", "overloaded", "server_error", "unavailable", "gateway_timeout", "refused"],
)
def test_trouble_that_passes_is_waited_out_and_costs_nothing(ledger, fault):
    time = Time()

    reply, api = met(ledger, fault, fault, time=time)

    assert (reply.status, len(api.bodies())) == ("answered", 3)
    assert sum(time.slept) > 0
    (total,) = totals(ledger)
    assert (total.calls, total.failed, total.lost, total.lost_usd) == (1, 2, 0, 0.0)
    assert total.spent_usd == pytest.approx(float(api.account.spent), abs=0)


@pytest.mark.parametrize("fault", [*NOT_DELIVERED, "html"])
def test_an_answer_lost_on_the_way_is_asked_for_again_and_counted_at_its_most(ledger, fault):
    reply, api = met(ledger, fault)

    assert (reply.status, len(api.bodies())) == ("answered", 2)
    (total,) = totals(ledger)
    assert (total.calls, total.failed, total.lost) == (1, 0, 1)
    assert total.lost_usd >= float(api.account.lost)
    assert total.spent_usd == float(api.account.spent)


@pytest.mark.parametrize("fault", [*NOT_DELIVERED, "html"])
def test_an_answer_lost_three_times_is_left_for_the_next_run(ledger, fault):
    reply, api = met(ledger, fault, fault, fault)

    assert (reply.status, reply.cause, len(api.bodies())) == ("unasked", "unavailable", 3)
    (again,) = ask([request()], api, ledger)
    assert (again.status, again.from_ledger) == ("answered", False)


def test_a_refusal_is_set_aside_with_its_category_and_not_asked_again(ledger):
    reply, api = met(ledger, "refusal")

    assert (reply.status, reply.cause) == ("quarantined", "refusal")
    assert reply.reason == "the model refused to answer (cyber)"
    assert reply.cost_usd == float(api.account.spent) > 0
    (again,) = ask([request()], api, ledger)
    assert (again.status, again.from_ledger, len(api.bodies())) == ("quarantined", True, 1)


def test_an_answer_that_was_cut_off_gets_more_room_once(ledger):
    reply, api = met(ledger, "max_tokens")

    assert reply.status == "answered"
    assert [body["max_tokens"] for body in api.bodies()] == [400, 1600]


def test_an_answer_that_was_cut_off_twice_is_set_aside(ledger):
    reply, api = met(ledger, "max_tokens", "max_tokens")

    assert (reply.status, reply.cause, len(api.bodies())) == ("quarantined", "cut_off", 2)
    assert reply.reason == "the answer is longer than 1600 tokens; split the reading"
    assert reply.text.startswith("{")


def test_a_full_context_window_is_not_asked_again_for_more_room_would_not_help(ledger):
    reply, api = met(ledger, "context_exceeded")

    assert (reply.status, reply.cause, len(api.bodies())) == ("quarantined", "too_long", 1)


@pytest.mark.parametrize("fault", ["bad_json", "bad_schema", "prose"])
def test_a_malformed_answer_is_repaired_by_saying_what_is_wrong_with_it(ledger, fault):
    reply, api = met(ledger, fault)

    first, second = api.bodies()
    assert reply.status == "answered"
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    assert second["messages"][0] == first["messages"][0]
    assert "That answer cannot be used" in second["messages"][2]["content"]
    assert reply.cost_usd == float(api.account.spent)


@pytest.mark.parametrize("fault", ["bad_json", "bad_schema", "prose"])
def test_an_answer_that_is_malformed_twice_is_set_aside_with_its_text(ledger, fault):
    reply, api = met(ledger, fault, fault)

    assert (reply.status, reply.cause, len(api.bodies())) == ("quarantined", "invalid", 2)
    assert reply.text
    assert reply.cost_usd == float(api.account.spent)


def test_an_empty_answer_is_asked_for_again_without_an_empty_turn(ledger):
    reply, api = met(ledger, "empty_text")

    assert reply.status == "answered"
    assert [message["role"] for message in api.bodies()[1]["messages"]] == ["user"]


def test_an_answer_a_caller_objects_to_is_repaired_with_the_objection(ledger):
    answers = iter(["low", "high"])
    api = MessagesApi(answer=lambda _: {"summary": "fire", "severity": next(answers)})

    def check(_request, value):
        return "" if value.severity == "high" else "the quote is in no record"

    (reply,) = ask([request()], api, ledger, check=check)

    assert reply.status == "answered"
    assert "the quote is in no record" in api.bodies()[1]["messages"][2]["content"]


def test_an_answer_is_in_the_ledger_also_when_the_callers_check_fails(ledger):
    def broken(_request, _value):
        raise KeyError("a defect of the caller")

    api = MessagesApi()
    with pytest.raises(KeyError):
        ask([request()], api, ledger, check=broken)

    (reply,) = ask([request()], api, ledger)
    assert (reply.status, reply.from_ledger, len(api.bodies())) == ("answered", True, 1)


def test_thinking_before_the_answer_and_blocks_of_unknown_kinds_are_passed_over(ledger):
    for number, fault in enumerate(("thinking_first", "unknown_block")):
        api = MessagesApi()
        api.faults.append(fault)
        (reply,) = ask([request(number)], api, ledger)
        assert (reply.status, len(api.bodies())) == ("answered", 1)


def test_an_unknown_stop_reason_with_an_unusable_answer_is_set_aside_by_name(ledger):
    reply, api = met(ledger, "unknown_stop")

    assert (reply.status, reply.cause, len(api.bodies())) == ("quarantined", "invalid", 1)
    assert "'out_of_ink'" in reply.reason


@pytest.mark.parametrize("fault", ["too_large", "prompt_too_long"])
def test_a_request_that_is_too_long_is_set_aside_to_be_split(ledger, fault):
    reply, api = met(ledger, fault)

    assert (reply.status, reply.cause, len(api.bodies())) == ("quarantined", "too_long", 1)
    assert reply.reason.endswith("split the reading")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("no_key", "401"),
        ("no_payment", "402"),
        ("forbidden", "403"),
        ("no_model", "404"),
        ("spend_limit", "spend limit"),
        ("spend_limit_429", "Monthly threshold"),
        ("redirect", "307"),
    ],
)
def test_what_no_request_would_fare_better_with_ends_the_run(ledger, fault, said):
    api = MessagesApi()
    api.faults.append(fault)

    with pytest.raises(ModelError, match=said):
        ask(map(request, range(50)), api, ledger, concurrency=1)

    assert len(api.bodies()) == 1
    replies = ask(map(request, range(50)), api, ledger)
    assert {reply.status for reply in replies} == {"answered"}


def test_a_request_the_server_rejects_is_set_aside_and_the_others_go_on(ledger):
    api = MessagesApi()
    api.faults.extend([None, "rejected"])

    replies = ask(map(request, range(20)), api, ledger, concurrency=1)

    assert [reply.cause for reply in replies] == ["", "rejected", *[""] * 18]
    (again,) = ask([request(1)], api, ledger)
    assert (again.status, again.from_ledger) == ("quarantined", True)


def test_a_server_that_rejects_everything_ends_the_run_and_nothing_is_set_aside_for_good(ledger):
    api = MessagesApi()
    api.faults.extend(["rejected"] * 10)

    with pytest.raises(ModelError, match="one request after the other"):
        ask(map(request, range(100)), api, ledger)

    assert {reply.status for reply in ask(map(request, range(100)), api, ledger)} == {"answered"}


def test_a_wait_of_days_is_not_waited(ledger):
    time = Time()

    reply, _ = met(ledger, ("rate_limited", {"retry-after": "4233600"}), time=time)

    assert (reply.status, reply.cause) == ("unasked", "unavailable")
    assert sum(time.slept) == 0


def test_what_a_server_asks_to_wait_is_waited(ledger):
    for number, headers in enumerate(({"retry-after": "7"}, {"retry-after-ms": "7000"})):
        time, api = Time(), MessagesApi()
        api.faults.append(("rate_limited", headers))
        (reply,) = ask([request(number)], api, ledger, time=time)
        assert (reply.status, sum(time.slept)) == ("answered", 7)


def test_a_date_to_wait_for_is_waited_for(ledger):
    time, api = Time(), MessagesApi(now=lambda: 1_780_000_000.0)
    api.faults.append(("rate_limited", {"retry-after": formatdate(1_780_000_007.0, usegmt=True)}))

    (reply,) = ask([request()], api, ledger, time=time)

    assert (reply.status, sum(time.slept)) == ("answered", 7)


def test_a_wait_that_is_neither_seconds_nor_a_date_is_a_short_one(ledger):
    time = Time()

    reply, _ = met(ledger, ("rate_limited", {"retry-after": "soon"}), time=time)

    assert (reply.status, sum(time.slept)) == ("answered", 0.5)


@pytest.mark.parametrize("fault", ["stalled", "dripping", "cut", "refused", "html", "cut_json"])
def test_a_real_connection_that_fails_is_waited_out(ledger, monkeypatch, fault):
    """Through sockets: a server that hangs, trickles, or hangs up."""
    api = MessagesApi()
    api.faults.append(fault)
    with serving(api) as address:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
        (reply,) = ask_all([request()], settings=settings(timeout_seconds=1.5), ledger=ledger)

    assert reply.status == "answered"
    assert ledger.read("SELECT status FROM attempts ORDER BY id")[-1] == ("answered",)
    assert len(api.bodies()) > 1


def test_a_server_that_is_not_there_yet_is_waited_for_on_a_real_connection(ledger, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")

    (reply,) = ask_all([request()], settings=settings(), ledger=ledger, patience_seconds=1)

    assert (reply.status, reply.cause) == ("unasked", "unavailable")
    assert "cannot be reached" in reply.reason
    assert set(ledger.read("SELECT status, cost_pico FROM attempts")) == {("failed", 0)}


def test_a_server_that_stays_away_ends_the_run_after_a_while_and_loses_nothing(ledger):
    api = MessagesApi(rate=1.0, kinds=("overloaded", "refused"))
    time = Time()

    replies = ask(map(request, range(200)), api, ledger, time=time, patience_seconds=120)

    assert {(reply.status, reply.cause) for reply in replies} == {("unasked", "unavailable")}
    assert len(replies) == 200
    assert time.at - 1_780_000_000 < 1200
    api.rate = 0.0
    assert {reply.status for reply in ask(map(request, range(200)), api, ledger)} == {"answered"}
