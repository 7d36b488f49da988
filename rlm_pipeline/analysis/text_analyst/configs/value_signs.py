"""What a single value of a configuration says: which environment its file is for, a secret, references, comments."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

_ENVIRONMENTS = {
    "production": "production|prod|prd|live",
    "staging": "staging|stage|stg|preprod|uat",
    "test": "test|testing|qa|ci",
    "development": "development|develop|dev|local|sandbox",
    "default": "default|defaults|base|common|example|sample|template",
}
ENVIRONMENT = re.compile(
    "|".join(rf"(?P<{name}>(?<![a-z])(?:{words})(?![a-z]))" for name, words in _ENVIRONMENTS.items()), re.IGNORECASE
)
_SECRET = re.compile(
    r"(?:^|[._\-\[\"])(?:[a-z0-9_-]*(?:passw(?:or)?d|passwd|pwd|passphrase|secret|credentials?|private[_-]?key|api[_-]?key|"
    r"access[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key)|[a-z0-9_-]*token|access[_-]?key[_-]?id|bearer|"
    r"conn(?:ection)?[_-]?str(?:ing)?)\"?\]?$",
    re.IGNORECASE,
)
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-"
    r"[A-Za-z0-9-]{10,}|\bsk-[A-Za-z0-9_-]{20,}|://[^/\s:@]+:(?![$<{%*])[^/\s:@]+@|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."
)
_NO_SECRET = re.compile(
    r"(?:\$\{?|\{\{|%\(|<|!|%[A-Z]|env:|vault:|arn:|ref:|secretref|file:|/|\*+$|x+$|\.+$|none$|null$|~$|true$|false$|yes$|no$|"
    r"enabled$|disabled$|required$|optional$|prompt$|your[_-]|todo|\d{1,3}$)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\$\{([^${}]{1,200})\}|%\(([^()]{1,200})\)s|\{\{\s*([\w.\-\[\]]{1,200})\s*(?:\|[^{}]*)?\}\}|\$([A-Z][A-Z0-9_]{2,60})\b"
)
_COMMENTED = re.compile(r"^\s*(?:[-;#/]+\s*)?([A-Za-z_][\w.\-]{1,60})\s*(?:=\s*\S.*|:(?:\s+\S.*)?)$")
_PROSE_WORD = re.compile(
    r"^(?:note|notes|todo|fixme|warning|example|examples|see|usage|default|defaults|hint|tip|important|https?|format|e\.g|i\.e|xxx|hack|copyright|license|author|url)$",
    re.IGNORECASE,
)


def environment_of(source: str) -> str:
    """The environment a file is for, by the last word of its path that names one; empty for none."""
    path = PurePosixPath(source)
    found = list(ENVIRONMENT.finditer(str(path)))
    return found[-1].lastgroup or "" if found else ""


def is_secret(key: str, value: str, kind: str = "string") -> bool:
    """Whether a value looks like a secret: by its key, or by its own shape; not where it only says where one is."""
    value = value.strip()
    if not value or kind in ("comment", "null", "boolean"):
        return False
    if _SECRET_VALUE.search(value):
        return True
    plain = _WORD_BREAK.sub("_", key)
    return _SECRET.search(plain) is not None and _NO_SECRET.match(value) is None and len(value) >= 4


def references(value: str) -> tuple[str, ...]:
    """The names that a value refers to: ${name}, %(name)s, {{ name }}, $NAME; each once, without its default."""
    found = (next(each for each in match.groups() if each) for match in _REFERENCE.finditer(value[:20_000]))
    return tuple(dict.fromkeys(re.split(r":[-=?+]|:-?", name, maxsplit=1)[0].strip() for name in found))


def resolved(name: str, key: str, keys: frozenset[str]) -> bool:
    """Whether a name is that of a key: in full, or beside the key that refers to it, or one of the environment's."""
    section = key.rpartition(".")[0]
    beside = f"{section}.{name}" if section else name
    upper = re.fullmatch(
        r"[A-Z][A-Z0-9_]*|env[.:].*|(?:secrets|inputs|github|matrix|Values|vars|steps|needs|runner|\.?Release)\b.*",
        name,
    )
    return bool(upper) or name in keys or beside in keys or f"DEFAULT.{name}" in keys or not name


def commented_out(comment: str) -> Iterator[tuple[str, str]]:
    """The settings that a comment holds, key and value: lines `key = value` or `key: value`, no sentences."""
    for line in comment[:20_000].split("\n"):
        found = _COMMENTED.match(line)
        if found is None or _PROSE_WORD.match(found[1]):
            continue
        value = line[found.end(1) :].strip(" :=\t")
        if len(value.split()) <= 3 or value[:1] in "\"'[{":
            yield found[1], value
