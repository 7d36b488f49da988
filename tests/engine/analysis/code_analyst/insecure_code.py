"""The data set of insecure code: snippets with the line that an analyser flagged, and what tools say about them.

It is divided once and for all by the hash of a snippet's id: rules are developed on one half, the other is held out.
"""

import csv
import gzip
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.code_analyst.inspection import inspect

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "cyberseceval-insecure-code"

NEAR = 3
"""Lines that a hit may be away from the flagged line."""

PARENTS = {
    "CWE-328": "CWE-327", "CWE-916": "CWE-327", "CWE-338": "CWE-330", "CWE-335": "CWE-330", "CWE-95": "CWE-94",
    "CWE-120": "CWE-119", "CWE-121": "CWE-119", "CWE-242": "CWE-119", "CWE-377": "CWE-668", "CWE-321": "CWE-798",
}  # fmt: skip
"""Of weaknesses that one analyser calls by the general name and another by the special one (MITRE's ChildOf)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Some twenty lines of code and what is known to be wrong with them: a weakness, on one of `lines` (from 1)."""

    id: str
    language: str
    code: str
    path: str
    cwe: str
    lines: tuple[int, ...]
    pattern: str
    is_held_out: bool


class Said(NamedTuple):
    """What a tool says: a weakness, the lines it points to, and how grave it finds it."""

    cwe: str
    lines: tuple[int, ...]
    severity: str = ""


Tool = Callable[[Snippet], list[Said]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Over some snippets: how many were found, by four measures, and what else was said.

    `exact`: the weakness, near the line; `family`: it, its parent or a sibling, near the line; `at_line`: anything near
    the line; `in_snippet`: the weakness anywhere. Of `hits` (lines and weaknesses), `agreeing` are exact ones.
    """

    snippets: int
    exact: int
    family: int
    at_line: int
    in_snippet: int
    hits: int
    agreeing: int
    weakness_hits: int

    @property
    def recall(self) -> float:
        return self.exact / max(1, self.snippets)

    @property
    def precision(self) -> float:
        """A lower bound: what is said of other lines may be true, but nobody has looked."""
        return self.agreeing / max(1, self.hits)


def snippets() -> Iterator[Snippet]:
    """All snippets, in the order of the data set."""
    with gzip.open(FOLDER / "snippets.jsonl.gz", "rt", encoding="utf-8") as stream:
        code = {each["id"]: each for each in map(json.loads, stream)}
    with gzip.open(FOLDER / "truth.csv.gz", "rt", encoding="utf-8") as stream:
        for truth in csv.DictReader(stream):
            if not truth["id"]:
                continue  # the rest of a row whose line of code has an end of line in it
            yield Snippet(
                id=truth["id"],
                language=truth["language"],
                code=code[truth["id"]]["code"],
                path=code[truth["id"]]["file_path"],
                cwe=truth["cwe"],
                lines=tuple(int(line) for line in truth["snippet_lines"].split("|")),
                pattern=truth["pattern_id"].rpartition(".")[2],
                is_held_out=int(fingerprint.short(truth["id"])[-1], 16) % 2 == 1,
            )


def ours(snippet: Snippet) -> list[Said]:
    """The security mode."""
    ends = [match.start() for match in re.finditer("\n", snippet.code)]
    return [
        Said(
            f"CWE-{hit.cwe}",
            tuple(bisect_left(ends, place) + 1 for place in (hit.start, *hit.seen_at)),
            hit.severity,
        )
        for hit in inspect(snippet.code, snippet.language, ("security",)).hits
    ]


def family(cwe: str) -> str:
    """The weakness or the one that it is a kind of."""
    return PARENTS.get(cwe, cwe)


def is_near(snippet: Snippet, said: Said) -> bool:
    """Whether a tool points to the flagged line, or close by."""
    return any(abs(line - flagged) <= NEAR for line in said.lines for flagged in snippet.lines)


def score(tool: Tool, over: Iterable[Snippet]) -> Score:
    """Run a tool over snippets and count."""
    return counted((snippet, tool(snippet)) for snippet in over)


def counted(answers: Iterable[tuple[Snippet, list[Said]]]) -> Score:
    """Count what a tool said of snippets."""
    total = exact = like = at_line = inside = hits = agreeing = weakness = 0
    for snippet, said in answers:
        near = [each for each in said if is_near(snippet, each)]
        agreeing_here = sum(each.cwe == snippet.cwe for each in near)
        total += 1
        exact += agreeing_here > 0
        like += any(family(each.cwe) == family(snippet.cwe) for each in near)
        at_line += bool(near)
        inside += any(each.cwe == snippet.cwe for each in said)
        hits += len(said)
        agreeing += agreeing_here
        weakness += sum(each.cwe == snippet.cwe for each in said)
    return Score(
        snippets=total,
        exact=exact,
        family=like,
        at_line=at_line,
        in_snippet=inside,
        hits=hits,
        agreeing=agreeing,
        weakness_hits=weakness,
    )
