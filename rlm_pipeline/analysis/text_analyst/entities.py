"""Things with a shape of their own: addresses, dates, amounts, versions, and references to other documents.

Each kind is a regular expression; what it matches is taken as it is written. The values told apart are the most
frequent in a sample of the records, their counts are those of all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.observation import number_of
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE, Part
from rlm_pipeline.analysis.text_analyst.shares import HITS, Share, Topic, as_hits
from rlm_pipeline.analysis.text_analyst.tally import Tally

LISTED = 50
"""Values of a kind told apart."""

STRIDES_SAMPLED = 25
"""The most frequent values are sought in so many strides of records, evenly over the partition."""

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_DIGIT = "[0-9]"
_NUMBER = r"\d+(?:[,.]\d+)*"


# A name and a password in an address: a record that has one is not quoted for its addresses.
_CREDENTIALS = r"://[^/\s:@]+:[^/\s@]+@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`needed` is a pattern without which `pattern` cannot match; `not_` drops matches that are something else."""

    kind: str
    name: str
    pattern: str
    confidence: float
    needed: str = _DIGIT
    not_: str = ""

    @property
    def regex(self) -> str:
        """The pattern with ASCII borders of words and ASCII digits: a text in another script is read as fast."""
        return self.pattern.replace(r"\b", r"(?-u:\b)").replace(r"\d", "[0-9]")


EMAIL = Kind(
    kind="data", name="e-mail addresses", needed="@", confidence=0.95,
    pattern=r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b",
)  # fmt: skip
URL = Kind(
    kind="data", name="URLs", needed="://", confidence=0.98,
    pattern=r"""\b(?:https?|ftp|s3|wss?|jdbc:\w+|postgres(?:ql)?|mysql|redis|amqp|mongodb)://[^\s<>"'`()\[\]{}|\\^]*[\w/=#&-]""",
)  # fmt: skip
IP = Kind(
    kind="data", name="IP addresses", needed=_DIGIT, confidence=0.9,
    pattern=rf"\b{_OCTET}(?:\.{_OCTET}){{3}}\b|\b(?:[0-9a-fA-F]{{1,4}}:){{7}}[0-9a-fA-F]{{1,4}}\b",
    not_=r"^0\.0\.0\.0$",
)  # fmt: skip
UUID = Kind(
    kind="data", name="UUIDs", needed=_DIGIT, confidence=0.99,
    pattern=r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
)  # fmt: skip
DATE = Kind(
    kind="data", name="dates", confidence=0.9,
    pattern=rf"\b\d{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},?"
    rf" \d{{4}}\b|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?, ?\d{{4}}\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.](?:19|20)\d{{2}}\b",
)  # fmt: skip
AMOUNT = Kind(
    kind="data", name="amounts of money", confidence=0.9,
    pattern=rf"(?:US)?[$€£¥] ?{_NUMBER}(?: ?(?:thousand|million|billion|trillion|bn|k|m)\b)?"
    rf"|\b{_NUMBER} ?(?:(?:thousand|million|billion|trillion) )?(?:dollars|euros|pounds sterling|USD|EUR|GBP|"
    r"CHF|€|cents)(?:\b|$)",
)  # fmt: skip
VERSION = Kind(
    kind="data", name="versions", needed=_DIGIT, confidence=0.7,
    pattern=r"\bv?\d+(?:\.\d+)+(?:-?(?:alpha|beta|rc|dev|a|b)\.?\d*)?\b",
    not_=r"^\d+\.\d+$|^\d+(?:\.\d+){3,}$|\.(?:19|20)\d\d$|^0\d|\d{5,}",
)  # fmt: skip
RFC = Kind(kind="reference", name="RFCs", needed="RFC", confidence=0.98, pattern=r"\bRFC[ -]?\d{2,5}\b")
CVE = Kind(
    kind="reference",
    name="CVE and CWE ids",
    needed=_DIGIT,
    confidence=0.99,
    pattern=r"\bCVE-\d{4}-\d{4,7}\b|\bCWE-\d{1,4}\b",
)
TICKET = Kind(
    kind="reference", name="ticket ids", needed=_DIGIT, confidence=0.6,
    pattern=r"\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b",
    not_=r"^(?:CVE|CWE|RFC|UTF|SHA|ISO|AES|RSA|MD|HTTP|COVID|IEEE|ANSI|ECMA|BS|EN|DIN|MIL|US|USC|PL|FY|CD|GPT|AVX|SSE|MPEG|MP|PS|IPV|TLS|SSL|Q\d?|H\d|T\d)-",
)  # fmt: skip
DOI = Kind(
    kind="reference", name="DOIs and arXiv ids", confidence=0.97,
    pattern=r"\b10\.\d{4,9}/[-._;()/:\w]*\w|\barXiv:\d{4}\.\d{4,5}\b",
)  # fmt: skip
LAW = Kind(
    kind="reference", name="laws and bills", confidence=0.9, needed="[0-9]|Article |Title ",
    pattern=r"\b(?:Public Law|Pub\. ?L\.) ?(?:No\. ?)?\d+-\d+\b|\b\d+ U\.? ?S\.? ?C\.? (?:§+ ?)?\d+\w*\b|"
    r"\bH\. ?R\. ?\d+\b|\b\d+ C\.?F\.?R\.? (?:§ ?|[Pp]art )?\d+(?:\.\d+)?\b|\bArticle [IVXL]+\b|\bTitle [IVXL]+\b",
)  # fmt: skip
CITATION = Kind(
    kind="reference", name="citations", needed=r"\(", confidence=0.85,
    pattern=r"\(Citation: [^)\n]{2,100}\)|"
    r"\((?:see )?[A-Z][\w'\u2019-]+(?:,? (?:et al\.?|(?:and|&) [A-Z][\w'\u2019-]+))?,? (?:19|20)\d{2}[a-z]?\)",
    not_=rf"^\((?:see )?{_MONTH} ",
)  # fmt: skip
PATH = Kind(
    kind="reference", name="file paths", confidence=0.8, needed=r"/|:\\",
    pattern=r"(?:^|[\s\"'`(=\[:,])((?:~|\.{1,2})?(?:/[\w.@%+-]+){2,}/?|[A-Za-z]:\\[\w.\\ $%-]*[\w$%])",
)  # fmt: skip

