"""Engine results as Dagster metadata: figures that become plots over partitions, and tables a person looks at."""

import dataclasses
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from rlm_pipeline.model import Manifest
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.synthesis.document import MergedFindings
from rlm_pipeline.taxonomy.document import Dimension, DimensionSet, Taxonomy

Metadata = dict[str, Any]

_PREVIEW_ROWS = 50
_SHOWN_CATEGORIES = 12


def of_figures(result: Any) -> Metadata:
    """The numbers and short texts of a result dataclass, by field name."""
    fields = dataclasses.asdict(result)
    return {name: value for name, value in fields.items() if isinstance(value, int | float | str)}


def of_manifest(manifest: Manifest) -> Metadata:
    """Rows read and set aside, and how each file was understood."""
    lines = ["| file | rows | set aside | encoding | delimiter | reader | evidence |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {each.source} | {each.rows:,} | {each.quarantined:,} | {each.encoding} | `{each.delimiter!r}` "
        f"| {each.reader} | {each.evidence} |"
        for each in manifest.sources
    ]
    return {
        "dagster/partition_row_count": manifest.rows,
        "quarantined": manifest.quarantined,
        "files": dg.MetadataValue.md("\n".join(lines)),
    }


def of_profile(profile: pl.DataFrame) -> Metadata:
    """How many columns of each kind, and the fullest of them."""
    kinds = profile["kind"].value_counts(sort=True)
    rows = [f"| {row['kind']} | {row['count']} |" for row in kinds.to_dicts()]
    fullest = profile.sort("non_null", descending=True).head(_PREVIEW_ROWS)
    preview = [
        f"| {row['column']} | {row['kind']} | {row['non_null']:,} | {row['distinct'] or 0:,} |"
        for row in fullest.select("column", "kind", "non_null", "distinct").to_dicts()
    ]
    return {
        "columns": profile.height,
        "kinds": dg.MetadataValue.md("\n".join(["| kind | columns |", "|---|---|", *rows])),
        "fullest_columns": dg.MetadataValue.md(
            "\n".join(["| column | kind | filled | distinct |", "|---|---|---|---|", *preview])
        ),
    }


def of_schema(schema: Schema) -> Metadata:
    """What changed over the years."""
    renamed = [column for column in schema.columns if column.renamed]
    return {
        "columns": len(schema.columns),
        "text_columns": ", ".join(column.name for column in schema.text_columns),
        "renamed": len(renamed),
        "added": sum(1 for column in schema.columns if column.added),
        "dropped": sum(1 for column in schema.columns if column.dropped),
        "retyped": sum(1 for column in schema.columns if column.retyped),
    }


def of_merged(merged: MergedFindings) -> Metadata:
    """The themes, largest first."""
    themes = [f"- **{theme.title}**: {theme.summary}" for theme in merged.themes[:_PREVIEW_ROWS]]
    return {
        "themes": len(merged.themes),
        "conflicts": len(merged.conflicts),
        "overview": dg.MetadataValue.md("\n".join(themes)),
    }


def of_dimensions(found: DimensionSet) -> Metadata:
    """The dimensions discovered, and what was left out and why."""
    passed = [dimension for dimension in found.dimensions if dimension.gate == "passed"]
    rows = [
        f"| {each.name} | {each.kind} | {each.gate} | {len(each.categories)} | {_figure(each.stability)} |"
        for each in found.dimensions
    ]
    head = ["| dimension | kind | gate | categories | stability |", "|---|---|---|---|---|"]
    return {
        "dimensions": len(passed),
        "without_structure": len(found.dimensions) - len(passed),
        "left_out": len(found.left_out),
        "overview": dg.MetadataValue.md("\n".join([*head, *rows])),
    }


def of_taxonomy(taxonomy: Taxonomy, store: DatasetStore) -> Metadata:
    """The tree, and the counts that account for every record."""
    return {
        **taxonomy.coverage.model_dump(),
        "relationships": len(taxonomy.relationships),
        "trends": len(taxonomy.trends),
        "knowledge_items": len(taxonomy.knowledge_items),
        "recommendations": len(taxonomy.recommendations),
        "tree": dg.MetadataValue.md("\n".join(_tree(dimension) for dimension in taxonomy.dimensions)),
        "file": dg.MetadataValue.path(store.taxonomy_path),
    }


def of_page(path: Path) -> Metadata:
    """Where the report lies, and its size."""
    return {
        "file": dg.MetadataValue.path(path),
        "bytes": path.stat().st_size,
        "open": dg.MetadataValue.url(path.as_uri()),
    }


def _tree(dimension: Dimension) -> str:
    head = f"- **{dimension.name}** ({dimension.kind}, {dimension.labelled:,} labelled)"
    largest = sorted(dimension.categories, key=lambda each: -each.count)[:_SHOWN_CATEGORIES]
    return "\n".join([head, *(f"  - {each.name}: {each.count:,} ({each.share:.1%})" for each in largest)])


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
