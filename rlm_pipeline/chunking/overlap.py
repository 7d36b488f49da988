"""The end of a chunk, to be repeated before the next one."""

import re

from rlm_pipeline.chunking.graphemes import is_inside

_LINE = re.compile(r"\r\n|\n|\r(?!\n)")
_WORD = re.compile(r"\s+")


def end_of(text: str, most: int) -> str:
    """The last characters of a text, at most `most`, from the start of a line on, else from that of a word.

    A line is only looked for in the first half of what may be repeated, so that not too little is. Empty where white
    space is all there is.
    """
    if not most or len(text) <= most:
        return text if most else ""
    first = len(text) - most
    if text[first - 1] in "\r\n" and text[first - 1 : first + 1] != "\r\n":
        return text[first:]
    line = _LINE.search(text, first, first + most // 2 + 1)
    word = _WORD.search(text, first - 1)
    start = line.end() if line else word.end() if word else first
    if start == len(text):
        start = first
    while start < len(text) and is_inside(text, start, first):
        start += 1
    return text[start:] if text[start:].strip() else ""
