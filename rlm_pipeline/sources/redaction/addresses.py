"""Mail addresses, also as a URL or an escape writes them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

AT = r"(?:@|%40|\\u0040|\uff20)"
"""The sign of an address: as it is, in a URL, in JSON, and full-width."""

_FILE_SUFFIXES = frozenset(
    {
        "avif", "bat", "bin", "bmp", "bz2", "cfg", "conf", "cpp", "css", "csv", "dat", "dll", "doc", "docx", "eml",
        "exe", "gif", "gz", "htm", "html", "ico", "ini", "jar", "java", "jpeg", "jpg", "js", "json", "jsonl", "jsx",
        "log", "lock", "mbox", "mp3", "mp4", "msg", "odt", "parquet", "pdf", "php", "png", "ppt", "pptx",
        "rb", "rst", "rtf", "sql", "svg", "tar", "tgz", "tif", "tiff", "toml", "ts", "tsv", "tsx",
        "ttf", "txt", "wav", "webp", "woff", "woff2", "xls", "xlsx", "xml", "xsd", "yaml", "yml", "zip", "zst",
    }
)  # fmt: skip
"""None of these is a country's domain."""

_UNITS = frozenset(
    {
        "automount", "device", "local", "mount", "path", "scope", "service", "slice", "snapshot", "socket", "swap",
        "target", "timer",
    }
)  # fmt: skip
"""What systemd's units end in, and names of a local network."""

_SERVICE_USERS = frozenset({"git", "hg", "svn"})

KIND = "email"

_LONGEST_USER = 64
_AT = re.compile(AT)
_USER = re.compile(r"[^\W_](?:[\w.+'\u2019-]*[\w+-])?\Z")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![^\W\d_])")
_ESCAPES = "nrtfvb"


class Address(NamedTuple):
    """An address at characters `start` to `end`, and as it is the same however it is written."""

    start: int
    end: int
    normalised: str


def addresses(text: str) -> Iterator[Address]:
    """The mail addresses of a text, in order; in time linear in its length."""
    free = 0
    for at in _AT.finditer(text):
        if at.start() < free:
            continue
        first = max(free, at.start() - _LONGEST_USER)
        user, domain = _USER.search(text[first : at.start()]), _DOMAIN.match(text, at.end())
        if user is None or domain is None:
            continue
        start = first + user.start()
        # In code and JSON a line end before it is two characters, the second of which is a letter.
        if text[start - 1 : start] == "\\" and text[start] in _ESCAPES and start + 1 < at.start():
            start += 1
        name, host = text[start : at.start()].lower(), _host(domain[0].lower())
        if name and host and name not in _SERVICE_USERS:
            free = at.end() + len(host)
            yield Address(start, free, f"{name}@{host}")


def _host(domain: str) -> str:
    """A domain without the suffix of a file that is called after an address; empty for what is none."""
    labels = domain.split(".")
    while len(labels) > 1 and labels[-1] in _FILE_SUFFIXES:
        labels.pop()
    return ".".join(labels) if len(labels) > 1 and labels[-1] not in _UNITS else ""
