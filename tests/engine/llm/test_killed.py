"""A process that is killed with calls under way loses at most those calls."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rlm_pipeline.llm import process as processes
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.backend import key
from rlm_pipeline.llm.ledger import FILE, Charge, Ledger
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import Time, ask, request, settings
from tests.fakes.messages_api import MessagesApi
from tests.fakes.serving import serving

ROOT = Path(__file__).parents[3]
REQUESTS, CONCURRENCY, KILLS = 600, 8, 10


def started(path, address):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.llm.killed_child", path, address, str(REQUESTS), str(CONCURRENCY)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_killed_ten_times_and_resumed(tmp_path):
    api, chance = MessagesApi(), random.Random(4)
    path = tmp_path / FILE
    with serving(api, delay=0.02) as address:
        for _ in range(KILLS):
            calls = len(api.bodies())
            with started(path, address) as child:
                # Killed after so many calls of its own, somewhere between sending, answering and recording.
                until = calls + chance.randrange(1, 40)
                while len(api.bodies()) < until and child.poll() is None:
                    time.sleep(chance.random() / 500)
                assert child.poll() is None, "it was killed before it was done"
                child.send_signal(signal.SIGKILL)
        with started(path, address) as child:
            assert child.stdout.read().split() == ["answered"] * REQUESTS
            assert child.wait() == 0

    assert len(api.bodies()) <= REQUESTS + KILLS * CONCURRENCY
    with Ledger(path) as ledger:
        (total,) = totals(ledger)
        assert (total.answered, total.calls, total.reserved_usd) == (REQUESTS, REQUESTS, 0.0)
        # A process may also have been killed between setting the money aside and sending the request.
        assert len(api.bodies()) - REQUESTS <= total.lost <= KILLS * CONCURRENCY
        # The budget covers what the server charged for calls whose answers were lost with their processes.
        assert total.spent_usd <= float(api.account.spent) <= total.spent_usd + total.lost_usd
        (sums,) = ledger.read("SELECT settled_pico, reserved_pico FROM spending")
        (counted,) = ledger.read("SELECT sum(cost_pico), 0 FROM attempts")
        assert sums == counted

        replies = ask(map(request, range(REQUESTS)), MessagesApi(rate=1.0, kinds=("no_key",)), ledger)
        assert {reply.from_ledger for reply in replies} == {True}


def test_ctrl_c_waits_for_what_is_paid(tmp_path):
    api = MessagesApi()
    with serving(api, delay=0.3) as address, started(tmp_path / FILE, address) as child:
        while len(api.bodies()) < CONCURRENCY:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        assert child.wait() != 0

    with Ledger(tmp_path / FILE) as ledger:
        (total,) = totals(ledger)
        assert (total.calls, total.lost, total.reserved_usd) == (len(api.bodies()), 0, 0.0)


def test_a_caller_that_stops_early_keeps_what_was_paid(ledger):

    api = MessagesApi()
    replies = ask_all(
        map(request, range(1000)), settings=settings(), ledger=ledger, transport=api.transport(), pace=Time().pace()
    )
    next(replies)
    replies.close()

    assert 1 <= len(api.bodies()) < 100
    assert ledger.read("SELECT count(*) FROM outcomes WHERE status = 'answered'") == [(len(api.bodies()),)]


def test_requests_are_drawn_as_they_are_needed(ledger):
    drawn = []

    def requests():
        for number in range(500):
            drawn.append(number)
            yield request(number)

    replies = ask_all(
        requests(), settings=settings(), ledger=ledger, transport=MessagesApi().transport(), pace=Time().pace()
    )
    for taken, _ in enumerate(replies, start=1):
        assert len(drawn) <= taken + 2 * 8
    assert taken == 500


@pytest.mark.parametrize("process", ["elsewhere/boot/12/34", "here"])
def test_what_another_process_is_waiting_for_is_not_asked_twice(ledger, process):
    """Of a process on another machine nothing is known until its call must have ended."""

    api, clock = MessagesApi(), Time()
    ledger.now = clock.now
    charge = Charge(
        key=key(settings(), request()), request=request(), turn="first", most_pico=10**9, answers=0, seconds=60
    )
    attempt = ledger.reserve(charge, None)
    owner = processes.identity() if process == "here" else process
    with ledger.writing() as connection:
        connection.execute("UPDATE attempts SET process = ? WHERE id = ?", (owner, attempt))

    (reply,) = ask([request()], api, ledger, time=clock)

    assert reply.status == "answered"
    assert sum(clock.slept) >= 60
    assert ledger.read("SELECT status FROM attempts ORDER BY id") == [("lost",), ("answered",)]
