"""The rules: what is looked for in which language, read from the files in `rules`.

A rule looks at calls, assignments, nodes of a tree or at the text. Names are compared part by part: `os.system` is also
`x.os.system`, `system` is no method of anything, `*.system` is one of something, `~system` is either.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Annotated, Literal

import pydantic
import yaml

from rlm_pipeline.analysis.code_analyst.hits import Hit, HitKind
from rlm_pipeline.analysis.observation import Severity
from rlm_pipeline.configuration import CodeMode
from rlm_pipeline.errors import InvariantError

Is = Literal["constant", "varying", "built", "absent", "product"]
Place = Literal["loop", "async"]

CONFIDENCE: Mapping[str, float] = {"high": 0.9, "medium": 0.6, "low": 0.3}
"""How sure a rule is that its hits are what it says."""

SCRIPTS = ("javascript", "typescript", "tsx")
_GROUPS = {"script": SCRIPTS, "c family": ("c", "cpp"), "any": ()}


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """One thing that must hold of an argument (a place, a keyword, `any`, `last`), the receiver, or the text around."""

    arg: int | str | tuple[int | str, ...] | None = None
    kind: Annotated[tuple[Is, ...], pydantic.Field(alias="is")] = ()
    matches: re.Pattern[str] | None = None
    lacks: re.Pattern[str] | None = None
    strings: re.Pattern[str] | None = None
    receiver: re.Pattern[str] | None = None
    function_has: re.Pattern[str] | None = None
    function_lacks: re.Pattern[str] | None = None
    file_has: re.Pattern[str] | None = None
    file_lacks: re.Pattern[str] | None = None

    @pydantic.field_validator("kind", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Rule(_Part):
    """What is found where, and what it means; at least one of call, like, assign, assign_like, node and text."""

    id: str
    languages: tuple[str, ...]
    cwe: int | None = None
    kind: HitKind
    mode: CodeMode
    message: str
    severity: Severity = "notice"
    confidence: Literal["high", "medium", "low"] = "medium"
    call: tuple[str, ...] = ()
    like: re.Pattern[str] | None = None
    assign: tuple[str, ...] = ()
    assign_like: re.Pattern[str] | None = None
    node: tuple[str, ...] = ()
    text: re.Pattern[str] | None = None
    words: tuple[str, ...] = ()
    inside: tuple[Place, ...] = ()
    where: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()


def hit_of(rule: Rule, start: int, end: int) -> Hit:
    """A rule broken in a range of characters."""
    return Hit(
        start=start,
        end=end,
        kind=rule.kind,
        rule=rule.id,
        message=rule.message,
        severity=rule.severity,
        confidence=CONFIDENCE[rule.confidence],
        cwe=rule.cwe,
    )


@dataclass(slots=True)
class _Names:
    """Rules about names, found by the last part of a name."""

    by_last: dict[str, list[tuple[str, Rule]]] = field(default_factory=dict)
    alike: list[tuple[re.Pattern[str], Rule]] = field(default_factory=list)
    seen: dict[str, tuple[tuple[str, Rule], ...]] = field(default_factory=dict)

    def add(self, rule: Rule, names: Iterable[str], like: re.Pattern[str] | None) -> None:
        for name in names:
            last = name.rpartition(".")[2].lstrip("~").removeprefix("new ")
            self.by_last.setdefault(last, []).append((name, rule))
        if like is not None:
            self.alike.append((like, rule))

    def about(self, name: str) -> list[Rule]:
        last = name.rpartition(".")[2].removeprefix("new ")
        if last not in self.seen:
            if len(self.seen) > _MOST_NAMES:
                self.seen.clear()
            alike = (("", rule) for like, rule in self.alike if like.search(last))
            self.seen[last] = (*self.by_last.get(last, ()), *alike)
        return [rule for pattern, rule in self.seen[last] if not pattern or _names(pattern, name)]


@dataclass(slots=True, kw_only=True)
class RuleSet:
    """The rules of one language and some modes, found by the last part of a name or by the type of a node."""

    rules: tuple[Rule, ...]
    modes: tuple[CodeMode, ...]
    nodes: dict[str, list[Rule]] = field(default_factory=dict)
    texts: list[Rule] = field(default_factory=list)
    _calls: _Names = field(default_factory=_Names)
    _assigns: _Names = field(default_factory=_Names)

    def __post_init__(self) -> None:
        """Index the rules."""
        for rule in self.rules:
            self._calls.add(rule, rule.call, rule.like)
            self._assigns.add(rule, rule.assign, rule.assign_like)
            for node in rule.node:
                self.nodes.setdefault(node, []).append(rule)
            if rule.text is not None:
                self.texts.append(rule)

    def of_call(self, name: str) -> list[Rule]:
        """The rules about a call of `name`."""
        return self._calls.about(name)

    def of_assignment(self, name: str) -> list[Rule]:
        """The rules about an assignment to `name`."""
        return self._assigns.about(name)


_MOST_NAMES = 50_000
_FREE = frozenset({"std", "", "self", "global", "kernel", "Kernel"})


def _names(pattern: str, name: str) -> bool:
    """Whether a pattern of a rule is about a dotted name."""
    if pattern.startswith("new ") != name.startswith("new "):
        return False
    pattern, name = pattern.removeprefix("new "), name.removeprefix("new ")
    if pattern.startswith("~"):
        return True
    owner, _, _ = pattern.rpartition(".")
    receiver = name.rpartition(".")[0]
    if not owner:
        return receiver in _FREE
    return bool(receiver) if owner == "*" else receiver == owner or receiver.endswith(f".{owner}")


@functools.cache
def load() -> tuple[Rule, ...]:
    """All rules, in the order of their files and within them.

    Raises:
        InvariantError: a file of rules is damaged.

    """
    folder = resources.files("rlm_pipeline.analysis.code_analyst") / "rules"
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    return tuple(rule for each in files if each.name.endswith(".yaml") for rule in _read(each.name, each.read_text()))


@functools.cache
def rules_for(language: str, modes: tuple[CodeMode, ...]) -> RuleSet:
    """The rules of the modes for a language; those for any language are for all."""
    chosen = (each for each in load() if not each.languages or language in each.languages)
    return RuleSet(rules=tuple(rule for rule in chosen if rule.mode in modes), modes=modes)


def _read(name: str, text: str) -> Iterable[Rule]:
    document = yaml.safe_load(text)
    shared = {key: document[key] for key in ("languages", "mode", "kind") if key in document}
    for entry in document["rules"]:
        whole = {**shared, **entry}
        languages = whole["languages"] if isinstance(whole["languages"], list) else [whole["languages"]]
        whole["languages"] = [each for named in languages for each in _GROUPS.get(named, (named,))]
        try:
            yield Rule.model_validate(whole)
        except pydantic.ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise InvariantError(f"rules {name}, {entry.get('id')}: {place}: {problem['msg']}") from error
