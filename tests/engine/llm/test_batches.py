"""Message Batches from handing in to the last result, with whatever happens in between."""

import collections
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import batches
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.collecting import Collected
from rlm_pipeline.llm.ledger import FILE, Ledger
from rlm_pipeline.llm.submitting import custom_id
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import ask, request, settings
from tests.fakes.messages_api import Local, MessagesApi
from tests.fakes.serving import serving

ROOT = Path(__file__).parents[3]


def submit(requests, api, ledger, **changes):
    options = {name: changes.pop(name) for name in ("check", "most_bytes", "most_items") if name in changes}
    return list(
        batches.submit(
            requests,
            settings=settings(**{"batches": True, **changes}),
            ledger=ledger,
            transport=api.transport(),
            **options,
        )
    )


def collect(api, ledger):
    return batches.collect(settings=settings(batches=True), ledger=ledger, transport=api.transport())


def causes(replies):
    return collections.Counter(reply.cause for reply in replies)


def test_a_batch_from_handing_in_to_answers_at_half_the_price(ledger):
    api = MessagesApi(batch_polls=2)

    assert causes(submit(map(request, range(50)), api, ledger)) == {"in_batch": 50}
    assert collect(api, ledger) == Collected(open=1)
    assert collect(api, ledger) == Collected(ended=1, answered=50)
    replies = submit(map(request, range(50)), api, ledger)

    assert {(reply.status, reply.from_ledger) for reply in replies} == {("answered", True)}
    assert len(api.batches) == 1
    (total,) = totals(ledger)
    assert total.spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)
    assert (total.calls, total.answered, total.reserved_usd) == (50, 50, 0.0)
    direct = MessagesApi()
    with Ledger(ledger.path.with_name("direct")) as other:
        ask(map(request, range(50)), direct, other)
    assert api.account.spent * 2 == direct.account.spent


def test_asking_with_batches_switched_on_collects_and_hands_in(ledger):
    api = MessagesApi(batch_polls=1)

    def asked():
        return list(
            ask_all(
                map(request, range(30)),
                settings=settings(batches=True),
                ledger=ledger,
                transport=api.transport(),
            )
        )

    assert causes(asked()) == {"in_batch": 30}
    assert {reply.status for reply in asked()} == {"answered"}
    assert api.bodies() == []


def test_the_names_of_requests_are_theirs_for_good_and_fit_the_servers_rule(ledger):
    api = MessagesApi()
    submit(map(request, range(5)), api, ledger)

    ((_, batch),) = api.batches.items()
    assert [item["custom_id"] for item in batch["items"]] == [custom_id(request(number).key) for number in range(5)]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", item["custom_id"]) for item in batch["items"])


def test_the_prefix_of_a_batch_is_kept_for_an_hour(ledger):
    api = MessagesApi(batch_polls=0)
    system = "You read records. " * 300
    submit([request(number, system=system) for number in range(4)], api, ledger)
    collect(api, ledger)

    (total,) = totals(ledger)
    assert total.usage.cache_write_1h > 1000
    assert total.usage.cache_write_5m == 0
    assert total.usage.cache_read == 3 * total.usage.cache_write_1h
    assert total.spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)


def test_what_a_batch_has_is_neither_handed_in_again_nor_asked_directly(ledger):
    api = MessagesApi()
    submit(map(request, range(10)), api, ledger)

    assert causes(submit(map(request, range(10)), api, ledger)) == {"in_batch": 10}
    assert causes(ask(map(request, range(10)), api, ledger)) == {"in_batch": 10}
    assert (len(api.batches), api.bodies()) == (1, [])


def test_a_large_job_is_several_batches(ledger):
    api = MessagesApi(batch_polls=0)

    submit(map(request, range(25)), api, ledger, most_items=10)
    assert [len(batch["items"]) for batch in api.batches.values()] == [10, 10, 5]

    submit(
        [request(number, prompt=f"{number} " + "word " * 1000) for number in range(9)], api, ledger, most_bytes=20_000
    )
    sizes = [len(body) for body in _created(api)[3:]]
    assert len(sizes) > 1
    assert max(sizes) < 30_000


def _created(api):
    import json

    return [
        json.dumps(body) for method, path, body, _ in api.requests if (method, path) == ("POST", "/v1/messages/batches")
    ]


