"""The file of a person's decisions: how it is read, what is an error, and where the error says it is."""

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline import configuration, curation
from rlm_pipeline.curation import Curation
from rlm_pipeline.decisions import KINDS, SplitOff
from rlm_pipeline.errors import ConfigurationError, CurationError
from rlm_pipeline.store import Store

ALL = """
# what the desk calls things
decisions:
- rename: 0123456789abcdef
  of: complaint
  to: Breathing
  note: what the call centre calls it
- {merge: [one, two], of: complaint, to: both}
- {split_off: Ships, of: complaint, from: one, words: [submarine], rows: ['fy2012.csv:1042'], pattern: 'ferr(y|ies)'}
- {pin: rare, of: complaint}
- {forbid: noise, of: complaint}
- {describe: one, of: complaint, as: The first.}
- {rename_dimension: complaint, to: Concern}
- {describe_dimension: complaint, as: What it is about.}
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "desk.curation.yaml"


def read(file, text):
    file.write_text(text, encoding="utf-8")
    return curation.read(file)


def test_every_kind_of_decision_is_read_in_order(file):
    found = read(file, ALL)

    assert tuple(each.kind for each in found.decisions) == KINDS
    assert found.lines == (4, 8, 9, 10, 11, 12, 13, 14)
    assert found.decisions[0].note == "what the call centre calls it"


def test_what_is_stored_is_read_back_as_the_same_decisions(file):
    found = read(file, ALL)

    again = Curation.model_validate(found.model_dump(mode="json"))

    assert again.decisions == found.decisions
    assert "lines" not in found.model_dump()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("decisions: [{rename: a, of: b}]", "line 1, decisions[0].to: missing; rename requires it"),
        ("decisions:\n- {rename: a, of: b, to: ''}", "line 2, decisions[0].to: "),
        ("decisions:\n- {pin: a, of: b}\n- {forbid: a, of: b, too: c}", "decisions[1].too: unknown key of forbid"),
        ("decisions:\n\n- {colour: a, of: b}", "line 3, decisions[0]: expected a decision: one of rename, merge, "),
        ("decisions:\n- just words", "line 2, decisions[0]: expected a decision: one of rename, merge, "),
        ("decisions:\n- {merge: [a], of: b}", "line 2, decisions[0].merge: expected at least two"),
        ("decisions:\n- {split_off: a, of: b, from: c}", "line 2, decisions[0]: expected words, a pattern or rows"),
        ("decisions:\n- {split_off: a, of: b, from: c, pattern: '(d'}", "expected a regular expression; "),
        ("decisions:\n- {split_off: a, of: b, from: c, rows: [d]}", "expected a record such as fy2012.csv:1042"),
        ("decisions:\n- {pin: a, of: b, pin: c}", "the key 'pin' is there twice"),
        ("decisions: {pin: a}", "decisions: expected one key, `decisions`, with a list of decisions"),
        ("others: []", "decisions: expected one key, `decisions`, with a list of decisions"),
        ("- {pin: a, of: b}", "decisions: expected one key, `decisions`, with a list of decisions"),
        ("decisions: [", "expected YAML; "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_file_and_the_line(file, text, said):
    with pytest.raises(CurationError) as error:
        read(file, text)

    assert str(error.value).startswith(f"{file}: ")
    assert said in str(error.value)


def test_the_example_of_the_documentation_has_every_kind_of_decision(file):
    text = (Path(__file__).parents[2] / "docs" / "curation.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)

    assert {each.kind for each in read(file, example).decisions} == set(KINDS)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "decisions: []\n"])
def test_a_file_without_decisions_has_none(file, text):
    assert read(file, text).decisions == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{rename: a, of: d, to: x}", "{rename: A, of: D, to: y}"),
        ("{rename: a, of: d, to: x}", "{forbid: a, of: d}"),
        ("{pin: a, of: d}", "{forbid: a, of: d}"),
        ("{describe: a, of: d, as: x}", "{describe: a, of: d, as: y}"),
        ("{describe: a, of: d, as: x}", "{forbid: a, of: d}"),
        ("{merge: [a, b], of: d}", "{forbid: b, of: d}"),
        ("{merge: [a, b], of: d}", "{merge: [c, b], of: d}"),
        ("{merge: [a, b], of: d}", "{merge: [b, c], of: d}"),
        ("{merge: [a, b], of: d, to: x}", "{rename: a, of: d, to: y}"),
        ("{split_off: n, of: d, from: a, words: [u]}", "{split_off: n, of: d, from: a, words: [v]}"),
        ("{rename_dimension: d, to: x}", "{rename_dimension: d, to: y}"),
        ("{describe_dimension: d, as: x}", "{describe_dimension: d, as: y}"),
    ],
)
def test_two_that_contradict_each_other_are_both_named(file, first, second):
    text = f"decisions:\n- {first}\n- {{pin: other, of: d}}\n- {second}\n"

    with pytest.raises(CurationError) as error:
        read(file, text)

    said = r".*: line 4, decisions\[2\]: .+ contradicts line 2, decisions\[0\], .+; keep one of the two"
    assert re.fullmatch(said, str(error.value))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{rename: a, of: d, to: x}", "{rename: a, of: e, to: y}"),
        ("{rename: a, of: d, to: x}", "{rename: a, of: d, to: x}"),
        ("{rename: a, of: d, to: x}", "{pin: a, of: d}"),
        ("{merge: [a, b], of: d}", "{merge: [a, c], of: d}"),
        ("{merge: [a, b], of: d}", "{rename: a, of: d, to: y}"),
        ("{rename_dimension: d, to: x}", "{describe_dimension: d, as: y}"),
    ],
)
def test_two_that_agree_are_both_kept(file, first, second):
    assert len(read(file, f"decisions:\n- {first}\n- {second}\n").decisions) == 2


def test_decisions_lie_beside_the_dataset_and_not_in_it(tmp_path, file):
    (tmp_path / "t.csv").write_text("id\n1\n")
    yaml = tmp_path / "desk.yaml"
    yaml.write_text("name: desk\nsource: t.csv\n")
    assert configuration.load(yaml).curation == Curation(file=str(file))

    file.write_text(ALL)
    assert len(configuration.load(yaml).curation.decisions) == len(KINDS)

    yaml.write_text("name: desk\nsource: t.csv\ncuration: {decisions: []}\n")
    with pytest.raises(ConfigurationError, match=r"curation: .* decisions are written in desk.curation.yaml"):
        configuration.load(yaml)


def test_a_registered_dataset_has_the_decisions_of_the_file_as_it_is_now(tmp_path, file):
    (tmp_path / "t.csv").write_text("id\n1\n")
    yaml = tmp_path / "desk.yaml"
    yaml.write_text("name: desk\nsource: t.csv\n")
    file.write_text(ALL)
    store = Store(tmp_path / "store").dataset("desk")
    store.register(configuration.load(yaml))

    file.write_text("decisions:\n- {pin: a, of: b}\n")
    assert [each.kind for each in store.current_config().curation.decisions] == ["pin"]

    file.unlink()
    assert store.current_config().curation.decisions == (), "a person has withdrawn them"

    file.write_text(ALL)
    store.register(configuration.load(yaml))
    file.unlink()
    yaml.unlink()
    assert len(store.current_config().curation.decisions) == len(KINDS), "the files are on another machine"


def test_decisions_about_a_dataset_without_a_yaml_file_go_where_it_goes(tmp_path):
    (tmp_path / "t.csv").write_text("id\n1\n")
    yaml = tmp_path / "desk.yaml"
    yaml.write_text("name: desk\nsource: t.csv\n")
    here, there = (Store(tmp_path / each).dataset("desk") for each in ("here", "there"))
    written = here.config_path.with_name("dataset.curation.yaml")
    config = configuration.load(yaml).model_copy(update={"curation": Curation(file=str(written))})
    for store in (here, there):
        store.register(config)
    written.write_text("decisions:\n- {pin: a, of: b}\n")
    there.config_path.with_name(written.name).write_text("decisions:\n- {forbid: a, of: b}\n")

    assert [each.kind for each in here.current_config().curation.decisions] == ["pin"]
    assert [each.kind for each in there.current_config().curation.decisions] == ["forbid"]


def test_labels_do_not_depend_on_names_definitions_and_notes(file):
    before = read(file, "decisions:\n- {merge: [a, b], of: d, to: x}\n- {pin: c, of: d}\n")
    told = read(
        file,
        "decisions:\n- {merge: [a, b], of: d, to: x}\n- {pin: c, of: d, note: why}\n"
        "- {rename: e, of: d, to: y}\n- {describe: e, of: d, as: z}\n- {rename_dimension: d, to: w}\n",
    )
    moved = read(file, "decisions:\n- {merge: [a, g], of: d, to: x}\n- {pin: c, of: d}\n")
    referred = read(
        file, "decisions:\n- {merge: [a, b], of: d, to: x}\n- {pin: c, of: d}\n- {rename: e, of: d, to: C}\n"
    )

    assert told.of_labels == before.of_labels
    assert told.settings != before.settings
    assert moved.of_labels != before.of_labels
    assert referred.of_labels != before.of_labels, "another decision refers to that name"


WORDS = st.text(alphabet="abc-.+(", min_size=1, max_size=6)


@given(word=WORDS, before=st.sampled_from(["", " ", "x", "x ", "("]), after=st.sampled_from(["", " ", "x", " x", "!"]))
def test_a_word_is_found_as_a_whole_word_whatever_it_is_made_of(word, before, after):
    rule = SplitOff(split_off="n", of="d", origin="a", words=(word,))
    said = pl.Series([f"{before}{word.upper()}{after}"])

    is_whole = not before.endswith("x") and not after.startswith("x")
    assert said.str.contains(rule.expression)[0] == is_whole
