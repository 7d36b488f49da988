"""Credentials by what they look like, with the detectors of detect-secrets; no network is asked whether they work."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from rlm_pipeline.analysis.code_analyst.hits import Hit

if TYPE_CHECKING:
    from detect_secrets.plugins.base import RegexBasedDetector

_LONGEST_LINE = 1000
"""Characters that are looked at together: the detectors' patterns may take the square of that."""

_OVERLAP = 200
# Addresses are no secrets; the rules look for the names of variables.
_SAYS_NOTHING = frozenset({"Public IP (ipv4)", "Secret Keyword"})
_OF = {
    "Artifactory Credentials": ("artifactory", "jfrog"),
    "Cloudant Credentials": ("cloudant",),
    "IBM COS HMAC Credentials": ("ibm", "hmac"),
    "IBM Cloud IAM Key": ("ibm",),
    "SoftLayer Credentials": ("softlayer",),
}
"""Words without which a detector is not asked: its pattern is slow, or is also that of ordinary words."""

_KEY = "Private Key"
_HAS_BOTH = re.compile(r"(?=.*\d)(?=.*[A-Za-z])", re.DOTALL)
_PLACEHOLDER = re.compile(r"(?i)example|sample|dummy|placeholder|x{6}|0{8}|\.\.\.|[<{$]|your|username|:passw?o?r?d?@")


def hits(text: str) -> Iterator[Hit]:
    """The credentials in a text that have the form of a known kind."""
    for start, piece in _pieces(text):
        folded = piece.casefold()
        for detector in _detectors():
            if not _is_about(detector.secret_type, folded):
                continue
            for match in (found for pattern in detector.denylist for found in pattern.finditer(piece)):
                line_start = piece.rfind("\n", 0, match.start()) + 1
                line_end = piece.find("\n", match.start())
                line = piece[line_start : line_end if line_end >= 0 else len(piece)]
                if _is_credential(detector, match[0], line):
                    yield _hit(detector.secret_type, start + match.start(), start + match.end())


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text and where it starts; long lines by themselves and in parts."""
    begin = 0
    for long in re.finditer(rf"[^\n]{{{_LONGEST_LINE},}}", text):
        if long.start() > begin:
            yield begin, text[begin : long.start()]
        for start in range(long.start(), long.end(), _LONGEST_LINE - _OVERLAP):
            yield start, text[start : min(start + _LONGEST_LINE, long.end())]
        begin = long.end()
    yield begin, text[begin:]


def _is_about(kind: str, folded: str) -> bool:
    return kind not in _OF or any(word in folded for word in _OF[kind])


def _is_credential(detector: "RegexBasedDetector", matched: str, line: str) -> bool:
    """Whether the detector says so of the line too (it may decode what it found), and it is no placeholder."""
    if detector.secret_type == _KEY:
        return True
    looks_real = _HAS_BOTH.search(matched) is not None and not _PLACEHOLDER.search(matched)
    return looks_real and any(True for _ in detector.analyze_string(line))


@cache
def _detectors() -> "tuple[RegexBasedDetector, ...]":
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    classes: Mapping[str, Any] = get_mapping_from_secret_type_to_class()
    return tuple(
        kind()
        for name, kind in sorted(classes.items())
        if issubclass(kind, RegexBasedDetector) and name not in _SAYS_NOTHING
    )


def _hit(kind: str, start: int, end: int) -> Hit:
    is_key = kind == _KEY
    return Hit(
        start=start,
        end=end,
        kind="vulnerability",
        rule="private-key" if is_key else "credential-of-known-form",
        cwe=312 if is_key else 798,
        message="a private key stands in the code" if is_key else f"a credential stands in the code: {kind}",
        severity="warning",
        confidence=0.9,
    )
