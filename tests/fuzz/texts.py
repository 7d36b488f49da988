"""What the records of a file that is no table must hold, by type: the file's text, piece by piece, in its place."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlm_pipeline.sources.configs.ini_lines import SECTION
from rlm_pipeline.sources.reading import Entry, Reading

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_QUOTED_KEY = re.compile(r'\["(?:[^"\\]|\\.)*"\]')
_PRIORITY = re.compile(r"<\d{1,3}>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_TAG = re.compile(r"<[^<>]*>")
_HIDES_TEXT = re.compile(r"<[!?]|<(?:script|style|template)|['\"\0]|\]\]>", re.IGNORECASE)
_HEADER = re.compile(r"[!-9;-~]+[ \t]*:|[ \t]|From ")


class Broken(AssertionError):
    """A promise that a reader broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file's text, where its lines start, and what was read of it."""

    text: str
    starts: Sequence[int]
    reading: Reading
    entries: Sequence[Entry]


def starts_of(text: str) -> list[int]:
    """Where the physical lines of `text` start, and where the last one ends."""
    return [0, *itertools.accumulate(len(line) for line in LINE.findall(text))]


def check_entries(read: Read, *, in_order: bool) -> None:
    """What holds for all types: lines within the file, `in_order`, a cell for each column, text as text."""
    columns = read.reading.columns
    if len(set(columns)) != len(columns):
        raise Broken(f"columns of one name: {columns}")
    last, lines = 1, max(1, len(read.starts) - 1)
    for number, entry in enumerate(read.entries, 1):
        if in_order and entry.line < last:
            raise Broken(f"record {number} starts on line {entry.line}, the one before on {last}")
        last = entry.line
        if not 1 <= last <= lines:
            raise Broken(f"record {number} on line {last} of {lines}")
        if entry.cells is None:
            if not entry.reason:
                raise Broken(f"record {number} is set aside without a reason")
            (entry.reason + entry.raw).encode()
        elif len(entry.cells) != len(columns):
            raise Broken(f"record {number} has {len(entry.cells)} cells for {len(columns)} columns")
        else:
            "".join(filter(None, entry.cells)).encode()
    "".join(columns).encode()


def check_log(read: Read) -> None:
    """Prefix and message are the record verbatim, each behind the line end of the one before."""
    end = None
    for entry in read.entries:
        if entry.cells is None:
            end = read.starts[entry.line]
            continue
        prefix, timestamp, level, component, message, template = entry.cells
        start = read.starts[entry.line - 1]
        if read.text[:start].strip() if end is None else start != end:
            raise Broken(f"text before the record on line {entry.line} is lost: {read.text[end or 0 : start]!r}")
        if not read.text.startswith(prefix + message, start):
            raise Broken(f"the record on line {entry.line} is not its text")
        end = _behind_line_end(read.text, start + len(prefix) + len(message))
        if timestamp not in prefix or (component or "") not in prefix or not isinstance(template, str):
            raise Broken(f"no piece of the header: {entry.cells}")
        if level and level not in prefix and not _PRIORITY.search(prefix):
            raise Broken(f"no level of the header: {entry.cells}")
    if read.text[end or 0 :].strip():
        raise Broken(f"text behind the last record is lost: {read.text[end or 0 :][:80]!r}")


def _behind_line_end(text: str, at: int) -> int:
    return at + (2 if text.startswith("\r\n", at) else text[at : at + 1] in {"\n", "\r"})


def unaccounted(read: Read, place: int = 2) -> list[str]:
    """What of the text the records' cells at `place` leave out; each stands on its line, behind the one before."""
    left, end = [], 0
    for entry in read.entries:
        text = entry.cells[place]
        start = read.text.find(text, max(end, read.starts[entry.line - 1]))
        if not read.starts[entry.line - 1] <= start < read.starts[entry.line]:
            raise Broken(f"the block on line {entry.line} is not there: {text[:80]!r}")
        left.append(read.text[end:start])
        end = start + len(text)
    return [*left, read.text[end:]]


def check_verbatim(read: Read) -> None:
    """Blocks of prose and the white space between them are the text."""
    left = "".join(unaccounted(read))
    if left.strip():
        raise Broken(f"text in no block: {left.strip()[:80]!r}")


