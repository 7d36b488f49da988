"""Whether what a rule asks of arguments and of the text around holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_pipeline.analysis.code_analyst.expressions import Argument, Source
from rlm_pipeline.analysis.code_analyst.rules import Condition, Rule

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST_TEXT = 2000  # characters of an argument
_MOST_AROUND = 20_000  # characters of a function


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Where something is: the range of its function, whether a loop or an asynchronous function is around."""

    function: tuple[int, int]
    in_loop: bool
    in_async: bool


@dataclass(slots=True, kw_only=True)
class Judge:
    """Decides over one source; what it found out about the whole text is kept."""

    source: Source
    _in_text: dict[re.Pattern[str], bool] = field(default_factory=dict)

    def applies(self, rule: Rule, receiver: str, given: Sequence[Argument], around: Around) -> bool:
        """Whether a rule is broken by what is called, assigned or stands there."""
        if ("loop" in rule.inside and not around.in_loop) or ("async" in rule.inside and not around.in_async):
            return False
        return all(self._holds(each, receiver, given, around) for each in rule.where) and not any(
            self._holds(each, receiver, given, around) for each in rule.unless
        )

    def _holds(self, condition: Condition, receiver: str, given: Sequence[Argument], around: Around) -> bool:
        if condition.receiver is not None and not self._is_such(condition.receiver, receiver):
            return False
        if not self._holds_around(condition, around):
            return False
        if condition.arg is None:
            return True
        chosen = _chosen(given, condition.arg)
        if not chosen:
            return "absent" in condition.kind
        return any(self._fits(condition, node) for node in chosen)

    def _is_such(self, pattern: re.Pattern[str], receiver: str) -> bool:
        """Whether a receiver is called so, or was made of what is called so."""
        if pattern.search(receiver):
            return True
        made = self.source.made(receiver) if receiver else ""
        return bool(made) and pattern.search(made) is not None

    def _holds_around(self, condition: Condition, around: Around) -> bool:
        for pattern, wanted in ((condition.file_has, True), (condition.file_lacks, False)):
            if pattern is not None and self._has(pattern) is not wanted:
                return False
        start, end = around.function
        for pattern, wanted in ((condition.function_has, True), (condition.function_lacks, False)):
            if pattern is None:
                continue
            found = pattern.search(self.source.text, start, min(end, start + _MOST_AROUND)) is not None
            if found is not wanted:
                return False
        return True

    def _has(self, pattern: re.Pattern[str]) -> bool:
        if pattern not in self._in_text:
            self._in_text[pattern] = pattern.search(self.source.text) is not None
        return self._in_text[pattern]

    def _fits(self, condition: Condition, node: "Node") -> bool:
        if condition.kind and not any(self._is(kind, node) for kind in condition.kind):
            return False
        text = self.source.of(node, _MOST_TEXT)
        if condition.matches is not None and not condition.matches.search(text):
            return False
        if condition.lacks is not None and condition.lacks.search(text):
            return False
        return condition.strings is None or condition.strings.search(self.source.strings_in(node)) is not None

    def _is(self, kind: str, node: "Node") -> bool:
        source = self.source
        match kind:
            case "constant":
                holds = source.is_constant(node)
            case "varying":
                holds = not source.is_constant(node)
            case "built":
                holds = source.is_built(node)
            case "product":
                holds = source.is_product(node)
            case _:
                holds = False  # of an argument that is there, `absent` is not so
        return holds


def _chosen(given: Sequence[Argument], wanted: int | str | tuple[int | str, ...]) -> list["Node"]:
    """The arguments that a condition is about: of several places the first that is given."""
    for each in wanted if isinstance(wanted, tuple) else (wanted,):
        if each == "any":
            found = [argument.node for argument in given]
        elif isinstance(each, str):
            found = [argument.node for argument in given if argument.keyword == each]
            if each == "last":
                found = [argument.node for argument in given[-1:]]
        else:
            found = [argument.node for argument in given if not argument.keyword][each : each + 1]
        if found:
            return found
    return []
