"""Links between the parts of a text: to headings and files, and which of them lead nowhere."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import polars as pl

from rlm_pipeline.analysis.observation import number_of
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE, Part
from rlm_pipeline.analysis.text_analyst.shares import HITS, Share, Topic, as_hits
from rlm_pipeline.analysis.text_analyst.tally import Tally
from rlm_pipeline.model import SOURCE

LISTED = 50
MOST_ANCHORS = 200_000
"""Headings whose anchors are known; with more, no link to a heading is called broken."""

STRIDES_SAMPLED = 25

_INLINE = re.compile(r"\[(?P<text>[^\]\n]{0,300})\]\(\s*<?(?P<target>[^)\s>]{1,1000})>?(?:\s+[\"'(][^)]*)?\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]{1,200}\]:\s*<?(?P<target>[^\s>]{1,1000})>?", re.MULTILINE)
_RST = re.compile(
    r"`[^`<\n]{0,200}<(?P<target>[^>\s`]{1,1000})>`_{1,2}|^\.\. _[^:\n]{1,200}:\s+(?P<named>\S{1,1000})", re.MULTILINE
)
_CODE = re.compile(r"`[^`\n]*`")
_OWN_ANCHOR = re.compile(r"(?:\bid|\bname)=[\"']([^\"'\s]{1,200})[\"']|\{#([\w-]{1,200})\}")
_HEADING_MARK = re.compile(r"^\s*#{1,6}\s+|\s+#+\s*$|\s*\{#[\w-]+\}\s*$")
_LINKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")

# Without one of these a text has no link.
_LIKELY = r"\]\(|^ {0,3}\[[^\]\n]+\]:|>`_|^\.\. _|\n {0,3}\[[^\]\n]+\]:"

Leads = Literal["elsewhere", "heading", "file", "no heading", "no file", "unknown"]


class Link(NamedTuple):
    """What a link names, as it is written, and where that leads."""

    target: str
    leads: Leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What links may lead to: files, and the anchors of each file's headings; `whole` if all of them are known."""

    files: frozenset[str]
    anchors: frozenset[tuple[str, str]]
    whole: bool
    directories: bool

    def leads(self, source: str, target: str) -> Leads:
        """Where a target in a source leads."""
        path, _, anchor = target.partition("#")
        if _is_elsewhere(target):
            return "elsewhere"
        if not path:
            found = (source, unquote(anchor).lower()) in self.anchors
            return "heading" if found or not anchor else "no heading" if self.whole else "unknown"
        named = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(path.partition("?")[0])))
        if path.startswith("/") or named.startswith(".."):
            return "unknown"
        if named in self.files or any(f"{named}{suffix}" in self.files for suffix in (".md", ".rst", "/README.md")):
            known = not anchor or (named, unquote(anchor).lower()) in self.anchors
            return "file" if known else "no heading" if self.whole and named.endswith(".md") else "unknown"
        is_text = posixpath.splitext(named)[1].lower() in _TEXTS
        return "no file" if is_text and self.directories else "unknown"


_TEXTS = frozenset({".md", ".markdown", ".rst", ".txt", ".mdx", ".adoc"})


def _is_elsewhere(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc)


def of_text(text: str) -> Iterator[str]:
    """The targets of the links of a Markdown or reStructuredText block, as written; none of what stands in code."""
    plain = _CODE.sub("", text) if "](" in text else text
    for pattern in (_INLINE, _REFERENCE, _RST):
        for found in pattern.finditer(plain):
            target = next(
                (each for each in (found.groupdict().get("target"), found.groupdict().get("named")) if each), ""
            )
            if target:
                yield target


