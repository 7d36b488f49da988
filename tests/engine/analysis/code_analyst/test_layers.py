"""Layers of small import graphs, each written as {source: what it imports}."""

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.analysis.code_analyst.imports import imports_in
from rlm_pipeline.analysis.code_analyst.layers import APART, MOST_LAYERS, TOP, layering

NAMES = ("a/one.py", "a/two.py", "b/one.py", "b/two.py", "b/c/one.py", "d.py", "e.py", "f.py", "g.py", "h/one.py")


def layers(imports, more=()):
    importers = defaultdict(list)
    for importer in sorted(imports):
        for target in imports[importer]:
            importers[target].append(importer)
    names = {*imports, *(target for targets in imports.values() for target in targets), *more}
    return layering(names, {target: tuple(found) for target, found in importers.items()})


def height(layer):
    return {TOP: MOST_LAYERS + 1, APART: 0}.get(layer) or int(layer.removeprefix("layer "))


def test_a_stack_of_folders_gives_a_layer_each_from_what_imports_nothing_to_what_nothing_imports():
    found = layers(
        {
            "app/main.py": ["app/web/pages.py"],
            "app/web/pages.py": ["app/web/forms.py", "app/service/orders.py"],
            "app/web/forms.py": ["app/base/errors.py"],
            "app/service/orders.py": ["app/service/prices.py", "app/storage/rows.py"],
            "app/service/prices.py": ["app/base/errors.py"],
            "app/storage/rows.py": ["app/storage/files.py", "app/base/errors.py"],
            "app/storage/files.py": [],
            "app/base/errors.py": [],
            "app/base/words.py": [],
        },
        more=["tools/count.py"],
    )

    assert found.of == {
        "app/base/errors.py": "layer 1",
        "app/base/words.py": "layer 1",
        "app/storage/rows.py": "layer 2",
        "app/storage/files.py": "layer 2",
        "app/service/orders.py": "layer 3",
        "app/service/prices.py": "layer 3",
        "app/web/pages.py": "layer 4",
        "app/web/forms.py": "layer 4",
        "app/main.py": TOP,
        "tools/count.py": APART,
    }
    assert found.layers["layer 2"].name == "Layer 2: app/storage"
    assert found.layers[TOP].name == "Imported by nothing: app/main"
    assert "2 sources" in found.layers["layer 1"].definition


def test_folders_that_import_each_other_in_a_circle_are_taken_apart_where_they_are_much_of_the_code():
    found = layers(
        {
            "a/upper.py": ["b/lower.py"],
            "b/upper.py": ["a/lower.py"],
            "a/lower.py": [],
            "b/lower.py": [],
            "main.py": ["a/upper.py", "b/upper.py"],
        }
    )

    assert found.of["a/lower.py"] == found.of["b/lower.py"] == "layer 1"
    assert found.of["a/upper.py"] == found.of["b/upper.py"] == "layer 2"
    assert found.of["main.py"] == TOP


def test_sources_in_a_circle_share_a_layer_which_says_so():
    found = layers({"a.py": ["b.py"], "b.py": ["c.py"], "c.py": ["b.py", "d.py"], "d.py": [], "e.py": ["d.py"]})

    assert found.of["b.py"] == found.of["c.py"] == "layer 2"
    assert "2 of them are in parts that import each other in a circle" in found.layers["layer 2"].definition
    assert "circle" not in found.layers["layer 1"].definition


def test_a_code_base_in_one_circle_has_one_layer():
    found = layers({"a.py": ["b.py"], "b.py": ["c.py"], "c.py": ["a.py"]})

    assert set(found.of.values()) == {APART}


def test_where_nothing_imports_anything_there_are_no_layers():
    assert layers({"a.py": [], "b/c.py": []}) is None


def test_a_long_chain_is_put_together_into_a_few_layers_in_its_order():
    chain = {f"part{number:02d}.py": [f"part{number - 1:02d}.py"] for number in range(1, 40)}

    found = layers(chain)

    heights = [height(found.of[name]) for name in sorted(found.of)]
    assert heights == sorted(heights)
    assert set(found.of.values()) == {*(f"layer {number}" for number in range(1, MOST_LAYERS + 1)), TOP}
    assert Counter(found.of.values())["layer 1"] == 1


def test_tests_beside_the_code_do_not_hide_which_folder_a_layer_is():
    code = {f"lib/{name}.py": ["core.py"] for name in ("sort", "search", "merge")}
    tests = {f"lib/tests/test_{name}.py": [f"lib/{name}.py"] for name in ("sort", "search", "merge")}

    found = layers({**code, **tests})

    assert found.layers["layer 2"].name == "Layer 2: lib"
    assert found.layers[TOP].name == "Imported by nothing: lib/tests"


@given(st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3)))
def test_every_source_has_a_layer_that_is_described_and_imports_go_up_only_inside_circles(imports):
    imports = {name: sorted(targets - {name}) for name, targets in imports.items()}
    found = layers(imports, more=NAMES)
    if found is None:
        return

    assert set(found.of) == set(NAMES)
    assert set(found.of.values()) == set(found.layers)
    assert found == layers(dict(reversed(imports.items())), more=reversed(NAMES))
    assert all(
        height(found.of[target]) <= height(found.of[name])
        for name, targets in imports.items()
        for target in targets
        if found.of[target] != APART and found.of[name] != APART
    )


def test_imports_for_types_alone_are_told_from_those_that_run():
    python = (
        "import os\n"
        "if TYPE_CHECKING:\n    # for the checker\n    from app import web\n"
        "if t.TYPE_CHECKING:\n    from app.db import Row\nelse:\n    from app.db import Any\n"
        "try:\n    from app import fast\nexcept ImportError:\n    from app import slow\n"
    )
    script = 'import type { Row } from "./rows"\nimport { load } from "./load"\n'

    assert {(each.target, each.names): each.for_types for each in imports_in(python, "python")} == {
        ("os", ()): False,
        ("app", ("web",)): True,
        ("app.db", ("Row",)): True,
        ("app.db", ("Any",)): False,
        ("app", ("fast",)): False,
        ("app", ("slow",)): False,
    }
    assert [(each.target, each.for_types) for each in imports_in(script, "typescript")] == [
        ("./rows", True),
        ("./load", False),
    ]
