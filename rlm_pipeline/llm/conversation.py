"""What is said next to a model, given all it has answered; no clock, no network, so it can be replayed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pydantic

from rlm_pipeline.llm import structured
from rlm_pipeline.llm.request import Cause, Request, Status
from rlm_pipeline.llm.usage import Usage

Check = Callable[[Request, pydantic.BaseModel], str]
"""Says what is wrong with a well-formed answer, or an empty string."""

MORE_ROOM = 4
MOST_ROOM = 32_000
"""An answer that was cut off is asked for once more with `MORE_ROOM` times the tokens, at most `MOST_ROOM`."""

_FINISHED = ("end_turn", "stop_sequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one call brought: the text, why the model stopped, the category of a refusal, tokens, the server's id."""

    text: str
    stop_reason: str
    category: str
    usage: Usage
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One call to make: the messages so far, and the room for the answer."""

    name: Literal["first", "more_room", "repair", "wider_repair"]
    messages: tuple[tuple[Literal["user", "assistant"], str], ...]
    max_tokens: int
    widened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a conversation came to; `text` is the model's last answer. What is not `final` the next run asks again."""

    status: Status
    cause: Cause = ""
    value: pydantic.BaseModel | None = None
    reason: str = ""
    text: str = ""
    final: bool = True


def proceed(request: Request, answers: Sequence[Answer], check: Check | None) -> Turn | Conclusion:
    """The next call to make after `answers`, or what they came to.

    A cut-off answer is asked for once more with more room, a malformed one once more with what is wrong with it. A
    refusal is final.
    """
    turn = Turn(name="first", messages=(("user", request.prompt),), max_tokens=request.max_tokens)
    for answer in answers:
        following = _after(turn, answer, request, check)
        if isinstance(following, Conclusion):
            return following
        turn = following
    return turn


def _after(turn: Turn, answer: Answer, request: Request, check: Check | None) -> Turn | Conclusion:
    match answer.stop_reason:
        case "refusal":
            category = f" ({answer.category})" if answer.category else ""
            return _set_aside("refusal", f"the model refused to answer{category}", answer)
        case "model_context_window_exceeded":
            reason = "prompt and answer exceed the model's context window; split the reading"
            return _set_aside("too_long", reason, answer)
        case "max_tokens":
            return _wider(turn, answer)
        case _:
            return _checked(turn, answer, request, check)


def _checked(turn: Turn, answer: Answer, request: Request, check: Check | None) -> Turn | Conclusion:
    value, problem = structured.read(answer.text, request.answer, embedded=True)
    if value is not None and check is not None:
        problem = check(request, value)
    if value is not None and not problem:
        return Conclusion(status="answered", value=value, text=answer.text)
    if answer.stop_reason not in _FINISHED:
        return _set_aside("invalid", f"the model stopped for {answer.stop_reason!r}, and {problem}", answer)
    if turn.name in {"repair", "wider_repair"}:
        return _set_aside("invalid", f"the answer is not usable, also when asked again: {problem}", answer)
    return replace(turn, name="repair", messages=_with_problem(turn, answer, problem))


def _wider(turn: Turn, answer: Answer) -> Turn | Conclusion:
    if turn.widened or turn.max_tokens >= MOST_ROOM:
        return _set_aside("cut_off", f"the answer is longer than {turn.max_tokens} tokens; split the reading", answer)
    room = min(turn.max_tokens * MORE_ROOM, MOST_ROOM)
    # A repair that was cut off stays a repair: there is no third attempt at the same answer.
    return replace(turn, name="wider_repair" if turn.name == "repair" else "more_room", max_tokens=room, widened=True)


def _with_problem(turn: Turn, answer: Answer, problem: str) -> tuple[tuple[Literal["user", "assistant"], str], ...]:
    wrong = f"That answer cannot be used: {problem}. Answer again, in full, with that put right."
    if not answer.text.strip():
        return (("user", f"{turn.messages[0][1]}\n\n{wrong}"),)
    return (*turn.messages, ("assistant", answer.text), ("user", wrong))


def unasked(cause: Cause, reason: str) -> Conclusion:
    """No call was made, or none got through: the next run asks again."""
    return Conclusion(status="unasked", cause=cause, reason=reason, final=False)


def _set_aside(cause: Cause, reason: str, answer: Answer) -> Conclusion:
    return Conclusion(status="quarantined", cause=cause, reason=reason, text=answer.text)
