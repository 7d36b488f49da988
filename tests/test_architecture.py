"""The rules of the house that a machine can check."""

import ast
import subprocess
import sys
import warnings
from pathlib import Path

import dagster as dg
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("rlm_pipeline", "resources", "assets")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_layers_point_inwards_and_the_engine_never_imports_dagster():
    lint = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert lint.returncode == 0, lint.stdout


def test_definitions_load_without_a_warning_a_secret_or_the_network():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from assets.definitions import defs

        dg.Definitions.validate_loadable(defs)


def test_the_assets_are_the_stages():
    from assets.definitions import defs
    from rlm_pipeline.staleness import BY_NAME

    graph = defs.resolve_asset_graph()

    assert {key.to_user_string() for key in graph.materializable_asset_keys} == set(BY_NAME)
    for name, stage in BY_NAME.items():
        parents = graph.get(dg.AssetKey(name)).parent_keys
        assert {key.to_user_string() for key in parents} == set(stage.upstream)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small_and_never_postpone_annotations(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)

    assert len(text.splitlines()) <= 350
    postponed = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert not postponed


def test_no_path_of_one_machine_is_in_the_project():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    home = str(Path.home())

    for name in tracked:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".txt", ".json", ""} and path.is_file():
            assert home + "/" not in path.read_text(encoding="utf-8", errors="ignore"), name
