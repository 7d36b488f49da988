"""The taxonomies of earlier runs, each as it was published: `taxonomy/<run_id>.json`, the latest of them."""

import logging
from dataclasses import dataclass
from pathlib import Path

import pydantic

from rlm_pipeline.errors import QueryError, StoreError
from rlm_pipeline.store import DatasetStore, read_json, write_json
from rlm_pipeline.taxonomy.document import Taxonomy

MOST_RUNS = 50
"""Earlier ones are removed: a monthly run is kept for four years."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One published taxonomy; runs are in the order of `generated_at`, then of `run_id`."""

    generated_at: str
    run_id: str
    path: Path


def keep(store: DatasetStore, run_id: str, content: dict[str, object]) -> None:
    """Store a taxonomy for comparison with later ones; one of the same run is replaced, and the oldest ones removed.

    Raises:
        StoreError: the disk is full.

    """
    write_json(content, _folder(store) / f"{run_id}.json")
    for run in [each for each in runs(store) if each.run_id != run_id][: -(MOST_RUNS - 1)]:
        run.path.unlink(missing_ok=True)


def runs(store: DatasetStore) -> tuple[Run, ...]:
    """The runs that are kept, the latest last; a damaged file is none."""
    found: list[Run] = []
    for path in sorted(_folder(store).glob("[!.]*.json")):
        try:
            content = read_json(path)
            found.append(Run(generated_at=str(content["generated_at"]), run_id=str(content["run_id"]), path=path))
        except (StoreError, KeyError, TypeError) as error:
            logger.warning("%s is no taxonomy: %s", path, error)
    return tuple(sorted(found, key=lambda run: (run.generated_at, run.run_id)))


def load(run: Run) -> Taxonomy:
    """The taxonomy of a run.

    Raises:
        StoreError: the file is damaged or of another version.

    """
    try:
        return Taxonomy.model_validate(read_json(run.path))
    except pydantic.ValidationError as error:
        raise StoreError(f"{run.path} is not a taxonomy of this version: {error.errors()[0]['msg']}") from error


def chosen(store: DatasetStore, earlier: str, later: str) -> tuple[Run, Run] | None:
    """Two runs by the beginning of their ids; without a `later` the published one, without an `earlier` the one before.

    None where there is nothing to compare: one run alone, or none.

    Raises:
        QueryError: no run, or more than one, has such an id, or both are the same.

    """
    kept = runs(store)
    end = _one(kept, later) if later else _current(store, kept)
    before = [run for run in kept if end is not None and run != end and run.generated_at <= end.generated_at]
    start = _one(kept, earlier) if earlier else (before[-1] if before else None)
    if start and start == end:
        others = ", ".join(run.run_id for run in kept[-10:] if run != end) or "none"
        raise QueryError(f"{start.run_id} is the same run twice; others are: {others}")
    return (start, end) if start and end else None


def _current(store: DatasetStore, kept: tuple[Run, ...]) -> Run | None:
    published = read_json(store.existing(store.taxonomy_path, "taxonomy", None))
    return next((run for run in kept if run.run_id == published.get("run_id")), None)


def _one(kept: tuple[Run, ...], wanted: str) -> Run:
    found = [run for run in kept if run.run_id.startswith(wanted.lower())]
    if len(found) != 1:
        are = ", ".join(run.run_id for run in kept[-10:]) or "none"
        raise QueryError(f"{'no run' if not found else 'more than one run'} {wanted!r}; the last ones are: {are}")
    return found[0]


def _folder(store: DatasetStore) -> Path:
    return store.folder / "taxonomy"