def test_only_what_failed_through_no_fault_of_its_own_is_handed_in_again(ledger):
    api = MessagesApi(batch_polls=1)
    faults = {0: "errored", 1: "expired", 2: "canceled", 3: "invalid", 4: "refusal", 5: "bad_json", 6: "max_tokens"}
    api.item_faults = {custom_id(request(number).key): fault for number, fault in faults.items()}

    submit(map(request, range(10)), api, ledger)
    assert collect(api, ledger) == Collected(ended=1, answered=6, failed=3, rejected=1)
    replies = submit(map(request, range(10)), api, ledger)

    assert [reply.cause for reply in replies if reply.cause != "in_batch"] == ["rejected", "refusal", "", "", ""]
    second = list(api.batches.values())[1]["items"]
    assert {item["custom_id"] for item in second} == {custom_id(request(number).key) for number in (0, 1, 2, 5, 6)}
    by_name = {item["custom_id"]: item["params"] for item in second}
    assert len(by_name[custom_id(request(5).key)]["messages"]) == 3, "a repair"
    assert by_name[custom_id(request(6).key)]["max_tokens"] == 1600, "more room"

    api.item_faults = {}
    collect(api, ledger)
    replies = submit(map(request, range(10)), api, ledger)
    assert causes(replies) == {"": 8, "rejected": 1, "refusal": 1}
    (total,) = totals(ledger)
    assert total.spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)
    assert (total.failed, total.lost, total.reserved_usd) == (4, 0, 0.0)


def test_a_repair_may_also_be_made_by_a_direct_call(ledger):
    api = MessagesApi(batch_polls=0)
    api.item_faults = {custom_id(request(0).key): "bad_schema"}
    submit([request(0)], api, ledger)
    collect(api, ledger)

    (reply,) = ask([request(0)], api, ledger)

    (body,) = api.bodies()
    assert reply.status == "answered"
    assert len(body["messages"]) == 3
    assert reply.cost_usd == pytest.approx(float(api.account.spent), abs=1e-12)


def test_a_download_that_is_cut_goes_on_where_it_was(ledger):
    api = MessagesApi(batch_polls=0)
    submit(map(request, range(40)), api, ledger)
    api.faults.extend([None, None, "cut"])

    first = collect(api, ledger)
    assert 0 < first.answered < 40
    assert (first.open, len(first.trouble)) == (1, 1)
    second = collect(api, ledger)

    assert first.answered + second.answered == 40
    assert {reply.status for reply in submit(map(request, range(40)), api, ledger)} == {"answered"}
    assert totals(ledger)[0].spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)


def test_a_batch_of_which_every_request_is_rejected_ends_the_run(ledger):
    api = MessagesApi(batch_polls=0)
    api.item_faults = {custom_id(request(number).key): "invalid" for number in range(30)}
    submit(map(request, range(30)), api, ledger)

    with pytest.raises(ModelError, match="rejects all 30 requests of a batch: injected"):
        collect(api, ledger)

    assert totals(ledger)[0].reserved_usd == 0.0


def test_the_budget_bounds_what_is_handed_in(ledger):
    api = MessagesApi(batch_polls=0)

    replies = submit(map(request, range(100)), api, ledger, budget_usd=0.004)
    handed_in = causes(replies)["in_batch"]
    assert 0 < handed_in < 100
    assert causes(replies) == {"in_batch": handed_in, "budget": 100 - handed_in}
    assert totals(ledger)[0].reserved_usd <= 0.004

    collect(api, ledger)
    assert causes(submit(map(request, range(100)), api, ledger, budget_usd=0.004))["in_batch"] > 0, "they cost less"
    assert float(api.account.spent) <= 0.004


@pytest.mark.parametrize("fault", ["cut", "stalled", "server_error"])
def test_a_batch_whose_creation_is_in_doubt_is_found_or_known_not_to_be(ledger, fault):
    api = MessagesApi(batch_polls=1)
    submit([request(number) for number in range(100, 107)], api, ledger)
    api.faults.append(fault)

    assert causes(submit(map(request, range(7)), api, ledger)) == {"in_batch": 7}
    for _ in range(4):
        collect(api, ledger)
        submit(map(request, range(7)), api, ledger)

    # A batch that an error was sent for was never there; the others were, and are not handed in again.
    assert len(api.batches) == 2
    assert {reply.status for reply in submit(map(request, range(7)), api, ledger)} == {"answered"}
    assert api.account.calls["batched"] == 14
    assert totals(ledger)[0].spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)


def test_the_batch_of_another_program_is_not_taken_for_ours(ledger):
    """It has as many requests, and was created at the same time, but not with our names."""
    api = MessagesApi(batch_polls=2)
    with Ledger(ledger.path.with_name("other")) as other:
        submit([request(number) for number in range(50, 55)], api, other)
    api.faults.append("server_error")
    submit(map(request, range(5)), api, ledger)

    assert collect(api, ledger).open == 1, "the other batch has not ended, so it may be ours"
    assert collect(api, ledger).open == 0

    assert causes(submit(map(request, range(5)), api, ledger)) == {"in_batch": 5}
    assert len(api.batches) == 2


