"""What the ledger makes of a request: a reply, or the next call to make."""

from rlm_pipeline.llm import prices
from rlm_pipeline.llm.conversation import Check, Conclusion, Turn, proceed
from rlm_pipeline.llm.ledger import History, Ledger
from rlm_pipeline.llm.request import Reply, Request
from rlm_pipeline.llm.usage import Usage


def next_step(ledger: Ledger, key: str, request: Request, check: Check | None) -> tuple[History, Turn | Conclusion]:
    """What is known of a request, and what it came to or which call is next.

    Answers are checked again, so that one that was valid once and is no longer is repaired. What recorded answers come
    to is recorded, where it was not.
    """
    history = ledger.history(key)
    if history.conclusion and history.conclusion.status != "answered":
        return history, history.conclusion
    step = proceed(request, history.answers, check)
    if isinstance(step, Conclusion) and history.conclusion is None:
        ledger.conclude(key, request, step)
    return history, step


def reply_of(request: Request, conclusion: Conclusion, history: History, *, from_ledger: bool) -> Reply:
    """The reply to a request; `history` is what all its answers cost."""
    return Reply(
        request=request,
        status=conclusion.status,
        cause=conclusion.cause,
        value=conclusion.value,
        reason=conclusion.reason,
        text=history.answers[-1].text if history.answers else "",
        usage=sum((answer.usage for answer in history.answers), Usage()),
        cost_usd=prices.usd(history.cost_pico),
        from_ledger=from_ledger,
    )
