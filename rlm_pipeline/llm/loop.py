"""An event loop in a thread of its own, for callers that know of none."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def running() -> Iterator[asyncio.AbstractEventLoop]:
    """A running loop; what is left in it at the end is cancelled, and has ended when this returns."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="model calls", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.close()
