"""Pinned categories as discovery last found them, kept for the day on which it finds them no longer."""

import logging
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pydantic

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.store import DatasetStore, atomic_path, read_json, write_json
from rlm_pipeline.taxonomy.counts import leaves
from rlm_pipeline.taxonomy.curation.references import DoesNotFit, Known, dimension_of
from rlm_pipeline.taxonomy.document import Category, Dimension, DimensionSet

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A category under the name it was pinned by, and the classifier that last knew it; None for a column's value."""

    dimension: str
    category: Category
    classifier: Path | None


def keep(store: DatasetStore, config: DatasetConfig, found: DimensionSet | None) -> None:
    """Keep the pinned categories of `found`, the stored dimensions, before they are replaced.

    Raises:
        StoreError: the disk is full.

    """
    dimensions = found.dimensions if found else ()
    for decision in config.curation.decisions:
        if decision.kind != "pin":
            continue
        try:
            dimension = dimension_of(dimensions, decision.dimension, {})
            identity = Known(dimension=dimension).category(decision.target[0], as_found=True)
        except DoesNotFit as error:
            logger.info("%s: %s", decision.told, error)
            continue
        _keep(store, dimension, identity)


def read(store: DatasetStore) -> dict[str, Pinned]:
    """What is kept, by category id; a damaged file is as none.

    Categories that are pinned no more are among them: whether one is, the decisions tell.
    """
    found: dict[str, Pinned] = {}
    for path in sorted(_folder(store).glob("[!.]*.json")):
        try:
            content = read_json(path)
            category = Category.model_validate(content["category"])
            dimension = str(content["dimension"])
        except (StoreError, KeyError, TypeError, pydantic.ValidationError) as error:
            logger.warning("%s is not read: %s", path, error)
            continue
        classifier = path.with_suffix(".npz")
        found[category.id] = Pinned(
            dimension=dimension, category=category, classifier=classifier if classifier.exists() else None
        )
    return found


def of_dimension(pinned: Mapping[str, Pinned], dimension: str, references: Collection[str]) -> dict[str, Category]:
    """The kept categories of a dimension that are referred to by id or, in lower case, by name."""
    own = {identity: each.category for identity, each in pinned.items() if each.dimension == dimension}
    return {identity: each for identity, each in own.items() if {identity, each.name.casefold()} & set(references)}


def _keep(store: DatasetStore, dimension: Dimension, identity: str) -> None:
    category = next(each for each in dimension.categories if each.id == identity)
    if category.id not in {leaf.id for leaf in leaves(dimension)}:
        return
    before = read(store).get(identity)
    name = before.category.name if before else category.name
    path = _folder(store) / f"{identity}.json"
    classifier = store.classifiers_folder / f"{dimension.id}.npz"
    if classifier.exists():
        with atomic_path(path.with_suffix(".npz")) as partial:
            shutil.copyfile(classifier, partial)
    content = category.model_copy(update={"name": name}).model_dump(mode="json", by_alias=True)
    write_json({"dimension": dimension.id, "category": content}, path)


def _folder(store: DatasetStore) -> Path:
    return store.folder / "pinned"
