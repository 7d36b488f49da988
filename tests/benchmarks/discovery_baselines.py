"""What other methods find in one data set, in a process of its own, as discovery_quality starts it.

python tests/benchmarks/discovery_baselines.py SET DATA WORK SEED [bertopic] [ward]

BERTopic as it is shipped, on all records and the vectors of the encoder that the pipeline uses; the seed is that of its
UMAP. Topics of its own, the same with noise given to the nearest centroid, and those cut by Ward's method on their
centroids into as many parents as the truth has. Ward's method on the vectors of the records, those that the pipeline
clusters and the encoder's alone, cut into as many categories at each level as the pipeline found, and as the truth has.
Writes WORK/baselines/METHOD/seedSEED/SET.parquet: `source`, `row` and a column of categories for each method and level.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.store import DatasetStore, read_json, write_frame
from rlm_pipeline.taxonomy.document import DimensionSet
from rlm_pipeline.taxonomy.embedding import vectors_of
from rlm_pipeline.taxonomy.sampling import as_read, normal_form
from tests.benchmarks.discovery_sets import Known, LabelledSet, labelled
from tests.benchmarks.discovery_vectors import KeptVectors

Labels = NDArray[np.int64]
Vectors = NDArray[np.float32]


def main() -> None:
    name, data, work, seed = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    chosen = {each.name: each for each in labelled()}[name]
    store = DatasetStore(work / "stores" / name)
    records = texts_of(store, chosen)
    encoder = KeptVectors(open_encoder("minilm"), work / "vectors" / f"{name}.bin")
    assert chosen.known is not None
    known = chosen.known(store, data)
    for method in sys.argv[5:]:
        found = (
            bertopic(records["text"].to_list(), encoder, seed, known)
            if method == "bertopic"
            else ward(
                records["text"].to_list(),
                encoder,
                shape_found(DatasetStore(work / "runs" / f"seed{seed}" / name), chosen),
                known,
            )
        )
        frame = records.select("source", "row", *(pl.Series(column, labels) for column, labels in found.items()))
        write_frame(frame, work / "baselines" / method / f"seed{seed}" / f"{name}.parquet")


def texts_of(store: DatasetStore, chosen: LabelledSet) -> pl.DataFrame:
    """Source, row and text of the records that have one."""
    return pl.concat(_texts_of(store, chosen))


def _texts_of(store: DatasetStore, chosen: LabelledSet) -> Iterator[pl.DataFrame]:
    for partition in store.partitions_with("raw_file", ".json"):
        records = store.scan_records(partition)
        written = {normalised(name): name for name in records.collect_schema().names()}
        if (column := written.get(normalised(chosen.facet))) is None:
            continue
        text = as_read(pl.col(column)).alias("text")
        frame = records.select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), text)
        yield frame.filter(normal_form(pl.col("text")).is_not_null()).collect()


def bertopic(texts: list[str], encoder: KeptVectors, seed: int, known: Known) -> dict[str, Labels]:
    """Topics, -1 for noise; without noise; and parents of these, as many as the coarsest level of the truth has."""
    from bertopic import BERTopic
    from umap import UMAP

    vectors = encoder.encode(texts)
    as_shipped = {"n_neighbors": 15, "n_components": 5, "min_dist": 0.0, "metric": "cosine", "low_memory": False}
    model = BERTopic(umap_model=UMAP(**as_shipped, random_state=seed))
    topics = np.array(model.fit_transform(texts, embeddings=vectors)[0], dtype=np.int64)
    if topics.max() < 1:
        return dict.fromkeys(("bertopic", "bertopic_reassigned", "bertopic_upper"), topics)
    centres = centroids(vectors, topics)
    noise = topics < 0
    reassigned = topics.copy()
    reassigned[noise] = np.argmax(vectors[noise] @ centres.T, axis=1)
    parents = cuts_of_ward(centres, (min(known.shape[0], len(centres)),))[0]
    return {"bertopic": topics, "bertopic_reassigned": reassigned, "bertopic_upper": parents[reassigned]}


def centroids(vectors: Vectors, labels: Labels) -> Vectors:
    """Directions of the categories from 0; negative labels are none."""
    sums = np.zeros((labels.max() + 1, vectors.shape[1]))
    np.add.at(sums, labels[labels >= 0], vectors[labels >= 0])
    unit: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return unit


def shape_found(store: DatasetStore, chosen: LabelledSet) -> tuple[int, ...]:
    """Categories at the top and at the leaves of the pipeline's main dimension; none if it found none."""
    found = DimensionSet.model_validate(read_json(store.dimensions_path)).dimensions
    own = [each for each in found if each.kind == "text" and chosen.is_of(each.facet)]
    if not own or not own[0].categories:
        return ()
    top = sum(category.parent is None for category in own[0].categories)
    parents = {category.parent for category in own[0].categories} - {None}
    leaves = len(own[0].categories) - len(parents)
    return (top, leaves) if top < leaves else (leaves,)


def ward(texts: list[str], encoder: KeptVectors, found: tuple[int, ...], known: Known) -> dict[str, Labels]:
    """Cuts of Ward's tree, from coarse to fine: columns vectors:shape:level."""
    clustered = vectors_of(texts, encoder, open_encoder("static"), facet="ward")
    shapes = {"found": found, "true": known.shape}
    return {
        f"{way}:{which}:{level}": labels
        for way, vectors in (("clustered", clustered), ("encoder", encoder.encode(texts)))
        for which, shape in shapes.items()
        for level, labels in enumerate(cuts_of_ward(vectors, shape))
    }


def cuts_of_ward(vectors: Vectors, numbers: tuple[int, ...]) -> list[Labels]:
    """Ward's tree cut into each number of categories, labels from 0."""
    from scipy.cluster.hierarchy import cut_tree, linkage

    if not numbers:
        return []
    cut = cut_tree(linkage(vectors.astype(np.float64), method="ward"), n_clusters=list(numbers))
    return [cut[:, place].astype(np.int64) for place in range(len(numbers))]


if __name__ == "__main__":
    main()
