"""Time as a run of calls sees it: waiting that an end of the run cuts short."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rlm_pipeline.llm.conversation import Conclusion


@dataclass(slots=True, kw_only=True)
class Pace:
    """`now` in seconds of any origin, `wait` for some; tests bring their own. `stopped` is why no call begins."""

    now: Callable[[], float]
    wait: Callable[[float], Awaitable[None]]
    stopped: Conclusion | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self, why: Conclusion) -> None:
        """Begin no further call; the first reason stays."""
        self.stopped = self.stopped or why
        self._stopping.set()

    async def sleep(self, seconds: float) -> None:
        """Wait, at most until the run is stopped."""
        waits = [asyncio.ensure_future(self.wait(seconds)), asyncio.ensure_future(self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