def test_a_process_killed_while_it_hands_in_a_batch_does_not_pay_twice(tmp_path):
    api = MessagesApi(batch_polls=1)
    api.faults.append("stalled")  # the server has the batch, and never says so
    path = tmp_path / FILE
    with (
        serving(api) as address,
        subprocess.Popen(
            [sys.executable, "-m", "tests.engine.llm.batch_child", path, address, "20"], cwd=ROOT
        ) as child,
    ):
        while not api.batches:
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)

    with Ledger(path) as ledger:
        assert ledger.read("SELECT status, server_id FROM batches") == [("intended", "")]
        assert causes(submit(map(request, range(20)), api, ledger)) == {"in_batch": 20}
        assert collect(api, ledger).answered == 20
        assert {reply.status for reply in submit(map(request, range(20)), api, ledger)} == {"answered"}
        assert len(api.batches) == 1
        assert totals(ledger)[0].spent_usd == pytest.approx(float(api.account.spent), abs=1e-12)


def test_a_process_that_ended_before_it_handed_in_its_batch_holds_no_money(ledger):
    api = MessagesApi(batch_polls=0)

    def requests():
        yield from map(request, range(5))
        raise RuntimeError("the caller's own trouble")

    with pytest.raises(RuntimeError):
        submit(requests(), api, ledger)

    assert totals(ledger)[0].reserved_usd == 0.0
    assert causes(submit(map(request, range(5)), api, ledger)) == {"in_batch": 5}


def test_a_batch_of_a_killed_process_that_was_being_filled_is_given_back(ledger):
    api = MessagesApi(batch_polls=0)
    replies = batches.submit(
        map(request, range(5)), settings=settings(batches=True), ledger=ledger, transport=api.transport()
    )
    del replies
    submit(map(request, range(5)), api, ledger)
    with ledger.writing() as connection:
        machine, _, started = ledger.read("SELECT process FROM batches")[0][0].rsplit("/", 2)
        connection.execute(
            "UPDATE batches SET status = 'filling', server_id = '', process = ?", (f"{machine}/999999999/{started}",)
        )

    collect(api, ledger)

    assert totals(ledger)[0].reserved_usd == 0.0
    assert causes(submit(map(request, range(5)), api, ledger)) == {"in_batch": 5}


@pytest.mark.parametrize("fault", ["no_key", "no_payment", "spend_limit"])
def test_a_server_that_takes_no_batches_from_us_is_said_to(ledger, fault):
    api = MessagesApi()
    api.faults.append(fault)

    with pytest.raises(ModelError, match="a batch of 3 requests was not taken"):
        submit(map(request, range(3)), api, ledger)

    assert totals(ledger)[0].reserved_usd == 0.0
    assert causes(submit(map(request, range(3)), api, ledger)) == {"in_batch": 3}


def test_a_server_that_is_busy_is_asked_again_to_take_a_batch(ledger):
    api = MessagesApi()
    api.faults.append(("rate_limited", {"retry-after": "0"}))

    assert causes(submit(map(request, range(3)), api, ledger)) == {"in_batch": 3}


def test_a_batch_the_server_does_not_know_is_not_paid_again_until_it_must_be_forgotten(ledger):
    api = MessagesApi()
    submit(map(request, range(3)), api, ledger)
    api.batches.clear()

    assert collect(api, ledger).trouble
    assert causes(submit(map(request, range(3)), api, ledger)) == {"in_batch": 3}
    later = time.time() + 30 * 86_400
    ledger.now = lambda: later
    assert collect(api, ledger).failed == 3
    assert causes(submit(map(request, range(3)), api, ledger)) == {"in_batch": 3}
    assert len(api.batches) == 1
    assert totals(ledger)[0].lost == 3


def test_a_local_server_is_asked_directly_where_batches_are_switched_on(ledger):
    api = MessagesApi(local=Local(ignores_schema=False))

    replies = ask(map(request, range(5)), api, ledger, batches=True, base_url="http://127.0.0.1:8080", budget_usd=None)

    assert {reply.status for reply in replies} == {"answered"}


def test_collecting_without_a_ledger_makes_none_and_needs_no_key(tmp_path, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with Ledger(tmp_path / FILE) as ledger:
        assert batches.collect(settings=settings(), ledger=ledger) == Collected()

    assert list(tmp_path.iterdir()) == []
