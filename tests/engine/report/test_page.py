import re
from collections import Counter
from itertools import pairwise
from urllib.parse import unquote

import pytest

from rlm_pipeline import store as storage
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.report import inputs, page
from rlm_pipeline.report.inputs import ReportInputs, SourceRow
from rlm_pipeline.synthesis.answer import Dropped, NamedTheme, Narrative, Resolution, Sentence
from rlm_pipeline.taxonomy.document import (
    Agreement,
    Criticism,
    Lineage,
    ModelLabels,
    Refused,
    Retired,
    Review,
    Taxonomy,
)
from tests.engine.report import support_desk
from tests.engine.report.html_page import parse


def rendered(taxonomy: Taxonomy, **more) -> str:
    sources = tuple(SourceRow(input=part, manifest=None) for part in taxonomy.inputs)
    return page.render(ReportInputs(taxonomy=taxonomy, sources=sources, **more))


@pytest.fixture(scope="module")
def desk():
    return support_desk.support_desk()


@pytest.fixture(scope="module")
def html(desk, tmp_path_factory):
    dataset = support_desk.write(
        desk, tmp_path_factory.mktemp("store"), columns=support_desk.schema(), found=support_desk.merged()
    )
    return page.materialise(dataset).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parsed(html):
    return parse(html)


def test_the_page_lies_where_the_store_says_and_two_runs_write_the_same_bytes(desk, tmp_path):
    dataset = support_desk.write(desk, tmp_path, columns=support_desk.schema(), found=support_desk.merged())

    first = page.materialise(dataset).read_bytes()
    second = page.materialise(dataset).read_bytes()

    assert dataset.report_path.is_file()
    assert first == second


def test_what_a_model_made_of_the_categories_is_told_with_what_was_refused(desk):
    dimension = next(each for each in desk.dimensions if each.kind == "text" and each.categories)
    leaf = dimension.categories[-1]
    agreement = Agreement(statements=80, share=0.9, interval=(0.81, 0.95))
    reviewed = dimension.model_copy(
        update={
            "review": Review(
                model="claude-sonnet-5-5",
                prompt_version="1-abc",
                accepted=("name 3 of 4 categories",),
                refused=(Refused(change="merge “A” and “B” into “<b>C</b>”", reason="it is not borne out"),),
                criticism=(Criticism(category=leaf.id, problem="It holds two things."),
                           Criticism(category="gone", problem="Nobody sees this.")),
            ),
            "model_labels": ModelLabels(
                model="claude-haiku-5-5", prompt_version="1-abc", agreement=agreement, classifier=agreement, used=True,
                statements=12, records=34,
            ),
        }
    )  # fmt: skip
    others = tuple(reviewed if each.id == dimension.id else each for each in desk.dimensions)

    html = rendered(desk.model_copy(update={"dimensions": others}))

    for told in ("name 3 of 4 categories", "1 change refused", "It holds two things.", "12 statements of 34 records"):
        assert told in html
    assert "<b>C</b>" not in html
    assert "Nobody sees this." not in html


def test_the_page_asks_for_nothing_outside_itself(html, parsed):
    assert not parsed.all("link")
    assert not parsed.all("img")
    assert not parsed.all("iframe")
    assert [script.attributes.keys() for script in parsed.all("script")] == [{"nonce"}]
    assert not re.search(r"""(?:src|href|action)\s*=\s*["'](?!#)""", html)
    assert not re.search(r"https?://|@import|url\((?!#)", html)
    assert "default-src 'none'" in html


def test_the_page_is_well_formed(parsed):
    ids = Counter(element.attributes["id"] for element in parsed.elements if "id" in element.attributes)

    assert parsed.mismatched == []
    assert parsed.open == []
    assert [name for name, times in ids.items() if times > 1] == []
    assert [name for name in ids if re.search(r"\s", name)] == []


def test_every_link_and_every_tile_leads_to_something_on_the_page(parsed):
    ids = {element.attributes.get("id") for element in parsed.elements}
    links = [unquote(link.attributes["href"][1:]) for link in parsed.all("a")]
    tiles = [element.attributes["data-go"] for element in parsed.elements if "data-go" in element.attributes]

    assert len(tiles) > 80
    assert set(links) - ids == set()
    assert set(tiles) - ids == set()


