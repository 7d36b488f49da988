import pytest

from rlm_pipeline.analysis.text_analyst.prose import definition_forms, links
from tests.engine.analysis.text_analyst.read_files import of, told

SOIL = """# Soil

## Drainage

The drainage channel carries water away. A drainage channel of clay pipe lasts. Clay pipe breaks under frost, and
the drainage channel fills with silt. Silt traps keep the drainage channel open.

Every drainage channel needs silt traps; silt traps are emptied in autumn. Clay pipe is laid below the frost line,
so the drainage channel stays open in winter, and the clay pipe does not crack. {more}

## Orchard

Apple trees stand in the orchard. Apple trees bear after four winters. The orchard fence keeps deer from the apple
trees, and the orchard fence is mended in spring. Apple trees are pruned while they sleep.

The orchard fence needs posts. Posts of oak outlive apple trees. Old apple trees are grafted in the orchard. {more}
"""


def test_a_section_is_about_the_phrases_that_are_frequent_in_it_and_not_elsewhere(tmp_path):
    filler = "Water and wood are weighed, counted and carried by hand on every farm. " * 8
    found = told(tmp_path, {"farm.md": SOIL.replace("{more}", filler)})

    (drainage,) = of(found, "insight", "about farm.md > Soil > Drainage")
    (orchard,) = of(found, "insight", "about farm.md > Soil > Orchard")
    assert {"drainage channel", "clay pipe", "silt traps"} <= {value for value, _ in drainage.distribution}
    assert "apple trees" in {value for value, _ in orchard.distribution}
    assert not {value for value, _ in drainage.distribution} & {"apple trees", "water", "hand"}
    assert orchard.evidence[0].column == "text"
    assert any("pple trees" in each.quote for each in orchard.evidence)


def test_key_phrases_count_records_exactly(tmp_path):
    said = [f"The water board met on day {n}; the water board decided about the mill." for n in range(40)]
    plain = [f"Nothing of note happened on day {n} in that village." for n in range(160)]
    found = of(told(tmp_path, {"diary.txt": "\n\n".join([*said, *plain])}), "insight", "key phrases")

    assert sum(dict(each.distribution).get("water board", 0) for each in found) == 40
    assert not any("nothing" in dict(each.distribution) for each in found)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The General Accounting Office (GAO) said so.", {"GAO"}),
        ("executables (EXE) and dynamic link libraries (DLLs)", {"EXE", "DLL"}),
        ("Use the application programming interface (API).", {"API"}),
        ("A rootkit is a program that hides processes.", {"rootkit"}),
        ('"Net income" means income after tax.', {"Net income"}),
        ("The term quorum refers to a majority of members.", {"quorum"}),
        ("- **chunk**: what a reader sees at once, whole records.", {"chunk"}),
        ("`--json`: print JSON on standard output", {"--json"}),
        ("LanceDB is a vector database that runs in process.", {"LanceDB"}),
    ],
)
def test_definitions_are_found(text, terms):
    assert {each.term for each in definition_forms.of_text(text)} == terms


@pytest.mark.parametrize(
    "text",
    [
        "This is a good thing. It is a day like any other. There is a reason.",
        "By means of a lever. Adequate means should be found. He means well by it.",
        "Congress (see below) and the House (Senate too) met.",
        "- **Recommendation**: buy nothing before the spring comes.",
        "Education is a great blessing. Peace is a duty of all.",
        "The meeting was long (ABC) and dull.",
        "Note: this line is no definition of anything at all.",
    ],
)
def test_what_only_looks_like_a_definition_is_none(text):
    assert list(definition_forms.of_text(text)) == []


def test_lines_of_a_glossary_are_definitions():
    found = list(definition_forms.of_text("Quorum: the members who must be there.", "Rules > Glossary"))
    assert [(each.term, each.form) for each in found] == [("Quorum", "glossary")]


def test_a_definition_is_told_by_its_term_with_the_sentence_as_evidence(tmp_path):
    found = told(tmp_path, {"a.md": "# A\n\nThe General Accounting Office (GAO) said so.\n\nThe GAO (GAO) did.\n"})
    (definition,) = of(found, "definition")
    assert (definition.scope, definition.total, definition.confidence) == ("GAO", 1, 0.95)
    assert "General Accounting Office (GAO)" in definition.evidence[0].quote


def test_links_that_lead_nowhere_are_broken_and_others_are_not(tmp_path):
    files = {
        "docs/a.md": "# First Steps\n\n[there](b.md#second-part) [here](#first-steps) [gone](#no-such-part)\n",
        "docs/b.md": "# B\n\n## Second part\n\n[lost](missing.md) [up](../README.md) `[code](nothing.md)` [out](https://example.com/x)\n",
        "README.md": "# Read me\n\n[docs](docs/a.md) [heading](docs/b.md#no-part) [image](pic.png)\n",
    }
    found = told(tmp_path, files)

    broken = of(found, "reference", "broken links")
    assert {value for each in broken for value, _ in each.distribution} == {
        "#no-such-part",
        "missing.md",
        "docs/b.md#no-part",
    }
    assert all(each.severity == "warning" for each in broken)
    (outside,) = of(found, "reference", "links to other sites")
    assert outside.distribution == (("example.com", 1),)
    (within,) = of(found, "reference", "links within the text")
    assert dict(within.distribution) == {
        "b.md#second-part": 1,
        "#first-steps": 1,
        "../README.md": 1,
        "docs/a.md": 1,
        "pic.png": 1,
    }


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("## Where files come from", "where-files-come-from"),
        ("# `rlm run` & more!", "rlm-run--more"),
        ("## [Link](x.md) text ##", "link-text"),
        ("Ärger und Größe", "ärger-und-größe"),
    ],
)
def test_anchors_are_those_of_rendered_headings(heading, anchor):
    assert links.anchor_of(heading) == anchor


def test_the_outline_has_the_headings_with_the_records_below_them(tmp_path):
    found = told(tmp_path, {"a.md": "# Top\n\nOne.\n\n## Left\n\nTwo.\n\nThree.\n\n## Right\n\nFour.\n"})
    (outline,) = of(found, "outline")
    assert outline.scope == "a.md"
    assert dict(outline.distribution) == {"Top": 2, "Left": 3, "Right": 2}
    assert "Top, 'Left', 'Right'" in outline.summary or "'Top', 'Left', 'Right'" in outline.summary


def test_text_without_headings_or_words_has_no_outline_and_no_definitions(tmp_path):
    found = told(tmp_path, {"a.txt": "1 2 3\n\n4 5 6\n\n- - -\n"})
    assert {each.kind for each in found} <= {"data", "reference"}


def test_phrases_of_other_languages_leave_out_their_stop_words(tmp_path):
    german = "\n\n".join(
        f"Die Bundesregierung hat der Energiewende im Jahr {n} nicht zugestimmt und die Energiewende stockt."
        for n in range(30)
    )
    bridges = ["wiadukt kolejowy z żelaza", "dom pod lasem", "młyn wodny", "stara droga", "nowy port"]
    polish = "\n\n".join(f"To jest na rzece {n} i się nie wali że {bridges[n % 5]} stoi tam od lat." for n in range(40))
    found = told(tmp_path, {"de.txt": german, "pl.txt": polish})
    phrases = {value for each in of(found, "insight", "key phrases") for value, _ in each.distribution}
    assert not phrases & {"die", "und", "jest", "na", "hat der"}
    assert "wiadukt kolejowy" in phrases
