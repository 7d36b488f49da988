"""A person's decisions about a taxonomy: the file `<dataset>.curation.yaml` beside the dataset's YAML, if there is one.

Errors name the file, the decision by its place, and what was expected.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import pydantic
import yaml

from rlm_pipeline.decisions import KINDS, Claim, Decision
from rlm_pipeline.errors import CurationError
from rlm_pipeline.unique_keys import UniqueKeyLoader

SUFFIX = ".curation.yaml"
_NAMING = frozenset({"rename", "describe", "rename_dimension", "describe_dimension"})

Identify = Callable[[Decision, str], str | None]
"""What a reference in a decision is to, its dimension if there is none; None where it is to nothing."""


class Curation(pydantic.BaseModel):
    """Decisions in their order in `file`; an empty `file` is none, and has none.

    `lines` are those of the file, from 1, where each decision begins: for errors, not stored, and none where the
    decisions are as they were registered.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    file: str = ""
    decisions: tuple[Decision, ...] = ()
    lines: tuple[int, ...] = pydantic.Field(default=(), exclude=True)

    def place(self, number: int) -> str:
        """Where the decision of that number, from 0, is."""
        return place_of(number, self.lines)

    @property
    def settings(self) -> dict[str, object]:
        """What the published taxonomy depends on."""
        return {"decisions": [each.model_dump(mode="json") for each in self.decisions]}

    @property
    def of_labels(self) -> dict[str, object]:
        """What the labels of records depend on: a name, a definition or a note does not make them again.

        The name that a decision gives is part of it where another refers to a category by that name.
        """
        moving = [each for each in self.decisions if each.kind not in _NAMING]
        referred = {reference.casefold() for each in moving for reference in _references(each)}
        naming = [each for each in self.decisions if each.kind in _NAMING and _given(each).casefold() in referred]
        left_out = {"note", "definition"}
        return {"decisions": [each.model_dump(mode="json", exclude=left_out) for each in (*moving, *naming)]}


def path_beside(dataset: Path) -> Path:
    """Where the decisions about the dataset of a YAML file are written."""
    return dataset.resolve().with_name(f"{dataset.stem}{SUFFIX}")


def beside(dataset: Path) -> Curation:
    """The decisions about the dataset of a YAML file; none where there is no file of them.

    Raises:
        CurationError: the file is no YAML, a decision is unknown, incomplete or wrong, or two contradict each other.

    """
    path = path_beside(dataset)
    return read(path) if path.exists() else Curation(file=str(path))


def current(curation: Curation, registered: Path) -> Curation:
    """The decisions as the file has them now; as they were where neither it nor the dataset's YAML is here.

    Where there is no YAML they are beside the `registered` configuration, wherever an archive was unpacked.

    Raises:
        CurationError: as of `beside`.

    """
    path, own = Path(curation.file), path_beside(registered)
    if path.name == own.name and own.exists():
        return read(own)
    if curation.file and path.exists():
        return read(path)
    name = path.name.removesuffix(SUFFIX)
    withdrawn = curation.file and any(path.with_name(f"{name}{each}").exists() for each in (".yaml", ".yml", ".json"))
    return Curation(file=curation.file) if withdrawn else curation


def read(path: Path) -> Curation:
    """The decisions of a file.

    Raises:
        CurationError: as of `beside`.

    """
    try:
        return parsed(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise CurationError(path, "", f"cannot be read: {error}") from error


def parsed(text: str, path: Path) -> Curation:
    """The decisions that the text of a file holds.

    Raises:
        CurationError: as of `beside`.

    """
    try:
        loader = UniqueKeyLoader(text)
        node = loader.get_single_node()
        content = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        raise CurationError(path, "", f"expected YAML; {' '.join(str(error).split())}") from error
    content = {"decisions": []} if content is None else content
    if not isinstance(content, dict) or set(content) - {"decisions"} or not isinstance(content.get("decisions"), list):
        raise CurationError(path, "decisions", "expected one key, `decisions`, with a list of decisions")
    lines = _lines(node)
    try:
        curation = Curation.model_validate({**content, "file": str(path), "lines": lines})
    except pydantic.ValidationError as error:
        raise _problem(path, content["decisions"], lines, error) from error
    check(curation, lambda decision, reference: (reference or decision.dimension).casefold())
    return curation


def place_of(number: int, lines: tuple[int, ...]) -> str:
    """`line 7, decisions[1]`; without its line where that is not known."""
    return f"line {lines[number]}, decisions[{number}]" if lines else f"decisions[{number}]"


def check(curation: Curation, identify: Identify) -> None:
    """No two decisions contradict each other.

    Raises:
        CurationError: two do; both are named.

    """
    made: dict[tuple[str, str, str], tuple[int, str]] = {}
    for place, decision in enumerate(curation.decisions):
        for claim in decision.claims():
            what, subject, value = _identified(claim, decision, identify)
            dimension = identify(decision, "")
            if subject is None or dimension is None:
                continue
            home = (what, dimension, subject)
            first, said = made.setdefault(home, (place, value))
            if said != value:
                raise CurationError(
                    curation.file,
                    curation.place(place),
                    f"{decision.told} contradicts {curation.place(first)}, {curation.decisions[first].told}, of the "
                    f"same {'category' if claim[1] else 'dimension'}; keep one of the two",
                )


def _identified(claim: Claim, decision: Decision, identify: Identify) -> tuple[str, str | None, str]:
    what, subject, value = claim
    if not subject:
        return what, identify(decision, ""), value
    if what == "fate" and value.startswith("goes into "):
        into = identify(decision, decision.target[0])
        return what, identify(decision, subject), f"goes into {into}"
    return what, identify(decision, subject), value


def _references(decision: Decision) -> Iterable[str]:
    return (decision.dimension, *decision.target, *((decision.origin,) if decision.kind == "split_off" else ()))


def _given(decision: Decision) -> str:
    return str(getattr(decision, "to", ""))


def _lines(node: yaml.Node | None) -> tuple[int, ...]:
    """Where the decisions of a document begin."""
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    return tuple(each.start_mark.line + 1 for _, value in entries for each in value.value)


def _problem(
    path: Path, decisions: list[object], lines: tuple[int, ...], error: pydantic.ValidationError
) -> CurationError:
    first = error.errors()[0]
    place = int(first["loc"][1])
    key = ".".join([place_of(place, lines), *(str(part) for part in first["loc"][3:])])  # 2 is the decision's kind
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "union_tag_not_found":
        found = decisions[place]
        began = ", ".join(map(str, found)) if isinstance(found, dict) else repr(found)
        message = f"expected a decision: one of {', '.join(KINDS)}; found {began}"
    elif first["type"] == "extra_forbidden":
        message = f"unknown key of {first['loc'][2]}"
    elif first["type"] == "missing":
        message = f"missing; {first['loc'][2]} requires it"
    elif first["type"] == "too_short":
        message = "expected at least two"
    elif "input" in first and not isinstance(first["input"], dict) and ", found " not in message:
        message = f"{message}, found {first['input']!r}"
    return CurationError(path, key, message)
