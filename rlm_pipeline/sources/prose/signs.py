"""Whether a text is prose or markup, and of which kind: any text is plain text, the rest shows by its signs."""

import re
from collections.abc import Sequence

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.prose.html_page import is_plain_xml
from rlm_pipeline.sources.prose.lines import Line
from rlm_pipeline.sources.prose.mime import MBOX_LINE
from rlm_pipeline.sources.prose.restructured import DIRECTIVE, title_lines
from rlm_pipeline.sources.recognition import Recognised, TextSample, with_suffix

FORMATS = frozenset({"prose", "markup"})

_SERVES = {"prose": frozenset({"text", "markdown", "rst", "mail"}), "markup": frozenset({"html", "markdown", "rst"})}
_SUFFIXES = {
    "text": frozenset({".txt", ".text"}),
    "markdown": frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx"}),
    "rst": frozenset({".rst", ".rest"}),
    "html": frozenset({".html", ".htm", ".xhtml", ".xml", ".svg", ".rss", ".atom", ".xsd", ".xsl"}),
    "mail": frozenset({".eml", ".mbox", ".mbx", ".email"}),
}
_SHOWN = 1 << 16  # characters looked through
_PROVEN, _STRONG, _SOME, _ANY = 0.95, 0.7, 0.75, 0.1
_FEWEST_STRONG = 3

_MARKDOWN = {
    "headings": re.compile(r"^#{1,6} +\S", re.MULTILINE),
    "fences": re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE),
    "lists": re.compile(r"^ {0,3}(?:[-*+]|\d{1,3}\.) +\S", re.MULTILINE),
    "links": re.compile(r"\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)"),
    "table rules": re.compile(r"^ {0,3}\|?(?: *:?-{3,}:? *\|)+(?: *:?-{3,}:? *)?$", re.MULTILINE),
    "quotes": re.compile(r"^> \S", re.MULTILINE),
    "emphasis": re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]{0,200}\*\*"),
    "underlined headings": re.compile(r"^[^\s|,;].{2,80}\n(?:={3,}|-{3,})$", re.MULTILINE),
}
_WEAK = frozenset({"lists", "quotes", "underlined headings", "emphasis"})
_HTML_START = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_XML_START = re.compile(r"\s*<\?xml\b|\s*<!doctype\s", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][\w:.-]*(?:\s[^<>]*)?/?>")
_HEADER_LINE = re.compile(r"([!-9;-~]+):[ \t]?.*")
_SENT = frozenset({"from", "received", "return-path", "sender"})
_NAMED = frozenset({"date", "subject", "message-id", "to", "mime-version", "delivered-to"})


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The kind of prose or markup that `sample` is; plain text if there are no signs of another.

    Raises:
        SourceError: `wanted` is markup, but there are no tags, and no signs of Markdown or reStructuredText.

    """
    text = sample.text[:_SHOWN]
    asked = wanted == "markup"
    judges = (_mail, _html, _rst, _markdown)
    seen = [verdict for judge in judges if (verdict := judge(text, sample.suffix, asked=asked))]
    seen.append(_verdict("text", _ANY, "text", sample.suffix))
    serves = _SERVES.get(wanted)
    served = [verdict for verdict in seen if serves is None or verdict.detected_type in serves]
    if not served:
        raise SourceError("is not markup: it has no tags, and no headings of Markdown or reStructuredText")
    return max(served, key=lambda verdict: verdict.confidence)


def _verdict(kind: str, confidence: float, evidence: str, suffix: str) -> Recognised:
    sure = with_suffix(confidence, agrees=suffix in _SUFFIXES[kind])
    return Recognised(detected_type=kind, confidence=sure, evidence=evidence)


def _mail(text: str, suffix: str, *, asked: bool) -> Recognised | None:  # noqa: ARG001 - judges share their signature
    lines = text.lstrip("\ufeff").split("\n", 200)
    mbox = MBOX_LINE.match(lines[0]) is not None
    names = _header_names(lines[mbox:])
    if names is None or not names & _SENT or not (mbox or names & _NAMED):
        return None
    return _verdict("mail", _PROVEN, "an mbox of mail" if mbox else "mail: " + ", ".join(sorted(names)[:6]), suffix)


def _header_names(lines: Sequence[str]) -> frozenset[str] | None:
    """The names of the headers at the start of a text, up to a blank line; None if something else is among them."""
    names: set[str] = set()
    for line in lines:
        if not line.strip():
            return frozenset(names) if names else None
        match = _HEADER_LINE.match(line)
        if match:
            names.add(match[1].lower())
        elif not (line[0] in " \t" and names):
            return None
    return frozenset(names) if len(lines) > 200 else None


def _html(text: str, suffix: str, *, asked: bool) -> Recognised | None:
    start = text.lstrip("\ufeff")
    if _HTML_START.match(start[:4096]):
        return _verdict("html", _PROVEN, "html: it starts as a page", suffix)
    tags = len(_TAG.findall(start))
    if _XML_START.match(start) and tags:
        return _verdict("html", _PROVEN, "xml: it starts with its declaration", suffix)
    if tags and (suffix in _SUFFIXES["html"] or (asked and start.lstrip().startswith("<"))):
        return _verdict("html", _SOME, f"markup with {tags:,} tags", suffix)
    lines = start.count("\n") + 1
    if start.lstrip().startswith("<") and tags >= max(2, lines) and (is_plain_xml(start) or "</" in start):
        return _verdict("html", _STRONG, f"markup: {tags:,} tags on {lines:,} lines", suffix)
    return None


def _rst(text: str, suffix: str, *, asked: bool) -> Recognised | None:
    rows = text.splitlines(keepends=True)
    lines = [Line(number, row) for number, row in enumerate(rows, 1)]
    directives = sum(DIRECTIVE.match(row) is not None for row in rows)
    named = suffix in _SUFFIXES["rst"]
    if not (directives or named or asked):
        return None
    titles = sum(title_lines(lines[place : place + 3]) > 0 for place in range(len(lines) - 1))
    evidence = f"reStructuredText: {titles} titles, {directives} directives"
    if named:
        return _verdict("rst", _SOME if titles or directives else _ANY, evidence, suffix)
    if titles and directives and not _MARKDOWN["headings"].search(text):
        return _verdict("rst", _STRONG, evidence, suffix)
    return _verdict("rst", _ANY, evidence, suffix) if asked and titles else None


def _markdown(text: str, suffix: str, *, asked: bool) -> Recognised | None:
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    counts = {name: len(pattern.findall(flat)) for name, pattern in _MARKDOWN.items()}
    signs = {name: count for name, count in counts.items() if count}
    evidence = "Markdown: " + (", ".join(f"{count} {name}" for name, count in signs.items()) or "by its suffix alone")
    if suffix in _SUFFIXES["markdown"]:
        return _verdict("markdown", _SOME if signs else _ANY, evidence, suffix)
    if asked and signs:
        return _verdict("markdown", _SOME if "headings" in signs else _ANY, evidence, suffix)
    strong = signs.keys() - _WEAK
    if len(signs) >= _FEWEST_STRONG and len(strong) >= 2 and "headings" in signs:
        return _verdict("markdown", _STRONG, evidence, suffix)
    return None
