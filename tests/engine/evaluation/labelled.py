"""Stores with labels and dimensions, made by hand or from a planted desk's truth."""

from pathlib import Path

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import LABEL_SCHEMA, LINE, ROW, SOURCE, Manifest, SourceManifest
from rlm_pipeline.store import DatasetStore, write_frame, write_text
from rlm_pipeline.taxonomy.document import Category, Coverage, Dimension, DimensionSet, Taxonomy

CONFIG = DatasetConfig(name="desk", source="/nowhere/*.csv")


def dimension(id_: str, facet: str, categories: dict[str, str], *, kind: str = "text", gate: str = "passed"):
    return Dimension(
        id=id_,
        name=f"By {facet}",
        definition="",
        facet=facet,
        kind=kind,
        method="by hand",
        gate=gate,
        categories=tuple(
            Category(id=key, name=name, definition="", status="established") for key, name in categories.items()
        ),
    )


def store_records(store: DatasetStore, partition: str, columns: dict[str, list[str | None]]) -> None:
    """Records of one source, rows numbered from 1."""
    count = len(next(iter(columns.values())))
    source = f"{partition.lower()}.csv"
    frame = pl.DataFrame({SOURCE: [source] * count, ROW: range(1, count + 1), LINE: range(2, count + 2), **columns})
    write_frame(frame, store.records_folder(partition) / f"{source}.parquet")
    manifest = SourceManifest(
        source=source, bytes=1, sha256="", detected_type="csv", evidence="", encoding="utf-8", delimiter=",",
        header_line=1, header=tuple(columns), reader="rows", rows=count, quarantined=0,
        records_file=f"{source}.parquet",
    )  # fmt: skip
    store.write_manifest(Manifest(partition=partition, sources=(manifest,)))


def labels(sources: list[str], rows: list[int], dimension_id: str, categories: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": sources,
            "row": rows,
            "dimension_id": dimension_id,
            "category_id": categories,
            "confidence": 0.9,
            "margin": 0.5,
            "runner_up": None,
        }
    ).cast(dict(LABEL_SCHEMA))


def store_labels(store: DatasetStore, partition: str, by_dimension: dict[str, list[str]]) -> None:
    """Labels of the records that `store_records` stored."""
    source = f"{partition.lower()}.csv"
    parts = [
        labels([source] * len(given), list(range(1, len(given) + 1)), id_, given) for id_, given in by_dimension.items()
    ]
    write_frame(pl.concat(parts), store.labels_path(partition))


def store_dimensions(store: DatasetStore, *dimensions: Dimension) -> None:
    document = DimensionSet(dataset=store.name, dimensions=dimensions)
    write_text(document.model_dump_json(by_alias=True), store.dimensions_path)


def store_taxonomy(store: DatasetStore, dimensions, *, relationships=(), trends=(), verified=(10, 10)) -> None:
    document = Taxonomy(
        dataset=store.name,
        run_id="r",
        generated_at="",
        inputs=(),
        coverage=Coverage(
            records=0, labelled=0, other=0, quarantined=0, read_by_model=0,
            citations=verified[0], citations_verified=verified[1],
        ),
        dimensions=tuple(dimensions),
        relationships=tuple(relationships),
        trends=tuple(trends),
        knowledge_items=(),
        recommendations=(),
    )  # fmt: skip
    write_text(document.model_dump_json(by_alias=True), store.taxonomy_path)


def new_store(folder: Path) -> DatasetStore:
    return DatasetStore(folder / "desk")
