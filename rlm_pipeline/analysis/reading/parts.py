"""Long records cut into parts that a reading has room for: at line ends, else between words, else anywhere."""


def cut(text: str, most: int) -> tuple[str, ...]:
    """The text in parts of at most `most` characters, which joined are the text; a short text is one part."""
    parts: list[str] = []
    start = 0
    while len(text) - start > most:
        end = _border(text, start, start + most)
        parts.append(text[start:end])
        start = end
    parts.append(text[start:])
    return tuple(parts)


def _border(text: str, start: int, end: int) -> int:
    earliest = start + (end - start) // 2
    for sign in ("\n", " "):
        found = text.rfind(sign, earliest, end)
        if found >= 0:
            return found + 1
    return end
