"""What a server can do, and how a turn of a conversation is put to it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pydantic

from rlm_pipeline import fingerprint
from rlm_pipeline.configuration import Analysis
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import failure, prices, structured, tokens
from rlm_pipeline.llm.conversation import Answer, Turn
from rlm_pipeline.llm.request import Request
from rlm_pipeline.llm.usage import Usage

if TYPE_CHECKING:
    import anthropic


_OVERHEAD_TOKENS = 1000
"""Above what the text and the schema of a request can be: roles, and what the API adds for structured output."""


class _Probe(pydantic.BaseModel):
    """What no model would answer by itself."""

    verdict: Literal["aye", "nay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One server: where it is, and how it keeps to a schema. `base_url` is None for Claude.

    `keeping` is native (the server is given the schema with each request), server_grammar (it has one of its own) or
    prompt (it is asked in words).
    """

    base_url: str | None
    keeping: str
    timeout_seconds: float

    def price(self, model: str) -> prices.Price:
        """What a model costs here.

        Raises:
            ModelError: no price is known.

        """
        return prices.price_of(model) if self.base_url is None else prices.LOCAL

    def params(self, request: Request, turn: Turn, *, hour: bool = False) -> dict[str, Any]:
        """The arguments of `messages.create`, and of an item of a batch; `hour` keeps the prefix for that long."""
        instructions = request.system
        output: dict[str, Any] = {}
        params: dict[str, Any] = {"model": request.model, "max_tokens": turn.max_tokens}
        if self.keeping == "native":
            output["format"] = {"type": "json_schema", "schema": structured.schema_of(request.answer)}
        elif self.keeping == "prompt":
            instructions = f"{instructions}\n\n{_IN_WORDS}\n{structured.schema_text(request.answer)}"
        if self.base_url is None:
            price = self.price(request.model)
            output |= {"effort": "low"} if price.effort else {}
            params |= {"thinking": {"type": price.thinking}} if price.thinking else {}
        else:
            params["extra_body"] = {"temperature": 0}
        if output:
            params["output_config"] = output
        system = {
            "type": "text",
            "text": instructions,
            "cache_control": {"type": "ephemeral", "ttl": "1h" if hour else "5m"},
        }
        messages = [{"role": role, "content": content} for role, content in turn.messages]
        return {**params, "system": [system], "messages": messages}

    def most_usage(self, request: Request, turn: Turn, *, hour: bool = False) -> Usage:
        """Tokens that a turn cannot exceed, the prefix as if it had to be written to the cache."""
        prefix = tokens.most(request.system) + _OVERHEAD_TOKENS
        rest = tokens.most(structured.schema_text(request.answer), *(text for _, text in turn.messages))
        written = {"cache_write_1h" if hour else "cache_write_5m": prefix}
        return Usage(input=rest, output=turn.max_tokens, **written)

    async def send(
        self, client: "anthropic.AsyncAnthropic", request: Request, turn: Turn
    ) -> tuple[Answer, Mapping[str, str]]:
        """Make one call: the answer, and the response's headers.

        Raises:
            CallFailed: no message came back that could be judged.

        """
        return await _sent(client, self.params(request, turn), self.timeout_seconds)


def key(settings: Analysis, request: Request) -> str:
    """What the ledger knows a request by; a server of one's own may serve any model under any name."""
    return request.key if settings.base_url is None else fingerprint.of_text(settings.base_url, request.key)


async def probed(client: "anthropic.AsyncAnthropic", settings: Analysis, model: str) -> Backend:
    """The backend that the settings describe; a local server is asked once whether it keeps to a schema.

    Raises:
        ModelError: the server cannot be used, or is said to keep to schemas and does not.

    """
    keeping = "native" if settings.base_url is None else settings.structured
    if settings.base_url is not None and keeping in {"auto", "native"}:
        keeps = await _keeps_to_schema(client, settings, model)
        if keeping == "native" and not keeps:
            raise ModelError(
                f"analysis.structured is native, but the server at {settings.base_url} ignores output_config.format; "
                "set it to auto"
            )
        keeping = "native" if keeps else "prompt"
    return Backend(base_url=settings.base_url, keeping=keeping, timeout_seconds=settings.timeout_seconds)


def answer_of(message: Any, request_id: str | None) -> Answer:
    """What a message says.

    Raises:
        CallFailed: it is no message, or an unfinished one.

    """
    import anthropic

    if not isinstance(message, anthropic.types.Message):
        raise failure.unreadable("with something that is no message (a proxy's page?)")
    if message.stop_reason is None or message.content is None or message.usage is None:
        raise failure.unreadable("with a message that has no end")
    return Answer(
        text="".join(block.text or "" for block in message.content if block.type == "text"),
        stop_reason=message.stop_reason,
        category=(message.stop_details and message.stop_details.category) or "",
        usage=Usage.of_message(message.usage),
        request_id=request_id or message.id or "",
    )


_IN_WORDS = (
    "Answer with one JSON object that is valid under this JSON schema, and with nothing else: no explanation, no code "
    "fence."
)


async def _sent(
    client: "anthropic.AsyncAnthropic", params: dict[str, Any], timeout_seconds: float
) -> tuple[Answer, Mapping[str, str]]:
    try:
        # The client's own timeout is between two bytes; this one is for the whole of the answer.
        async with asyncio.timeout(timeout_seconds):
            response = await client.messages.with_raw_response.create(**params, timeout=timeout_seconds)
            message = await response.parse()
    except TimeoutError:
        reason = f"no answer within {timeout_seconds:g} seconds"
        raise failure.CallFailed(remedy="ask_again", reason=reason) from None
    except failure.call_errors() as error:
        raise failure.of_exception(error) from error
    return answer_of(message, response.headers.get("request-id")), response.headers


async def _keeps_to_schema(client: "anthropic.AsyncAnthropic", settings: Analysis, model: str) -> bool:
    """Whether a server that is asked for prose under a schema answers with the schema's JSON."""
    params = {
        "model": model,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Write one sentence about the sea."}],
        "output_config": {"format": {"type": "json_schema", "schema": structured.schema_of(_Probe)}},
        "extra_body": {"temperature": 0},
    }
    try:
        answer, _ = await _sent(client, params, settings.timeout_seconds)
    except failure.CallFailed as failed:
        if failed.remedy == "quarantine":
            return False  # a server that refuses the parameter is asked in words
        raise
    return structured.read(answer.text, _Probe, embedded=False)[0] is not None
