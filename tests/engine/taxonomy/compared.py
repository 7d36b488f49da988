"""Small taxonomies, to be compared with one another."""

from rlm_pipeline.taxonomy.document import Category, Coverage, Dimension, Lineage, Relationship, Taxonomy, Trend


def category(identity, name, count, *, state="continued", former=(), parent=None):
    """A category whose share is that of 100 labelled records."""
    return Category(
        id=identity, name=name, definition="", status="established", count=count, share=count / 100, parent=parent,
        lineage=Lineage(state=state, former=former or (identity,)),
    )  # fmt: skip


def dimension(*categories, identity="d", name="Subject", gate="passed"):
    """A dimension of 100 labelled records."""
    return Dimension(
        id=identity, name=name, definition="", facet="text", kind="text", gate=gate, gate_reason="", method="",
        categories=categories, labelled=100,
    )  # fmt: skip


def relationship(source, target, *, kind="association"):
    """How two dimensions go together."""
    return Relationship(
        kind=kind, source=source, target=target, source_name=source.upper(), target_name=target.upper(), effect=0.5,
        effect_name="V", n=100,
    )  # fmt: skip


def trend(identity, name, start, end):
    """A category of the dimension `d` whose share moved."""
    return Trend(
        dimension="d", category=identity, category_name=name, start="FY2020", end="FY2022", share_from=start,
        share_to=end, q=0.01,
    )  # fmt: skip


def taxonomy(*dimensions, run_id="a1", generated_at="2024-01-01T00:00:00+00:00", **more):
    """A published taxonomy of 100 records."""
    coverage = Coverage(
        records=100, labelled=100, other=0, quarantined=0, read_by_model=0, citations=0, citations_verified=0
    )
    parts = {"relationships": (), "trends": (), "knowledge_items": (), "recommendations": (), "inputs": (), **more}
    return Taxonomy(
        dataset="desk", run_id=run_id, generated_at=generated_at, coverage=coverage, dimensions=dimensions, **parts
    )
