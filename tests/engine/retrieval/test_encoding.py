"""Worker processes of the encoder: the same vectors, bounded memory, and nothing left behind however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rlm_pipeline.configuration import Embedding
from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval import embeddings, encoding
from rlm_pipeline.retrieval.encoders import open_encoder, search_encoder

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="lists processes through /proc")


def children_of(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_ended(pids):
    deadline = time.monotonic() + 60
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, pids))


@pytest.fixture
def embedding():
    return Embedding(search="static", workers=2)


@pytest.fixture
def batches(reports):
    return [(number, [f"{text} Case {number}." for text in reports]) for number in range(12)]


def test_several_processes_give_the_vectors_of_one_in_the_order_of_the_batches(embedding, batches):
    encoder = search_encoder(embedding)

    one = list(encoding.encoded(encoder, embedding, batches, workers=1))
    two = list(encoding.encoded(encoder, embedding, batches, workers=2))

    assert [number for number, _ in two] == list(range(12))
    for (_, alone), (_, shared) in zip(one, two, strict=True):
        np.testing.assert_array_equal(alone, shared)


@needs_proc
def test_only_a_few_batches_are_read_ahead_and_an_early_end_leaves_no_process(embedding, batches):
    read = []
    source = (read.append(number) or (number, texts) for number, texts in batches)
    before = set(children_of(os.getpid()))

    results = encoding.encoded(search_encoder(embedding), embedding, source, workers=2)
    next(results)
    ahead = len(read)
    started = set(children_of(os.getpid())) - before
    results.close()

    assert ahead == 4
    assert len(started) == 2
    assert_ended(started)


@needs_proc
def test_an_interrupt_leaves_no_process(embedding, batches):
    before = set(children_of(os.getpid()))
    started = set()

    def interrupted():
        yield from batches[:3]
        started.update(set(children_of(os.getpid())) - before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(encoding.encoded(search_encoder(embedding), embedding, interrupted(), workers=2))

    assert len(started) == 2
    assert_ended(started)


@needs_proc
def test_an_interrupted_run_of_the_stage_leaves_no_process_and_is_completed_by_the_next(
    store, config, write, reports, database
):
    write("FY2012", [f"{text} Case {number}." for number in range(10) for text in reports])
    shared = config.model_copy(update={"embedding": Embedding(search="static", workers=2)})
    before = set(children_of(os.getpid()))
    started = set()

    def interrupt(_done):
        started.update(set(children_of(os.getpid())) - before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        embeddings.materialise(store, shared, "FY2012", rows_per_commit=20, progress=interrupt)
    left = [pid for pid in started if is_alive(pid)]
    summary = embeddings.materialise(store, shared, "FY2012", rows_per_commit=20)

    assert caught.value is not None
    assert len(started) == 2
    assert left == []
    assert summary.embedded_now == 10 * len(reports) - 20
    database.assert_holds("FY2012")


def test_a_killed_worker_is_said_with_what_to_do(embedding):
    worker = encoding.Worker(search_encoder(embedding), embedding, 1)
    try:
        assert worker.encode(["ankle", ""]).shape == (2, 256)
        worker.process.kill()

        with pytest.raises(EncoderError, match=r"ended \(signal 9\).*run again.*embedding.workers: 1"):
            worker.encode(["ankle"])
    finally:
        worker.end()


def test_a_worker_that_cannot_load_the_model_says_why(embedding):
    absent = embedding.model_copy(update={"search": "./no/such/folder"})
    worker = encoding.Worker(search_encoder(embedding), absent, 1)
    try:
        with pytest.raises(EncoderError, match="expected static, minilm, an existing folder"):
            worker.encode(["ankle"])
    finally:
        worker.end()


def test_a_worker_with_another_model_is_refused(embedding):
    worker = encoding.Worker(open_encoder("static"), embedding.model_copy(update={"precision": "float16"}), 1)
    try:
        with pytest.raises(EncoderError, match=r"a worker process loaded .*float16.*Run again"):
            worker.encode(["ankle"])
    finally:
        worker.end()


PARENT = """
import sys, time
from rlm_pipeline.configuration import Embedding
from rlm_pipeline.retrieval import encoding
from rlm_pipeline.retrieval.encoders import search_encoder
embedding = Embedding(workers=2)
batches = ((number, [str(number)]) for number in range(10**6))
for number, _ in encoding.encoded(search_encoder(embedding), embedding, batches, workers=2):
    print(number, flush=True)
    time.sleep(0.05)
"""


@needs_proc
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_a_parent_that_was_killed(ending):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with parent:
        parent.stdout.readline()
        workers = children_of(parent.pid)
        parent.send_signal(ending)
        parent.communicate(timeout=60)

    assert len(workers) == 2
    assert_ended(workers)


@pytest.mark.parametrize(
    ("search", "configured", "characters", "expected"),
    [
        ("static", None, encoding.WORTH_WORKERS, encoding.available_cores()),
        ("static", None, encoding.WORTH_WORKERS - 1, 1),
        ("static", 3, 10, 3),
        ("minilm", None, 10**12, 1),
        ("minilm", 2, 10**12, 2),
    ],
)
def test_workers_are_started_where_they_pay_or_as_configured(search, configured, characters, expected):
    embedding = Embedding(search=search, workers=configured)

    assert encoding.workers_for(search_encoder(embedding), embedding, characters) == expected
