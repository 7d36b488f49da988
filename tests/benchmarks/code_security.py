"""What the code analyst finds without a model: `python tests/benchmarks/code_security.py` prints Markdown tables.

Recall and precision of the security mode on the snippets of cyberseceval-insecure-code (`../shared/data`), per language
and per weakness, beside bandit and detect-secrets alone; then hits in ordinary code (the standard library of this
Python, without its tests), and how fast that is. `--half development` prints the half that the rules were made on;
`--no-library` leaves the second part out.
"""

import argparse
import logging
import sys
import sysconfig
import tempfile
import textwrap
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.analysis.code_analyst import rules
from rlm_pipeline.analysis.code_analyst.inspection import inspect
from rlm_pipeline.sources.code.definitions import definitions, syntax_tree
from tests.engine.analysis.code_analyst.insecure_code import Said, Score, Snippet, counted, ours, score, snippets

SUFFIXES = {
    "python": ".py", "cpp": ".cpp", "c": ".c", "javascript": ".js", "java": ".java", "csharp": ".cs", "rust": ".rs",
    "php": ".php",
}  # fmt: skip
MODES = ("general", "security", "architecture", "performance")


def bandit_alone(snippet: Snippet) -> list[Said]:
    """bandit as its command line runs it: all tests, a file that Python does not parse has nothing."""
    return bandit_on(snippet.code) if snippet.language == "python" else []


def bandit_by_definition(snippet: Snippet) -> list[Said]:
    """Bandit on the snippet, else on each of its definitions by itself: some of those parse."""
    if snippet.language != "python":
        return []
    if found := bandit_on(snippet.code):
        return found
    said = []
    for each in definitions(snippet.code, "python"):
        before = snippet.code.count("\n", 0, each.start)
        found = bandit_on(textwrap.dedent(snippet.code[each.start : each.end]))
        said.extend(one._replace(lines=tuple(line + before for line in one.lines)) for one in found)
    return said


def bandit_on(code: str) -> list[Said]:
    from bandit.core import config, manager

    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (Path(folder) / "code.py").write_text(code, encoding="utf-8", errors="replace")
        by = manager.BanditManager(config.BanditConfig(), "file")
        by.discover_files([folder], recursive=True)
        by.run_tests()
        found = by.get_issue_list()
    logging.disable(logging.NOTSET)
    return [Said(f"CWE-{each.cwe.id}", tuple(each.linerange) or (each.lineno,), each.severity) for each in found]


def secrets_alone(snippet: Snippet) -> list[Said]:
    """detect-secrets as its command line runs it: all detectors and filters; each secret is CWE-798."""
    return secrets_on(snippet.code, SUFFIXES[snippet.language])


def secrets_on(code: str, suffix: str) -> list[Said]:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    with tempfile.TemporaryDirectory() as folder, default_settings():
        path = Path(folder) / f"code{suffix}"
        path.write_text(code, encoding="utf-8", errors="replace")
        return [Said("CWE-798", (each.line_number,)) for each in scan_file(str(path))]


def row(name: str, found: Score, languages: str = "") -> str:
    """A row of the table of tools."""
    share = f"{found.exact} ({100 * found.recall:.1f} %)"
    rest = " | ".join(
        f"{100 * number / max(1, found.snippets):.1f} %" for number in (found.family, found.at_line, found.in_snippet)
    )
    precision = f"{100 * found.precision:.1f} % of {found.hits:,}" if found.hits else "nothing said"
    return f"| {name} | {languages}{found.snippets:,} | {share} | {rest} | {precision} |"


def compare(half: list[Snippet]) -> None:
    """The tools side by side."""
    columns = ("tool", "snippets", "weakness and line", "its family and line", "line", "weakness", "precision")
    print(f"| {' | '.join(columns)} |")
    print("|---|---|---|---|---|---|---|")
    python = [each for each in half if each.language == "python"]
    secret = [each for each in half if each.cwe in {"CWE-798", "CWE-312"}]
    for name, tool, only, label in (
        ("code analyst, all languages", ours, half, ""),
        ("bandit alone", bandit_alone, half, ""),
        ("detect-secrets alone", secrets_alone, half, ""),
        ("code analyst, Python", ours, python, "Python "),
        ("bandit alone, Python", bandit_alone, python, "Python "),
        ("bandit by definition, Python", bandit_by_definition, python, "Python "),
        ("code analyst, secrets", ours, secret, "CWE-798, CWE-312 "),
        ("detect-secrets alone, secrets", secrets_alone, secret, "CWE-798, CWE-312 "),
    ):
        print(row(name, score(tool, only), label), flush=True)


