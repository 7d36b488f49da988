"""Requests are held back as the server's headers say, and the first with a prefix goes before the others."""

import pytest

from rlm_pipeline.llm.limiter import Limiter, backoff
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import Time, ask, request
from tests.fakes.messages_api import MessagesApi, tokens_of


def headers(remaining, limit=100, reset="2026-06-01T00:01:00Z", kind="requests"):
    prefix = f"anthropic-ratelimit-{kind}"
    return {
        "date": "Mon, 01 Jun 2026 00:00:00 GMT",
        f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(remaining), f"{prefix}-reset": reset,
    }  # fmt: skip


def test_nothing_is_held_back_before_a_server_has_said_anything():
    assert Limiter(Time().now).delay(10**9) == 0


def test_a_call_waits_until_the_server_has_refilled_what_it_needs():
    time = Time()
    limiter = Limiter(time.now)
    limiter.heard(headers(remaining=0, limit=60))
    assert limiter.delay(1) == pytest.approx(1)

    limiter.heard(headers(remaining=0, limit=6000, kind="input-tokens"))
    assert limiter.delay(3000) == pytest.approx(30)
    time.at += 30
    assert limiter.delay(3000) == 0


def test_a_call_that_is_larger_than_the_limit_waits_for_all_of_it():
    limiter = Limiter(Time().now)
    limiter.heard(headers(remaining=50, limit=100, kind="input-tokens"))

    assert limiter.delay(10**6) == pytest.approx(60)


def test_calls_that_were_sent_count_until_the_server_says_what_is_left():
    limiter = Limiter(Time().now)
    limiter.heard(headers(remaining=2, limit=60))

    limiter.sent(1)
    assert limiter.delay(1) == 0
    limiter.sent(1)
    assert limiter.delay(1) > 0


def test_headers_without_a_date_or_a_number_are_passed_over():
    limiter = Limiter(Time().now)
    limiter.heard({**headers(remaining=0), "date": ""})
    limiter.heard({**headers(remaining=0), "anthropic-ratelimit-requests-remaining": "many"})

    assert limiter.delay(1) == 0


def test_a_pause_holds_for_all_and_doubles_until_the_server_answers():
    time = Time()
    limiter = Limiter(time.now)
    seen = []
    for _ in range(3):
        limiter.pause(None)
        limiter.pause(None)  # another call that was under way
        seen.append(limiter.delay(1))
        time.at += limiter.delay(1)
    limiter.answered()
    limiter.pause(None)

    assert [*seen, limiter.delay(1)] == [0.5, 1.0, 2.0, 0.5]
    limiter.pause(20)
    assert limiter.delay(1) == 20
    assert backoff(10_000) == 60


@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_server_that_limits_is_asked_at_its_pace(ledger, concurrency):
    time = Time()
    api = MessagesApi(limits={"requests": 60, "input-tokens": 6000}, now=time.now)
    start, count = time.at, 300

    replies = ask(map(request, range(count)), api, ledger, time=time, concurrency=concurrency)

    assert {reply.status for reply in replies} == {"answered"}
    # 60 are there at the start, and one more every second.
    assert time.at - start >= (count - 60) - 1
    assert api.account.calls["limited"] <= count / 10


def test_the_first_request_with_a_prefix_writes_the_cache_and_all_others_read_it(ledger):
    system = "You read records and report what you find. " * 100
    api = MessagesApi()

    ask([request(number, system=system) for number in range(40)], api, ledger, concurrency=16)

    (total,) = totals(ledger)
    prefix = tokens_of(api.bodies()[0]["system"])
    assert (total.usage.cache_write_5m, total.usage.cache_read) == (prefix, 39 * prefix)
    assert {body["system"][0]["cache_control"]["type"] for body in api.bodies()} == {"ephemeral"}


def test_each_prefix_and_each_model_has_a_first_request_of_its_own(ledger):
    systems = ["You read records. " * 200, "You read logs. " * 200]
    requests = [
        request(number, system=systems[number % 2], model=model)
        for number in range(20)
        for model in ("claude-haiku-5-5", "claude-sonnet-5-5")
    ]
    api = MessagesApi()

    ask(requests, api, ledger, concurrency=32)

    writes = ledger.read("SELECT count(*) FROM attempts WHERE cache_write_5m > 0")
    assert writes == [(4,)]


def test_a_prefix_too_short_to_be_cached_holds_nothing_back(ledger):
    api = MessagesApi()

    ask(map(request, range(10)), api, ledger)

    (total,) = totals(ledger)
    assert (total.usage.cache_write_5m, total.usage.cache_read) == (0, 0)


def test_a_first_request_that_fails_does_not_hold_the_others_for_good(ledger):
    api = MessagesApi()
    api.faults.append("too_large")

    replies = ask([request(number, system="You read. " * 500) for number in range(10)], api, ledger)

    assert [reply.status for reply in replies].count("answered") == 9


def test_the_request_is_what_the_api_takes(ledger):
    api = MessagesApi()

    ask([request(0), request(1, model="claude-sonnet-5-5"), request(2, model="claude-haiku-4-5")], api, ledger)

    by_model = {body["model"]: body for body in api.bodies()}
    haiku, sonnet, old = (by_model[name] for name in ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-haiku-4-5"))
    assert haiku["thinking"] == {"type": "disabled"}
    assert "thinking" not in sonnet
    assert haiku["output_config"]["effort"] == sonnet["output_config"]["effort"] == "low"
    assert "effort" not in old["output_config"]
    assert not {"temperature", "tool_choice", "tools", "stream"} & {key for body in by_model.values() for key in body}
