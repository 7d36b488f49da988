"""On real insecure code that the rules were not made on, and on ordinary code."""

import sysconfig
from collections import defaultdict
from pathlib import Path

import pytest

from rlm_pipeline.analysis.code_analyst.inspection import inspect
from tests.engine.analysis.code_analyst import insecure_code
from tests.engine.analysis.code_analyst.insecure_code import counted, ours, snippets

needs_data = pytest.mark.skipif(
    not insecure_code.FOLDER.is_dir(), reason="the folder shared/data/cyberseceval-insecure-code is not beside us"
)

FLOORS = {"c": 0.80, "cpp": 0.88, "csharp": 0.93, "java": 0.88, "javascript": 0.82, "php": 0.65, "python": 0.83,
          "rust": 0.78}  # fmt: skip
"""Shares of the flagged lines that are found with their weakness, each some points below what was measured."""


@pytest.fixture(scope="module")
def answers():
    return [(each, ours(each)) for each in snippets() if each.is_held_out]


@needs_data
def test_flagged_lines_of_the_held_out_half_are_found_with_their_weakness(answers):
    found = counted(answers)

    assert found.recall >= 0.85
    assert found.precision >= 0.70


@needs_data
def test_no_language_is_left_behind(answers):
    by_language = defaultdict(list)
    for snippet, said in answers:
        by_language[snippet.language].append((snippet, said))

    recall = {language: counted(here).recall for language, here in by_language.items()}

    assert recall.keys() == FLOORS.keys()
    assert {language for language, floor in FLOORS.items() if recall[language] < floor} == set()


@needs_data
def test_the_halves_of_the_data_set_do_not_overlap():
    half = {each.id: each.is_held_out for each in snippets()}

    assert len(half) == 1916
    assert 0.45 < sum(half.values()) / len(half) < 0.55


def test_ordinary_code_has_few_weaknesses():
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))[::3]]
    lines = sum(text.count("\n") for text in texts)

    warnings = [
        hit for text in texts for hit in inspect(text, "python", ("security",)).hits if hit.severity == "warning"
    ]

    assert lines > 30_000
    assert len(warnings) / lines < 1 / 1000
