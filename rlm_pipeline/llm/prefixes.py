"""The fixed beginnings of requests, which a server keeps once the first request with each has been answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Prefixes:
    """What has been sent once; keyed by all that a server's cache tells apart."""

    _sent: dict[tuple[str, str], asyncio.Event] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def first_alone(self, prefix: tuple[str, str]) -> AsyncIterator[bool]:
        """Hold back all other requests with `prefix` while the first is under way; whether it was sent before."""
        known = self._sent.get(prefix)
        if known is not None:
            await known.wait()
            yield True
            return
        event = self._sent[prefix] = asyncio.Event()
        try:
            yield False
        finally:
            event.set()
