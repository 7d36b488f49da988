"""Partitions with findings, ready to be read, and a server to read them."""

import random

import polars as pl

from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.reading import stage
from rlm_pipeline.llm.ledger import FILE, Ledger
from tests.engine.analysis.prepared import config, prepare
from tests.fakes.messages_api import MessagesApi

WORDS = [
    "pump", "valve", "hose", "belt", "motor", "relay", "fuse", "sensor", "gauge", "filter", "bearing", "gasket",
    "piston", "clutch", "brake", "lever", "panel", "switch", "cable", "boiler",
]  # fmt: skip
TROUBLES = ["leaks", "stalls", "sticks", "overheats", "rattles", "cracks", "slips", "trips", "jams", "corrodes"]


def narratives(count):
    """Texts of one make that are no near-duplicates of each other."""
    drawn = random.Random(5)
    return [
        f"The {drawn.choice(WORDS)} of unit {drawn.choice(WORDS)} {drawn.choice(TROUBLES)} when the "
        f"{drawn.choice(WORDS)} {drawn.choice(TROUBLES)}, so the {drawn.choice(WORDS)} and the {drawn.choice(WORDS)} "
        f"were replaced by crew {drawn.choice(WORDS)} {drawn.choice(WORDS)}."
        for _ in range(count)
    ]


def model_config(**analysis):
    settings = {"mode": "model", "budget_usd": 5, "reading_tokens": 400, **analysis}
    return config(analysis=settings, columns={"text": ["narrative"]})


def desk(root, cells, dataset, *, partition="all"):
    store = prepare(root, cells, partition=partition, dataset=dataset)
    findings.materialise(store, dataset, partition)
    return store


def of_narratives(root, texts, dataset, *, partition="all", numbers=None):
    tickets = [f"T-{n:05}" for n in numbers or range(len(texts))]
    return desk(root, {"ticket": tickets, "narrative": texts}, dataset, partition=partition)


def read(store, dataset, api, *, partition="all"):
    with Ledger(store.folder.parent / FILE) as ledger:
        return stage.materialise(store, dataset, partition, ledger=ledger, transport=api.transport())


def table(path):
    return pl.read_parquet(path)


def server(answer, **kinds):
    return MessagesApi(answer=answer, **kinds)
