"""Requests into Message Batches, which answer within a day at half the price."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import backend, batch_rows, failure, prices
from rlm_pipeline.llm.backend import Backend
from rlm_pipeline.llm.conversation import Check, Conclusion, Turn, unasked
from rlm_pipeline.llm.failure import CallFailed
from rlm_pipeline.llm.ledger import Charge, History, Ledger
from rlm_pipeline.llm.limiter import backoff
from rlm_pipeline.llm.outcome import next_step, reply_of
from rlm_pipeline.llm.request import Reply, Request

if TYPE_CHECKING:
    import anthropic

MOST_BYTES = 200_000_000
"""JSON of one batch; the server takes 256 MB."""

MOST_ITEMS = 100_000

MOST_TRIES = 6
"""Attempts to hand in a batch that the server surely did not take."""

_UNDER_WAY = unasked("in_batch", "a batch that is under way will answer it")
_DAY_SECONDS = 86_400.0


@dataclass(slots=True, kw_only=True)
class Filling:
    """A batch that is being filled: its row in the ledger, the items, and the requests to reply to."""

    row: int
    items: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[Request, History]] = field(default_factory=list)
    bytes: int = 0


def custom_id(key: str) -> str:
    """The name of a request within a batch: up to 64 of a-z, A-Z, 0-9, _ and -."""
    return f"k-{key}"


@dataclass(slots=True, kw_only=True)
class Submission:
    """One pass over the requests of a dataset; `most_bytes` and `most_items` bound each batch."""

    settings: Analysis
    ledger: Ledger
    check: Check | None
    connect: Callable[[], "anthropic.AsyncAnthropic"]
    loop: asyncio.AbstractEventLoop
    most_bytes: int = MOST_BYTES
    most_items: int = MOST_ITEMS
    server: Backend = field(init=False)
    _stopped: Conclusion | None = None
    _filling: Filling | None = None

    def __post_init__(self) -> None:
        self.server = Backend(base_url=None, keeping="native", timeout_seconds=self.settings.timeout_seconds)

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """A reply to each request: from the ledger, or that a batch has it, or why none has.

        Raises:
            ModelError: the server takes no batches from us.

        """
        try:
            for request in requests:
                key = backend.key(self.settings, request)
                history, step = next_step(self.ledger, key, request, self.check)
                if isinstance(step, Conclusion):
                    yield reply_of(request, step, history, from_ledger=True)
                elif refused := self._put(request, key, step, history):
                    yield reply_of(request, refused, history, from_ledger=False)
                if self._filling and self._is_full(self._filling):
                    yield from self._handed_in()
            yield from self._handed_in()
        finally:
            if self._filling:
                batch_rows.release(self.ledger, self._filling.row, "the batch was never handed in")

    def _is_full(self, filling: Filling) -> bool:
        return len(filling.items) >= self.most_items or filling.bytes >= self.most_bytes

    def _put(self, request: Request, key: str, turn: Turn, history: History) -> Conclusion | None:
        """Put one request into the batch that is being filled; why not, if so."""
        if self._stopped:
            return self._stopped
        if self._filling is None:
            self._filling = Filling(row=batch_rows.begin(self.ledger, request.dataset))
        price = self.server.price(request.model)
        most = price.cost(self.server.most_usage(request, turn, hour=True), batch=True)
        charge = Charge(
            key=key,
            request=request,
            turn=turn.name,
            most_pico=most,
            answers=len(history.answers),
            seconds=_DAY_SECONDS,
            batch=self._filling.row,
        )
        budget = self.settings.budget_usd
        attempt = self.ledger.reserve(charge, None if budget is None else prices.pico(budget))
        if attempt in {"over_budget", "set_aside"}:
            self._stopped = unasked(
                "budget",
                f"the budget of {budget:g} US dollars does not allow another request in a batch, which costs at most "
                f"{prices.usd(most):.4f}; collect what is under way, or raise analysis.budget_usd",
            )
            return self._stopped
        if not isinstance(attempt, int):
            return _UNDER_WAY
        item = {"custom_id": custom_id(key), "params": self.server.params(request, turn, hour=True)}
        self._filling.items.append(item)
        self._filling.requests.append((request, history))
        self._filling.bytes += len(json.dumps(item, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        return None

    def _handed_in(self) -> Iterator[Reply]:
        """Hand in the batch that was filled, and reply to its requests."""
        filling, self._filling = self._filling, None
        if filling is None:
            return
        if not filling.items:
            batch_rows.release(self.ledger, filling.row, "nothing was to be asked")
            return
        # From here on the server may have the batch, whatever becomes of this process.
        batch_rows.mark(self.ledger, filling.row, "intended")
        try:
            outcome = asyncio.run_coroutine_threadsafe(self._create(filling), self.loop).result()
        except KeyboardInterrupt:
            batch_rows.mark(self.ledger, filling.row, "unsure")
            raise
        for request, history in filling.requests:
            yield reply_of(request, outcome, history, from_ledger=False)

    async def _create(self, filling: Filling) -> Conclusion:
        """Create the batch at the server: what its requests came to for now."""
        client = self.connect()
        tries = 0
        while True:
            try:
                batch = await client.messages.batches.create(
                    requests=filling.items,  # type: ignore[arg-type]  # the items of one batch are of one shape
                    timeout=self.settings.timeout_seconds,
                )
            except failure.call_errors() as error:
                failed = failure.of_exception(error)
            else:
                if server_id := getattr(batch, "id", None):
                    batch_rows.mark(self.ledger, filling.row, "created", server_id=server_id)
                    return _UNDER_WAY
                failed = failure.unreadable("with something that is no batch")
            tries += 1
            if not failed.undone:
                # The server may have created it: which one it is, is found out when batches are collected.
                batch_rows.mark(self.ledger, filling.row, "unsure")
                return _UNDER_WAY
            if failed.remedy != "wait" or tries >= MOST_TRIES:
                return self._not_taken(filling, failed)
            await asyncio.sleep(backoff(tries - 1) if failed.retry_after is None else min(failed.retry_after, 60.0))

    def _not_taken(self, filling: Filling, failed: CallFailed) -> Conclusion:
        batch_rows.release(self.ledger, filling.row, failed.reason)
        if failed.remedy != "wait":
            raise ModelError(f"a batch of {len(filling.items)} requests was not taken: {failed.reason}")
        self._stopped = unasked("unavailable", f"{failed.reason}; run again to ask it")
        return self._stopped
