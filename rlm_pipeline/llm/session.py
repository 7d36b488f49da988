"""One run of questions over one connection: what is asked, held back, asked again, paid for and given up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import backend, tokens
from rlm_pipeline.llm.backend import Backend
from rlm_pipeline.llm.budget import Budget
from rlm_pipeline.llm.conversation import Answer, Check, Conclusion, Turn, proceed, unasked
from rlm_pipeline.llm.failure import CallFailed
from rlm_pipeline.llm.ledger import Charge, History, Ledger
from rlm_pipeline.llm.limiter import Limiter, backoff
from rlm_pipeline.llm.outcome import next_step, reply_of
from rlm_pipeline.llm.pace import Pace
from rlm_pipeline.llm.prefixes import Prefixes
from rlm_pipeline.llm.request import Reply, Request

if TYPE_CHECKING:
    import anthropic

MOST_UNHEARD = 3
"""Calls of one request whose answer was lost on the way, and perhaps charged, before it is left for the next run."""

MOST_IN_A_ROW = 10
"""Requests given up or rejected without any being answered in between, before the run ends."""

_MARGIN_SECONDS = 60.0


@dataclass(slots=True, kw_only=True)
class Session:
    """What the calls of one run share. `patience_seconds` is how long a request may wait for a server in all."""

    settings: Analysis
    ledger: Ledger
    pace: Pace
    patience_seconds: float
    check: Check | None
    connect: Callable[[], "anthropic.AsyncAnthropic"]
    limiter: Limiter
    budget: Budget
    slots: asyncio.Semaphore
    _client: "anthropic.AsyncAnthropic | None" = None
    _backend: Backend | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _same: dict[str, asyncio.Lock] = field(default_factory=dict)
    _prefixes: Prefixes = field(default_factory=Prefixes)
    _answered: int = 0
    _given_up: int = 0
    _rejected: int = 0

    async def ask(self, request: Request) -> Reply:
        """What becomes of a request: from the ledger, or from the server.

        Raises:
            ModelError: no request would fare better.

        """
        key = backend.key(self.settings, request)
        async with self._alone(key):
            history, step = next_step(self.ledger, key, request, self.check)
            if isinstance(step, Conclusion):
                return reply_of(request, step, history, from_ledger=True)
            async with self.slots:
                return await self._converse(request, key, history, step)

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()

    def stop(self, reason: str) -> None:
        """Begin no further call; what is under way is finished."""
        self.pace.stop(unasked("unavailable", reason))

    async def _converse(self, request: Request, key: str, history: History, step: Turn | Conclusion) -> Reply:
        """Turn by turn, until it comes to something; what an earlier run was answered is not asked again."""
        while isinstance(step, Turn):
            ended = self.pace.stopped
            if ended is None:
                server = await self._server(request.model)
                charge = self._charge(server, request, key, step, history.answers)
                ended = await self._turn(server, step, charge, history.answers)
            if ended is not None:
                return reply_of(request, ended, self.ledger.history(key), from_ledger=False)
            history, step = next_step(self.ledger, key, request, self.check)
        return reply_of(request, step, history, from_ledger=False)

    async def _turn(self, server: Backend, turn: Turn, charge: Charge, answers: Sequence[Answer]) -> Conclusion | None:
        """Make one call, however often it takes; None when its answer is in the ledger, else why there is none."""
        request = charge.request
        give_up = self.pace.now() + self.patience_seconds
        unheard = waited = 0
        while True:
            async with self._alone_with_prefix(server, request) as cached:
                if held_back := await self._admitted(request, turn, give_up, cached=cached):
                    return held_back
                attempt = await self.budget.reserve(charge)
                if not isinstance(attempt, int):
                    return attempt
                failed = await self._call(server, turn, request, attempt, answers)
            if failed is None:
                return None
            if failed.remedy in {"split", "quarantine"}:
                return self._reject(attempt, failed)
            unheard += failed.remedy == "ask_again"
            pause = backoff(waited) if failed.retry_after is None else failed.retry_after
            waited += 1
            if unheard >= MOST_UNHEARD or self.pace.now() + pause > give_up:
                return self._give_up(request, charge.key, failed)
            if not failed.everywhere:
                await self.pace.sleep(pause)

    async def _admitted(self, request: Request, turn: Turn, give_up: float, *, cached: bool) -> Conclusion | None:
        """Wait until the server's limits allow the call; why it is not to be made, if so."""
        need = tokens.estimate("" if cached else request.system, *(text for _, text in turn.messages))
        while not self.pace.stopped and (delay := self.limiter.delay(need)) > 0:
            if self.pace.now() + delay > give_up:
                reason = f"the server's limits hold requests back for {delay:.0f} seconds more; run again later"
                return unasked("unavailable", reason)
            await self.pace.sleep(delay)
        self.limiter.sent(need)
        return self.pace.stopped

    async def _call(
        self, server: Backend, turn: Turn, request: Request, attempt: int, answers: Sequence[Answer]
    ) -> CallFailed | None:
        """One call; its answer goes to the ledger, with what it came to, before anything else is done.

        Raises:
            ModelError: no request would fare better.

        """
        async with self.budget.spending():
            try:
                answer, headers = await server.send(self._connected(), request, turn)
            except CallFailed as failed:
                self._note(failed, attempt)
                return failed
            except BaseException:
                self.ledger.lose(attempt, "the run was interrupted before the answer arrived")
                raise
            self._record(server, request, attempt, answer, answers)
        self.limiter.heard(headers)
        self.limiter.answered()
        self._answered += 1
        self._given_up = self._rejected = 0
        return None

    def _record(
        self, server: Backend, request: Request, attempt: int, answer: Answer, answers: Sequence[Answer]
    ) -> None:
        cost = server.price(request.model).cost(answer.usage)
        conclusion = None
        try:
            step = proceed(request, (*answers, answer), self.check)
            conclusion = step if isinstance(step, Conclusion) else None
        finally:
            # Also where a caller's check raises: the answer is paid.
            self.ledger.settle(attempt, answer, cost, conclusion)

    def _note(self, failed: CallFailed, attempt: int) -> None:
        """Record a failed call; `_reject` does so for those that end a request."""
        self.limiter.heard(failed.headers)
        if failed.remedy == "ask_again":
            self.ledger.lose(attempt, failed.reason)
        elif failed.remedy in {"wait", "stop"}:
            self.ledger.release(attempt, failed.reason)
        if failed.everywhere:
            self.limiter.pause(failed.retry_after)
        if failed.remedy == "stop":
            self._fail(f"{failed.reason}. Nothing more was asked; put it right and run again")

    def _reject(self, attempt: int, failed: CallFailed) -> Conclusion:
        if failed.remedy == "split":
            conclusion = Conclusion(
                status="quarantined", cause="too_long", reason=f"{failed.reason}; split the reading"
            )
        else:
            self._rejected += 1
            # Where nothing was accepted yet, it may be what all requests share that the server rejects.
            accepted = self._answered > 0
            conclusion = Conclusion(status="quarantined", cause="rejected", reason=failed.reason, final=accepted)
        self.ledger.set_aside(attempt, conclusion)
        if self._rejected >= MOST_IN_A_ROW:
            self._fail(f"the server rejects one request after the other: {failed.reason}")
        return conclusion

    def _give_up(self, request: Request, key: str, failed: CallFailed) -> Conclusion:
        conclusion = unasked("unavailable", f"{failed.reason}; run again to ask it")
        self.ledger.conclude(key, request, conclusion)
        self._given_up += 1
        if self._given_up >= MOST_IN_A_ROW:
            reason = f"no request was answered for some time; the last, because {failed.reason}"
            self.pace.stop(replace(conclusion, reason=reason))
        return conclusion

    def _fail(self, reason: str) -> NoReturn:
        self.stop(reason)
        raise ModelError(reason)

    async def _server(self, model: str) -> Backend:
        """The server, connected to at the first call that needs one."""
        async with self._opening:
            if self._backend is None:
                try:
                    self._backend = await backend.probed(self._connected(), self.settings, model)
                except CallFailed as failed:
                    self._fail(f"the server at {self.settings.base_url} cannot be used: {failed.reason}")
            return self._backend

    def _connected(self) -> "anthropic.AsyncAnthropic":
        if self._client is None:
            self._client = self.connect()
        return self._client

    def _charge(self, server: Backend, request: Request, key: str, turn: Turn, answers: Sequence[Answer]) -> Charge:
        return Charge(
            key=key,
            request=request,
            turn=turn.name,
            most_pico=server.price(request.model).cost(server.most_usage(request, turn)),
            answers=len(answers),
            seconds=self.settings.timeout_seconds + _MARGIN_SECONDS,
        )

    @contextlib.asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """One conversation per key at a time: the second of two equal requests finds the answer of the first."""
        lock = self._same.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._same.pop(key, None)

    @contextlib.asynccontextmanager
    async def _alone_with_prefix(self, server: Backend, request: Request) -> AsyncIterator[bool]:
        """Let the first request with a prefix that a server caches go before the others; whether it is cached."""
        cacheable_from = server.price(request.model).cacheable_from
        if not cacheable_from or tokens.estimate(request.system) < cacheable_from:
            yield False
            return
        async with self._prefixes.first_alone((request.model, request.system)) as cached:
            yield cached
