"""The section `evaluation` of a dataset's YAML: what is known about its records, and what must be reached."""

from pathlib import Path
from typing import Annotated, Self

import pydantic

FILES = (".csv", ".tsv", ".parquet")

_Share = Annotated[float, pydantic.Field(ge=0, le=1)]


def is_file(truth: str) -> bool:
    """Whether a truth is a file: else it is a column of the records."""
    return Path(truth).suffix.lower() in FILES


_Names = Annotated[
    tuple[str, ...], pydantic.BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
"""One name, or a list of them."""


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Minimum(_Section):
    """What a dimension must reach against the truth, 0 to 1: figures of agreement, and the share labelled."""

    ami: _Share | None = None
    ari: _Share | None = None
    v_measure: _Share | None = None
    matched_accuracy: _Share | None = None
    ancestor_f1: _Share | None = None
    labelled: _Share | None = None

    @property
    def wanted(self) -> dict[str, float]:
        """The figures that are asked for."""
        return {name: value for name, value in self if value is not None}


class Evaluation(_Section):
    """Known categories to compare dimensions with: read by the evaluation alone, never by what finds the dimensions.

    `truth` is a column of the records, which is then ignored like `columns.ignore`, or several, the levels of a tree,
    or a file that ends in .csv, .tsv or .parquet. Of a file, `key` are the columns that name the records (`source` and
    `row`, or columns that the records have) and `column` those that tell the category. `separator` stands between the
    levels of a path in one cell. `dimension` is the one compared; by default the text dimension that agrees best.
    """

    truth: _Names
    key: _Names = ()
    column: _Names = ()
    separator: str = ""
    dimension: str | None = None
    minimum: Minimum = Minimum()

    @pydantic.model_validator(mode="after")
    def _one_file_or_columns(self) -> Self:
        if not self.truth:
            raise ValueError("truth names neither a column nor a file")
        if any(map(is_file, self.truth)) and len(self.truth) > 1:
            raise ValueError("expected columns or one file; the levels of a file are named by column")
        if self.minimum.ancestor_f1 is not None and not self.is_tree:
            raise ValueError("ancestor_f1 is of a tree: a truth of several columns, or a separator")
        if (self.key or self.column) and self.hidden_columns:
            raise ValueError(f"key and column belong to a file, and truth: {self.truth[0]} ends in none of {FILES}")
        return self

    @property
    def is_tree(self) -> bool:
        """Whether the truth has levels."""
        return bool(self.separator) or len(self.truth) > 1 or len(self.column) > 1

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        """The columns of the records that must not be read; none where the truth is a file."""
        return tuple(each for each in self.truth if not is_file(each))

    def beside(self, folder: Path) -> "Evaluation":
        """The same with the path of a file taken from `folder`."""
        if self.hidden_columns:
            return self
        return self.model_copy(update={"truth": (str(folder / Path(self.truth[0]).expanduser()),)})
