"""Search quality on real records: recall@10, nDCG@10 and MRR of bm25, semantic and hybrid, for each encoder.

python tests/benchmarks/search_quality.py DATA [--sets msha octokit clinc150] [--encoders static minilm] [--queries 200]

DATA has the folders msha-injuries, octokit-webhooks and clinc150. Every set goes through the stages raw_file to
lexical_index below a temporary folder. Known-item retrieval: a query is made from one record, and the chunk that holds
it is to be found. Topic retrieval: utterances of the test split, and those of the training split with the same intent
are to be found; there a chunk is one utterance, which is shorter than the smallest size of a chunk. The weights of
hybrid search were chosen on other sets and on other draws of queries over these records. Prints a Markdown table.
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
SETS = ("msha", "octokit", "clinc150")


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
    asked = arguments.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="search_quality_"))
    print(
        "| queries | encoder | mode | recall@10 | nDCG@10 | MRR | hybrid - best, nDCG |\n|---|---|---|---|---|---|---|"
    )
    try:
        for name in asked.sets:
            collection = {"msha": msha, "octokit": octokit, "clinc150": clinc150}[name](asked, scratch)
            for encoder in asked.encoders:
                measure(collection, encoder)
    finally:
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
    check_filtered(store, searcher, collection.queries[:2])


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
    better = max(("bm25", "semantic"), key=lambda mode: np.mean([ndcg for _, ndcg, _ in measured[mode]]))
    for mode, values in measured.items():
        recall, ndcg, rank = np.mean(values, axis=0)
        ahead = ""
        if mode == "hybrid":
            paired = zip(values, measured[better], strict=True)
            over = quality.estimate([mine[1] - other[1] for mine, other in paired])
            ahead = f"{over.mean:+.3f} [{over.low:+.3f}, {over.high:+.3f}]"
        print(
            f"| {kind} ({len(values)}) | {encoder} | {mode} | {recall:.3f} | {ndcg:.3f} | {rank:.3f} | {ahead} |",
            flush=True,
        )


def check_filtered(store: DatasetStore, searcher: Searcher, queries: list[Query]) -> None:
    """Within one partition the best are those of the whole ranking that lie in it, and as many as there are."""
    chunks_of = {
        each: pl.scan_parquet(store.chunks_path(each)).select(pl.len()).collect().item()
        for each in store.partitions_with("chunks")
    }
    partition = min(chunks_of, key=chunks_of.__getitem__)
    inside = Filters(partitions=(partition,))
    for query in queries:
        for mode in ("semantic", "bm25"):
            whole = searcher.search(Asked(text=query.text, mode=mode, top_k=sum(chunks_of.values())))
            within = searcher.search(Asked(text=query.text, mode=mode, top_k=TOP, filters=inside))
            expected = [hit.chunk_id for hit in whole if hit.partition == partition][:TOP]
            assert [hit.chunk_id for hit in within] == expected, (mode, query)
        hybrid = searcher.search(Asked(text=query.text, top_k=TOP, filters=inside))
        assert len(hybrid) == min(TOP, chunks_of[partition]), query


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
    config = DatasetConfig(name="clinc150", source="clinc150.csv.gz")
    store = DatasetStore(scratch / "clinc150")
    trained: dict[tuple[str, int], tuple[str, str]] = {}
    tested: list[tuple[str, str]] = []
    for row, cells in enumerate(csv_rows(asked.data / "clinc150/clinc150.csv.gz"), 1):
        if cells["split"] == "test":
            tested.append((cells["text"], cells["intent"]))
        elif cells["split"] != "oos_test":
            trained["clinc150.csv", row] = (cells["text"], cells["intent"])
    write_frame(one_a_record(trained), store.chunks_path("all"))
    queries = [
        Query(kind="clinc150, topic", text=text, topic=intent)
        for text, intent in random.Random(7).sample(tested, asked.queries)
    ]
    labels = {place: intent for place, (_, intent) in trained.items()}
    return Collection(store=store, config=config, queries=queries, labels=labels)


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
