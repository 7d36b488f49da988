"""Everything that is found in one text of code: by the rules, by bandit, by the forms of credentials; once each."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rlm_pipeline.analysis.code_analyst import metrics, python_security, secrets_in_code
from rlm_pipeline.analysis.code_analyst.fragments import tree_of
from rlm_pipeline.analysis.code_analyst.functions import Function
from rlm_pipeline.analysis.code_analyst.hits import Hit
from rlm_pipeline.analysis.code_analyst.languages import SYNTAX
from rlm_pipeline.analysis.code_analyst.reading import read
from rlm_pipeline.analysis.code_analyst.rules import RuleSet, hit_of, rules_for
from rlm_pipeline.configuration import CodeMode
from rlm_pipeline.sources.code.definitions import definitions

_SEVERITIES = ("info", "notice", "warning")
_MOST_IN_TEXT = 1000  # hits of one pattern in one text


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was found in a text, in its order; `is_parsed` is false where its tree takes too much effort."""

    hits: tuple[Hit, ...]
    functions: tuple[Function, ...]
    is_parsed: bool


def inspect(
    text: str, language: str, modes: tuple[CodeMode, ...], parts: Iterable[tuple[int, int]] | None = None
) -> Inspected:
    """Look at a text in all `modes`; the work is bounded by its length.

    `parts` are the ranges of its definitions, if they are known: what Python cannot parse as a whole is given to bandit
    part by part.
    """
    rules = rules_for(language, modes)
    found = list(_in_text(text, rules))
    functions: list[Function] = []
    root = tree_of(text, language) if language in SYNTAX else None
    if root is not None:
        reading = read(root, text, SYNTAX[language], rules)
        # What is missing at the end is read behind the text.
        found.extend(replace(hit, end=min(hit.end, len(text))) for hit in reading.hits if hit.start < len(text))
        functions = [each for each in reading.functions if each.start < len(text)]
        if "general" in modes:
            found.extend(metrics.hits(functions))
    if "security" in modes:
        found.extend(secrets_in_code.hits(text))
        if language == "python":
            found.extend(python_security.hits(text, _parts(text, language) if parts is None else parts))
    return Inspected(hits=tuple(_merged(found, text)), functions=tuple(functions), is_parsed=root is not None)


def _parts(text: str, language: str) -> Iterator[tuple[int, int]]:
    for each in definitions(text, language):
        yield each.start, each.end


def _in_text(text: str, rules: RuleSet) -> Iterator[Hit]:
    for rule in rules.texts:
        if rule.text is None or not (not rule.words or any(word in text for word in rule.words)):
            continue
        for count, match in enumerate(rule.text.finditer(text)):
            if count == _MOST_IN_TEXT:
                break
            yield hit_of(rule, match.start(), match.end())


def _merged(found: Sequence[Hit], text: str) -> Iterator[Hit]:
    """One hit for each line and weakness (or rule, where it is none), the gravest and surest, in the text's order."""
    ends = [match.start() for match in re.finditer("\n", text)]
    best: dict[tuple[int, str, str], Hit] = {}
    for hit in sorted(found, key=lambda each: (each.start, each.end, each.rule)):
        what = f"CWE-{hit.cwe}" if hit.cwe is not None else hit.rule
        key = (_line(ends, hit.start), hit.kind, what)
        known = best.get(key)
        if known is None or _weight(hit) > _weight(known):
            best[key] = hit
    yield from sorted(best.values(), key=lambda each: (each.start, each.end, each.kind, each.rule))


def _line(ends: list[int], position: int) -> int:
    return bisect_left(ends, position)


def _weight(hit: Hit) -> tuple[int, float]:
    return _SEVERITIES.index(hit.severity), hit.confidence
