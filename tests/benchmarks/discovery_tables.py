"""The figures of discovery_quality as Markdown tables: means over the seeds, and the least and the largest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.discovery_scores import Figures

Runs = Sequence[Figures]

UPPER = {"domain"}
"""Levels of a truth that the parents of a dimension are compared with; all others are compared with its leaves."""
METHODS = ("bertopic", "bertopic_reassigned")
AGREEMENT = ("ami", "ari")
WARD = {
    "clustered:found": "Ward, as many categories",
    "clustered:true": "Ward, told the truth's numbers",
    "encoder:found": "Ward on the encoder's vectors alone, as many",
    "encoder:true": "the same, told the truth's numbers",
}
NOTHING_FOUND = {"ami": 0.0, "ari": 0.0}


def all_of(figures: Mapping[str, Runs]) -> str:
    """All tables of which there are figures."""
    known = {name: runs for name, runs in figures.items() if any(_agreements(run) for run in runs)}
    judged = {name: runs for name, runs in figures.items() if "known" in runs[0]}
    noise = {name: runs for name, runs in figures.items() if "known" not in runs[0]}
    parts = (
        agreement_table(judged),
        views_table(known),
        tree_table(judged),
        quality_table(known),
        noise_table(noise),
        cost_table(figures),
    )
    return "\n\n".join(part for part in parts if part)


def agreement_table(figures: Mapping[str, Runs]) -> str:
    """The main dimension of each set beside BERTopic."""
    rows = [
        _agreement_row(name, runs, level, count)
        for name, runs in figures.items()
        for level, count in runs[0]["known"].items()
    ]
    head = ("set", "truth", "k", "`other`", "AMI", "ARI", "BERTopic AMI", "ARI", "reassigned AMI", "ARI", "k", "noise")
    return table(head, rows)


def _agreement_row(name: str, runs: Runs, level: str, count: int) -> list[str]:
    def found(figure: str) -> str:
        return over(runs, lambda run: _of_main(run, level).get(figure))

    def baseline(method: str, figure: str) -> str:
        return over(runs, lambda run: _of_baseline(run.get(method, {}), level).get(figure))

    return [
        name,
        f"{level} ({count})",
        over(runs, lambda run: main(run)["parents" if level in UPPER else "k"], "{:.0f}"),
        over(runs, lambda run: main(run).get("shares", {}).get("other"), "{:.1%}"),
        *(found(figure) for figure in AGREEMENT),
        *(baseline(method, figure) for method in METHODS for figure in AGREEMENT),
        over(runs, lambda run: run.get("bertopic", {}).get("k"), "{:.0f}"),
        over(runs, lambda run: run.get("bertopic", {}).get("noise"), "{:.1%}"),
    ]


def views_table(figures: Mapping[str, Runs]) -> str:
    """Every published dimension of each text against every level of the truth; the best in bold."""
    rows = [
        [
            name,
            str(seed),
            f"{number + 1}: {dimension['name']}",
            str(dimension["k"]),
            level,
            *(_marked(run, dimension, level, figure) for figure in ("ami", "matched_accuracy")),
        ]
        for name, runs in figures.items()
        for seed, run in enumerate(runs)
        for number, dimension in enumerate(run["dimensions"])
        for level in dimension.get("agreement", {})
    ]
    return table(("set", "seed", "dimension", "k", "truth", "AMI", "matched accuracy"), rows)


def _marked(run: Figures, dimension: Figures, level: str, figure: str) -> str:
    """The figure, bold if no other dimension has a larger one."""
    value = _agreement(dimension, level)[figure]
    best = max(_agreement(each, level)[figure] for each in run["dimensions"] if "agreement" in each)
    return f"**{value:.3f}**" if value == best else f"{value:.3f}"


def tree_table(figures: Mapping[str, Runs]) -> str:
    """Ancestor F1 of the main dimension's tree, beside Ward's."""
    rows = []
    for name, runs in figures.items():
        if len(runs[0]["known"]) > 1:
            own = [over(runs, _reader("tree", figure)) for figure in ("f1", "precision", "recall")]
            rows.append([name, *own, *(over(runs, _of_ward(way)) for way in WARD)])
    return table(("set", "ancestor F1", "precision", "recall", *WARD.values()), rows)


def quality_table(figures: Mapping[str, Runs]) -> str:
    """Area under the curve of stability times containment, and of size."""
    shown = {"categories": "{:.0f}", "good": "{:.0f}", "auc": "{:.3f}", "auc_of_size": "{:.3f}"}
    rows = [
        [name, level, *(over(runs, _reader("quality", level, figure), form) for figure, form in shown.items())]
        for name, runs in figures.items()
        for level in runs[0]["known"]
        if level not in UPPER
    ]
    return table(("set", "truth", "categories", "good", "AUC", "AUC of size alone"), rows)


def noise_table(figures: Mapping[str, Runs]) -> str:
    """What is published of sets without structure."""
    rows = [
        [
            name,
            f"{runs[0]['cost']['records']:,}",
            ", ".join(str(run["text_dimensions_published"]) for run in runs),
            runs[0]["dimensions"][0]["reason"] if runs[0]["dimensions"] else str(runs[0]["left_out"]),
        ]
        for name, runs in figures.items()
    ]
    return table(("set", "records", "text dimensions published, by seed", "reason given (seed 0)"), rows)


def cost_table(figures: Mapping[str, Runs]) -> str:
    """CPU seconds and memory of dimensions and labels, and whether every record has its label."""
    rows = [
        [
            name,
            f"{runs[0]['cost']['records']:,}",
            over(runs, lambda run: main(run).get("sampled"), "{:,.0f}"),
            over(runs, lambda run: run["cost"]["cpu_seconds"], "{:.0f}"),
            over(runs, lambda run: run["cost"]["encoding_cpu_seconds"], "{:.0f}"),
            over(runs, lambda run: run["cost"]["peak_mib"], "{:,.0f}"),
            over(runs, _labelled_share, "{:.0%}"),
        ]
        for name, runs in figures.items()
    ]
    return table(
        ("set", "records", "sampled", "CPU s", "of which encoding", "peak MiB", "label or explicit other"), rows
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown; nothing without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join((f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines)) if lines else ""


def main(run: Figures) -> Figures:
    """The first dimension of the text; empty where it was left out."""
    return run["dimensions"][0] if run["dimensions"] else {"k": None}


def over(runs: Runs, figure: Callable[[Figures], Any], shown: str = "{:.3f}") -> str:
    """Mean over the seeds (least to largest); a dash where no seed has it."""
    values = [value for run in runs if (value := figure(run)) is not None]
    if not values:
        return "-"
    mean, least, largest = (shown.format(value) for value in (np.mean(values), min(values), max(values)))
    count = f", {len(values)} of {len(runs)} seeds" if len(values) < len(runs) else ""
    return mean if least == largest and not count else f"{mean} ({least} to {largest}{count})"


def _agreements(run: Figures) -> bool:
    return any("agreement" in dimension for dimension in run["dimensions"])


def _of_main(run: Figures, level: str) -> Figures:
    found = main(run)
    if "agreement" not in found:
        return NOTHING_FOUND if found.get("gate") else {}
    return _agreement(found, level)


def _agreement(dimension: Figures, level: str) -> Figures:
    figures: Figures = dimension["agreement"][level]["upper" if level in UPPER else "leaf"]
    return figures


def _of_baseline(found: Figures, level: str) -> Figures:
    if not found:
        return {}
    figures: Figures = found["upper"] if level in UPPER else found["agreement"][level]
    return figures


def _reader(*path: str) -> Callable[[Figures], Any]:
    """What stands at a path of the main dimension's figures, or None."""

    def read(run: Figures) -> Any:
        at: Any = main(run)
        for key in path:
            at = at.get(key, {}) if at else {}
        return None if at == {} else at

    return read


def _of_ward(way: str) -> Callable[[Figures], Any]:
    return lambda run: run.get("ward", {}).get(way, {}).get("f1")


def _labelled_share(run: Figures) -> float | None:
    cost = run["cost"]
    return cost["labels"] / cost["expected_labels"] if cost["expected_labels"] else None
