"""What a file may be: the sample a family of formats judges it by, its verdict, and the reading that was settled on.

Each family has one function `recognise(sample, wanted)`. It answers with how sure it is, from 0 to 1, on one scale for
all families, so that `detect` can compare:

    0.95  the content proves it: it parses as this, and as nothing else
    0.90  a table with a header over records of one width
    0.80  most lines have the format's own shape (timestamps at the start of lines)
    0.60  a shape that other formats have too (a table without a header)
    0.10  text of any kind
    0.05  what only its suffix makes likelier than text (lines of one column, a lone line)

A suffix that agrees adds `SUFFIX_AGREES` up to 0.97; a suffix alone, against the content, decides nothing.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from rlm_pipeline.sources.encodings import Encoding

SUFFIX_AGREES = 0.2
MOST_SURE = 0.97
_COMPRESSION = frozenset({".gz", ".bz2", ".zst", ".xz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSample:
    """The first lines of a text file; `name` is what it is cited by, `whole` whether `text` is all of it."""

    name: str
    text: str
    whole: bool

    @property
    def suffix(self) -> str:
        """The file's last suffix in lower case, with its dot, those of compression aside; empty without one."""
        return unpacked(self.name).suffix.lower()


def unpacked(name: str) -> PurePosixPath:
    """A file's name without the suffixes that compression adds."""
    path = PurePosixPath(name)
    while path.suffix.lower() in _COMPRESSION:
        path = path.with_suffix("")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoting:
    r"""How the cells of a delimited text are quoted: as the csv module writes them, unless the text shows otherwise.

    `quote` is empty where quotes mean nothing. `escape` is a backslash where one takes a quote, a delimiter, a line
    end or a backslash after it literally (any other backslash stays as it is). `spaced`: spaces after a delimiter
    belong to it, as in `"a", "b"`.
    """

    quote: str = '"'
    escape: str = ""
    spaced: bool = False


PLAIN_QUOTING = Quoting()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """How a delimited text is laid out; `header_line` is 0 without a header, `data_line` where the records start.

    `labels` are the cells of the header's rows as they are written, for a header that is repeated among the records.
    """

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    data_line: int
    quoting: Quoting = PLAIN_QUOTING
    labels: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """One family's verdict on a sample: the type, how sure (0..1), and why, for the manifest."""

    detected_type: str
    confidence: float
    evidence: str
    table: TableShape | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """How one file is to be read; the last six are those of `TableShape`, empty for what is no table."""

    detected_type: str  # csv|tsv|json|jsonl|log|text|markdown|rst|html|mail|yaml|toml|ini|code
    compressed: bool
    encoding: Encoding
    evidence: str
    delimiter: str = ""
    header: tuple[str, ...] = ()
    header_line: int = 0
    data_line: int = 1
    quoting: Quoting = PLAIN_QUOTING
    labels: tuple[tuple[str, ...], ...] = ()


def with_suffix(confidence: float, *, agrees: bool) -> float:
    """`confidence`, raised where the file's suffix agrees with the content."""
    return min(MOST_SURE, confidence + SUFFIX_AGREES) if agrees else confidence
