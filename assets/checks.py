"""Promises that are checked on what was stored, before anything downstream may read it."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from assets.stage import Work
from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.reading import accounts
from rlm_pipeline.chunking import tiling
from rlm_pipeline.evaluation import minimum
from rlm_pipeline.retrieval import embeddings
from rlm_pipeline.taxonomy import published

_SHOWN = 5


def rows_accounted(work: Work) -> dg.AssetCheckResult:
    """Rows stored and rows set aside are what the manifest says was read."""
    manifest = work.store.manifest(work.year)
    paths = work.store.records_paths(work.year)
    stored = sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in paths)
    aside = work.store.scan(work.store.quarantine_path(work.year), "raw_file", work.year)
    quarantined = aside.select(pl.len()).collect().item()
    return _result(
        "rows_accounted",
        passed=stored == manifest.rows and quarantined == manifest.quarantined,
        description=f"{stored:,} stored + {quarantined:,} set aside; "
        f"the manifest says {manifest.rows:,} + {manifest.quarantined:,}",
    )


def records_in_chunks(work: Work) -> dg.AssetCheckResult:
    """Every stored record begins in exactly one chunk, and the chunks of a source lie one behind the other."""
    problems = tiling.check_tiling(work.store, work.config, work.year)
    rows = work.store.manifest(work.year).rows
    return _of_problems(
        "records_in_chunks", problems, f"{rows:,} records, each begins in one chunk; no gap, no overlap"
    )


def vectors_complete(work: Work) -> dg.AssetCheckResult:
    """Every chunk has one vector of the configured model, and no vector is left from before."""
    problems = embeddings.check_complete(work.store, work.config, work.year)
    return _of_problems("vectors_complete", problems, "one vector per chunk")


def distributions_equal_profile(work: Work) -> dg.AssetCheckResult:
    """The distributions of all batches add up to the exact profile, value by value."""
    problems = findings.distributions_equal_profile(work.store, work.year)
    return _of_problems("distributions_equal_profile", problems, "every distribution adds up")


def finding_citations_verified(work: Work) -> dg.AssetCheckResult:
    """Every citation of a finding was found verbatim in its source."""
    return _citations_verified(work.store.scan(work.store.findings_path(work.year), "findings", work.year))


def read_citations_verified(work: Work) -> dg.AssetCheckResult:
    """Every citation of what a model found was found verbatim in its source."""
    return _citations_verified(work.store.scan(work.store.read_findings_path(work.year), "readings", work.year))


def readings_accounted(work: Work) -> dg.AssetCheckResult:
    """Every record was read, or in another one, or is blank, or is not read for a reason; without a model none is."""
    problems = accounts.unaccounted(work.store, work.config, work.year)
    return _of_problems("readings_accounted", problems, "what became of every record is known")


def _citations_verified(findings: pl.LazyFrame) -> dg.AssetCheckResult:
    citations = findings.select(pl.col("citations").explode(empty_as_null=False).struct.field("verified")).collect()
    verified = int(citations["verified"].sum())
    return _result(
        "citations_verified",
        passed=verified == citations.height,
        description=f"{verified:,} of {citations.height:,} citations verified",
    )


def every_record_labelled(work: Work) -> dg.AssetCheckResult:
    """Each record has exactly one label, `other` or blank per dimension."""
    rows = work.store.manifest(work.year).rows
    labels = work.store.scan(work.store.labels_path(work.year), "labels", work.year)
    counts = (
        labels.group_by("dimension_id")
        .agg(pl.len().alias("labels"), pl.struct("source", "row").n_unique().alias("records"))
        .filter((pl.col("labels") != rows) | (pl.col("records") != rows))
        .collect()
    )
    problems = [f"{row['dimension_id']}: {row['labels']} labels for {rows} records" for row in counts.to_dicts()]
    return _of_problems("every_record_labelled", problems, f"{rows:,} records labelled in every dimension")


def numbers_recomputable(work: Work) -> dg.AssetCheckResult:
    """Every count and share published is what the labels give when counted again."""
    problems = published.check_recomputable(work.store, work.years)
    return _of_problems("numbers_recomputable", problems, "every number recomputed equal")


def taxonomy_citations_verified(work: Work) -> dg.AssetCheckResult:
    """Every citation published was found verbatim in its record."""
    coverage = published.load(work.store).coverage
    return _result(
        "citations_verified",
        passed=coverage.citations == coverage.citations_verified,
        description=f"{coverage.citations_verified:,} of {coverage.citations:,} citations verified",
    )


def agreement_with_truth(work: Work) -> dg.AssetCheckResult:
    """The labels agree with what is known as well as the configuration asks for; without that, nothing is claimed."""
    name, evaluation = "agreement_with_truth", work.config.evaluation
    if evaluation is None:
        return _not_asked(name, "the configuration has no `evaluation`, so no agreement was measured")
    found = minimum.evaluate_configured(work.store, work.config, evaluation)
    reached = minimum.against(found, evaluation)
    metadata: dict[str, Any] = {
        "measured": True,
        "truth": reached.truth,
        "dimension": reached.dimension,
        "records": reached.compared,
        **{figure: round(estimate.value, 4) for figure, estimate in reached.figures.items()},
        "intervals": dg.MetadataValue.md("  \n".join(f"{name} {each}" for name, each in reached.figures.items())),
    }
    if not evaluation.minimum.wanted:
        return _not_asked(name, "measured, but `evaluation` asks for no minimum", metadata)
    return dg.AssetCheckResult(
        check_name=name,
        passed=not reached.below,
        description="; ".join(reached.below) or f"{reached.dimension} reaches the minimum against {reached.truth}",
        metadata=metadata,
    )


def _not_asked(name: str, why: str, metadata: Mapping[str, Any] | None = None) -> dg.AssetCheckResult:
    """Dagster wants a result of every declared check: this one warns that it stands for nothing."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=True,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"nothing was checked: {why}",
        metadata=metadata or {"measured": False},
    )


def _of_problems(name: str, problems: tuple[str, ...] | list[str], otherwise: str) -> dg.AssetCheckResult:
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return _result(name, passed=not problems, description="; ".join(problems[:_SHOWN]) + more or otherwise)


def _result(name: str, *, passed: bool, description: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(check_name=name, passed=passed, description=description)
