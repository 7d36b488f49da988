"""A server of one's own: nothing leaves the machine, and what it cannot do is done here."""

import contextlib
import json
import socket
import threading

import pytest

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.totals import totals
from tests.engine.llm.asked import ask, request, settings
from tests.fakes.messages_api import Local, MessagesApi
from tests.fakes.serving import serving

SOMEWHERE = "http://127.0.0.1:8080"


def asked_of_local(api, ledger, *requests, **changes):
    return ask(requests, api, ledger, **{"base_url": SOMEWHERE, "budget_usd": None, **changes})


@contextlib.contextmanager
def recorder():
    """A port that takes all connections and remembers what came: `heard` is empty as long as none did."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        heard.append(connection.recv(65536))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("scheme", ["http://127.0.0.1", "http://localhost"])
def test_no_proxy_of_the_environment_hears_a_word(ledger, monkeypatch, scheme):
    api = MessagesApi(local=Local(ignores_schema=False))
    with recorder() as (proxy, heard), serving(api) as address:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
            monkeypatch.setenv(name.lower(), proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        local = settings(base_url=address.replace("http://127.0.0.1", scheme), budget_usd=None)

        replies = list(ask_all(map(request, range(20)), settings=local, ledger=ledger))

    assert [reply.status for reply in replies] == ["answered"] * 20
    assert heard == []


def test_the_recorder_of_these_tests_does_hear_a_proxied_request(monkeypatch):
    import httpx2

    with recorder() as (proxy, heard):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        with pytest.raises(httpx2.HTTPError):
            httpx2.get("http://model.invalid/v1/messages")

    assert b"model.invalid" in heard[0]


def test_the_environment_of_claude_does_not_reach_a_local_server(ledger, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-claude")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-claude")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere.example")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-secret: of-claude\nAuthorization: Bearer of-claude")
    api = MessagesApi(local=Local(ignores_schema=False))

    asked_of_local(api, ledger, request())

    for _, _, _, headers in api.requests:
        assert headers["host"] == "127.0.0.1:8080"
        assert "of-claude" not in json.dumps(headers)


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.7:8080",
        "https://models.example",
        "http://127.0.0.1.example:80",
        "http://0.0.0.0:8080",
        "models:80",
        "http://[::1",
    ],
)
def test_a_server_on_another_machine_is_refused_before_anything_is_sent(ledger, address):
    api = MessagesApi(local=Local())

    with pytest.raises(ModelError, match=r"nothing was sent|is no address"):
        asked_of_local(api, ledger, request(), base_url=address)

    assert api.requests == []
    assert not ledger.path.exists()


def test_a_server_on_another_machine_is_asked_where_it_is_allowed(ledger):
    api = MessagesApi(local=Local(ignores_schema=False))

    (reply,) = asked_of_local(api, ledger, request(), base_url="http://gpu.lan:8080", allowed_hosts=("gpu.lan",))

    assert reply.status == "answered"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8080", "http://127.8.8.8:1", "http://localhost:8080", "http://[::1]:80"]
)
def test_every_address_of_this_machine_is_allowed(ledger, address):
    (reply,) = asked_of_local(MessagesApi(local=Local(ignores_schema=False)), ledger, request(), base_url=address)

    assert reply.status == "answered"


def test_a_redirect_to_another_machine_is_not_followed(ledger):
    api = MessagesApi(local=Local(ignores_schema=False))
    api.faults.extend([None, "redirect"])

    with pytest.raises(ModelError, match="307"):
        asked_of_local(api, ledger, request())

    assert {headers["host"] for _, _, _, headers in api.requests} == {"127.0.0.1:8080"}


def test_a_server_that_keeps_to_schemas_is_given_them(ledger):
    api = MessagesApi(local=Local(ignores_schema=False))

    (reply,) = asked_of_local(api, ledger, request())

    probe, body = api.bodies()
    assert reply.status == "answered"
    assert "verdict" in json.dumps(probe["output_config"])
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert "schema" not in json.dumps(body["system"])


@pytest.mark.parametrize(
    "local", [Local(), Local(fenced=False), Local(refuses_schema=True)], ids=["fence", "prose", "400"]
)
def test_a_server_that_ignores_schemas_is_asked_in_words(ledger, local):
    api = MessagesApi(lambda _: {"summary": "fire", "severity": "high"}, local=local)

    (reply,) = asked_of_local(api, ledger, request())

    _, body = api.bodies()
    assert reply.status == "answered"
    assert "output_config" not in body
    assert "JSON schema" in body["system"][0]["text"]
    assert '"maxLength"' not in body["system"][0]["text"]


def test_a_server_that_is_said_to_keep_to_schemas_and_does_not_is_refused(ledger):
    with pytest.raises(ModelError, match="ignores output_config"):
        asked_of_local(MessagesApi(local=Local()), ledger, request(), structured="native")


@pytest.mark.parametrize(("structured", "in_words"), [("server_grammar", False), ("prompt", True)])
def test_what_the_settings_say_of_a_server_is_not_probed(ledger, structured, in_words):
    api = MessagesApi(lambda _: {"summary": "fire", "severity": "high"}, local=Local(keeps_own_schema=True))

    (reply,) = asked_of_local(api, ledger, request(), structured=structured)

    (body,) = api.bodies()
    assert reply.status == "answered"
    assert "output_config" not in body
    assert ("JSON schema" in body["system"][0]["text"]) == in_words


def test_only_a_local_server_is_sent_sampling_parameters(ledger):
    local, claude = MessagesApi(local=Local(ignores_schema=False)), MessagesApi()

    asked_of_local(local, ledger, request())
    ask([request()], claude, ledger)

    assert {body["temperature"] for body in local.bodies()} == {0}
    assert "temperature" not in claude.bodies()[0]


def test_a_local_server_costs_nothing_and_its_calls_are_counted(ledger):
    (reply,) = asked_of_local(MessagesApi(local=Local(ignores_schema=False)), ledger, request(model="qwen-8b"))

    (total,) = totals(ledger)
    assert (reply.cost_usd, total.spent_usd, total.calls) == (0.0, 0.0, 1)
    assert reply.usage.input > 0
    assert total.usage == reply.usage


def test_an_answer_of_one_server_is_not_taken_for_another_ones(ledger):
    """The settings may name the same model; a server of one's own may serve another under its name."""
    claude = MessagesApi()
    asked_of_local(MessagesApi(local=Local(ignores_schema=False)), ledger, request())

    (reply,) = ask([request()], claude, ledger)

    assert (reply.from_ledger, len(claude.bodies())) == (False, 1)