def test_the_headings_are_in_order_and_name_every_part(parsed):
    levels = [int(element.tag[1]) for element in parsed.elements if re.fullmatch("h[1-6]", element.tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [heading.text for heading in parsed.all("h2")] == [
        "Every record accounted for",
        "Records per fiscal year",
        "Dimensions",
        "Share by fiscal year",
        "Relationships",
        "Trends",
        "What follows",
        "Sources and coverage",
    ]


def test_every_drawing_says_in_words_what_it_shows(parsed):
    drawings = [drawing for drawing in parsed.all("svg") if drawing.attributes.get("aria-hidden") != "true"]

    assert len(drawings) > 150
    assert [drawing.attributes for drawing in drawings if drawing.attributes.get("role") != "img"] == []
    assert [drawing.attributes for drawing in drawings if len(drawing.attributes.get("aria-label", "")) < 8] == []


def test_the_first_sentence_counts_what_the_taxonomy_holds(desk, parsed):
    lead = parsed.with_class("lead")[0].text

    assert lead == (
        f"{desk.coverage.records:,} records over 11 fiscal years: 3 text dimensions with 37 categories, "
        f"8 coded dimensions, {len(desk.relationships)} relationships, {len(desk.trends)} trends, "
        "1 facet without stable structure."
    )


def test_the_coverage_adds_up_to_every_record_in_the_files(desk, parsed):
    coverage = desk.coverage
    overview = " ".join(parsed.by_id("overview").text.split())

    assert f"{coverage.labelled:,} labelled in at least one dimension" in overview
    assert f"{coverage.other:,} other or blank in every dimension" in overview
    assert f"{coverage.quarantined:,} set aside as unreadable" in overview
    assert f"{coverage.labelled + coverage.other + coverage.quarantined:,} records in 11 files" in overview
    assert f"{coverage.citations_verified} of {coverage.citations} citations verified" in overview
    assert "not accounted for" not in overview


def test_records_that_were_lost_are_shown_and_not_hidden(desk):
    lost = desk.model_copy(update={"coverage": desk.coverage.model_copy(update={"other": desk.coverage.other - 7})})

    overview = " ".join(parse(rendered(lost)).by_id("overview").text.split())

    assert "7 not accounted for" in overview


def test_a_citation_that_was_not_verified_says_so(desk):
    first = desk.dimensions[0]
    category = first.categories[0]
    doubtful = category.model_copy(
        update={"exemplars": (category.exemplars[0].model_copy(update={"verified": False}),)}
    )
    changed = first.model_copy(update={"categories": (doubtful, *first.categories[1:])})

    marks = parse(rendered(desk.model_copy(update={"dimensions": (changed,)}))).with_class("unverified")

    assert [mark.text for mark in marks] == ["not verified"]


def test_every_category_stands_on_the_page_with_its_count_and_its_cited_quotes(desk, html, parsed):
    for dimension in desk.dimensions:
        for category in dimension.categories:
            if dimension.kind == "text" and category.exemplars:
                row = parsed.by_id(f"category-{dimension.id}-{category.id}")
                assert category.name in row.text
                assert f"{category.count:,}" in row.text
                for cited in (*category.exemplars, *category.border_cases):
                    assert cited.quote in row.text
                    assert f"{cited.source}:{cited.row}" in row.text


def test_tentative_categories_stand_apart_and_are_not_counted(desk, parsed):
    apart = [element.text for element in parsed.with_class("apart")]
    tentative = [c.name for d in desk.dimensions for c in d.categories if c.status == "tentative"]

    assert len(apart) == 3
    assert len(tentative) == 6
    assert all(any(name in text for text in apart) for name in tentative)


def test_a_facet_that_failed_its_gate_is_shown_with_its_figures(desk, parsed):
    failed = parsed.with_class("failed")

    assert len(failed) == 1
    assert "no stable structure" in failed[0].text
    assert "At most 48 % of sampled statements" in failed[0].text
    assert all(f"{level.stability:.2f}" in failed[0].text for level in desk.dimensions[-1].levels)


def test_every_relationship_trend_item_and_file_is_in_a_table_or_list(desk, parsed):
    relations = [" ".join(row.text.split()) for row in parsed.all("tr") if "data-find" in row.attributes]

    for edge in desk.relationships:
        assert any(row.startswith(f"{edge.source_name} and {edge.target_name} ") for row in relations), edge
    for trend in desk.trends:
        assert any(row.startswith(trend.category_name) for row in relations)
    for part in desk.inputs:
        assert any(part.source in row and part.sha256[:12] in row for row in relations)
    knowledge = parsed.by_id("knowledge").text
    assert all(item.statement in knowledge for item in desk.knowledge_items)
    assert all(advice.statement in knowledge for advice in desk.recommendations)


def test_columns_that_became_no_dimension_are_listed_under_their_reason(desk, parsed):
    listed = " ".join(parsed.with_class("left-out")[0].text.split())

    assert "3 empty in every yearspare_1 spare_2 spare_3" in listed
    assert "2 constant: … in … recordslegacy_code legacy_flag" in listed


def test_changes_of_the_columns_are_told_but_not_of_those_to_be_ignored(parsed):
    changes = parsed.by_id("sources").text

    assert "11 columns over 11 fiscal years: 1 added, 1 dropped, 1 renamed, 1 retyped, 3 always empty" in changes
    assert "Renamed in FY2017 from “tier” to “support_tier”; retyped in FY2019 from number to string." in changes
    assert "Absent in 2 fiscal years between." in changes
    assert "home_phone" not in changes


def test_themes_of_several_columns_and_disagreements_are_shown(parsed):
    knowledge = " ".join(parsed.by_id("knowledge").text.split())

    assert "support_tier, device_class support_tier: 3 values" in knowledge
    assert "FY2013: 'tier 2' in 61.0 % 1,700 records" in knowledge
    assert [theme for theme in parsed.with_class("themes") if "channel" in theme.text] == []


def test_what_specialists_and_models_found_is_shown_and_what_repeats_a_profile_is_not(parsed):
    knowledge = " ".join(parsed.by_id("knowledge").text.split())

    assert "What the analysts found" in knowledge
    assert "scope is never called 1 record cited" in knowledge
    assert "function:readingdead code, in words of a model: notice; 2 of 19,800 records" in knowledge
    assert "column is never called" not in knowledge


def test_markup_in_names_quotes_and_cells_stays_text(desk):
    hostile = "</title></script><script>alert('x')</script><img src=x onerror=alert(1)>&amp;\"'"
    taxonomy = support_desk.support_desk(hostile=hostile)
    found = support_desk.merged(hostile=hostile)
    taxonomy = taxonomy.model_copy(update={"left_out": {f"column{hostile}": f"reason{hostile}"}})

    html = rendered(taxonomy, themes=found.themes, conflicts=found.conflicts, findings=found.top)

    parsed = parse(html)
    assert html.count("<script") == 1
    assert parsed.mismatched == []
    assert parsed.all("img") == []
    assert not [element for element in parsed.elements if any(name.startswith("on") for name in element.attributes)]
    assert parsed.by_id("dimension-topic-name").text == f"What the ticket is about{hostile}"
    assert any(hostile in quote.text for quote in parsed.all("blockquote"))


def test_a_dataset_without_years_or_text_still_makes_a_page(desk):
    dimension = support_desk.coded_dimension("priority", ("P1", "P2"), {"all": 500}, support_desk.random.Random(1))
    bare = desk.model_copy(
        update={
            "inputs": (desk.inputs[0].model_copy(update={"partition": "all", "rows": 500}),),
            "dimensions": (dimension,),
            "relationships": (),
            "trends": (),
            "knowledge_items": (),
            "recommendations": (),
            "left_out": {},
        }
    )

    parsed = parse(rendered(bare))

    assert parsed.mismatched == []
    assert "records: 1 coded dimension." in parsed.with_class("lead")[0].text
    assert [element for element in parsed.elements if element.attributes.get("id") == "years"] == []


def test_a_dataset_in_which_nothing_was_found_says_so(desk):
    empty = desk.model_copy(
        update={"dimensions": (), "relationships": (), "trends": (), "knowledge_items": (), "recommendations": ()}
    )

    parsed = parse(rendered(empty))

    assert parsed.with_class("lead")[0].text.endswith("over 11 fiscal years: no dimension found.")
    assert parsed.mismatched == []


def test_a_large_taxonomy_stays_small_enough_to_send_and_is_folded():
    html = rendered(support_desk.large())

    parsed = parse(html)
    extra = parsed.with_class("extra")
    assert len(html.encode()) < 3_000_000
    assert len(parsed.with_class("leaf")) > 900
    assert len(extra) > 500
    assert any(label.text.startswith("Show all 60 dimensions") for label in parsed.all("label"))
    assert not [d for d in parsed.all("details") if "open" in d.attributes]


def test_a_dataset_without_a_taxonomy_is_told_what_to_run(tmp_path):
    dataset = storage.Store(tmp_path).dataset("support")

    with pytest.raises(NotMaterialised, match="taxonomy of support"):
        page.materialise(dataset)


def test_what_a_model_makes_of_the_findings_is_told_as_its_words(desk, tmp_path):
    found = support_desk.merged()
    theme = next(each for each in found.themes if len(each.members) > 1)
    said = Sentence(text="Tier and device move <together>.", facts=("F1",))
    narrative = Narrative(
        summary=(Sentence(text="Records of two tiers were read.", facts=("F1",)),),
        themes=(NamedTheme(theme=theme.id, name="Tier follows device", explanation=(said,)),),
        conflicts=(Resolution(conflict=found.conflicts[0].id, supports="undecided", reasons=(said,)),),
        dropped=(Dropped(where="summary", text="All 77 are red.", reason="states another figure"),),
    )
    dataset = support_desk.write(desk, tmp_path, found=found.model_copy(update={"narrative": narrative}))

    knowledge = parse(page.materialise(dataset).read_text(encoding="utf-8")).by_id("knowledge")
    text = " ".join(knowledge.text.split())

    assert "Records of two tiers were read." in text
    assert "1 statement of the model that did not" in text
    assert "Tier follows device Tier and device move <together>." in text
    assert theme.title in text, "what code called it stays beside"
    assert "A model: the facts do not decide it. Tier and device move" in text
    assert "77" not in text.split("What the analysts found")[0].split("In the words")[1].split("Recommendations")[0]


def test_damaged_merged_findings_are_named(desk, tmp_path):
    dataset = support_desk.write(desk, tmp_path)
    storage.write_json({"themes": [{"id": 1}]}, dataset.merged_all_years_path)

    with pytest.raises(StoreError, match=r"merged_findings\.json holds no merged findings"):
        inputs.read(dataset)


def test_a_page_without_a_dimension_says_so(desk):
    empty = desk.model_copy(update={"dimensions": (), "relationships": (), "trends": ()})

    assert "No column gives a dimension." in rendered(empty)


def test_where_a_category_came_from_is_said_by_name(desk):
    first, *others = desk.dimensions
    leaves = [category for category in first.categories if category.parent]
    lines = {
        leaves[0].id: Lineage(state="merged", former=(leaves[0].id, "gone")),
        leaves[1].id: Lineage(state="split", former=(leaves[0].id,)),
        leaves[2].id: Lineage(state="continued", former=(leaves[2].id,)),
    }
    categories = tuple(
        category.model_copy(update={"lineage": lines.get(category.id, category.lineage)})
        for category in first.categories
    )
    ended = Retired(id="gone", name="fax, no answer")
    dimension = first.model_copy(update={"categories": categories, "retired": (ended,)})

    page = rendered(desk.model_copy(update={"dimensions": (dimension, *others)}))

    assert "; has taken in fax, no answer." in page
    assert f"; split from {leaves[0].name}." in page
    assert page.count("; has taken in ") == page.count("; split from ") == 1
    assert "no more: fax, no answer." in page
    assert "no more: " not in rendered(desk)
