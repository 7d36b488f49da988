"""The report: one HTML file with everything in it, written from the published taxonomy."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from rlm_pipeline import fingerprint, store
from rlm_pipeline.report import (
    coverage_bar,
    decisions,
    dimension_view,
    figures,
    left_out,
    overview,
    relationship_map,
    relationship_rows,
    schema_changes,
    trend_arrows,
    year_bars,
)
from rlm_pipeline.report.inputs import ReportInputs, read
from rlm_pipeline.taxonomy.document import Taxonomy, Trend

_FOLDER = Path(__file__).parent
_NUMBER = re.compile(r"\d[\d,]*")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """The drawings that belong to the dataset as a whole."""

    coverage_parts: tuple[coverage_bar.Part, ...]
    coverage: Markup
    years: Markup
    map: Markup
    map_scope: relationship_map.MapScope
    trends: Markup
    trends_shown: int
    trend_order: tuple[Trend, ...]


def materialise(dataset: store.DatasetStore) -> Path:
    """Write `report.html` from taxonomy.json, schema.json, the manifests and, if there, the merged findings.

    Raises:
        NotMaterialised: the taxonomy is not published yet.
        StoreError: a stored file is damaged, or the page cannot be written.

    """
    html = render(read(dataset))
    store.write_text(html, dataset.report_path)
    logger.info(f"{dataset.name}: report of {figures.size(len(html.encode()))} written")
    return dataset.report_path


def render(inputs: ReportInputs) -> str:
    """The page as text; the same inputs give the same bytes."""
    taxonomy = inputs.taxonomy
    text = frozenset(dimension.id for dimension in overview.passed(taxonomy, "text"))
    periods = figures.dated(tuple(part.partition for part in taxonomy.inputs))
    views = tuple(dimension_view.view(dimension, periods, taxonomy.trends) for dimension in taxonomy.dimensions)
    return _environment().get_template("page.html.jinja").render(
        taxonomy=taxonomy,
        nonce=fingerprint.of_json(taxonomy),
        style=_asset("style.css"),
        script=_asset("script.js"),
        headline=_emphasised(overview.sentence(taxonomy)),
        facts=overview.facts(taxonomy),
        periods=periods,
        period_noun=figures.period_noun(periods),
        charts=_charts(taxonomy, text),
        text_views=[v for v in views if v.dimension.kind == "text" and v.dimension.gate == "passed"],
        coded_views=[v for v in views if v.dimension.kind == "categorical" and v.dimension.gate == "passed"],
        failed_views=[v for v in views if v.dimension.gate != "passed"],
        dimension_names={dimension.id: dimension.name for dimension in taxonomy.dimensions},
        dimension_anchors={v.dimension.id: v.anchor for v in views},
        knowledge_places={item.id: place for place, item in enumerate(taxonomy.knowledge_items, start=1)},
        relationships=relationship_rows.tables(taxonomy.relationships, text, periods),
        left_out=left_out.by_reason(taxonomy.left_out),
        sources=inputs.sources,
        schema=schema_changes.summarise(inputs.schema) if inputs.schema else None,
        themes=inputs.themes,
        conflicts=inputs.conflicts,
        findings=inputs.findings,
        narrative=inputs.narrative,
        decisions=decisions.view(taxonomy.curation, taxonomy.dimensions),
        named={each.theme: each for each in inputs.narrative.themes} if inputs.narrative else {},
        resolved={each.conflict: each for each in inputs.narrative.conflicts} if inputs.narrative else {},
    )  # fmt: skip


def _charts(taxonomy: Taxonomy, text: frozenset[str]) -> Charts:
    parts = coverage_bar.of_dataset(taxonomy.coverage)
    names = {dimension.id: dimension.name for dimension in taxonomy.dimensions}
    return Charts(
        coverage_parts=parts,
        coverage=coverage_bar.draw(parts, "Records"),
        years=year_bars.draw(year_bars.by_period(taxonomy.inputs)),
        map=relationship_map.draw(taxonomy.relationships, text),
        map_scope=relationship_map.scope(taxonomy.relationships, text),
        trends=trend_arrows.draw(taxonomy.trends, names),
        trends_shown=trend_arrows.MOST,
        trend_order=trend_arrows.ordered(taxonomy.trends),
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for written in (
        figures.count, figures.share, figures.points, figures.ratio, figures.probability, figures.size,
        figures.plural, figures.sentence, figures.year_label,
    ):  # fmt: skip
        environment.filters[written.__name__] = written
    return environment


def _asset(name: str) -> Markup:
    return Markup((_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 -- a file of this package


def _emphasised(sentence: str) -> Markup:
    """Numbers in bold."""
    written, at = Markup(""), 0
    for match in _NUMBER.finditer(sentence):
        written += escape(sentence[at : match.start()]) + Markup("<b>{}</b>").format(match.group())
        at = match.end()
    return written + escape(sentence[at:])