def check_code(read: Read) -> None:
    """Stretches of code are the text, put one after the other."""
    if any(entry.cells is None for entry in read.entries):
        return
    if "".join(entry.cells[4] for entry in read.entries) != read.text:
        raise Broken("the stretches are not the text")
    offset = 0
    for entry in read.entries:
        if not read.starts[entry.line - 1] <= offset < read.starts[entry.line]:
            raise Broken(f"the stretch at {offset} is said to be on line {entry.line}")
        offset += len(entry.cells[4])


def check_markup(read: Read) -> None:
    """Text without tags is all there, word for word; so is text between plain tags, letter for letter."""
    if "&" in read.text:
        return
    if "<" not in read.text:
        expected, found = (
            read.text.replace("\0", "").split(),
            " ".join(entry.cells[2] for entry in read.entries).split(),
        )
        if found != expected:
            raise Broken(f"words are lost: {expected[:20]} became {found[:20]}")
    elif not _HIDES_TEXT.search(read.text):
        text = _TAG.sub(" ", read.text)
        kept = Counter("".join("".join(entry.cells or (entry.raw,)) for entry in read.entries))
        left = Counter(filter(str.isalnum, text)) - kept
        if left and "<" not in text and ">" not in text:
            raise Broken(f"characters in no block: {left}")


def check_mail(read: Read) -> None:
    """What is not encoded and not attached is there, but for boundaries and the headers of parts."""
    lower = read.text.lower()
    if "content-transfer" in lower or "html" in lower or any(entry.cells[1] == "attachment" for entry in read.entries):
        return
    left = [line for piece in unaccounted(read) for line in LINE.findall(piece) if line.strip()]
    if "content-" not in lower and left:
        raise Broken(f"lines of a plain message are lost: {left[:3]}")
    lost = [line for line in left if not line.startswith("--") and not _HEADER.match(line)]
    if lost:
        raise Broken(f"lines are lost: {lost[:3]}")


def words_left(text: str, read: Read) -> Counter[str]:
    """Words of `text` that are in no cell and in nothing set aside, as often as they are missing."""
    found: Counter[str] = Counter()
    for entry in read.entries:
        key, *others = entry.cells or ("", entry.raw)
        for piece in (_QUOTED_KEY.sub(lambda match: f" {json.loads(match[0])[0]} ", key), *filter(None, others)):
            found.update(_WORD.findall(piece))
    return Counter(_WORD.findall(text)) - found


def check_ini(read: Read) -> None:
    """Every word is in a record, those of sections aside."""
    text = re.sub(r"(?m)^([^\S\n]*)export\s", r"\1", "\n".join(_no_sections(read.text)))
    if left := words_left(text, read):
        raise Broken(f"words in no record: {left}")


def _no_sections(text: str) -> list[str]:
    lines = [line.rstrip("\r\n") for line in LINE.findall(text)]
    return [line for line in lines if not SECTION.fullmatch(line)]


def check_toml(read: Read) -> None:
    """Every word is in a record, those of headers and of texts with escapes aside."""
    if "\\" in read.text:
        return
    lines = [line for line in LINE.findall(read.text) if not line.lstrip().startswith("[")]
    if left := words_left("".join(lines), read):
        raise Broken(f"words in no record: {left}")


def check_yaml(read: Read) -> None:
    """Every word is in a record, those of texts with escapes, tags and directives aside."""
    if any(mark in read.text for mark in ("\\", "!", "%")) or _CONTROL.search(read.text):
        return
    if (left := words_left(read.text, read)) and not any(
        "…" in entry.cells[0] for entry in read.entries if entry.cells
    ):
        raise Broken(f"words in no record: {left}")


def scalars_of(value: object) -> Counter[str]:
    """The scalars in a parsed JSON value as JSON, as often as they are there."""
    found: Counter[str] = Counter()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack += item.values()
        elif isinstance(item, list):
            stack += item
        else:
            found[item if isinstance(item, Number) else json.dumps(item)] += 1
    return found


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


VERBATIM: dict[str, Callable[[Read], None]] = {
    "log": check_log,
    "text": check_verbatim,
    "markdown": check_verbatim,
    "rst": check_verbatim,
    "code": check_code,
}
"""Types of which each record is the file's text."""

WORDS: dict[str, Callable[[Read], None]] = {
    "html": check_markup,
    "mail": check_mail,
    "ini": check_ini,
    "toml": check_toml,
    "yaml": check_yaml,
}
"""Types whose words are all there, unless limits cut them."""
