"""What a batch carries along so that its chunks can be understood: the schema of what they are from."""

from collections.abc import Mapping
from dataclasses import dataclass

from rlm_pipeline.chunking import column_layout
from rlm_pipeline.chunking.chunk_table import BYTES_PER_TOKEN, tokens_in
from rlm_pipeline.chunking.chunkers import JSON
from rlm_pipeline.chunking.column_layout import Profile
from rlm_pipeline.chunking.rendering import label
from rlm_pipeline.chunking.views import TABLES, view_of
from rlm_pipeline.configuration import ColumnRoles, DatasetConfig
from rlm_pipeline.model import SourceManifest
from rlm_pipeline.store import DatasetStore

SHARE = 4
"""At most this part of a batch's tokens, 1 / SHARE, is for what is carried along; of more the first lines are."""


_LONGEST_VALUE = 200
_SAME_HEAD = "\nThe same wherever filled, and in no chunk: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """`columns` is how many columns of a table are shown, 0 for what is no table."""

    text: str = ""
    columns: int = 0

    @property
    def tokens(self) -> int:
        """An estimate."""
        return tokens_in(self.text)


def of_partition(store: DatasetStore, config: DatasetConfig, partition: str) -> dict[str, Carried]:
    """What batches of each source carry along: nothing of a column that is ignored.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.

    """
    profile = column_layout.profile_of(store, config, partition)
    most = config.batches.tokens // SHARE * BYTES_PER_TOKEN
    paths: dict[str, list[str]] = {}
    if any(each.detected_type in JSON for each in store.manifest(partition).sources):
        paths = _paths(store, partition, config.columns)
    constants = column_layout.constants_of(store, config, partition)
    known: dict[tuple[str, ...], Carried] = {}
    found: dict[str, Carried] = {}
    for source in store.manifest(partition).sources:
        if source.detected_type in JSON:
            columns = len(view_of(source, config.columns, profile).shown)
            text = _within("Paths:\n", paths.get(source.source, []), "\n", most)
            found[source.source] = Carried(text=text, columns=columns)
        elif source.detected_type in TABLES:
            if source.header not in known:
                known[source.header] = _of_table(source, config, profile, constants, most)
            found[source.source] = known[source.header]
        else:
            found[source.source] = Carried()
    return found


def _of_table(
    source: SourceManifest, config: DatasetConfig, profile: Profile, constants: Mapping[str, str], most: int
) -> Carried:
    shown = view_of(source, config.columns, profile).shown
    text = _within("Columns: ", [f"{label(name)} ({profile[name]['kind']})" for name in shown], ", ", most)
    same = [f"{label(name)} = {_shortened(constants[name])}" for name in source.header if name in constants]
    left = most - len(text.encode())
    if same and left >= 2 * len(_SAME_HEAD):
        text += _within(_SAME_HEAD, same, ", ", left)
    return Carried(text=text, columns=len(shown))


def _shortened(value: str) -> str:
    line = label(value[: 2 * _LONGEST_VALUE])
    return line if len(value) <= _LONGEST_VALUE else f"{line[: _LONGEST_VALUE - 1]}…"


def _paths(store: DatasetStore, partition: str, roles: ColumnRoles) -> dict[str, list[str]]:
    """The paths of each nested source, with their types."""
    stored = store.scan(store.paths_path(partition), "raw_file", partition)
    typed = stored.group_by("source", "path", maintain_order=True).agg("type").collect()
    lines: dict[str, list[str]] = {}
    for source, path, types in typed.iter_rows():
        if not _is_ignored(path, roles):
            lines.setdefault(source, []).append(f"{path}: {' or '.join(types)}")
    return lines


def _is_ignored(path: str, roles: ColumnRoles) -> bool:
    """Whether a path is that of an ignored column, or lies below it."""
    keys = path.replace("[*]", "").removeprefix("$").strip(".").split(".")
    return any(
        roles.is_ignored(".".join(keys[start:end]))
        for start in range(len(keys))
        for end in range(start + 1, len(keys) + 1)
    )


def _within(head: str, lines: list[str], between: str, most: int) -> str:
    """As many of the lines as `most` bytes have room for, and how many more there are."""
    text = head + between.join(lines)
    if len(text.encode()) <= most:
        return text
    kept, length = 0, len(head) + len(f"{between}and {len(lines)} more")
    while kept < len(lines) and (needed := length + len(between) + len(lines[kept].encode())) <= most:
        length = needed
        kept += 1
    return head + between.join([*lines[:kept], f"and {len(lines) - kept} more"])
