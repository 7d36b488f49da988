"""Embedding killed with SIGKILL ten times: nothing is lost, doubled, or embedded again that was stored."""

import random
import subprocess
import sys
import time

from rlm_pipeline.retrieval.embeddings import check_complete, materialise

CHILD = """
import sys, time
from pathlib import Path
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.retrieval.embeddings import materialise
from rlm_pipeline.retrieval.static import StaticEncoder
from rlm_pipeline.store import DatasetStore

real, StaticEncoder.texts_per_call = StaticEncoder.encode, 4

def slow(self, texts, **options):
    print(*("embedded " + text for text in texts), sep="\\n", flush=True)
    time.sleep(0.01)
    return real(self, texts, **options)

StaticEncoder.encode = slow
store = DatasetStore(Path(sys.argv[1]))
materialise(store, DatasetConfig(name=store.name, source="unused.csv"), "FY2012", rows_per_commit=4)
print("finished", flush=True)
"""

KILLS = 10


def run_until(store, calls, delay):
    """Embed in a process of its own; kill it `delay` seconds after so many calls. What it embedded; if it finished."""
    seen = []
    with subprocess.Popen([sys.executable, "-c", CHILD, str(store.folder)], stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            seen.append(line.rstrip("\n"))
            if len(seen) == calls * 4:
                time.sleep(delay)
                child.kill()
    return [line.removeprefix("embedded ") for line in seen if line.startswith("embedded ")], "finished" in seen


def test_killed_ten_times_at_random_nothing_is_missing_doubled_or_embedded_again(
    store, config, write, reports, database
):
    texts = [f"{text} Case {number}." for number in range(30) for text in reports]
    chunks = write("FY2012", texts)
    text_of = dict(zip(chunks["chunk_id"], chunks["text"], strict=True))
    chance = random.Random(20)
    stored: set[str] = set()

    for _ in range(KILLS):
        embedded, finished = run_until(store, chance.randint(1, 9), chance.uniform(0.0, 0.03))

        assert not finished
        assert not stored & set(embedded)
        stored = {text_of[chunk_id] for chunk_id in database.rows()["chunk_id"]}
    embedded, finished = run_until(store, len(texts), 0.0)

    assert 0 < len(stored) < len(texts)
    assert finished
    assert not stored & set(embedded)
    assert sorted(embedded) == sorted(set(texts) - stored)
    assert check_complete(store, config, "FY2012") == ()
    database.assert_holds("FY2012")
    assert materialise(store, config, "FY2012").embedded_now == 0
