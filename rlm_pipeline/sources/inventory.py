"""What a dataset's source holds: its files, the partitions they belong to, content fingerprints, what is left out.

What was read from a file (its hash, the fiscal years in it, an archive's members) is remembered in the dataset's
inventory file for as long as the file's state stays the same, so that looking again reads no file.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from rlm_pipeline import fingerprint
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError, SourceError
from rlm_pipeline.model import ALL_YEARS, UNDATED, LeftOut, SourceFile
from rlm_pipeline.sources import inventory_file
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.fiscal_year import key_of_name
from rlm_pipeline.sources.places.archives import NESTED, member_path
from rlm_pipeline.sources.places.examination import Examined, FileFacts, examine
from rlm_pipeline.sources.places.listing import Candidate, Listing, printable, summarised
from rlm_pipeline.sources.places.locations import locate
from rlm_pipeline.sources.places.rules import Rules
from rlm_pipeline.sources.places.scratch import Scratch, origin_of
from rlm_pipeline.sources.readers import TABLES
from rlm_pipeline.sources.redaction import secret
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.sources.year_column import count_years
from rlm_pipeline.store import DatasetStore

logger = logging.getLogger(__name__)

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The files of each partition, partitions sorted; a fingerprint of what each is made from; facts by file name.

    `required` are the files that the source names itself: that one of them cannot be read is an error, of its partition
    alone where its facts have the reason. The others were found in a folder, a prefix or an archive, and are left out
    if they cannot be read. `left_out` is by partition: what a file's name puts into a partition stands there; all else
    that is left out stands in every partition.
    """

    partitions: dict[str, tuple[SourceFile, ...]]
    fingerprints: dict[str, str]
    facts: dict[str, FileFacts]
    left_out: dict[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class _Found:
    """A file that may be read, and what is known of it so far; `key` is its partition, unless its records have one."""

    file: SourceFile
    origin: str
    facts: FileFacts
    required: bool
    key: str = ALL_YEARS


def take_inventory(store: DatasetStore, config: DatasetConfig) -> Inventory:
    """Find the dataset's files and sort them into partitions; reads only files that are new or changed.

    Raises:
        SourceError: no file matches, none can be read, or one that `source` names itself cannot be read or has no
            fiscal year in its name.
        ConfigurationError: a table lacks the partition column.
        StoreError: there is no room to unpack, or the inventory cannot be written.

    """
    listing = locate(store, config)
    remembered = inventory_file.read(store, config)
    redaction = secret.redaction_of(store, config)
    left_out = list(listing.left_out)
    with Scratch(store, config.files) as scratch:
        rules = Rules(config.files)
        examined = {
            each.origin: _examined(each, remembered.get(each.origin), rules, scratch, strict=listing.strict)
            for each in listing.candidates
        }
        found = _named_apart(list(_all_found(listing, examined, left_out)))
        for each in found:
            _settle_partition(each, config, scratch)
        settled = {each.origin: each.facts for each in found}
        if redaction is not None:
            # What would tell a person's name is not remembered: the file is looked at again every time.
            examined = {
                origin: each for origin, each in examined.items() if not _tells(origin, each, settled, redaction)
            }
        inventory_file.write(store, config, examined, settled, scratch)
    if redaction is not None:
        _rename(found, redaction)
    kept = [each for each in found if each.required or not each.facts.reason]
    left_out += [
        LeftOut(name=each.file.name, reason=each.facts.reason)
        for each in found
        if each.facts.reason and not each.required
    ]
    if redaction is not None:
        left_out = [LeftOut(name=redaction.name(each.name), reason=redaction.name(each.reason)) for each in left_out]
    if not kept:
        raise _nothing_left(config, left_out)
    return _sorted_into_partitions(kept, left_out, config)


def _examined(
    candidate: Candidate, known: inventory_file.Remembered | None, rules: Rules, scratch: Scratch, *, strict: bool
) -> Examined:
    if known is None:
        return examine(candidate, scratch, rules, strict=strict)
    same = bool(candidate.state) and known.examined.facts.state == candidate.state
    if same and known.same_rule:
        return known.examined
    sha256 = known.examined.facts.sha256 if same else ""
    examined = examine(candidate, scratch, rules, strict=strict, known_sha256=sha256)
    return known.with_years(examined)


def _all_found(listing: Listing, examined: dict[str, Examined], left_out: list[LeftOut]) -> Iterator[_Found]:
    """The files of all candidates, an archive's members in its place; what is not read is added to `left_out`."""
    alone = listing.strict and len(listing.candidates) == 1
    for candidate in listing.candidates:
        facts, members = examined[candidate.origin].facts, examined[candidate.origin].members
        whole = SourceFile(name=candidate.name, path=candidate.path, uri=candidate.uri)
        reason = facts.reason or ("an archive without files" if members == () else "")
        if reason and not (listing.strict and members is None):
            left_out.append(LeftOut(name=candidate.name, reason=reason))
        elif members is None:
            yield _Found(file=whole, origin=candidate.origin, facts=facts, required=listing.strict)
        for member, of_member in members or ():
            name = printable(member_path(member))
            file = replace(whole, name=name if alone else f"{candidate.name}/{name}", member=member)
            if of_member.reason:
                left_out.append(LeftOut(name=file.name, reason=of_member.reason))
            else:
                yield _Found(file=file, origin=origin_of(file), facts=of_member, required=False)


def _named_apart(found: list[_Found]) -> list[_Found]:
    """Files whose names cannot be told apart once they are printable get a mark of where they are."""
    seen: set[str] = set()
    for each in found:
        if each.file.name in seen:
            each.file = replace(each.file, name=f"{each.file.name}~{fingerprint.short(each.origin)[:8]}")
        seen.add(each.file.name)
    return found


def _rename(found: list[_Found], redaction: Redaction) -> None:
    """Call files by names without personal data, from here on."""
    names = redaction.names([each.file.name for each in found])
    for each, name in zip(found, names, strict=True):
        each.file = replace(each.file, name=name)
        years = each.facts.years
        if years is not None:
            years = replace(years, evidence=redaction.name(years.evidence))
        each.facts = replace(each.facts, reason=redaction.name(each.facts.reason), years=years)


def _tells(origin: str, examined: Examined, settled: dict[str, FileFacts], redaction: Redaction) -> bool:
    """Whether personal data is in what would be remembered of a candidate."""
    known = [(origin, examined.facts)]
    known += [(f"{origin}{NESTED}{name}", facts) for name, facts in examined.members or ()]
    texts: list[str] = []
    for name, facts in known:
        for each in (facts, settled.get(name, facts)):
            texts += [name, each.reason, each.years.evidence if each.years else ""]
    return any(redaction.name(text) != text for text in dict.fromkeys(texts))


def _settle_partition(found: _Found, config: DatasetConfig, scratch: Scratch) -> None:
    """Find the fiscal year, or years, of one file; one that need not be read is marked with why it cannot be."""
    try:
        if config.partition.by == "filename":
            found.key = _key(found.file, config)
        elif config.partition.by == "column" and found.facts.years is None:
            _count_years(found, config, scratch)
    except SourceError as error:
        if found.required:
            raise
        found.facts = replace(found.facts, reason=printable(str(error)))


def _key(file: SourceFile, config: DatasetConfig) -> str:
    """The partition in a file's own name, else in its path below the source, else in the name of its archive."""
    pattern = config.partition.pattern or ""
    *others, last = dict.fromkeys((file.name.rpartition("/")[2], file.name, file.path.name))
    for name in (*others, last):
        try:
            return key_of_name(name, pattern)
        except SourceError:
            continue
    return key_of_name(file.name, pattern)


def _count_years(found: _Found, config: DatasetConfig, scratch: Scratch) -> None:
    if found.facts.reason:
        raise SourceError(found.facts.reason)
    logger.info("counting the fiscal years in %s", found.file.name)
    with scratch.local_copy(found.file, found.facts.sha256) as path:
        try:
            years = count_years(path, config, found.file.name)
        except ConfigurationError as error:
            # A table without the date column would be missed; notes that lie beside the tables would not.
            if found.required or detect(path, config.format, name=found.file.name).detected_type in TABLES:
                raise
            found.facts = replace(found.facts, reason=str(error))
        else:
            found.facts = replace(found.facts, years=years)


def _sorted_into_partitions(found: list[_Found], left_out: list[LeftOut], config: DatasetConfig) -> Inventory:
    partitions: dict[str, list[SourceFile]] = {}
    for each in found:
        years = each.facts.years
        for key in (each.key,) if years is None else years.records:
            partitions.setdefault(key, []).append(each.file)
    if not partitions:
        partitions = {UNDATED: [each.file for each in found]}
    facts = {each.file.name: each.facts for each in found}
    return Inventory(
        partitions={key: tuple(members) for key, members in sorted(partitions.items())},
        fingerprints={key: _fingerprint(key, members, facts) for key, members in sorted(partitions.items())},
        facts=facts,
        left_out=_left_out_by_partition(summarised(left_out), sorted(partitions), config),
        required=frozenset(each.file.name for each in found if each.required),
    )


def _fingerprint(key: str, members: list[SourceFile], facts: dict[str, FileFacts]) -> str:
    contents = [part for file in members for part in (file.name, facts[file.name].sha256)]
    by_column = any(facts[file.name].years is not None for file in members)
    return fingerprint.of_text(*([key] if by_column else []), *contents)


def _left_out_by_partition(
    left_out: tuple[LeftOut, ...], partitions: list[str], config: DatasetConfig
) -> dict[str, tuple[LeftOut, ...]]:
    keys = [_key_of_left_out(each, config) for each in left_out]
    return {
        partition: tuple(
            each for each, key in zip(left_out, keys, strict=True) if key == partition or key not in partitions
        )
        for partition in partitions
    }


def _key_of_left_out(left_out: LeftOut, config: DatasetConfig) -> str:
    if config.partition.by != "filename":
        return ""
    try:
        return key_of_name(left_out.name, config.partition.pattern or "")
    except SourceError:
        return ""


def _nothing_left(config: DatasetConfig, left_out: list[LeftOut]) -> SourceError:
    shown = "; ".join(f"{each.name}: {each.reason}" for each in left_out[:_SHOWN])
    more = f"; and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    return SourceError(f"nothing to read in {config.source}; left out are {shown}{more}")
