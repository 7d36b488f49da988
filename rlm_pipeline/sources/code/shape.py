"""Whether a text is source code."""

import re
from pathlib import PurePosixPath

from rlm_pipeline.sources.code.languages import UNKNOWN, Language, language_of
from rlm_pipeline.sources.recognition import MOST_SURE, Recognised, TextSample

FORMATS = frozenset({"code"})

_BY_SUFFIX, _BY_SHEBANG, _DOUBTFUL = 0.92, 0.9, 0.5
_LINES = 200
_LEAST_SHARE = 0.15  # of the lines that look like code; tables and prose have fewer
_CODE = re.compile(
    r"[;{}()=]|//|/\*|--|::|->|^[ \t]+\S|^\s*(?:#|%|@|\"\"\"|'''|<\?|\*)"
    r"|^\s*(?:import|from|use|require|include|package|module|class|def|fn|func|function|sub|begin|end|else|if|for|while"
    r"|return|let|var|const|select|insert|create|set|echo|pass|try|except|raise)\b",
    re.IGNORECASE,
)

_ABOUT = re.compile(r"(?:readme|changes|changelog|license|licence|copying|authors|news|todo|install)\b", re.IGNORECASE)
"""How files are called that are about code; what follows is no language: README.Debian, README.ssp."""


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The language that `sample` is written in; None for other text, unless `wanted` is code.

    A suffix that other files have too, or one that the lines do not bear out, is doubtful: a table wins over it.
    """
    language = language_of(sample.name, sample.text)
    if language is not None and not (language.by == "rare suffix" and _ABOUT.match(PurePosixPath(sample.name).name)):
        return Recognised(
            detected_type="code", confidence=_confidence(language, sample.text), evidence=language.evidence
        )
    if wanted in FORMATS:
        return Recognised(detected_type="code", confidence=_DOUBTFUL, evidence=f"code in a language that is {UNKNOWN}")
    return None


def _confidence(language: Language, text: str) -> float:
    if language.by == "rare suffix" or not _looks_like_code(text):
        return _DOUBTFUL
    if language.by in {"shebang", "content"}:
        return _BY_SHEBANG
    return min(MOST_SURE, _BY_SUFFIX)


def _looks_like_code(text: str) -> bool:
    lines = [line for line in text[: 1 << 16].splitlines()[:_LINES] if line.strip()]
    return sum(_CODE.search(line) is not None for line in lines) >= _LEAST_SHARE * len(lines)
