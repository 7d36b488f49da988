"""Search quality on real records: recall@10, nDCG@10 and MRR of bm25, semantic and hybrid, for each encoder.

python tests/benchmarks/search_quality.py DATA [--sets msha octokit clinc150 trec] [--encoders static minilm]
    [--queries 200] [--work FOLDER]

DATA has the folders msha-injuries, octokit-webhooks, clinc150 and trec-qc. Every set goes through the stages raw_file
to lexical_index below a temporary folder, or below FOLDER, where another run embeds only what is new. Known-item
retrieval: a query is made from one record, and the chunk that holds it is to be found. Topic retrieval: utterances of
the test split, and those of the training split with the same intent are to be found; there a chunk is one utterance,
which is shorter than the smallest size of a chunk. Prints a Markdown table, and how many searches under a filter were
compared with the whole ranking.
"""

import argparse
import csv
import gzip
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import Chunking, ColumnRoles, DatasetConfig, Embedding, PartitionRule
from rlm_pipeline.evaluation import retrieval_quality as quality
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.profiling import columns
from rlm_pipeline.retrieval import embeddings, lexical, vector_index
from rlm_pipeline.retrieval.filters import Filters
from rlm_pipeline.retrieval.queries import Mode
from rlm_pipeline.retrieval.queries import Query as Asked
from rlm_pipeline.retrieval.searcher import Searcher
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore, write_frame
from tests.benchmarks import search_queries

