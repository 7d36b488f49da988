"""`rlm taxonomy`: the tree in the terminal, what changed between two runs, and a person's decisions."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from assets.command_line import taxonomy_curate, taxonomy_diff
from assets.command_line.group import ConfigArgument, JsonOption, open_dataset, out, print_json
from assets.command_line.look import dimension_of
from assets.command_line.taxonomy_curate import noun
from rlm_pipeline.taxonomy import published
from rlm_pipeline.taxonomy.document import Decided, Dimension

_HELP = ("--help", "-h")


class _ShownByDefault(typer.core.TyperGroup):
    """`rlm taxonomy CONFIG` is `rlm taxonomy show CONFIG`."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = ["show", *args]
        return super().parse_args(ctx, args)


taxonomy_app = typer.Typer(
    cls=_ShownByDefault,
    no_args_is_help=True,
    help="The published taxonomy: shown (`rlm taxonomy CONFIG`), compared with earlier ones, decided about.",
)


@taxonomy_app.command("show")
def show(
    config: ConfigArgument,
    dimension: Annotated[str, typer.Option("--dimension", "-d", help="Only this dimension.")] = "",
    ids: Annotated[bool, typer.Option("--ids", help="With the ids that decisions refer to.")] = False,
    json: JsonOption = False,
) -> None:
    """Show the tree of dimensions and categories, and what became of your decisions."""
    dataset = open_dataset(config)
    found = published.load(dataset.store)
    wanted = (dimension_of(found.dimensions, dimension),) if dimension else found.dimensions
    if json:
        print_json([each.model_dump(mode="json", by_alias=True) for each in wanted])
        return
    for each in wanted:
        out.print(dimension_tree(each, ids=ids))
    shown = {each.id for each in wanted}
    say_decisions([each for each in found.curation if not dimension or each.dimension in shown])


taxonomy_app.command("curate")(taxonomy_curate.curate)
taxonomy_app.command("diff")(taxonomy_diff.diff)


def say_decisions(decisions: Sequence[Decided]) -> None:
    """How many decisions were applied, and each that does not fit, or fits in part, with the reason."""
    if not decisions:
        return
    applied = sum(each.state == "applied" for each in decisions)
    out.print(f"{applied} of {len(decisions)} {noun(len(decisions))} applied", highlight=False)
    for each in decisions:
        if each.reason:
            how = "applied" if each.state == "applied" else "does not fit"
            out.print(f"  {how}: {each.says}: {each.reason}", markup=False, highlight=False, soft_wrap=True)


def dimension_tree(dimension: Dimension, *, ids: bool = False) -> Tree:
    """One dimension as a tree for the terminal: leaves under their parents, largest first."""
    state = "" if dimension.gate == "passed" else f" [yellow]{escape(dimension.gate_reason or dimension.gate)}[/]"
    tree = Tree(
        f"[bold]{escape(dimension.name)}[/] [dim]{dimension.kind}, {dimension.labelled:,} labelled[/]"
        f"{_question(dimension)}{_id(dimension.id, shown=ids)}{state}"
    )
    children: dict[str | None, list[tuple[int, str, str]]] = {}
    for category in dimension.categories:
        mark = "" if category.status == "established" else " [yellow](tentative)[/]"
        figures = f"[dim]{category.count:,} · {category.share:.1%}[/]{_id(category.id, shown=ids)}"
        text = f"{escape(category.name)} {figures}{mark}"
        children.setdefault(category.parent, []).append((-category.count, category.id, text))
    _grow(tree, None, children)
    return tree


def _question(dimension: Dimension) -> str:
    return f" [dim]· proposed by {escape(dimension.question.proposed_by)}[/]" if dimension.question else ""


def _id(identity: str, *, shown: bool) -> str:
    return f" [cyan]{identity}[/]" if shown else ""


def _grow(tree: Tree, parent: str | None, children: dict[str | None, list[tuple[int, str, str]]]) -> None:
    for _, identity, text in sorted(children.get(parent, [])):
        _grow(tree.add(text), identity, children)
