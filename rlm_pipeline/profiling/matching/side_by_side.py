"""Columns of one partition that are never in one file: two files of a year that spell one column in two ways.

The records of a partition have both columns, so no schema can join them; a person can, in the files.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching.assignment import UNSURE, Match
from rlm_pipeline.profiling.matching.candidates import Candidate
from rlm_pipeline.profiling.matching.name_similarity import opposed, similarity
from rlm_pipeline.profiling.matching.value_similarity import ValueFeatures
from rlm_pipeline.store import DatasetStore

_MOST_COLUMNS = 400
"""Columns of a partition, of those that some of its files lack, that are compared with each other."""


def partial_columns(store: DatasetStore, partition: str) -> dict[str, frozenset[int]]:
    """The columns that some sources of a partition lack -> the numbers of the sources that have them."""
    headers = list(dict.fromkeys(source.header for source in store.manifest(partition).sources))
    sources: dict[str, set[int]] = {}
    for number, header in enumerate(headers):
        for column in header:
            sources.setdefault(column, set()).add(number)
    return {column: frozenset(having) for column, having in sources.items() if len(having) < len(headers)}


def candidates(
    partition: str, partial: Mapping[str, frozenset[int]], rows: Mapping[str, Profile], features: ValueFeatures
) -> Iterator[Match]:
    """Columns of one partition that are alike in name and values, and that no source has both of."""
    columns = [column for column in partial if column in rows and rows[column]["kind"] != "ignored"][:_MOST_COLUMNS]
    if len(columns) < 2:
        return
    places = np.array([features.row_of[partition, column] for column in columns])
    alike = features.similarity(places, places)
    for x, y in combinations(range(len(columns)), 2):
        if not partial[columns[x]].isdisjoint(partial[columns[y]]):
            continue
        name, values = similarity(columns[x], columns[y]), float(alike[x, y])
        confidence = 1 - (1 - name**2) * (1 - 0.4 * values**2)
        if name > 0 and not opposed(columns[x], columns[y]) and confidence >= UNSURE:
            found = Candidate(
                before=partition, column=columns[x], after=partition, target=columns[y], gap=0,
                name=name, values=values, own=0.0, contradicted=False, opposed=False,
            )  # fmt: skip
            yield Match(candidate=found, place=0.0, confidence=round(confidence, 4))


def found(
    partial: Mapping[str, Mapping[str, frozenset[int]]],
    rows: Mapping[str, Mapping[str, Profile]],
    features: ValueFeatures,
) -> list[Match]:
    """All of them, surest first; `partial` are the partial columns of each partition."""
    matches = [
        each for partition, columns in partial.items()
        for each in candidates(partition, columns, rows[partition], features)
    ]  # fmt: skip
    return sorted(matches, key=lambda each: (-each.confidence, each.candidate.before, each.candidate.column))
