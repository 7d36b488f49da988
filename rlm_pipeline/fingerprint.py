"""Content identity: the only place that hashes.

Every id and version stored by the pipeline is derived from content here; none from a clock, a counter or chance.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

import pydantic

_READ_BYTES = 1 << 20


def of_bytes(content: bytes) -> str:
    """32 hex characters of the 128-bit BLAKE2b hash of `content`."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def of_text(*parts: str) -> str:
    """32 hex characters identifying an ordered sequence of strings; parts cannot run into each other."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()


def short(*parts: str) -> str:
    """16 hex characters identifying an ordered sequence of strings, for ids that people read and type."""
    return of_text(*parts)[:16]


def keyed(secret: bytes, *parts: str) -> str:
    """32 hex characters identifying an ordered sequence of strings to whoever has the secret, of at most 64 bytes.

    Without it, nobody can find out by trying which strings they are.
    """
    digest = hashlib.blake2b(digest_size=16, key=secret)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()


def of_json(value: object) -> str:
    """32 hex characters of a JSON-serialisable value or pydantic model, independent of key order."""
    if isinstance(value, pydantic.BaseModel):
        value = value.model_dump(mode="json")
    return of_text(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def of_files(paths: Iterable[Path]) -> str:
    """32 hex characters of the names and contents of files, in the order given; memory does not grow with size."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(path.name.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(str(path.stat().st_size).encode() + b"\0")
        with path.open("rb") as stream:
            while block := stream.read(_READ_BYTES):
                digest.update(block)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """64 hex characters of the file's SHA-256: what a person can compare with `sha256sum`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rank(text: str) -> int:
    """A number from 0 to 2**32 - 1 that puts texts in an order that has nothing to do with their meaning; no id."""
    return rank_of_bytes(text.encode("utf-8", "surrogatepass"))


def rank_of_bytes(content: bytes | memoryview) -> int:
    """The `rank` of the text that has these bytes in UTF-8."""
    return zlib.crc32(content)
