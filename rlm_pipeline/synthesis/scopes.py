"""Which scopes are of one family: what a specialist speaks about, named by what it lies in."""

import re

from rlm_pipeline.analysis.observation import Analyst

_ELEMENT = re.compile(r"\[\d+\]")
_STEPS = 2
"""Steps of a JSON path that name its family: `$` and the first key, behind the elements of a list."""

_DEFINITION = re.compile(r"(?P<source>.* )?\w+:(?P<outer>[^\s./#]+)[./#\w]*")
_CHAPTER = re.compile(r"\s+>\s+")

WHOLE = " \u00b7 "
"""Stands between what a text analyst speaks about and the log or document it is in."""


def family(analyst: Analyst, scope: str) -> str:
    """The family of a scope: a path's first keys, a definition's class or module, a log, a chapter; else itself.

    `$.issue.labels[3].name` is of `$.issue`, `a.py method:Cache.get` of `a.py Cache`, `Setup > Proxies` of `Setup`.
    """
    if analyst == "json" and scope.startswith("$"):
        return ".".join(_ELEMENT.sub("[*]", scope).split(".")[:_STEPS])
    if analyst == "code" and (definition := _DEFINITION.fullmatch(scope)):
        return f"{definition['source'] or ''}{definition['outer']}"
    if analyst == "text":
        return scope.rpartition(WHOLE)[2] if WHOLE in scope else _CHAPTER.split(scope, maxsplit=1)[0]
    return scope
