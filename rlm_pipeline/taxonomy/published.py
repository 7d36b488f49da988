"""taxonomy.json: the discovered dimensions with their counts, what follows from them, and the proof of every citation.

Nothing is written unless every record is accounted for, every citation stands in the records, and every number of
every sentence stands beside it.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pydantic

from rlm_pipeline import fingerprint, staleness
from rlm_pipeline.analysis.reading import accounts
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError, StoreError
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.profiling import schema as schema_stage
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore, read_json, write_json
from rlm_pipeline.synthesis import merge
from rlm_pipeline.taxonomy import (
    cited,
    compared,
    confused,
    counts,
    history,
    knowledge,
    quality,
    recomputed,
    relationships,
    trends,
    variables,
)
from rlm_pipeline.taxonomy.curation import outcome
from rlm_pipeline.taxonomy.document import (
    Category,
    Citation,
    Coverage,
    Dimension,
    DimensionSet,
    Input,
    KnowledgeItem,
    Recommendation,
    Taxonomy,
)
from rlm_pipeline.taxonomy.recommendations import recommend
from rlm_pipeline.taxonomy.review import hard_cases
from rlm_pipeline.taxonomy.wording import unsupported_numbers

logger = logging.getLogger(__name__)

NOT_COMPARED = "columns not compared"
"""The key in `left_out` that names informative columns beyond the bound of relationships."""


def materialise(
    store: DatasetStore,
    config: DatasetConfig,
    partitions: tuple[str, ...],
    *,
    generated_at: str,
    ledger: Ledger | None = None,
) -> Taxonomy:
    """Publish the taxonomy of `partitions`, and merge their findings; both are stored.

    With a ledger and a model the synthesiser gives its account of the merged findings.
    `generated_at` is kept from the last taxonomy if it was made from the same inputs by the same code, so that the
    same content gives the same bytes.

    Raises:
        NotMaterialised: an upstream stage has not run for a partition.
        InvariantError: a record is not accounted for, a citation is not in the records, or a sentence states a number
            it does not carry.
        CurationError: two decisions of a person contradict each other.
        ModelError: the synthesiser's server cannot be used.

    """
    partitions = tuple(sorted(partitions))
    merge.merge_all(store, partitions, config=config, ledger=ledger)
    schema = schema_stage.load(store)
    discovered = _discovered(store, config)
    decided, plan = outcome.decided(store, config, schema, partitions, discovered.dimensions)
    proven = cited.verify(_cited_by(decided), store=store, config=config, schema=schema, partitions=partitions)
    counted = _counted(store, partitions, _with_citations(decided, proven))
    dimensions, decisions = outcome.accounted(
        store, schema, partitions, found=discovered.dimensions, counted=counted, plan=plan
    )
    taxonomy = _assembled(store, config, partitions, schema=schema, dimensions=dimensions, discovered=discovered)
    _check_sentences(taxonomy.knowledge_items, taxonomy.recommendations)
    first = _first_generated(store, taxonomy.run_id, generated_at)
    taxonomy = taxonomy.model_copy(update={"generated_at": first, "curation": decisions})
    content = taxonomy.model_dump(mode="json", by_alias=True)
    history.keep(store, taxonomy.run_id, content)
    write_json(content, store.taxonomy_path)
    return taxonomy


def load(store: DatasetStore) -> Taxonomy:
    """The published taxonomy.

    Raises:
        NotMaterialised: nothing was published yet.
        StoreError: the file is damaged or of another version.

    """
    path = store.existing(store.taxonomy_path, "taxonomy", None)
    try:
        return Taxonomy.model_validate(read_json(path))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{path} is not a taxonomy: {place}: {first['msg']}; delete it and run again") from error


def check_recomputable(store: DatasetStore, partitions: tuple[str, ...]) -> tuple[str, ...]:
    """Every published figure that does not follow from labels and records as stored now; none is as it should be."""
    return recomputed.mismatches(store, load(store), tuple(sorted(partitions)))


def _discovered(store: DatasetStore, config: DatasetConfig) -> DimensionSet:
    path = store.existing(store.dimensions_path, "dimensions", None)
    try:
        discovered = DimensionSet.model_validate(read_json(path))
    except pydantic.ValidationError as error:
        raise StoreError(f"{path} holds no dimensions: {error.errors()[0]['msg']}; run dimensions again") from error
    for dimension in discovered.dimensions:
        if config.columns.is_ignored(dimension.facet):
            raise InvariantError(f"dimension {dimension.id} was made from {dimension.facet!r}, which is to be ignored")
    ids = Counter(category.id for dimension in discovered.dimensions for category in dimension.categories)
    ids.update(dimension.id for dimension in discovered.dimensions)
    if shared := sorted(identity for identity, times in ids.items() if times > 1):
        raise InvariantError(f"dimensions or categories share an id: {', '.join(shared[:5])}")
    return discovered


def _counted(
    store: DatasetStore, partitions: tuple[str, ...], dimensions: tuple[Dimension, ...]
) -> tuple[Dimension, ...]:
    counted = counts.tally(store, partitions)
    rows = {partition: store.manifest(partition).rows for partition in partitions}
    counts.check_every_record_is_accounted_for(dimensions, counted, rows)
    return hard_cases.counted(store, partitions, counts.fill(dimensions, counted, partitions))


def _assembled(
    store: DatasetStore,
    config: DatasetConfig,
    partitions: tuple[str, ...],
    *,
    schema: Schema,
    dimensions: tuple[Dimension, ...],
    discovered: DimensionSet,
) -> Taxonomy:
    records = variables.records_of(store, partitions)
    own = variables.of_dimensions(store, records, dimensions)
    choice = compared.choose(
        store, config, schema, partitions=partitions, facets={dimension.facet for dimension in dimensions}
    )
    found = relationships.find(own, compared.variables(store, schema, records, choice.columns), records)
    moves = trends.find(dimensions, partitions)
    hard_to_tell = confused.find(dimensions, confused.tally(store, partitions))
    items = (
        *knowledge.items(dimensions, moves, found.related, hard_to_tell),
        *quality.items(store, schema, partitions=partitions, dimensions=dimensions, compared=choice.columns),
    )
    advice = recommend(
        items,
        dimensions=dimensions,
        trends=moves,
        related=found.related,
        compared=choice.columns,
        confused=hard_to_tell,
    )
    labelled = variables.labelled_records(own, records)
    logger.info(
        "%d relationships, %d trends, %d knowledge items",
        len(found.relationships) + len(hard_to_tell),
        len(moves),
        len(items),
    )
    return Taxonomy(
        dataset=store.name,
        run_id=_run_id(store, config, partitions),
        generated_at="",
        inputs=tuple(_inputs(store, partitions)),
        coverage=_coverage(store, partitions, dimensions, items, labelled=labelled),
        dimensions=dimensions,
        relationships=(*found.relationships, *hard_to_tell),
        trends=moves,
        knowledge_items=items,
        recommendations=advice,
        left_out={**discovered.left_out, **_not_compared(choice)},
    )


def _coverage(
    store: DatasetStore,
    partitions: tuple[str, ...],
    dimensions: tuple[Dimension, ...],
    items: Iterable[KnowledgeItem],
    *,
    labelled: int,
) -> Coverage:
    manifests = [store.manifest(partition) for partition in partitions]
    records = sum(manifest.rows for manifest in manifests)
    passed = any(dimension.gate == "passed" for dimension in dimensions)
    other = counts.unlabelled_records(store, partitions, dimensions) if passed else records
    if labelled + other != records:
        raise InvariantError(f"{labelled:,} labelled and {other:,} other records are not the {records:,} records read")
    citations = [*_cited_by(dimensions), *(citation for item in items for citation in item.citations)]
    return Coverage(
        records=records,
        labelled=labelled,
        other=other,
        quarantined=sum(manifest.quarantined for manifest in manifests),
        read_by_model=accounts.read_records(store, partitions),
        citations=len(citations),
        citations_verified=sum(citation.verified for citation in citations),
    )


def _inputs(store: DatasetStore, partitions: Iterable[str]) -> Iterator[Input]:
    for partition in partitions:
        for source in sorted(store.manifest(partition).sources, key=lambda source: source.source):
            yield Input(
                partition=partition,
                source=source.source,
                sha256=source.sha256,
                rows=source.rows,
                quarantined=source.quarantined,
            )


def _run_id(store: DatasetStore, config: DatasetConfig, partitions: tuple[str, ...]) -> str:
    """16 hex characters of the sources, of all stored that the taxonomy is made from, of decisions and of the code."""
    made_from = [store.schema_path, store.dimensions_path, store.merged_all_years_path]
    for partition in partitions:
        made_from += [store.profile_path(partition), store.labels_path(partition)]
    inputs = [each.model_dump() for each in _inputs(store, partitions)]
    code = staleness.code_version("taxonomy")
    decided = fingerprint.of_json(config.curation.settings)
    return fingerprint.short(fingerprint.of_json(inputs), fingerprint.of_files(made_from), decided, code)


def _first_generated(store: DatasetStore, run_id: str, generated_at: str) -> str:
    if not store.taxonomy_path.exists():
        return generated_at
    try:
        last = load(store)
    except StoreError as error:
        logger.warning("%s: the last taxonomy is replaced", error)
        return generated_at
    return last.generated_at if last.run_id == run_id else generated_at


def _not_compared(choice: compared.Choice) -> dict[str, str]:
    if not choice.beyond:
        return {}
    reason = f"beyond the {compared.MAXIMUM_COLUMNS} columns with the largest coverage times entropy"
    return {NOT_COMPARED: f"{reason}: {', '.join(choice.beyond)}"}


def _cited_by(dimensions: Iterable[Dimension]) -> list[Citation]:
    categories = [category for dimension in dimensions for category in dimension.categories]
    return [citation for each in categories for citation in (*each.exemplars, *each.border_cases)]


def _with_citations(dimensions: Sequence[Dimension], proven: dict[Citation, Citation]) -> tuple[Dimension, ...]:
    def with_proof(category: Category) -> Category:
        update = {
            "exemplars": tuple(proven[citation] for citation in category.exemplars),
            "border_cases": tuple(proven[citation] for citation in category.border_cases),
        }
        return category.model_copy(update=update)

    return tuple(
        dimension.model_copy(update={"categories": tuple(with_proof(category) for category in dimension.categories)})
        for dimension in dimensions
    )


def _check_sentences(items: Sequence[KnowledgeItem], advice: Sequence[Recommendation]) -> None:
    by_id = {item.id: item for item in items}
    if len(by_id) < len(items):
        raise InvariantError(f"{len(items) - len(by_id)} knowledge items share an id with another one")
    stated = [(item.id, item.statement, item.numbers) for item in items]
    for each in advice:
        numbers = {f"{key}/{name}": n for key in each.based_on for name, n in by_id[key].numbers.items()}
        stated.append((each.id, f"{each.statement} {each.rationale} {each.would_change}", numbers))
    for identity, text, numbers in stated:
        if unsupported := unsupported_numbers(text, numbers):
            raise InvariantError(f"{identity} states {', '.join(unsupported)} without carrying it: {text}")
