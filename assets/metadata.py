"""Engine results as Dagster metadata: figures that become plots over partitions, and tables a person looks at."""

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from rlm_pipeline.analysis import routing
from rlm_pipeline.analysis.findings import FindingsSummary
from rlm_pipeline.analysis.reading.stage import ReadingsSummary
from rlm_pipeline.model import Manifest, SourceManifest
from rlm_pipeline.profiling.schema import CanonicalColumn, Schema
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
    """Rows read and set aside, how each file was understood and on what evidence, and the files left out with reasons.

    Of many files the first are listed, those with records set aside before the others, and how many more there are.
    """
    left_out = [f"| {_cell(each.name)} | {_cell(each.reason)} |" for each in manifest.left_out]
    return {
        "dagster/partition_row_count": manifest.rows,
        "quarantined": manifest.quarantined,
        "types": dg.MetadataValue.md(_table(("type", "files", "rows", "set aside"), _types(manifest))),
        "files": dg.MetadataValue.md(
            _table(
                ("file", "type", "rows", "set aside", "encoding", "delimiter", "reader", "evidence"), _files(manifest)
            )
        ),
        "left_out": len(manifest.left_out),
        "files_left_out": dg.MetadataValue.md(_table(("file", "why it is left out"), left_out)),
    }


def _types(manifest: Manifest) -> list[str]:
    of_type: dict[str, list[SourceManifest]] = {}
    for each in manifest.sources:
        of_type.setdefault(each.detected_type, []).append(each)
    return [
        f"| {name} | {len(files):,} | {sum(each.rows for each in files):,} "
        f"| {sum(each.quarantined for each in files):,} |"
        for name, files in sorted(of_type.items())
    ]


def _files(manifest: Manifest) -> list[str]:
    return [
        f"| {_cell(each.source)} | {each.detected_type} | {each.rows:,} | {each.quarantined:,} | {each.encoding} "
        f"| {_delimiter(each.delimiter)} | {each.reader} | {_cell(each.evidence)} |"
        for each in sorted(manifest.sources, key=lambda each: -each.quarantined)
    ]


def _delimiter(delimiter: str) -> str:
    return f"`{_cell(repr(delimiter))}`" if delimiter else ""


def _table(columns: tuple[str, ...], rows: list[str]) -> str:
    """A Markdown table of the first rows, and how many more there are."""
    head = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    more = [f"\nand {len(rows) - _PREVIEW_ROWS:,} more"] if len(rows) > _PREVIEW_ROWS else []
    return "\n".join([*head, *rows[:_PREVIEW_ROWS], *more])


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
        "with_null_like_values": int((profile["null_like"].list.len() > 0).sum()),
        "near_constant": int(profile["near_constant"].sum()),
        "ambiguous_dates": ", ".join(profile.filter(pl.col("date_order") == "ambiguous")["column"]),
        "fullest_columns": dg.MetadataValue.md(
            "\n".join(["| column | kind | filled | distinct |", "|---|---|---|---|", *preview])
        ),
    }


def of_schema(schema: Schema) -> Metadata:
    """What changed over the years, column by column, and what is left to a person."""
    renamed = [column for column in schema.columns if column.renamed]
    changes = Counter(change.kind for column in schema.columns for change in column.changes)
    return {
        "columns": len(schema.columns),
        "text_columns": ", ".join(column.name for column in schema.text_columns),
        "renamed": len(renamed),
        "added": sum(1 for column in schema.columns if column.added),
        "dropped": sum(1 for column in schema.columns if column.dropped),
        "retyped": sum(1 for column in schema.columns if column.retyped),
        "recoded": changes["recoded"],
        "reordered": sum(moved for _, moved in schema.reordered),
        "unsure": len(schema.unsure),
        "splits": len(schema.splits),
        "changed_columns": dg.MetadataValue.md("\n".join(_changed_columns(schema))),
        "to_decide": dg.MetadataValue.md("\n".join(_to_decide(schema))),
    }


