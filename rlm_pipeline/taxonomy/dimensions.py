"""The dimensions of a dataset: its text facets by discovery, its categorical facets by their values."""

import logging
from collections.abc import Iterable
from typing import Any

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.profiling import schema as schema_stage
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.store import DatasetStore, read_json, write_json
from rlm_pipeline.taxonomy import categorical, facets, labeller, lineage, sampling
from rlm_pipeline.taxonomy.curation import pinned
from rlm_pipeline.taxonomy.discovery import FEWEST_STATEMENTS, Discovered, Encoders, discover, read
from rlm_pipeline.taxonomy.document import DimensionSet
from rlm_pipeline.taxonomy.facets import Facets
from rlm_pipeline.taxonomy.naming import humanised
from rlm_pipeline.taxonomy.questions import discovery as questions
from rlm_pipeline.taxonomy.review.asked import reviewer_of
from rlm_pipeline.taxonomy.slots import views

STATIC = "static"
"""The encoder of the classifiers, whatever encoder discovers."""

logger = logging.getLogger(__name__)


def materialise(
    store: DatasetStore,
    config: DatasetConfig,
    partitions: tuple[str, ...],
    *,
    ledger: Ledger | None = None,
    transport: Any = None,
) -> DimensionSet:
    """Discover the dimensions of `partitions`, and store them with a classifier for each text dimension.

    Categories that the stored dimensions hold already keep their ids (see `lineage`). With a ledger and a model these
    are reviewed; `transport` replaces the network in tests.

    Raises:
        NotMaterialised: an upstream stage has not run for a partition.
        EncoderError: an embedding model is absent.
        InvariantError: a statement's record is gone.

    """
    partitions = tuple(sorted(partitions))
    schema = schema_stage.load(store)
    last = _last(store)
    past = lineage.dimensions_of(last)
    reviewer = reviewer_of(config, ledger, transport)
    found = facets.find(store, config, schema, partitions)
    left_out = dict(found.left_out)
    discovered: list[Discovered] = []
    for column in found.text:
        limit, seed = config.discovery.max_statements, config.discovery.seed
        sample = sampling.draw(store, column, partitions, limit=limit, seed=seed)
        if sample.statements.height < FEWEST_STATEMENTS:
            left_out[column.name] = f"only {sample.distinct} distinct statements"
            continue
        logger.info("%s: %d of %d distinct statements", column.name, sample.statements.height, sample.distinct)
        before = past.get(categorical.dimension_id(column.name))
        encoders = _encoders(config)
        statements = read(column, sample, encoders)
        main = discover(store, statements, encoders, seed=seed, past=before, reviewer=reviewer)
        formerly = tuple(each for each in past.values() if each.facet == column.name)
        of_text = (main, *views.discover(store, statements, encoders, main=main, seed=seed, past=formerly))
        asked = questions.discover(
            store,
            statements,
            encoders,
            others=of_text,
            known=_known(found, discovered),
            past=formerly,
            limits=config.discovery,
            reviewer=reviewer,
        )
        discovered += (*of_text, *asked.discovered)
        if asked.told:
            left_out[f"{column.name}: questions"] = asked.told
    of_values = (
        lineage.by_id(dimension, past.get(dimension.id))
        for dimension in categorical.dimensions(store, schema, partitions, found.categorical)
    )
    result = DimensionSet(
        dataset=config.name,
        dimensions=tuple(
            lineage.with_retired(dimension, past.get(dimension.id))
            for dimension in (*(each.dimension for each in discovered), *of_values)
        ),
        left_out=dict(sorted(left_out.items())),
    )
    pinned.keep(store, config, last)
    _write(store, result, discovered)
    return result


def load(store: DatasetStore) -> DimensionSet:
    """The stored dimensions.

    Raises:
        NotMaterialised: discovery has not run.
        StoreError: the file is damaged or of another version.

    """
    import pydantic

    path = store.existing(store.dimensions_path, "dimensions", None)
    try:
        return DimensionSet.model_validate(read_json(path))
    except pydantic.ValidationError as error:
        raise StoreError(f"{path} holds no dimensions ({error.errors()[0]['msg']}); run dimensions again") from error


def _last(store: DatasetStore) -> DimensionSet | None:
    """What the last discovery stored; None where there is none that can be read, so that one can be made anew."""
    try:
        return load(store)
    except NotMaterialised:
        return None
    except StoreError as error:
        logger.warning("all categories get new ids: %s", error)
        return None


def _known(found: Facets, discovered: Iterable[Discovered]) -> tuple[str, ...]:
    """Names of dimensions that there are, or are to be."""
    columns = [*(column.name for column in found.text), *(answers.column for answers in found.categorical)]
    return (*map(humanised, columns), *(each.dimension.name for each in discovered))


def _encoders(config: DatasetConfig) -> Encoders:
    return Encoders(discovery=open_encoder(config.embedding.discovery), static=open_encoder(STATIC))


def _write(store: DatasetStore, result: DimensionSet, discovered: Iterable[Discovered]) -> None:
    kept = {f"{each.dimension.id}.npz": each.labeller for each in discovered if each.labeller}
    for name, found in kept.items():
        labeller.write(found, store.classifiers_folder / name)
    write_json(result.model_dump(mode="json", by_alias=True), store.dimensions_path)
    for path in store.classifiers_folder.glob("*.npz"):
        if path.name not in kept:
            path.unlink()
