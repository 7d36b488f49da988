"""Which scopes are of one family: what a specialist speaks about, named by what it lies in."""

import re

from rlm_pipeline.analysis.observation import Analyst

_PATH_STEP = re.compile(r"\[\d+\]")
_STEPS = 2
"""Steps of a JSON path that name its family: `$` and the first key, behind the elements of a list."""

_BORDERS: dict[str, str] = {"code": "./#", "text": ">/#."}
"""What ends the first part of a scope's name."""


def family(analyst: Analyst, scope: str) -> str:
    """The family of a scope: a path's first keys, a definition's class or module, a heading's chapter; else itself.

    `$.issue.labels[3].name` is of `$.issue`, `method:Cache.get` of `Cache`, `Setup > Proxies` of `Setup`.
    """
    if analyst == "json" and scope.startswith("$"):
        steps = _PATH_STEP.sub("[*]", scope).split(".")
        return ".".join(steps[:_STEPS])
    if analyst not in _BORDERS:
        return scope
    kind, colon, name = scope.partition(":")
    inner = name if colon and kind.isidentifier() and name else scope
    first = re.split(rf"\s*[{re.escape(_BORDERS[analyst])}]", inner, maxsplit=1)[0].strip()
    return first or scope