IN_LOGS = (EMAIL, URL, IP, UUID, CVE, PATH)
IN_PROSE = (EMAIL, URL, IP, UUID, DATE, AMOUNT, VERSION, RFC, CVE, TICKET, DOI, LAW, CITATION, PATH)
IN_CONFIGURATION = (EMAIL, URL, IP, UUID, VERSION, PATH)


@dataclass(slots=True)
class Entities:
    """What was settled about the entities in one column of a part."""

    column: str
    kinds: Sequence[Kind]
    topics: Sequence[Topic]

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The entities among the records of a window, as `HITS`, in the order of records."""
        found = [
            as_hits(each, number, value=pl.col("value"), column=self.column, quote=pl.col("value"))
            for number, kind in enumerate(self.kinds)
            for each in matches(records, self.column, kind)
        ]
        return pl.concat(found).sort(PLACE, maintain_order=True) if found else pl.DataFrame(schema=HITS)


def matches(records: pl.DataFrame, column: str, kind: Kind) -> Iterator[pl.DataFrame]:
    """A row for each match in `records`, its text as `value`; nothing where there is none."""
    text = pl.col(column)
    likely = records.filter(text.str.contains(kind.needed))
    if kind in (EMAIL, URL):
        likely = likely.filter(~text.str.contains(_CREDENTIALS))
    if likely.is_empty():
        return
    places = [each for each in (PLACE, BATCH) if each in records.columns]
    found = likely.select(*places, text.str.extract_all(kind.regex).alias("value"))
    every = found.filter(pl.col("value").list.len() > 0).explode("value")
    if kind is PATH:
        every = every.with_columns(pl.col("value").str.strip_chars("\"'`(=[:, \t\r\n"))
    if kind.not_:
        every = every.filter(~pl.col("value").str.contains(kind.not_))
    if every.height:
        yield every


def survey(read: Part, column: str, kinds: Sequence[Kind], content: str) -> Entities:
    """Settle which values of each kind are told apart; `content` names the records in scopes: logs, text, settings."""
    counts = [Tally(keys=("value",)) for _ in kinds]
    for stride in own_records.sampled(read, (column,), STRIDES_SAMPLED):
        for kind, tally in zip(kinds, counts, strict=True):
            for each in matches(stride, column, kind):
                tally.add(each.unique([PLACE, "value"]).group_by("value").agg(pl.len().cast(pl.Int64).alias("records")))
    topics = [_topic(kind, content, tally) for kind, tally in zip(kinds, counts, strict=True)]
    return Entities(column=column, kinds=kinds, topics=topics)


def _topic(kind: Kind, content: str, tally: Tally) -> Topic:
    leading = tally.leading(LISTED)

    def say(share: Share) -> str:
        return (
            f"{kind.name} in {content}: {number_of(share.hits, 'time')} in {number_of(share.records, 'record')},"
            f" {share.most()}"
        )

    return Topic(
        kind=kind.kind,
        scope=f"{kind.name} · {content}",
        say=say,
        listed=frozenset(leading.get_column("value")) if leading.width else frozenset(),
        rest=f"(other {kind.name})",
        confidence=kind.confidence,
    )