def _changed_columns(schema: Schema) -> list[str]:
    changed = [column for column in schema.columns if column.changes]
    rows = [
        f"| {_cell(column.name)} | {column.kind} | {column.confidence:.2f} | {_cell(_told(column))} |"
        for column in changed[:_PREVIEW_ROWS]
    ]
    return ["| column | kind | sure | changes |", "|---|---|---|---|", *rows]


def _told(column: CanonicalColumn) -> str:
    return "; ".join(
        f"{change.kind} in {change.partition}: {change.before} → {change.after}" for change in column.changes
    )


def _to_decide(schema: Schema) -> list[str]:
    head = [
        "The true line of each row goes below `columns: rename:` of the dataset's YAML.",
        "",
        "| may be one column | sure | evidence | one column | kept apart |",
        "|---|---|---|---|---|",
    ]
    return head + [
        f"| {_cell(each.column)} ({each.partition}), {_cell(each.target)} ({each.target_partition}) "
        f"| {each.confidence:.2f} | {_cell(each.evidence)} | `{_cell(each.accept)}` | `{_cell(each.refuse)}` |"
        for each in schema.unsure[:_PREVIEW_ROWS]
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def of_findings(found: FindingsSummary, manifest: Manifest) -> Metadata:
    """How many findings of each type, and which analyst each kind of content went to."""
    routed = routing.routed(manifest.sources)
    of_types = [f"| {name} | {count:,} |" for name, count in sorted(found.by_type.items())]
    of_analysts = [
        f"| {analyst} | {', '.join(sorted({each.detected_type for each in sources}))} | {len(sources):,} "
        f"| {sum(each.rows for each in sources):,} |"
        for analyst, sources in routed.items()
    ]
    return {
        **of_figures(found),
        "types": dg.MetadataValue.md(_table(("type", "findings"), of_types)),
        "routing": dg.MetadataValue.md(_table(("analyst", "content", "files", "records"), of_analysts)),
    }


def of_readings(found: ReadingsSummary, store: DatasetStore, partition: str) -> Metadata:
    """What became of the records, what was said, what it cost, and how far each cluster of records was read."""
    units = store.scan(store.read_units_path(partition), "readings", partition)
    read = (pl.col("status") == "read").alias("read")
    clusters = units.group_by("analyst", "cluster").agg(
        units=pl.len(), read=read.sum(), records=pl.col("stands_for").sum()
    )
    rows = [
        f"| {row['analyst']} | {row['cluster']} | {row['records']:,} | {row['read']:,} of {row['units']:,} |"
        for row in clusters.sort("records", "cluster", descending=[True, False]).collect().to_dicts()
    ]
    reasons = (
        units.filter(~read & (pl.col("reason") != "")).group_by("status", "reason").len().sort("len", descending=True)
    )
    why = [f"| {_cell(row['reason'])} | {row['status']} | {row['len']:,} |" for row in reasons.collect().to_dicts()]
    return {
        **dataclasses.asdict(found.coverage),
        **of_figures(found),
        "coverage": dg.MetadataValue.md(_table(("analyst", "cluster", "records", "read"), rows)),
        "not_read": dg.MetadataValue.md(_table(("why", "", "units"), why)),
    }


def of_merged(merged: MergedFindings) -> Metadata:
    """How much was found and by whom, the most important findings, and the themes, most severe and largest first."""
    themes = [f"- **{theme.title}**: {theme.summary}" for theme in merged.themes[:_PREVIEW_ROWS]]
    ranked = [
        f"| {found.score:.3f} | {found.severity} | {found.analyst} | {_cell(found.type)} | {_cell(found.summary)} |"
        for found in merged.top[:_PREVIEW_ROWS]
    ]
    return {
        "findings": merged.findings,
        "by_specialists": sum(totals.by_specialists for totals in merged.partitions.values()),
        "by_models": sum(totals.by_models for totals in merged.partitions.values()),
        "themes": len(merged.themes),
        "conflicts": len(merged.conflicts),
        "top": dg.MetadataValue.md(_table(("score", "severity", "analyst", "type", "finding"), ranked)),
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
