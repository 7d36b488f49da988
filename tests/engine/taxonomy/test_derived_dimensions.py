"""Dimensions of what no column says: layers and findings of code, shapes of JSON records, through all real stages."""

import random
from collections import Counter

import polars as pl
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.analysis import derived as analysts
from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.reading import stage as readings
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store
from rlm_pipeline.synthesis import merge
from rlm_pipeline.taxonomy import categorical, derived, dimensions, facets, labels, published
from tests.engine.analysis.json_analyst.json_partitions import lines

WHEN = "2024-01-01T00:00:00+00:00"
UPWARDS = ("base", "storage", "service", "web")


def functions(number, *, starts_with=""):
    bodies = ("    return value + {}\n", "    for each in value:\n        print(each, {})\n")
    defined = (f"def step_{place}(value):\n{bodies[place % 2].format(place)}" for place in range(number))
    return f"{starts_with}\n\n" + "\n\n".join(defined)


def code(*, cycle=True):
    """Four folders of three sources that import the one below, two of the uppermost in a circle; a script on top."""
    files = {"run.py": functions(20, starts_with="from web.a import step_1\n")}
    for place, folder in enumerate(UPWARDS):
        below = f"from {UPWARDS[place - 1]}.a import step_0\n" if place else ""
        for name in "abc":
            files[f"{folder}/{name}.py"] = functions(20, starts_with=below)
    if cycle:
        files["web/a.py"] = "from web import b\n" + files["web/a.py"]
        files["web/b.py"] = "from web import a\n" + files["web/b.py"]
    files["web/c.py"] += "".join(
        f"\n\ndef shell_{place}(name):\n    os.system('echo ' + name)\n" for place in range(20)
    ).replace("def shell_0", "import os\n\n\ndef shell_0", 1)
    return files


def events(number, seed=1):
    chance = random.Random(seed)
    shapes = (
        lambda: {"id": chance.randrange(10**6), "text": "hello", "place": {"x": 1}},
        lambda: {"id": chance.randrange(10**6), "link": "there"},
        lambda: {"id": chance.randrange(10**6), "link": "there", "width": 3, "height": 4, "depth": 1, "unit": "m"},
    )
    return [shapes[place % 3]() for place in range(number)]


def stored(folder, files, more=""):
    source = folder / "source"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (folder / "mine.yaml").write_text(f"name: mine\nsource: source\nembedding: {{discovery: static}}\n{more}")
    config = configuration.load(folder / "mine.yaml")
    store = Store(folder / "store").dataset("mine")
    for stage in (raw_file, columns, pairs, chunks, findings):
        stage.materialise(store, config, "all")
    schema.materialise(store, config, ("all",))
    return store, config


def found(store, config):
    return facets.find(store, config, schema.load(store), ("all",))


def publish(store, config):
    readings.materialise(store, config, "all", ledger=None)
    merge.materialise(store, config, "all")
    dimensions.materialise(store, config, ("all",))
    labels.materialise(store, config, "all")
    return published.materialise(store, config, ("all",), generated_at=WHEN)


def by_name(taxonomy):
    return {dimension.name: dimension for dimension in taxonomy.dimensions}


@pytest.fixture(scope="module")
def layered(tmp_path_factory):
    store, config = stored(tmp_path_factory.mktemp("layered"), code())
    return store, config, publish(store, config)


def test_a_code_base_has_its_layers_as_a_dimension_named_by_what_is_in_them(layered):
    _, _, taxonomy = layered
    layer = by_name(taxonomy)["Layer"]

    assert sorted(category.name for category in layer.categories) == [
        "Imported by nothing: run",
        "Layer 1: base",
        "Layer 2: storage",
        "Layer 3: service",
        "Layer 4: web",
    ]
    assert layer.other == layer.blank == 0
    assert all(category.exemplars[0].verified for category in layer.categories)


def test_findings_of_a_mode_are_a_dimension_where_they_say_something_else_the_reason_is_told(layered):
    _, _, taxonomy = layered
    security = by_name(taxonomy)["Security finding"]

    assert {category.name: category.count for category in security.categories} == {
        "CWE-78 os-command": 20,
        "Nothing found": security.labelled - 20,
    }
    assert taxonomy.left_out[analysts.PERFORMANCE] == derived.FACETS[analysts.PERFORMANCE].nothing


def test_every_record_has_one_label_of_each_dimension_and_all_figures_are_counted_again(layered):
    store, _, taxonomy = layered
    stored_labels = pl.read_parquet(store.labels_path("all"))
    records = store.manifest("all").rows
    layer = by_name(taxonomy)["Layer"]

    assert set(stored_labels.group_by("dimension_id").len()["len"]) == {records}
    assert published.check_recomputable(store, ("all",)) == ()
    own = stored_labels.filter(pl.col("dimension_id") == layer.id)
    values = pl.read_parquet(store.derived_path("all")).filter(pl.col("facet") == analysts.LAYER)
    both = own.join(values, on=["source", "row"])
    assert set(both.select("category_id", "value").unique().rows()) == {
        (category.id, category.keywords[0]) for category in layer.categories
    }


