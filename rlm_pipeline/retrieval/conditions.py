"""Conditions on the columns of records, `priority = 'P1' and year > 2012`, read into expressions over text columns.

    condition  = [not] comparison | (condition) | condition and condition | condition or condition
    comparison = column (= | != | <> | < | <= | > | >=) value | column [not] in (value, ...)
               | column [not] like 'pattern' | column [not] between value and value | column is [not] null
    column     = a word, or "anything" in double quotes;  value = 'text', a number, or a word

A number compares with the cells that are numbers; text compares with the cell as written. In a pattern % stands for
any characters and _ for one, whatever the case. An empty cell is null; it fulfils no comparison.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from rlm_pipeline.errors import QueryError

Column = Callable[[str], pl.Expr]
"""The text column that a condition calls by a name; raises QueryError where there is none."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")+")|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?![\w.]))"""
    r"""|(?P<word>[\w.$\[\]*@/-]+)|(?P<sign><=|>=|<>|!=|==|[=<>(),]))"""
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "like", "between", "is", "null"})
_DEEPEST = 50


def parse(condition: str, column: Column) -> pl.Expr:
    """The condition as a boolean expression.

    Raises:
        QueryError: it cannot be read, and where; or it names a column that `column` does not know.

    """
    reader = _Reader(condition, list(_tokens(condition)), column)
    found = reader.alternatives()
    if reader.kind:
        raise reader.unexpected("and, or, or the end")
    return found


def _tokens(condition: str) -> Iterator[tuple[str, str, int]]:
    at, end = 0, len(condition.rstrip())
    while at < end:
        found = _TOKEN.match(condition, at)
        if found is None:
            at += len(condition[at:]) - len(condition[at:].lstrip())
            raise QueryError(f"cannot read the condition {condition!r} from character {at + 1} on: {condition[at:]!r}")
        kind = str(found.lastgroup)
        text = found[kind]
        kind = text.lower() if kind == "word" and text.lower() in _KEYWORDS else kind
        yield (kind, text, found.start(found.lastgroup or 0))
        at = found.end()


@dataclass(slots=True)
class _Reader:
    condition: str
    tokens: list[tuple[str, str, int]]
    column: Column
    at: int = field(default=0)
    depth: int = field(default=0)

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    @property
    def text(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def unexpected(self, expected: str) -> QueryError:
        where = f"found {self.text!r} at character {self.tokens[self.at][2] + 1}" if self.kind else "it ends"
        return QueryError(f"cannot read the condition {self.condition!r}: expected {expected}, but {where}")

    def take(self, *wanted: str) -> str:
        """The next token, if its kind or text is one of `wanted`, else nothing."""
        if self.kind and (self.kind in wanted or self.text in wanted):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def alternatives(self) -> pl.Expr:
        found = self.conjunction()
        while self.take("or"):
            found |= self.conjunction()
        return found

    def conjunction(self) -> pl.Expr:
        found = self.negation()
        while self.take("and"):
            found &= self.negation()
        return found

    def negation(self) -> pl.Expr:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise QueryError(f"the condition is nested more than {_DEEPEST} deep; give several simpler ones")
        if self.take("not"):
            found = ~self.negation()
        elif self.take("("):
            found = self.alternatives()
            if not self.take(")"):
                raise self.unexpected("and, or, or )")
        else:
            found = self.comparison()
        self.depth -= 1
        return found

    def comparison(self) -> pl.Expr:
        cell = self.named_column()
        if self.take("is"):
            negated = bool(self.take("not"))
            if not self.take("null"):
                raise self.unexpected("null")
            return _filled(cell) if negated else ~_filled(cell)
        if sign := self.take("=", "==", "!=", "<>", "<", "<=", ">", ">="):
            return _compared(cell, sign, self.value())
        negated = bool(self.take("not"))
        found = self.membership(cell)
        return (~found if negated else found) & _filled(cell)

    def named_column(self) -> pl.Expr:
        if quoted := self.take("quoted"):
            return self.column(quoted[1:-1].replace('""', '"'))
        if word := self.take("word"):
            return self.column(word)
        raise self.unexpected("a column")

    def membership(self, cell: pl.Expr) -> pl.Expr:
        if self.take("in"):
            return pl.any_horizontal(_compared(cell, "=", each) for each in self.values())
        if self.take("like"):
            return cell.str.strip_chars().str.contains("(?is)^" + _pattern(str(self.value())) + "$")
        if self.take("between"):
            low = self.value()
            if not self.take("and"):
                raise self.unexpected("and")
            return _compared(cell, ">=", low) & _compared(cell, "<=", self.value())
        raise self.unexpected("a comparison (=, !=, <, <=, >, >=, in, like, between, is null)")

    def values(self) -> list[str | float]:
        if not self.take("("):
            raise self.unexpected("(")
        found = [self.value()]
        while self.take(","):
            found.append(self.value())
        if not self.take(")"):
            raise self.unexpected(", or )")
        return found

    def value(self) -> str | float:
        if number := self.take("number"):
            return float(number)
        if text := self.take("text"):
            return text[1:-1].replace("''", "'")
        if word := self.take("word"):
            return word
        raise self.unexpected("a value: 'text' or a number")


def _filled(cell: pl.Expr) -> pl.Expr:
    return cell.fill_null("").str.strip_chars() != ""


def _compared(cell: pl.Expr, sign: str, value: str | float) -> pl.Expr:
    if isinstance(value, float):
        left = cell.str.strip_chars().str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
        comparable = left.is_not_null()
    else:
        left, comparable = cell.str.strip_chars(), _filled(cell)
    compared = {
        "=": left == value, "==": left == value, "!=": left != value, "<>": left != value,
        "<": left < value, "<=": left <= value, ">": left > value, ">=": left >= value,
    }[sign]  # fmt: skip
    if sign in {"!=", "<>"}:
        return _filled(cell) & (compared | ~comparable)
    return comparable & compared


def _pattern(like: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in like)