def by_group(half: list[Snippet], group: str) -> None:
    """Recall and precision per language or weakness."""
    answers = [(each, ours(each)) for each in half]
    grouped = defaultdict(list)
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for snippet, found in answers:
        grouped[getattr(snippet, group)].append((snippet, found))
        for each in found:
            said[each.cwe] += 1
            right[each.cwe] += each.cwe == snippet.cwe
    by_weakness = group == "cwe"
    print(f"| {'weakness' if by_weakness else group} | snippets | found | recall | precision |")
    print("|---|---|---|---|---|")
    for name, here in sorted(grouped.items(), key=lambda each: (-len(each[1]), each[0])):
        found = counted(here)
        precise = f"{100 * right[name] / max(1, said[name]):.0f} % of {said[name]}"
        if not by_weakness:
            precise = f"{100 * found.precision:.0f} % of {found.hits}"
        print(f"| {name} | {found.snippets} | {found.exact} | {100 * found.recall:.0f} % | {precise} |")


def library() -> list[str]:
    """The texts of the standard library, without its tests."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    paths = (
        path
        for path in sorted(folder.rglob("*.py"))
        if not {"site-packages", "test", "tests", "idlelib"} & set(path.relative_to(folder).parts)
    )
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths]


def false_alarms(texts: list[str]) -> None:
    """Hits per 1,000 lines of ordinary code, where hardly any is a weakness."""
    lines = sum(text.count("\n") for text in texts)
    print(f"\nThe standard library without its tests: {len(texts):,} files, {lines:,} lines.\n")
    print("| tool | hits | per 1,000 lines | graver ones per 1,000 lines |")
    print("|---|---|---|---|")
    found = Counter(hit.severity for text in texts for hit in inspect(text, "python", ("security",)).hits)
    print(alarms("code analyst, security (graver: warning)", found, {"warning"}, lines))
    issues = Counter(each.severity for text in texts for each in bandit_on(text))
    print(alarms("bandit alone (graver: medium and high)", issues, {"MEDIUM", "HIGH"}, lines))
    secret = Counter({"": sum(len(secrets_on(text, ".py")) for text in texts)})
    print(alarms("detect-secrets alone", secret, {""}, lines))


def alarms(name: str, found: Counter[str], grave: set[str], lines: int) -> str:
    """A row of the table of false alarms."""
    worse = sum(found[each] for each in grave)
    return f"| {name} | {found.total():,} | {1000 * found.total() / lines:.2f} | {1000 * worse / lines:.2f} |"


def speed(texts: list[str]) -> None:
    """Megabytes per CPU second, beside the parser alone and bandit alone."""
    size = sum(map(len, texts)) / 1e6
    rules.load()
    print(f"\n| over {size:.1f} MB of Python | MB per CPU second |\n|---|---|")
    for name, work in (
        ("parsing alone (tree-sitter)", lambda text: syntax_tree(text, "python")),
        ("all four modes", lambda text: inspect(text, "python", MODES)),
        ("security", lambda text: inspect(text, "python", ("security",))),
        ("all but security", lambda text: inspect(text, "python", tuple(each for each in MODES if each != "security"))),
        ("bandit alone", bandit_on),
    ):
        print(f"| {name} | {size / seconds(work, texts):.2f} |", flush=True)


def seconds(work: object, texts: Iterable[str]) -> float:
    """CPU seconds that the work takes over all texts."""
    begun = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - begun


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--half", choices=("held out", "development", "all"), default="held out")
    asked.add_argument("--no-library", action="store_true")
    options = asked.parse_args()
    wanted = {"held out": (True,), "development": (False,), "all": (True, False)}[options.half]
    half = [each for each in snippets() if each.is_held_out in wanted]
    print(f"The {options.half} half: {len(half)} snippets.\n" if options.half != "all" else f"{len(half)} snippets.\n")
    compare(half)
    for group in ("language", "cwe"):
        print()
        by_group(half, group)
    if not options.no_library:
        texts = library()
        false_alarms(texts)
        speed(texts)


if __name__ == "__main__":
    main()
