"""Calls that brought no answer: what each kind of trouble means for what is done next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal

Remedy = Literal["wait", "ask_again", "quarantine", "split", "stop"]
"""wait: not charged, later it may go through; ask_again: may have been charged, a few times at most; quarantine: this
request is at fault; split: it is too long; stop: no request would fare better."""

_NOT_CHARGED_AND_PASSING = {408, 409, 425, 429}
_NO_REQUEST_WOULD_FARE_BETTER = {401, 402, 403, 404}
_SPENDING = ("spend_limit", "billing", "on_hold")
_SPENDING_WORDS = ("credit balance", "spend limit", "spending limit", "usage limit", "billing")
_TOO_LONG_WORDS = ("prompt is too long", "exceed_context_size", "exceeds the available context", "context length")


@dataclass(slots=True, kw_only=True)
class CallFailed(Exception):
    """A call without a usable answer; `everywhere` is trouble that all calls to the server share.

    `retry_after` is what the server asks for in seconds, or None. `undone`: the server surely did nothing.
    """

    remedy: Remedy
    reason: str
    retry_after: float | None = None
    everywhere: bool = False
    undone: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def call_errors() -> tuple[type[Exception], ...]:
    """What the SDK, its HTTP library and its JSON parser raise."""
    import anthropic
    import httpx2

    return anthropic.AnthropicError, httpx2.HTTPError, json.JSONDecodeError, UnicodeDecodeError


def of_exception(error: Exception) -> CallFailed:
    """What an exception of the SDK, of its HTTP library or of its JSON parser means."""
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return _of_status(error)
    if isinstance(error, anthropic.CredentialsError):
        return CallFailed(remedy="stop", reason=f"the credentials cannot be used: {error}")
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return unreadable("its body is cut off or is not JSON")
    cause = error if isinstance(error, httpx2.HTTPError) else error.__cause__
    name = type(cause or error).__name__
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return CallFailed(remedy="wait", reason=f"the server cannot be reached ({name}: {cause})", undone=True)
    # The request was sent; whether the model answered it, and at what price, is not known.
    return CallFailed(remedy="ask_again", reason=f"the connection broke before the answer ({name})")


def unreadable(what: str) -> CallFailed:
    """A response with status 200 that holds no message."""
    return CallFailed(remedy="ask_again", reason=f"the server answered with status 200, but {what}")


def _of_status(error: Any) -> CallFailed:
    status = error.status_code
    message = " ".join((error.api_message or str(error.message)).split())[:300]
    reason = f"the server answered {status}{f' ({error.type})' if error.type else ''}: {message}"
    if status == 401:
        reason = f"{reason} (is ANTHROPIC_API_KEY the right key?)"
    if error.request_id:
        reason = f"{reason} [{error.request_id}]"
    asked = retry_after(error.response.headers)
    return CallFailed(
        remedy=remedy_of(status, error.type or "", error.error_code or "", f"{message} {error.body}".lower()),
        reason=reason,
        retry_after=asked,
        everywhere=status in {429, 529},
        undone=status < 500 or status == 529,
        headers=error.response.headers,
    )


def remedy_of(status: int, kind: str, code: str, message: str) -> Remedy:
    """What to do about an error of the server's: its HTTP status, type, code, and what it says in small letters."""
    if 300 <= status < 400:
        return "stop"
    if any(word in code for word in _SPENDING) or kind == "billing_error" or status in _NO_REQUEST_WOULD_FARE_BETTER:
        return "stop"
    if status in _NOT_CHARGED_AND_PASSING or status >= 500:
        return "wait"
    if status == 413 or any(words in message for words in _TOO_LONG_WORDS):
        return "split"
    if any(words in message for words in _SPENDING_WORDS):
        return "stop"
    return "quarantine"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds a server asks to wait, from `retry-after-ms`, or `retry-after` in seconds or as a date."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(float(milliseconds) / 1000, 0.0)
        if (asked := headers.get("retry-after")) is None:
            return None
        return max(float(asked), 0.0)
    except ValueError:
        return _until(headers)


def _until(headers: Mapping[str, str]) -> float | None:
    try:
        then, now = (parsedate_to_datetime(headers[name]) for name in ("retry-after", "date"))
    except (KeyError, ValueError):
        return None
    return max((then - now).total_seconds(), 0.0)
