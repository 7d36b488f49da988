"""A person's decisions on the page: what became of each, and what a category owes to them."""

import pytest

from rlm_pipeline.report import page
from rlm_pipeline.report.inputs import ReportInputs
from rlm_pipeline.taxonomy.document import Decided
from tests.engine.report import support_desk
from tests.engine.report.html_page import parse

NAMED = {"dimension": "topic", "decision": "rename", "state": "applied"}
DECISIONS = (
    Decided(**NAMED, says="rename “printer” to “Paper”", target=("a",), categories=("topic-01",), records=1234,
            note="what <b>we</b> call it"),
    Decided(decision="pin", says="pin “printer”", dimension="topic", target=("a",), categories=("topic-01",),
            state="applied", records=1234),
    Decided(decision="forbid", says="forbid “P4”", dimension="priority", target=("P4",), categories=("gone",),
            state="applied", records=77),
    Decided(decision="rename_dimension", says="rename the dimension “topic”", dimension="topic", target=(),
            state="applied"),
    Decided(decision="merge", says="merge “x” with “y”", dimension="nowhere", target=("x", "y"),
            state="does_not_fit", reason="there is no dimension “nowhere”"),
)  # fmt: skip


def rendered(*decisions):
    taxonomy = support_desk.support_desk().model_copy(update={"curation": decisions})
    return page.render(ReportInputs(taxonomy=taxonomy, sources=()))


@pytest.fixture(scope="module")
def parsed():
    return parse(rendered(*DECISIONS))


def rows(parsed):
    section = [each for each in parsed.elements if "table" in each.path and each.tag == "tr"]
    return [each.text for each in section if "applied" in each.text or "does not fit" in each.text]


def test_without_decisions_the_page_does_not_speak_of_them():
    html = rendered()

    assert 'id="decisions"' not in html
    assert "#decisions" not in html
    assert "by a person" not in html


def test_what_does_not_fit_comes_first_with_the_reason(parsed):
    first, *others = rows(parsed)

    assert "Merge “x” with “y”" in first
    assert "does not fit: there is no dimension “nowhere”" in first
    assert len(others) == 4
    assert "4 of 5 decisions applied; what does not fit changed nothing" in parsed.by_id("decisions").text


def test_each_decision_has_its_records_and_the_persons_reason_as_text(parsed):
    renamed = next(each for each in rows(parsed) if "Paper" in each)
    forbidden = next(each for each in rows(parsed) if "Forbid" in each)

    assert "1,234" in renamed
    assert "what <b>we</b> call it" in renamed
    assert "77" in forbidden
    assert "applied, its records are other" in forbidden


def test_a_category_and_a_dimension_say_what_a_person_made_of_them(parsed):
    assert [each.text for each in parsed.with_class("by-person")] == ["renamed and pinned by a person"]
    assert "renamed and pinned by a person" in parsed.by_id("category-topic-topic-01").text
    assert "renamed by a person" in next(each.text for each in parsed.with_class("tags"))


def test_links_of_decisions_lead_to_something_on_the_page(parsed):
    ids = {each.attributes.get("id") for each in parsed.elements}
    links = {each.attributes["href"].removeprefix("#") for each in parsed.all("a")}

    assert {"category-topic-topic-01", "decisions"} <= links <= ids
    assert parsed.mismatched == []
