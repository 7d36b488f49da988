"""The test server on a port of this machine: in a thread, or as a process of its own.

`python -m tests.fakes.serving [--rate R] [--seed N] [--delay S]` prints its address and serves until it is killed;
GET /account says what was asked and charged.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import threading

from tests.fakes.messages_api import MessagesApi

DRIP_SECONDS = 0.1
"""Between two bytes of an answer that keeps a connection alive and never comes to an end in time."""

STALL_SECONDS = 30
"""Longer than any timeout of a test; ends with the server."""


@contextlib.contextmanager
def serving(api, *, delay=0.0):
    """Serve in a thread; yields the address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="test server", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(api, delay=delay), loop).result()
    try:
        yield address_of(server)
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def start(api, *, delay=0.0, port=0):
    """A listening server."""

    async def connected(reader, writer):
        try:
            while await _exchange(api, reader, writer, delay):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port, limit=1 << 20)


def address_of(server):
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _stop(server):
    server.close()
    mine = asyncio.current_task()
    for task in asyncio.all_tasks() - {mine}:
        task.cancel()
    await asyncio.gather(*(asyncio.all_tasks() - {mine}), return_exceptions=True)


async def _exchange(api, reader, writer, delay):
    """One request and its response; whether the connection stays open."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if target == "/account":
        return _write(writer, 200, {"content-type": "application/json"}, json.dumps(api.account.as_json()).encode())
    response = api.handle(method, target, headers, body)
    if delay:
        await asyncio.sleep(delay)
    if response.ending == "refused":
        writer.transport.abort()
        return False
    if response.ending == "stalled":
        await asyncio.sleep(STALL_SECONDS)
        return False
    content = response.body
    if b"http://fake.invalid" in content:
        content = content.replace(b"http://fake.invalid", f"http://{headers['host']}".encode())
    if response.ending == "dripping":
        _write(writer, response.status, response.headers, b"", length=len(content))
        for place in range(len(content)):
            writer.write(content[place : place + 1])
            await asyncio.sleep(DRIP_SECONDS)
        return True
    if response.ending == "cut":
        _write(writer, response.status, response.headers, content[: len(content) // 2], length=len(content))
        await writer.drain()
        return False
    _write(writer, response.status, response.headers, content)
    await writer.drain()
    return True


def _write(writer, status, headers, content, length=None):
    fields = {**headers, "content-length": str(len(content) if length is None else length)}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + content)
    return True


async def _serve(api, arguments):
    server = await start(api, delay=arguments.delay, port=arguments.port)
    sys.stdout.write(f"{address_of(server)}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        served = MessagesApi(rate=given.rate, seed=given.seed)
        served.recording = False
        asyncio.run(_serve(served, given))
