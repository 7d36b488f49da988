"""Classifiers on disk: one `.npz` per text dimension, arrays only, nothing that is executed when read."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import StoreError
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import atomic_path
from rlm_pipeline.taxonomy.classifier import Classifier, Judgement
from rlm_pipeline.taxonomy.features import Features
from rlm_pipeline.taxonomy.slots.slot import Slot, only_one

_HALF = np.float16

_Part = TypeVar("_Part")


@dataclass(frozen=True, kw_only=True)
class Labeller:
    """All that labels a facet's statements.

    `categories` are category ids in the classifier's order. `known` are keys of the sample's statements and
    `known_categories` their categories: these are not predicted. A number beyond `categories`, known or predicted, is
    of statements that are in none: these are not decided. `boilerplate` is removed from statements first.
    `model_id` is the static encoder it was learnt with. Where there is a `slot`, its words label a statement that names
    one category, and the classifier reads the other words of those that name several or none.
    """

    categories: tuple[str, ...]
    classifier: Classifier
    known: tuple[str, ...]
    known_categories: NDArray[np.int32]
    boilerplate: tuple[str, ...]
    model_id: str
    slot: Slot | None = None

    @cached_property
    def category_of(self) -> dict[str, int]:
        """Key of a statement of the sample -> position of its category."""
        return dict(zip(self.known, self.known_categories.tolist(), strict=True))

    def judge(self, lower: Sequence[str], encoder: Encoder) -> Judgement:
        """Categories of statements in lower case, without boilerplate."""
        known = np.array([self.category_of.get(key_of(text), -1) for text in lower], dtype=np.int32)
        if self.slot is None:
            return _within(self.classifier.judge(lower, encoder, known=known), len(self.categories))
        named = self.slot.named(lower)
        one = only_one(named)
        among = named | ~named.any(axis=1, keepdims=True)
        judged = self.classifier.judge(self.slot.besides(lower), encoder, known=one, among=among)
        return Judgement(
            category=judged.category,
            confidence=np.where(one >= 0, np.float32(1.0), judged.confidence),
            margin=np.where(one >= 0, np.float32(1.0), judged.margin),
            runner_up=np.where(one >= 0, np.int32(-1), judged.runner_up),
            decided=judged.decided | (one >= 0),
        )


def _within(judged: Judgement, categories: int) -> Judgement:
    """A judgement that decides on one of so many categories, or on none."""
    return replace(
        judged,
        category=np.minimum(judged.category, categories - 1),
        runner_up=np.where(judged.runner_up < categories, judged.runner_up, -1).astype(np.int32),
        decided=judged.decided & (judged.category < categories),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Which statements of the sample are in which category; as in `Labeller`, without what labels others."""

    categories: tuple[str, ...]
    known: tuple[str, ...]
    known_categories: NDArray[np.int32]
    boilerplate: tuple[str, ...]


def key_of(lower: str) -> str:
    """The key of a statement in lower case, without boilerplate."""
    return fingerprint.short(lower)


def write(labeller: Labeller, path: Path) -> None:
    """Store a labeller; equal content gives equal bytes."""
    classifier = labeller.classifier
    arrays: dict[str, NDArray[Any]] = {
        "categories": _packed(labeller.categories),
        "known": _packed(labeller.known),
        "known_categories": labeller.known_categories,
        "boilerplate": _packed(labeller.boilerplate),
        "model_id": _packed((labeller.model_id,)),
        "vocabulary": _packed(classifier.features.vocabulary),
        "idf": classifier.features.idf,
        "weights": classifier.weights,
        "intercept": classifier.intercept,
        "centres": classifier.centres.astype(_HALF),
        "figures": np.array([classifier.temperature, classifier.least_typical, classifier.least_confident]),
    }
    if labeller.slot is not None:
        arrays |= {"slot_words": _packed(labeller.slot.words), "slot_categories": labeller.slot.categories}
    with atomic_path(path) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def read(path: Path, encoder: Encoder) -> Labeller:
    """A stored labeller, to be used with the static encoder it was learnt with.

    Raises:
        StoreError: the file is missing or damaged, or was learnt with another encoder.

    """
    labeller = _read(path, _labeller)
    if labeller.model_id != encoder.model_id:
        raise StoreError(f"{path} was learnt with {labeller.model_id}, not {encoder.model_id}; run dimensions again")
    return labeller


def read_members(path: Path) -> Members:
    """The sample's statements by category, whatever encoder the labeller was learnt with.

    Raises:
        StoreError: the file is missing or damaged.

    """
    return _read(
        path,
        lambda arrays: Members(
            categories=_unpacked(arrays["categories"]),
            known=_unpacked(arrays["known"]),
            known_categories=arrays["known_categories"],
            boilerplate=_unpacked(arrays["boilerplate"]),
        ),
    )


def read_slot(path: Path) -> Slot | None:
    """The slot whose words label statements, whatever encoder the labeller was learnt with; None if there is none.

    Raises:
        StoreError: the file is missing or damaged.

    """
    return _read(path, _slot)


def _slot(arrays: Any) -> Slot | None:
    if "slot_words" not in arrays:
        return None
    return Slot(words=_unpacked(arrays["slot_words"]), categories=arrays["slot_categories"])


def _read(path: Path, make: Callable[[Any], _Part]) -> _Part:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return make(arrays)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise StoreError(f"{path} is missing or damaged ({error}); run dimensions again") from error


def _labeller(arrays: Any) -> Labeller:
    temperature, least_typical, least_confident = (float(each) for each in arrays["figures"])
    return Labeller(
        categories=_unpacked(arrays["categories"]),
        classifier=Classifier(
            features=Features(vocabulary=_unpacked(arrays["vocabulary"]), idf=arrays["idf"]),
            weights=arrays["weights"],
            intercept=arrays["intercept"],
            centres=arrays["centres"].astype(np.float32),
            temperature=temperature,
            least_typical=least_typical,
            least_confident=least_confident,
        ),
        known=_unpacked(arrays["known"]),
        known_categories=arrays["known_categories"],
        boilerplate=_unpacked(arrays["boilerplate"]),
        model_id=_unpacked(arrays["model_id"])[0],
        slot=_slot(arrays),
    )


def _packed(texts: tuple[str, ...]) -> NDArray[np.uint8]:
    # An array of str objects would need pickle, one of fixed width the longest text's length for each.
    return np.frombuffer("".join(f"{text}\n" for text in texts).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(packed.tobytes().decode().split("\n")[:-1])
