"""Reading files as prose, and giving a text back from its blocks."""

import itertools
import re

from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.encodings import Encoding, decode_head
from rlm_pipeline.sources.prose import html_page, mail, markdown, plain, restructured
from rlm_pipeline.sources.readers import open_reading
from rlm_pipeline.sources.recognition import Detected

READERS = {
    "text": plain.read,
    "markdown": markdown.read,
    "rst": restructured.read,
    "html": html_page.read,
    "mail": mail.read,
}
UTF8 = Encoding(name="utf-8", codec="utf-8", evidence="")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def records(tmp_path, content, name):
    """(line, heading, block, text) of a file that is taken for what it looks like."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reading = open_reading(path, detect(path), name)
    return [(entry.line, *entry.cells) for entry in reading.entries]


def entries_as(kind, path, encoding=UTF8):
    """The entries of a file that is said to be of a type."""
    detected = Detected(detected_type=kind, compressed=False, encoding=encoding, evidence="")
    return list(READERS[kind](path, detected, path.name).entries)


def unaccounted(text, entries):
    """What of `text` the entries leave out, line by line; every entry must stand where it says it does."""
    lines = _LINE.findall(text)
    starts = [0, *itertools.accumulate(map(len, lines))]
    left, end = [], 0
    for line, (_, _, slice_), *_ in entries:
        start = text.find(slice_, max(end, starts[line - 1]))
        assert starts[line - 1] <= start < starts[line], (line, slice_[:50])
        left.append(text[end:start])
        end = start + len(slice_)
    return "".join([*left, text[end:]])


def text_of(path, encoding):
    """The whole text of a file."""
    return decode_head(path.read_bytes(), encoding, whole=True)
