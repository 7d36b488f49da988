"""Which scopes are of one family: what a specialist speaks about, named by what it lies in."""

import re
from collections.abc import Mapping

from rlm_pipeline.analysis.observation import Analyst

_ELEMENT = re.compile(r"\[\d+\]")
_STEPS = 2
"""Steps of a JSON path that name its family: `$` and the first key, behind the elements of a list."""

_BORDERS: Mapping[str, re.Pattern[str]] = {"code": re.compile(r"[./#]"), "text": re.compile(r"\s+>\s+")}
"""What ends the first part of a scope's name."""

WHOLE = " \u00b7 "
"""Stands between what a text analyst speaks about and the log or document it is in."""


def family(analyst: Analyst, scope: str) -> str:
    """The family of a scope: a path's first keys, a definition's class or module, a log, a chapter; else itself.

    `$.issue.labels[3].name` is of `$.issue`, `method:Cache.get` of `Cache`, `Setup > Proxies` of `Setup`.
    """
    if analyst == "json" and scope.startswith("$"):
        return ".".join(_ELEMENT.sub("[*]", scope).split(".")[:_STEPS])
    if analyst == "text" and WHOLE in scope:
        return scope.rpartition(WHOLE)[2]
    if analyst not in _BORDERS:
        return scope
    kind, colon, name = scope.partition(":")
    inner = name if colon and kind.isidentifier() and name else scope
    return _BORDERS[analyst].split(inner, maxsplit=1)[0].strip() or scope
