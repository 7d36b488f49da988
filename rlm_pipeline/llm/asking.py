"""Questions in, replies out as they complete: the asynchronous session behind a plain iterator."""

import asyncio
import concurrent.futures
import queue
import time
from collections.abc import Iterable, Iterator
from typing import Any

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.llm import batches, client
from rlm_pipeline.llm.budget import Budget
from rlm_pipeline.llm.conversation import Check
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.limiter import Limiter
from rlm_pipeline.llm.loop import running
from rlm_pipeline.llm.pace import Pace
from rlm_pipeline.llm.request import Reply, Request
from rlm_pipeline.llm.session import Session

PATIENCE_SECONDS = 900.0
"""How long one request may wait, in all, for a server that is overloaded or away."""

_LOOKAHEAD = 2
"""Requests drawn per call that may be under way, so that the next is at hand when one is done."""


def ask_all(
    requests: Iterable[Request],
    *,
    settings: Analysis,
    ledger: Ledger,
    check: Check | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    pace: Pace | None = None,
    transport: Any = None,
) -> Iterator[Reply]:
    """Ask each request once, at most `settings.concurrency` at a time; replies come as they complete.

    Requests are drawn as they are needed, in the caller's thread, and every one gets a reply. What the ledger holds is
    not asked again, and needs neither a key nor a server. With `settings.batches`, Claude is asked through batches, and
    what is under way is unasked. `check` says what is wrong with a well-formed answer, or an
    empty string; it runs in another thread. Where the caller stops early, or an error is raised, calls under way are
    waited for and recorded, since they are paid.

    Raises:
        ModelError: the server cannot be used at all (no key, refused host, spend limit reached, model unknown); what
            was answered before is in the ledger.
        StoreError: the ledger cannot be written.

    """
    if settings.base_url is not None:
        client.require_allowed(settings)
    ledger.recover()
    if settings.batches and settings.base_url is None:
        batches.collect(settings=settings, ledger=ledger, transport=transport)
        yield from batches.submit(requests, settings=settings, ledger=ledger, check=check, transport=transport)
        return
    replies: queue.SimpleQueue[concurrent.futures.Future[Reply]] = queue.SimpleQueue()
    under_way: set[concurrent.futures.Future[Reply]] = set()
    pace = pace or Pace(now=time.monotonic, wait=asyncio.sleep)
    with running() as loop:
        session = Session(
            settings=settings,
            ledger=ledger,
            pace=pace,
            patience_seconds=patience_seconds,
            check=check,
            connect=lambda: client.connect(settings, transport=transport),
            limiter=Limiter(pace.now),
            budget=Budget(ledger, settings.budget_usd, pace),
            slots=asyncio.Semaphore(settings.concurrency),
        )
        try:
            for request in requests:
                while len(under_way) >= settings.concurrency * _LOOKAHEAD or not replies.empty():
                    yield _next(replies, under_way)
                asked = asyncio.run_coroutine_threadsafe(session.ask(request), loop)
                under_way.add(asked)
                asked.add_done_callback(replies.put)
            while under_way:
                yield _next(replies, under_way)
        finally:
            loop.call_soon_threadsafe(session.stop, "the run was stopped")
            concurrent.futures.wait(under_way)
            asyncio.run_coroutine_threadsafe(session.close(), loop).result()


def _next(
    replies: "queue.SimpleQueue[concurrent.futures.Future[Reply]]", under_way: set[concurrent.futures.Future[Reply]]
) -> Reply:
    done = replies.get()
    under_way.discard(done)
    return done.result()
