"""What goes over the wire, and what an in-process client gets of it."""

import functools
from dataclasses import dataclass


@dataclass
class Response:
    """What goes over the wire; `ending` is whole, cut (dropped half way), dripping (too slow, on a port),
    stalled (never comes) or refused."""

    status: int
    headers: dict
    body: bytes
    ending: str = "whole"


def as_httpx(response):
    """What the in-process transport hands to the client."""
    import httpx2

    if response.ending == "refused":
        raise httpx2.ConnectError("[Errno 111] Connection refused")
    if response.ending == "stalled":
        raise httpx2.ReadTimeout("timed out")
    if response.ending == "cut":
        return httpx2.Response(response.status, headers=response.headers, stream=_cut()(response.body))
    return httpx2.Response(response.status, headers=response.headers, content=response.body)


@functools.cache
def _cut():
    import httpx2

    class Cut(httpx2.AsyncByteStream):
        """A body that dies half way, like a dropped socket."""

        def __init__(self, content):
            self.content = content

        async def __aiter__(self):
            yield self.content[: len(self.content) // 2]
            raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")

    return Cut
