"""What is known of each file of a source after it was looked at once: size, SHA-256, and why it is not read.

An archive is gone through once, member by member; its own members are then known without opening it.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import content
from rlm_pipeline.sources.encodings import guess_wide
from rlm_pipeline.sources.places.archives import (
    NESTED,
    Budget,
    Member,
    archive_kind,
    member_path,
    members,
)
from rlm_pipeline.sources.places.listing import Candidate, local_state, printable
from rlm_pipeline.sources.places.rules import Rules
from rlm_pipeline.sources.places.scratch import Scratch, named
from rlm_pipeline.sources.year_column import YearCount

logger = logging.getLogger(__name__)

HEAD_BYTES = 1 << 16
_PROGRESS_MEMBERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is known of one file: its state when it was read, its SHA-256, and its fiscal years (by: column).

    With `reason` the file is not read, and the SHA-256 may be empty.
    """

    bytes: int
    state: str
    sha256: str
    reason: str = ""
    years: YearCount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One candidate, and what is in it: (name in the archive, facts) in the archive's order; None for no archive."""

    facts: FileFacts
    members: tuple[tuple[str, FileFacts], ...] | None = None


def examine(candidate: Candidate, scratch: Scratch, rules: Rules, *, strict: bool, known_sha256: str = "") -> Examined:
    """Read one candidate; with `known_sha256`, which is that of its state, only as far as that does not tell.

    An archive that is damaged or unpacks too far has that as its reason, also with `strict`: it concerns only the
    partition that it is in.

    Raises:
        SourceError: with `strict`, it cannot be read at all; otherwise that is the reason it is left out.
        StoreError: there is no room to unpack.

    """
    try:
        path = scratch.fetched(candidate.uri) if candidate.uri else candidate.path
        with named(path, candidate.origin):
            return _examined(candidate, path, scratch, rules, strict=strict, known_sha256=known_sha256)
    except OSError as error:
        failure = content.unreadable(candidate.path, error)
        cause: Exception = error
    except SourceError as error:
        failure = cause = error
    if strict:
        raise failure from cause
    facts = FileFacts(bytes=candidate.bytes, state=candidate.state, sha256="", reason=printable(str(failure)))
    return Examined(facts=facts)


def _examined(
    candidate: Candidate, path: Path, scratch: Scratch, rules: Rules, *, strict: bool, known_sha256: str
) -> Examined:
    found = path.stat()
    state = candidate.state if candidate.uri else local_state(found)  # as it is now, not as it was listed
    kind = archive_kind(path)
    reason = "" if strict or kind is not None else reason_by_content(candidate.name, path)
    sha256 = known_sha256 or ("" if reason else fingerprint.sha256_of_file(path))
    facts = FileFacts(bytes=found.st_size, state=state, sha256=sha256, reason=reason)
    if kind is None:
        return Examined(facts=facts)
    logger.info("%s: looking into the archive", candidate.name)
    walk = _ArchiveWalk(scratch, rules, scratch.budget(), state)
    try:
        return Examined(facts=facts, members=tuple(_last_of_each(walk.members(members(path, kind, walk.budget)))))
    except SourceError as error:
        reason = str(error).replace(str(path), candidate.origin)
        whole = reason if candidate.origin in reason else f"{candidate.origin}: {reason}"
        return Examined(facts=replace(facts, reason=printable(whole)))


def reason_by_content(name: str, path: Path) -> str:
    """Why the file cited as `name` is not worth reading, by its first bytes; or empty.

    Raises:
        SourceError: it cannot be read, or its first bytes are damaged.

    """
    head, whole = content.sample(path, HEAD_BYTES)
    return reason_by_head(name, head, whole=whole)


def reason_by_head(name: str, head: bytes, *, whole: bool) -> str:
    """Why a file that starts with `head`, decompressed, is not worth reading; or empty."""
    from rlm_pipeline.sources.code.left_out import reason_to_leave_out

    if not head:
        return "empty (0 bytes)"
    if whole and not head.strip(b" \t\r\n\v\f\0\x1a"):
        return "nothing but white space"
    kind = content.known_format(head)
    if kind is not None:
        return kind
    if guess_wide(head) is None and content.is_binary(head):
        return "binary data"
    return reason_to_leave_out(name, head) or ""


def _last_of_each(found: Iterable[tuple[str, FileFacts]]) -> Iterator[tuple[str, FileFacts]]:
    """Of members of one name the last is read, as unpacking would leave that."""
    everything = list(found)
    last = {name: place for place, (name, facts) in enumerate(everything) if not facts.reason}
    for place, (name, facts) in enumerate(everything):
        superseded = not facts.reason and last[name] != place
        yield name, replace(facts, reason="the archive has a later file of this name") if superseded else facts


@dataclass(frozen=True, slots=True)
class _ArchiveWalk:
    scratch: Scratch
    rules: Rules
    budget: Budget
    state: str
    inside: str = ""  # the archive in the archive, with what follows it

    def members(self, found: Iterable[Member]) -> Iterator[tuple[str, FileFacts]]:
        for number, member in enumerate(found, 1):
            yield from self._member(member)
            if number % _PROGRESS_MEMBERS == 0:
                logger.info("%s files of the archive looked at", f"{number:,}")

    def _member(self, member: Member) -> Iterator[tuple[str, FileFacts]]:
        name = f"{self.inside}{member.name}"
        below = member_path(name)
        reason = member.reason or self.rules.reason_of_path(below)
        if reason:
            yield name, self._facts(reason=reason)
            return
        try:
            head = _head(member.blocks)
            if content.may_hold_more(head):
                yield from self._kept(member, name, below, head)
            else:
                yield name, self._read(member, below, head)
        except SourceError as error:
            if self.budget.exhausted:
                raise
            yield name, self._facts(reason=str(error))

    def _read(self, member: Member, below: str, head: bytes) -> FileFacts:
        reason = reason_by_head(below, head[:HEAD_BYTES], whole=len(head) <= HEAD_BYTES)
        if reason:
            return self._facts(reason=reason)
        digest, size = hashlib.sha256(), 0
        for block in chain((head,), member.blocks):
            digest.update(block)
            size += len(block)
        return self._facts(size=size, sha256=digest.hexdigest())

    def _kept(self, member: Member, name: str, below: str, head: bytes) -> Iterator[tuple[str, FileFacts]]:
        """A member whose own content must be unpacked to know what it is."""
        path, sha256 = self.scratch.keep(chain((head,), member.blocks), printable(name))
        try:
            with named(path, name):
                kind = archive_kind(path)
                if kind is None:
                    reason = reason_by_content(below, path)
                    yield name, self._facts(size=path.stat().st_size, sha256=sha256, reason=reason)
                elif self.inside:
                    yield name, self._facts(reason="an archive in an archive in an archive; unpack it first")
                else:
                    inner = replace(self, inside=f"{name}{NESTED}")
                    yield from inner.members(members(path, kind, self.budget))
        finally:
            path.unlink(missing_ok=True)

    def _facts(self, *, size: int = 0, sha256: str = "", reason: str = "") -> FileFacts:
        return FileFacts(bytes=size, state=self.state, sha256=sha256, reason=printable(reason))


def _head(blocks: Iterator[bytes]) -> bytes:
    """The first blocks of a member, more than HEAD_BYTES if there is more."""
    head = b""
    while len(head) <= HEAD_BYTES and (block := next(blocks, b"")):
        head += block
    return head
