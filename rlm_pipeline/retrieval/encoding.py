"""Batches of texts through an encoder: in this process, or in several that each have the model.

A worker process reads texts from its standard input and writes vectors to its standard output. It is started anew,
not forked, so it is safe where the parent has threads; and it ends when its input does, so it never outlives a parent
that was killed. Ctrl-C is for the parent, which ends its workers.
"""

import collections
import contextlib
import os
import queue
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.configuration import Embedding
from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval.encoders import Encoder

Batch = TypeVar("Batch")
Vectors = NDArray[np.float32]

WORTH_WORKERS = 60_000_000
"""Characters. A worker takes about a second of CPU to start; measured, fewer characters are done as soon without."""

_AHEAD = 2  # batches per worker that are read before their turn
_ENTRY = "import sys; sys.path.insert(0, sys.argv[1]); from rlm_pipeline.retrieval import worker; worker.main()"
_PACKAGES = Path(__file__).parents[2]


def workers_for(encoder: Encoder, embedding: Embedding, characters: int) -> int:
    """How many processes embed that much: as configured, or chosen by measurement.

    The static encoder spends its time in Python, on one core, so it gets one process per core where there is enough
    to do. A network's operations already use every core, or the GPU.
    """
    if embedding.workers is not None:
        return embedding.workers
    spreads = encoder.is_single_threaded and characters >= WORTH_WORKERS
    return available_cores() if spreads else 1


def available_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def encoded(
    encoder: Encoder, embedding: Embedding, batches: Iterable[tuple[Batch, list[str]]], *, workers: int
) -> Generator[tuple[Batch, Vectors], None, None]:
    """Each batch with the vectors of its texts, in the order given; a bounded number of batches is in memory.

    Raises:
        EncoderError: a worker process ended or could not load the model.

    """
    if workers <= 1:
        for batch, texts in batches:
            yield batch, encoder.encode(texts)
        return
    with _pool(encoder, embedding, workers) as (threads, idle):
        waiting: collections.deque[tuple[Batch, Future[Vectors]]] = collections.deque()
        for batch, texts in batches:
            waiting.append((batch, threads.submit(_in_worker, idle, texts)))
            if len(waiting) >= _AHEAD * workers:
                first, vectors = waiting.popleft()
                yield first, vectors.result()
        while waiting:
            first, vectors = waiting.popleft()
            yield first, vectors.result()


class Worker:
    """One process with the model; used by one thread at a time."""

    def __init__(self, encoder: Encoder, embedding: Embedding, threads: int) -> None:
        command = [sys.executable, "-c", _ENTRY, str(_PACKAGES), str(threads)]
        self._encoder = encoder
        # A group of its own, so that the terminal's Ctrl-C reaches the parent alone.
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
        )
        self._settings: bytes | None = embedding.model_dump_json().encode()

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of `texts`: float32 (n, dimension).

        Raises:
            EncoderError: the process ended, reports an error, or has another model.

        """
        if self._settings is not None:
            model_id = self._ask(self._settings).decode()
            if model_id != self._encoder.model_id:
                raise EncoderError(
                    f"a worker process loaded {model_id}, this one {self._encoder.model_id}: the model was replaced "
                    "meanwhile. Run again"
                )
            self._settings = None
        answer = self._ask(msgspec.msgpack.encode(texts))
        return np.frombuffer(answer, dtype=np.float32).reshape(len(texts), self._encoder.dimension)

    def end(self) -> None:
        """Kill the process and wait for it; nothing it holds outlasts it."""
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        self.process.wait()

    def _ask(self, message: bytes) -> bytes:
        if self.process.stdin is None or self.process.stdout is None:
            raise EncoderError("a worker process has no pipes")
        try:
            send(self.process.stdin, message)
            answer = receive(self.process.stdout)
        except (OSError, ValueError):
            answer = None
        if not answer:
            raise EncoderError(
                f"a worker process of the encoder ended ({_ending(self.process)}). What was embedded is stored: run "
                "again. If it happens again, the machine may be short of memory: set embedding.workers: 1"
            )
        if answer[:1] != b"+":
            raise EncoderError(answer[1:].decode("utf-8", "replace"))
        return answer[1:]


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message: its length in 8 bytes, little-endian, then itself."""
    stream.write(len(message).to_bytes(8, "little"))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read one message; None where the stream ends."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    message = stream.read(int.from_bytes(head, "little"))
    return message if len(message) == int.from_bytes(head, "little") else None


@contextlib.contextmanager
def _pool(
    encoder: Encoder, embedding: Embedding, workers: int
) -> Iterator[tuple[ThreadPoolExecutor, "queue.SimpleQueue[Worker]"]]:
    """A thread per worker process, and the queue of those that have nothing to do."""
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    started: list[Worker] = []
    threads = ThreadPoolExecutor(workers)
    try:
        for _ in range(workers):
            started.append(Worker(encoder, embedding, max(1, available_cores() // workers)))
            idle.put(started[-1])
        yield threads, idle
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for each in started:
            each.end()
        threads.shutdown()


def _in_worker(idle: "queue.SimpleQueue[Worker]", texts: list[str]) -> Vectors:
    worker = idle.get()
    try:
        return worker.encode(texts)
    finally:
        idle.put(worker)


def _ending(process: "subprocess.Popen[bytes]") -> str:
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(timeout=5)
        return f"signal {-code}" if code < 0 else f"exit code {code}"
    return "it answers no more"
