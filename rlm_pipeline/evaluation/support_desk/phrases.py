"""The fragments tickets are composed from, read from the YAML files of `phrases/`."""

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One planted category: a subject followed by any problem is a clause, a statement is one by itself."""

    id: str
    name: str
    subjects: tuple[str, ...]
    problems: tuple[str, ...]
    statements: tuple[str, ...]
    tries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasebook:
    """What one text column says: its categories, and the connective phrases all of them share."""

    column: str
    categories: dict[str, Category]
    off_topic: tuple[str, ...]
    openings: tuple[str, ...]
    links: tuple[str, ...]
    try_openings: tuple[str, ...]
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterForms:
    """What surrounds the matter of a ticket: salutations, signatures, quoted mail, slot values, abbreviations."""

    slots: dict[str, tuple[str, ...]]
    greetings: tuple[str, ...]
    signatures: tuple[str, ...]
    quote_heads: tuple[str, ...]
    agents: tuple[str, ...]
    abbreviations: dict[str, str]


def read(name: str) -> Any:
    """The parsed content of `phrases/<name>.yaml`."""
    file = resources.files("rlm_pipeline.evaluation.support_desk") / "phrases" / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@functools.cache
def letter_forms() -> LetterForms:
    """The letter forms of all text columns."""
    grammar = read("grammar")
    slots = {**grammar["slots"], "when": grammar["when"]}
    return LetterForms(
        slots={slot: tuple(values) for slot, values in slots.items()},
        greetings=tuple(grammar["greetings"]),
        signatures=tuple(grammar["signatures"]),
        quote_heads=tuple(grammar["quote_heads"]),
        agents=tuple(grammar["agents"]),
        abbreviations=grammar["abbreviations"],
    )


def phrasebook(name: str, column: str) -> Phrasebook:
    """The phrases of one text column, whose categories are in `phrases/<name>.yaml`."""
    shared = read("grammar")[column]
    return Phrasebook(
        column=column,
        categories={key: _category(key, parts) for key, parts in read(name).items()},
        off_topic=_lines(read("off_topic")[column]),
        openings=tuple(shared["openings"]),
        links=tuple(shared["links"]),
        try_openings=tuple(shared["try_openings"]),
        endings=tuple(shared["endings"]),
    )


def _category(key: str, parts: dict[str, str]) -> Category:
    return Category(
        id=key,
        name=parts["name"],
        subjects=_lines(parts["subjects"]),
        problems=_lines(parts["problems"]),
        statements=_lines(parts["statements"]),
        tries=_lines(parts["tries"]),
    )


def _lines(block: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in block.splitlines() if line.strip())