MODES = ("bm25", "semantic", "hybrid")
TOP = 10
FILTERED = 5
SETS = ("msha", "octokit", "clinc150", "trec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`item` is the (source, row) to be found, or `topic` the label of all that is; one of the two."""

    kind: str
    text: str
    item: tuple[str, int] | None = None
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A materialised data set, the queries put to it, and for topics the label of every row."""

    store: DatasetStore
    config: DatasetConfig
    queries: list[Query]
    labels: dict[tuple[str, int], str] = field(default_factory=dict)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    arguments.add_argument("--encoders", nargs="+", default=["static", "minilm"])
    arguments.add_argument("--queries", type=int, default=200, help="of each kind")
    arguments.add_argument("--chunker", default="auto", choices=("auto", "fixed"))
    arguments.add_argument("--years", type=int, default=5, help="how many of the five of msha-injuries")
    arguments.add_argument("--work", type=Path, help="keep the data sets there, for another run")
    asked = arguments.parse_args()
    scratch = asked.work or Path(tempfile.mkdtemp(prefix="search_quality_"))
    print(
        "| queries | encoder | mode | recall@10 | nDCG@10 | MRR | hybrid - best, recall | nDCG |\n" + "|---" * 8 + "|"
    )
    made = {"msha": msha, "octokit": octokit, "clinc150": clinc150, "trec": trec}
    try:
        for name in asked.sets:
            collection = made[name](asked, scratch)
            for encoder in asked.encoders:
                measure(collection, encoder)
    finally:
        if not asked.work:
            shutil.rmtree(scratch, ignore_errors=True)


def measure(collection: Collection, encoder: str) -> None:
    store = collection.store
    config = collection.config.model_copy(update={"embedding": Embedding(search=encoder)})
    partitions = store.partitions_with("chunks")
    for partition in partitions:
        embeddings.materialise(store, config, partition)
        lexical.materialise(store, config, partition)
    vector_index.build_index(store, config)
    searcher = Searcher(store, config)
    sizes = Counter(collection.labels.values())
    for kind in dict.fromkeys(query.kind for query in collection.queries):
        asked = [query for query in collection.queries if query.kind == kind]
        found = {mode: [scores(searcher, query, mode, collection.labels, sizes) for query in asked] for mode in MODES}
        report(kind, encoder, found)
    check_filtered(store, searcher, collection.queries[:FILTERED])


def scores(
    searcher: Searcher, query: Query, mode: Mode, labels: dict[tuple[str, int], str], sizes: Counter[str]
) -> tuple[float, float, float]:
    hits = searcher.search(Asked(text=query.text, mode=mode, top_k=TOP))
    if query.item:
        source, row = query.item
        shown = [hit.source == source and hit.row_start <= row <= hit.row_end for hit in hits]
        ranking, relevant = quality.first_only(shown), 1
    else:
        ranking = [labels[hit.source, hit.row_start] == query.topic for hit in hits]
        relevant = sizes[query.topic]
    return (
        quality.recall(ranking, relevant, TOP),
        quality.ndcg(ranking, relevant, TOP),
        quality.reciprocal_rank(ranking),
    )


def report(kind: str, encoder: str, measured: dict[str, list[tuple[float, float, float]]]) -> None:
    for mode, values in measured.items():
        means = " | ".join(f"{mean:.3f}" for mean in np.mean(values, axis=0))
        ahead = " | ".join(over_better(measured, place) for place in (0, 1)) if mode == "hybrid" else " | "
        print(f"| {kind} ({len(values)}) | {encoder} | {mode} | {means} | {ahead} |", flush=True)


def over_better(measured: dict[str, list[tuple[float, float, float]]], place: int) -> str:
    """Hybrid's mean of one measure less that of the method that is better in it, with its interval."""
    values = {mode: np.array(each)[:, place] for mode, each in measured.items()}
    better = max(("bm25", "semantic"), key=lambda mode: values[mode].mean())
    over = quality.estimate(values["hybrid"] - values[better])
    return f"{over.mean:+.3f} [{over.low:+.3f}, {over.high:+.3f}]"


def check_filtered(store: DatasetStore, searcher: Searcher, queries: list[Query]) -> None:
    """Within a partition the best are those of the whole ranking that lie in it, and as many as there are."""
    counts = {
        each: pl.scan_parquet(store.chunks_path(each)).select(pl.len()).collect().item()
        for each in store.partitions_with("chunks")
    }
    compared = 0
    for query in queries:
        for mode in ("semantic", "bm25"):
            whole = searcher.search(Asked(text=query.text, mode=mode, top_k=sum(counts.values())))
            for partition, inside in counts.items():
                filters = Filters(partitions=(partition,))
                within = searcher.search(Asked(text=query.text, mode=mode, top_k=TOP, filters=filters))
                expected = [hit.chunk_id for hit in whole if hit.partition == partition]
                assert [hit.chunk_id for hit in within] == expected[:TOP], (mode, query)
                assert mode == "bm25" or len(within) == min(TOP, inside), (mode, query)
                hybrid = searcher.search(Asked(text=query.text, top_k=TOP, filters=filters))
                assert len(hybrid) == min(TOP, inside), query
                compared += 1
    print(f"\n{compared} filtered rankings are exact, in {len(counts)} partitions\n", flush=True)


def materialised(config: DatasetConfig, scratch: Path) -> DatasetStore:
    store = DatasetStore(scratch / config.name)
    for partition in take_inventory(store, config).partitions:
        raw_file.materialise(store, config, partition)
        columns.materialise(store, config, partition)
        chunks.materialise(store, config, partition)
    return store


def msha(asked: argparse.Namespace, scratch: Path) -> Collection:
    config = DatasetConfig(
        name="msha",
        source=str(asked.data / f"msha-injuries/msha_fy201[0-{asked.years - 1}].csv.gz"),
        partition=PartitionRule(by="filename", pattern=r"fy(?P<year>\d{4})"),
        columns=ColumnRoles(text=("NARRATIVE",), ignore=("INJ_BODY_PART", "INJ_BODY_PART_CD")),
        chunking=Chunking(chunker=asked.chunker),
    )
    store = materialised(config, scratch)
    draw = random.Random(7)
    records = [
        ((source, row), text)
        for source, row, text in rows_of(store, ["NARRATIVE"])
        if text and len(search_queries.words_of(text)) >= 12
    ]
    made = {
        "span of words": search_queries.span,
        "six words": search_queries.some_words,
        "paraphrase": search_queries.paraphrase,
    }
    chosen = draw.sample(records, asked.queries)
    queries = [
        Query(kind=f"msha-injuries, {kind}", text=make(text, draw), item=item)
        for kind, make in made.items()
        for item, text in chosen
    ]
    return Collection(store=store, config=config, queries=queries)


def octokit(asked: argparse.Namespace, scratch: Path) -> Collection:
    source = asked.data / "octokit-webhooks/payloads.jsonl.gz"
    config = DatasetConfig(
        name="octokit",
        source=str(source),
        columns=ColumnRoles(ignore=("id",)),
        chunking=Chunking(chunker=asked.chunker),
    )
    store = materialised(config, scratch)
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        payloads = [json.loads(line) for line in stream]
    leaves = [[leaf for leaf in search_queries.leaves(payload) if leaf[0] != ("id",)] for payload in payloads]
    common = Counter(value for record in leaves for value in {value for _, value in record})
    name = store.manifest(store.partitions_with("chunks")[0]).sources[0].source
    draw = random.Random(7)
    made = {"fields and values": search_queries.fragment, "in plain words": search_queries.in_words}
    chosen = draw.sample(range(len(leaves)), min(asked.queries, len(leaves)))
    queries = [
        Query(kind=f"octokit-webhooks, {kind}", text=make(leaves[at], common, draw), item=(name, at + 1))
        for kind, make in made.items()
        for at in chosen
    ]
    return Collection(store=store, config=config, queries=queries)


def clinc150(asked: argparse.Namespace, scratch: Path) -> Collection:
    rows = [
        (cells["split"], cells["text"], cells["intent"])
        for cells in csv_rows(asked.data / "clinc150/clinc150.csv.gz")
        if cells["split"] != "oos_test"
    ]
    return topics("clinc150", rows, asked, scratch)


def trec(asked: argparse.Namespace, scratch: Path) -> Collection:
    rows = [
        (cells["split"], cells["question"], cells["fine"]) for cells in csv_rows(asked.data / "trec-qc/trec_qc.csv.gz")
    ]
    return topics("trec_qc", rows, asked, scratch)


def topics(name: str, rows: list[tuple[str, str, str]], asked: argparse.Namespace, scratch: Path) -> Collection:
    """Rows of split, text and topic."""
    source = f"{name}.csv"
    store = DatasetStore(scratch / name)
    known = {(source, row): (text, topic) for row, (split, text, topic) in enumerate(rows, 1) if split != "test"}
    write_frame(one_a_record(known), store.chunks_path("all"))
    labels = {place: topic for place, (_, topic) in known.items()}
    there = set(labels.values())
    tested = [(text, topic) for split, text, topic in rows if split == "test" and topic in there]
    chosen = random.Random(7).sample(tested, min(asked.queries, len(tested)))
    queries = [Query(kind=f"{name}, topic", text=text, topic=topic) for text, topic in chosen]
    return Collection(store=store, config=DatasetConfig(name=name, source=source), queries=queries, labels=labels)


def one_a_record(records: dict[tuple[str, int], tuple[str, str]]) -> pl.DataFrame:
    """A chunk for every record."""
    numbers = {name: 0 for name, kind in CHUNK_SCHEMA.items() if kind == pl.Int64}
    words = {name: "" for name, kind in CHUNK_SCHEMA.items() if kind == pl.String}
    rows = [
        {
            **numbers, **words, "chunk_id": fingerprint.short(source, str(row), text), "ordinal": ordinal,
            "source": source, "row_start": row, "row_end": row, "content_type": "tabular", "chunker": "tabular",
            "scope": f"row {row}", "records": 1, "text": text, "n_chars": len(text),
            "n_tokens_estimate": -(-len(text) // 4), "content_hash": fingerprint.of_text(text),
        }
        for ordinal, ((source, row), (text, _)) in enumerate(records.items())
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=CHUNK_SCHEMA)


def rows_of(store: DatasetStore, shown: list[str]) -> Iterator[tuple]:
    for partition in store.partitions_with("chunks"):
        for path in store.records_paths(partition):
            yield from pl.read_parquet(path, columns=["_source", "_row", *shown]).iter_rows()


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


if __name__ == "__main__":
    main()
