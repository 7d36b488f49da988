"""What bandit finds in Python code, as hits of our rules where both look for the same."""

import io
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from rlm_pipeline.analysis.code_analyst.hits import Hit
from rlm_pipeline.analysis.observation import Severity

if TYPE_CHECKING:
    from bandit.core.issue import Issue
    from bandit.core.test_set import BanditTestSet

MOST_CHECKED = 1 << 17
"""Characters of one text that bandit is given; its syntax tree takes a thousand times the time of a regex."""

_DEEPEST = 200  # brackets in brackets and indentations that Python's own parser is trusted with


class _Meaning(NamedTuple):
    rule: str
    cwe: int


_MEANINGS: Mapping[str, _Meaning] = {
    test: _Meaning(rule, cwe)
    for rule, cwe, tests in (
        ("code-evaluated", 94, "B102 B307"),
        ("all-interfaces", 605, "B104"),
        ("shared-temporary-folder", 377, "B108"),
        ("request-without-timeout", 400, "B113"),
        ("debugger-on", 489, "B201"),
        ("unsafe-deserialisation", 502, "B301 B302"),
        ("weak-hash", 328, "B303 B324"),
        ("weak-cipher", 327, "B304 B305"),
        ("temporary-file-name", 377, "B306"),
        ("markup-not-escaped", 79, "B308 B703 B704"),
        ("telnet", 319, "B312"),
        ("xml-entities", 611, "B313 B314 B315 B316 B317 B318 B319 B320"),
        ("ftp", 319, "B321"),
        ("certificate-not-checked", 295, "B323 B501"),
        ("old-tls", 327, "B502 B503 B504"),
        ("weak-key", 326, "B505"),
        ("unsafe-yaml", 502, "B506"),
        ("host-key-not-checked", 295, "B507"),
        ("old-snmp", 319, "B508 B509"),
        ("remote-command", 78, "B601"),
        ("subprocess-shell", 78, "B602 B604"),
        ("os-command", 78, "B605"),
        ("wildcard-in-command", 78, "B609"),
        ("sql-built", 89, "B608"),
        ("sql-built-text", 89, "B610 B611"),
        ("logging-configured-by-network", 94, "B612"),
        ("hidden-direction", 838, "B613"),
        ("unsafe-model-file", 502, "B614"),
        ("model-without-revision", 494, "B615"),
        ("template-not-escaped", 79, "B701 B702"),
    )
    for test in tests.split()
}
"""By bandit's test; those that are not here are what it calls to mind (an import, an assertion), not weaknesses."""

_SEVERITY: Mapping[str, Severity] = {"HIGH": "warning", "MEDIUM": "notice", "LOW": "info"}
_CONFIDENCE = {"HIGH": 0.8, "MEDIUM": 0.5, "LOW": 0.3}
_TRIGGERS = re.compile(
    r"0\.0\.0\.0|[\"'](?:/var)?/(?:tmp|dev/shm)\b|\bdebug\s*=\s*True|[\u202a-\u202e\u2066-\u2069]"
    r"|\b(?:requests|httpx|wrap_socket|SSLContext|paramiko|pysnmp|mako|xml\.(?:sax|dom|etree)|lxml|telnetlib|ftplib"
    r"|Crypto|Cryptodome|cryptography|logging\.config|from_pretrained|snapshot_download|hf_hub_download|RawSQL)\b"
    r"|[\"'](?i:\s*(?:select\s|insert\s+into\s|delete\s+from\s|update\s+\w+\s+set\s|with\s+\w+\s+as\s))"
)
"""Texts without any of these have nothing for bandit that the rules do not look for."""


def hits(text: str, parts: Iterable[tuple[int, int]]) -> Iterator[Hit]:
    """What bandit finds in a text; where that is no Python of today, in those of its parts (ranges) that are."""
    if not _is_for_bandit(text):
        return
    found = _checked(text)
    if found is not None:
        yield from _placed(found, text, 0)
        return
    for start, end in parts:
        part = textwrap.dedent(text[start:end])
        if _TRIGGERS.search(part) and (found := _checked(part)) is not None:
            yield from _placed(found, text[start:end], start)


def _is_for_bandit(text: str) -> bool:
    return len(text) <= MOST_CHECKED and _TRIGGERS.search(text) is not None


def _checked(text: str) -> "list[Issue] | None":
    """The issues of a text; None if Python does not parse it."""
    if _is_deep(text):
        return None
    tests = _tests()
    from bandit.core import meta_ast, metrics, node_visitor

    measured = metrics.Metrics()
    measured.begin("source")
    data = text.encode("utf-8", "replace")
    visitor = node_visitor.BanditNodeVisitor(
        "source", io.BytesIO(data), meta_ast.BanditMetaAst(), tests, False, {}, measured
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the source's own: escapes, comparisons with literals
            visitor.process(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return list(visitor.tester.results)


@cache
def _tests() -> "BanditTestSet":
    import logging

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how it loads its own plugins
        from bandit.core import config, test_set

    logging.getLogger("bandit").setLevel(logging.CRITICAL)  # it reports what it cannot read, as we do by parts
    return test_set.BanditTestSet(config.BanditConfig(), profile={"include": set(_MEANINGS), "exclude": set()})


def _is_deep(text: str) -> bool:
    depth = most = 0
    for bracket in re.finditer(r"[\[({})\]]", text):
        depth += 1 if bracket[0] in "[({" else -1
        most = max(most, depth)
    return most > _DEEPEST or re.search(rf"(?m)^[ \t]{{{4 * _DEEPEST}}}", text) is not None


def _placed(issues: "Iterable[Issue]", text: str, offset: int) -> Iterator[Hit]:
    starts = [0, *(match.end() for match in re.finditer(r"\n", text))]
    for issue in issues:
        meaning = _MEANINGS.get(issue.test_id)
        if meaning is None or not 0 < issue.lineno <= len(starts):
            continue
        start = starts[issue.lineno - 1]
        line = text[start:].partition("\n")[0]
        yield Hit(
            start=offset + start + len(line) - len(line.lstrip()),
            end=offset + start + len(line.rstrip()),
            kind="vulnerability",
            rule=meaning.rule,
            cwe=meaning.cwe,
            message=_sentence(issue.text),
            severity=_SEVERITY.get(issue.severity, "info"),
            confidence=_CONFIDENCE.get(issue.confidence, 0.3),
        )


def _sentence(text: str) -> str:
    """The words of bandit, as ours are: one line, no full stop."""
    return " ".join(text.split())[:200].rstrip(".")
