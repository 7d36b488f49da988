"""Which columns identify a record, date it, hold its text, or must not be read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.profiling.matching.renaming import suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A column over all partitions, before it has a role; `rows` are its profiles by partition."""

    name: str
    kind: str
    columns: Mapping[str, str]
    rows: Mapping[str, Profile]


def assign(config: DatasetConfig, candidates: Sequence[Candidate], *, partitions: int) -> dict[str, str]:
    """Roles by column name: `id`, `date`, `text` or `ignored`; columns without a role are absent.

    What the configuration names is taken. What it leaves open is found from the profiles: the text columns are those
    of kind text, the date is the fullest date column, the id an identifier that is filled and distinct in every record.

    Raises:
        ConfigurationError: a configured column is in no partition, has two roles, or is also to be ignored.

    """
    roles = {each.name: "ignored" for each in candidates if each.kind == "ignored"}
    wanted = config.columns
    named = [("id", wanted.id), ("date", wanted.date), *(("text", name) for name in wanted.text)]
    for role, name in named:
        if name is None:
            continue
        found = _find(config, candidates, role, name)
        if roles.setdefault(found.name, role) != role:
            raise _problem(config, role, f"{name!r} is also {_reason(roles[found.name])}; a column has one role")
    if not wanted.text:
        roles |= {each.name: "text" for each in candidates if each.kind == "text" and each.name not in roles}
    if wanted.date is None:
        roles |= _first(candidates, "date", roles, lambda each: each.kind == "date")
    if wanted.id is None:
        roles |= _first(candidates, "id", roles, lambda each: _is_key(each, partitions))
    return roles


def _find(config: DatasetConfig, candidates: Sequence[Candidate], role: str, name: str) -> Candidate:
    exact = [each for each in candidates if name in (each.name, *each.columns.values())]
    similar = [each for each in candidates if normalised(name) in map(normalised, each.columns.values())]
    found = exact or similar
    if not found:
        names = sorted({spelling for each in candidates for spelling in (each.name, *each.columns.values())})
        raise _problem(config, role, f"no column {name!r} in any partition; {suggestion(name, names)}")
    if len(found) > 1 and not exact:
        raise _problem(
            config, role, f"{name!r} could be {' or '.join(repr(each.name) for each in found)}; write it exactly"
        )
    return next((each for each in found if each.name == name), found[0])


def _first(
    candidates: Sequence[Candidate], role: str, roles: Mapping[str, str], fits: Callable[[Candidate], bool]
) -> dict[str, str]:
    fitting = [each for each in candidates if each.name not in roles and fits(each)]
    filled = {each.name: sum(row["non_null"] for row in each.rows.values()) for each in fitting}
    return {max(filled, key=lambda name: filled[name]): role} if filled else {}


def _is_key(candidate: Candidate, partitions: int) -> bool:
    return (
        candidate.kind == "identifier"
        and len(candidate.rows) == partitions
        and all(row["distinct"] == row["non_null"] == row["records"] for row in candidate.rows.values())
    )


def _problem(config: DatasetConfig, role: str, message: str) -> ConfigurationError:
    return ConfigurationError(f"dataset {config.name}", f"columns.{role}", message)


def _reason(role: str) -> str:
    return "matched by columns.ignore" if role == "ignored" else f"columns.{role}"