def test_a_prompt_that_exceeds_the_servers_context_is_set_aside_to_be_split(ledger):
    api = MessagesApi(local=Local(ignores_schema=False, context_tokens=500))

    fits, too_long = asked_of_local(api, ledger, request(), request(prompt="word " * 5000))

    assert (fits.status, too_long.status, too_long.cause) == ("answered", "quarantined", "too_long")


@pytest.mark.parametrize("fault", ["rate_limited", "unavailable", "cut", "html", "bad_json"])
def test_errors_without_an_envelope_and_answers_without_an_id_are_understood(ledger, fault):
    api = MessagesApi(local=Local(ignores_schema=False))
    api.faults.extend([None, fault])

    (reply,) = asked_of_local(api, ledger, request())

    assert reply.status == "answered"


def test_a_server_that_is_not_there_is_said_to_be(ledger):
    api = MessagesApi(local=Local())
    api.faults.append("refused")

    with pytest.raises(ModelError, match="cannot be reached"):
        asked_of_local(api, ledger, request())


def test_without_a_key_for_claude_the_variable_is_named(ledger, monkeypatch, tmp_path):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    for profiles in (tmp_path, tmp_path / "none"):
        monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(profiles))
        api = MessagesApi()

        with pytest.raises(ModelError, match="set ANTHROPIC_API_KEY"):
            ask([request()], api, ledger)

        assert api.requests == []


def test_a_profile_that_cannot_be_used_is_said_to_be(ledger, monkeypatch, tmp_path):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_PROFILE", "work")

    with pytest.raises(ModelError, match="work"):
        ask([request()], MessagesApi(), ledger)


def test_what_is_in_the_ledger_needs_neither_key_nor_server(ledger, monkeypatch, tmp_path):
    ask([request()], MessagesApi(), ledger)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))

    (reply,) = ask([request()], MessagesApi(), ledger)

    assert (reply.status, reply.from_ledger) == ("answered", True)