def test_a_rerun_gives_the_same_bytes(layered):
    store, config, _ = layered
    before = {
        path: path.read_bytes() for path in (store.dimensions_path, store.labels_path("all"), store.taxonomy_path)
    }

    publish(store, config)

    assert {path: path.read_bytes() for path in before} == before


def test_ids_outlive_a_change_of_the_code_and_names_follow_it(layered, tmp_path):
    _, _, taxonomy = layered
    grown = {name.replace("storage/", "files/"): text.replace("storage.", "files.") for name, text in code().items()}
    store, config = stored(tmp_path, grown)
    now = publish(store, config)

    before, after = by_name(taxonomy)["Layer"], by_name(now)["Layer"]
    assert before.id == after.id
    assert {category.id for category in before.categories} == {category.id for category in after.categories}
    names = {category.id: category.name for category in after.categories}
    (moved,) = (category for category in before.categories if names[category.id] != category.name)
    assert (moved.name, names[moved.id]) == ("Layer 2: storage", "Layer 2: files")


def test_code_without_imports_has_no_layers_and_the_reason_says_so(tmp_path):
    apart = {f"{name}.py": functions(60) for name in "abcd"}
    store, config = stored(tmp_path, apart)

    result = found(store, config)

    assert "no imports that make layers" in result.left_out[analysts.LAYER]
    assert analysts.LAYER not in {answers.column for answers in result.categorical}


def test_json_records_have_their_shapes_as_a_dimension_under_the_names_that_findings_use(tmp_path):
    store, config = stored(tmp_path, {"events.jsonl": lines(events(600))})
    taxonomy = publish(store, config)
    said = (
        pl.read_parquet(store.findings_path("all"))
        .filter((pl.col("type") == "schema_variation") & (pl.col("scope") == "$"))
        .select(pl.col("distribution").explode().struct.unnest())
    )
    shape = by_name(taxonomy)["Shape"]

    assert {category.name: category.count for category in shape.categories} == Counter(dict(said.rows()))
    assert len(shape.categories) == 3
    assert published.check_recomputable(store, ("all",)) == ()


def test_rare_shapes_are_other_and_records_that_are_no_json_are_blank(tmp_path):
    rare = [{"id": number, f"only_{number}": 1} for number in range(40)]
    usual = [{"id": number, "name": "a", **({"size": 1} if number % 3 else {})} for number in range(400)]
    table = "colour,taste\n" + "red,sweet\n" * 50 + "blue,bitter\n" * 50
    store, config = stored(tmp_path, {"a.jsonl": lines([*usual, *rare]), "b.csv": table})
    taxonomy = publish(store, config)
    shape = by_name(taxonomy)["Shape"]
    counted = dict(
        pl.read_parquet(store.labels_path("all"))
        .filter(pl.col("dimension_id") == shape.id)
        .group_by("category_id")
        .len()
        .rows()
    )

    assert counted[BLANK] == shape.blank == 100
    assert counted[OTHER] == shape.other > 0
    assert shape.labelled + shape.other == 440


def test_shapes_that_only_repeat_a_column_are_no_dimension(tmp_path):
    typed = [{"type": "ab"[place % 2], **({"left": 1} if place % 2 else {"right": 2})} for place in range(400)]
    store, config = stored(tmp_path, {"events.jsonl": lines(typed)})

    assert found(store, config).left_out[analysts.SHAPE] == "says the same as type"


def test_columns_that_are_called_like_a_derived_facet_stay_apart_from_it(tmp_path):
    chance = random.Random(5)
    named = [{**event, "json shape": chance.choice("xy"), "shape": chance.choice("xy")} for event in events(600)]
    store, config = stored(tmp_path, {"events.jsonl": lines(named)})
    taxonomy = publish(store, config)
    by_facet = {dimension.facet: dimension for dimension in taxonomy.dimensions}

    assert {"json shape", "shape", "json shape (derived)"} <= by_facet.keys()
    assert by_facet["json shape (derived)"].name == "Shape (derived)"
    assert by_facet["json shape (derived)"].id == derived.dimension_id(analysts.SHAPE)
    assert by_facet["json shape"].id == categorical.dimension_id("json shape")
    assert {category.name for category in by_facet["json shape"].categories} == {"x", "y"}
    assert len(by_facet["json shape (derived)"].categories) == 3
    assert published.check_recomputable(store, ("all",)) == ()


def test_a_facet_that_is_to_be_ignored_is_none(tmp_path):
    store, config = stored(tmp_path, {"events.jsonl": lines(events(300))}, more='columns: {ignore: ["json *"]}\n')

    assert found(store, config).left_out[analysts.SHAPE] == "columns.ignore names it"


def test_a_table_has_nothing_derived(tmp_path):
    store, config = stored(tmp_path, {"a.csv": "colour,taste\n" + "red,sweet\nblue,bitter\nblue,sweet\n" * 100})

    result = found(store, config)

    assert {answers.column for answers in result.categorical} == {"colour", "taste"}
    assert not result.left_out.keys() & derived.FACETS.keys()
