"""The test server is held to what the Messages API does: a test against a lenient one would prove nothing."""

import asyncio
import json
import subprocess
import sys
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.messages_api import EVERY_FAULT, MessagesApi, instance_of
from tests.fakes.serving import serving

ROOT = Path(__file__).parents[3]
HELLO = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
SCHEMA = {
    "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False,
}  # fmt: skip


def called(api, **params):
    """What the SDK makes of one call; a file of bytes where it makes an error of it."""

    import anthropic
    import httpx2

    async def call():
        http = httpx2.AsyncClient(transport=api.transport(), trust_env=False)
        async with anthropic.AsyncAnthropic(
            api_key="test", base_url="http://fake.invalid", max_retries=0, http_client=http
        ) as client:
            return await client.messages.create(**{**HELLO, **params})

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"extra_body": {"temperature": 0}}, "temperature"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "prefill"),
        ({"messages": []}, "at least one message"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model": "claude-next"}, "claude-next"),
        ({"tools": [], "tool_choice": {"type": "any"}}, "forced tool use"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {**SCHEMA, "additionalProperties": True}}}},
            "false",
        ),
        (
            {
                "output_config": {
                    "format": {
                        "type": "json_schema",
                        "schema": {**SCHEMA, "properties": {"a": {"type": "string", "maxLength": 3}}},
                    }
                }
            },
            "maxLength",
        ),
    ],
)
def test_what_the_api_refuses_is_refused(params, said):
    import anthropic

    with pytest.raises(anthropic.BadRequestError, match=said):
        called(MessagesApi(), **params)


def test_an_answer_keeps_to_the_schema_and_is_charged_for():
    api = MessagesApi()

    message = called(api, output_config={"format": {"type": "json_schema", "schema": SCHEMA}})

    assert json.loads(message.content[0].text) == instance_of(SCHEMA)
    usage = message.usage
    assert api.account.spent == (Decimal("0.10") * usage.input_tokens + Decimal("0.50") * usage.output_tokens) / 10**6


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("rate_limited", "RateLimitError"), ("overloaded", "OverloadedError"),
        ("too_large", "ContentTooLargeError"), ("no_payment", "PaymentRequiredError"),
        ("gateway_timeout", "GatewayTimeoutError"), ("refused", "APIConnectionError"),
        ("stalled", "APITimeoutError"), ("cut_json", "JSONDecodeError"),
        ("cut", "APIConnectionError"),
    ],
)  # fmt: skip
def test_faults_are_what_the_sdk_makes_of_the_real_ones(fault, outcome):
    import anthropic
    import httpx2

    api = MessagesApi()
    api.faults.append(fault)

    try:
        raised = called(api)
    except (anthropic.AnthropicError, httpx2.HTTPError, json.JSONDecodeError) as error:
        raised = error

    assert type(raised).__name__ == outcome


def test_a_page_of_a_proxy_and_an_empty_object_raise_nothing():
    api = MessagesApi()
    api.faults.extend(["html", "empty_object", "no_stop_reason", "unknown_block"])

    assert isinstance(called(api), str)
    assert called(api).stop_reason is None
    assert called(api).stop_reason is None
    assert called(api).content[0].type == "hologram"


def test_chance_depends_on_the_request_and_not_on_the_order():
    def calls(order):
        api = MessagesApi(rate=0.5, seed=3)
        for number in order:
            for _ in range(3):
                api.handle("POST", "/v1/messages", {}, json.dumps({**HELLO, "max_tokens": number}).encode())
        return api.account.calls

    forwards = calls(range(1, 200))

    assert set(forwards) == {"whole", *EVERY_FAULT}
    assert forwards == calls(reversed(range(1, 200)))


def test_a_batch_with_wrong_or_equal_names_is_refused_as_a_whole():
    api = MessagesApi()
    for ids in (["a/b"], ["x" * 65], ["a", "a"], []):
        items = [{"custom_id": each, "params": HELLO} for each in ids]
        response = api.handle("POST", "/v1/messages/batches", {}, json.dumps({"requests": items}).encode())
        assert response.status == 400
    assert api.batches == {}


def test_it_serves_as_a_process_of_its_own():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.serving", "--rate", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            address = server.stdout.readline().strip()
            request = urllib.request.Request(f"{address}/v1/messages", json.dumps(HELLO).encode(), method="POST")
            with urllib.request.urlopen(request) as response:
                assert json.load(response)["stop_reason"] == "end_turn"
            with urllib.request.urlopen(f"{address}/account") as response:
                assert json.load(response)["calls"] == {"whole": 1}
        finally:
            server.kill()


def test_a_connection_serves_many_requests_and_a_cut_one_none():
    import httpx2

    api = MessagesApi()
    with serving(api) as address, httpx2.Client(trust_env=False) as client:
        assert {client.post(f"{address}/v1/messages", json=HELLO).status_code for _ in range(20)} == {200}
        api.faults.append("cut")
        with pytest.raises(httpx2.RemoteProtocolError):
            client.post(f"{address}/v1/messages", json=HELLO)
        api.faults.append("refused")
        with pytest.raises(httpx2.TransportError):
            client.post(f"{address}/v1/messages", json=HELLO)
        assert client.post(f"{address}/v1/messages", json=HELLO).status_code == 200
