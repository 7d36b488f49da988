"""Questions through Message Batches: what came back is collected, what is left is handed in, nothing is waited for."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.llm import client
from rlm_pipeline.llm.collecting import Collected, Collection
from rlm_pipeline.llm.conversation import Check
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.loop import running
from rlm_pipeline.llm.request import Reply, Request
from rlm_pipeline.llm.submitting import MOST_BYTES, MOST_ITEMS, Submission

if TYPE_CHECKING:
    import anthropic


def collect(*, settings: Analysis, ledger: Ledger, dataset: str | None = None, transport: Any = None) -> Collected:
    """Look once at each batch that is under way, of one dataset or all, and record the results of those that ended.

    The results are answers in the ledger: `submit` or `ask_all` judges them, and makes the calls a repair takes.

    Raises:
        ModelError: there is no key, the server refuses us, or rejects every request of a batch.
        StoreError: the ledger cannot be written.

    """
    if not ledger.read("SELECT 1 FROM batches WHERE status NOT IN ('collected', 'released') LIMIT 1"):
        return Collected()
    with _connected(settings, transport) as (connect, loop):
        collection = Collection(settings=settings, ledger=ledger, client=connect())
        return asyncio.run_coroutine_threadsafe(collection.collect(dataset), loop).result()


def submit(
    requests: Iterable[Request],
    *,
    settings: Analysis,
    ledger: Ledger,
    check: Check | None = None,
    most_bytes: int = MOST_BYTES,
    most_items: int = MOST_ITEMS,
    transport: Any = None,
) -> Iterator[Reply]:
    """Hand in the requests that the ledger does not answer; a reply to each, in order but for those handed in.

    A request that a batch has is unasked, its cause `in_batch`. A batch has at most `most_items` requests and about
    `most_bytes` of JSON, all of it in memory. Where the process dies while it hands one in, the next `collect` finds
    out whether the server has it: no request is paid twice, as long as that is done with the same key's workspace and
    before the server forgets the batch, 29 days later.

    Raises:
        ModelError: there is no key, or the server takes no batches from us.
        StoreError: the ledger cannot be written.

    """
    with _connected(settings, transport) as (connect, loop):
        submission = Submission(
            settings=settings,
            ledger=ledger,
            check=check,
            connect=connect,
            loop=loop,
            most_bytes=most_bytes,
            most_items=most_items,
        )
        yield from submission.replies(requests)


@contextlib.contextmanager
def _connected(
    settings: Analysis, transport: Any
) -> Iterator[tuple[Callable[[], "anthropic.AsyncAnthropic"], asyncio.AbstractEventLoop]]:
    """What connects, at the first call that needs a server, and the loop the connection lives in."""
    connect = functools.cache(lambda: client.connect(settings, transport=transport))
    with running() as loop:
        try:
            yield connect, loop
        finally:
            if connect.cache_info().currsize:
                asyncio.run_coroutine_threadsafe(connect().close(), loop).result()