def anchor_of(heading: str) -> str:
    """The anchor that a heading gets: lower case, punctuation dropped, hyphens for spaces (as GitHub does it)."""
    title = _LINKED.sub(r"\1", _HEADING_MARK.sub("", heading.strip().split("\n", 1)[0]))
    kept = re.sub(r"[^\w\- ]", "", title.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


_SCOPES = (
    ("links to other sites", ("elsewhere",)),
    ("links within the text", ("heading", "file", "unknown")),
    ("broken links", ("no heading", "no file")),
)


@dataclass(slots=True)
class Links:
    """What was settled about links: the places they may lead to."""

    places: Places
    topics: list[Topic]

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The links among the records of a window, as `HITS`, in the order of records."""
        rows = [
            (place, batch, _number(self.places.leads(source, target)), _site(target), target)
            for place, batch, source, text in _likely(records).select(PLACE, BATCH, SOURCE, "text").iter_rows()
            for target in of_text(text)
        ]
        if not rows:
            return pl.DataFrame(schema=HITS)
        schema = {PLACE: pl.Int64, BATCH: pl.Int64, "number": pl.Int64, "value": pl.String, "target": pl.String}
        found = pl.DataFrame(rows, schema=schema, orient="row")
        return as_hits(found, pl.col("number"), value=pl.col("value"), column="text", quote=pl.col("target"))


def survey(read: Part) -> Links:
    """Settle where links may lead to, and which targets are told apart."""
    places = _places(read)
    counts = [Tally(keys=("value",)) for _ in _SCOPES]
    for stride in own_records.sampled(read, _columns(read), STRIDES_SAMPLED):
        seen: list[Counter[str]] = [Counter() for _ in _SCOPES]
        for source, text in _likely(stride).select(SOURCE, "text").iter_rows():
            for target in set(of_text(text)):
                seen[_number(places.leads(source, target))][_site(target)] += 1
        for tally, counted in zip(counts, seen, strict=True):
            if counted:
                rows = sorted(counted.items())
                tally.add(pl.DataFrame(rows, schema={"value": pl.String, "records": pl.Int64}, orient="row"))
    return Links(places=places, topics=[_topic(*each) for each in zip(_SCOPES, counts, strict=True)])


def _topic(scope: tuple[str, tuple[str, ...]], tally: Tally) -> Topic:
    name, leads = scope
    leading = tally.leading(LISTED)

    def say(share: Share) -> str:
        nowhere = ": their heading or file is not in the text" if "no file" in leads else ""
        return f"{name}{nowhere}: {share.hits:,} in {number_of(share.records, 'record')}, {share.most()}"

    return Topic(
        kind="reference",
        scope=name,
        say=say,
        listed=frozenset(leading.get_column("value")) if leading.width else frozenset(),
        rest=f"(other {name})",
        severity="warning" if "no file" in leads else "info",
        confidence=0.85 if "no file" in leads else 1.0,
    )


def _places(read: Part) -> Places:
    given = read.assignment
    sources = given.store.manifest(given.partition).sources
    anchors: dict[tuple[str, str], int] = {}
    taken: Counter[tuple[str, str]] = Counter()
    for stride in own_records.strides(read, _columns(read)):
        heading = pl.col("block") == "heading" if "block" in stride.columns else pl.lit(value=False)
        own = pl.col("text").str.contains(r"\bid=|\bname=|\{#")
        named = stride.filter(heading | own).with_columns(_heading=heading)
        for source, text, is_heading in named.select(SOURCE, "text", "_heading").iter_rows():
            found = [one or other for one, other in _OWN_ANCHOR.findall(text[:2000])]
            if is_heading:
                anchor = anchor_of(text)
                again = taken[source, anchor]
                taken[source, anchor] += 1
                found.append(f"{anchor}-{again}" if again else anchor)
            anchors.update(((source, each.lower()), 1) for each in found if len(anchors) < MOST_ANCHORS)
    # Of records divided into years the other files of a text may be of another year.
    alone = given.config.partition.by == "none"
    return Places(
        files=frozenset(each.source for each in sources),
        anchors=frozenset(anchors),
        whole=len(anchors) < MOST_ANCHORS and alone,
        directories=alone and len(sources) > 1,
    )


def _columns(read: Part) -> list[str]:
    return [name for name in ("block", "text") if read.has(name)]


def _number(leads: Leads) -> int:
    return next(number for number, (_, every) in enumerate(_SCOPES) if leads in every)


def _site(target: str) -> str:
    """What is told apart: the site of an address, else the target itself."""
    if not _is_elsewhere(target):
        return target
    try:
        parts = urlsplit(target)
    except ValueError:
        return target
    return parts.netloc or f"{parts.scheme}:"


def _likely(records: pl.DataFrame) -> pl.DataFrame:
    text = records.filter(pl.col("text").str.contains(_LIKELY))
    return text.filter(~pl.col("block").is_in(["code", "front_matter"])) if "block" in text.columns else text
