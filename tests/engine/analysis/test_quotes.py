# ruff: noqa: RUF001 - glyphs that look alike are what is tested
import csv
import gzip
import itertools
import json
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import quotes
from rlm_pipeline.analysis.fencing import fenced
from rlm_pipeline.analysis.folded_text import fold
from rlm_pipeline.analysis.quotes import find, rendered

DATA = Path(__file__).parents[4] / "shared" / "data"
real_texts = pytest.mark.skipif(
    not (DATA / "msha-injuries").is_dir() or not (DATA / "sotu").is_dir(),
    reason="the folders shared/data/msha-injuries and sotu are not beside us",
)

NARRATIVE = (
    "EE was lifting a 50 lb. bag of “rock dust” — when he felt a sharp pain in his lower back. He continued to work; "
    "the next day he couldn't get out of bed and saw a doctor, who restricted him to light duty for 3 days."
)
VOCABULARY = (
    "pump", "valve", "belt", "roof", "bolt", "crew", "shift", "foreman", "slipped", "struck", "lifted", "pain", "hand",
    "back", "knee", "the", "a", "of",
)  # fmt: skip
WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=30, max_size=120)
GLYPHS = {
    "'": "\u2019", '"': "\u201d", "-": "\u2014", " ": " \n\t ", "\u201c": '"', "\u201d": "\u00bb", "\u2014": "--",
    "...": "\u2026",
}  # fmt: skip


def quoted(quote, text):
    found = find(quote, text)
    return found and (found.how, text[found.start : found.end])


@given(st.text(min_size=1, max_size=200), st.data())
def test_any_stretch_of_a_text_is_found_as_it_is(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    assume(quote.strip())

    found = find(quote, text)

    assert (found.how, found.score, text[found.start : found.end]) == ("exact", 1.0, quote)


@given(st.text(alphabet="abcÄéßñſıк字ｶガ½ \n'\"-—…“”.,1²", min_size=1, max_size=80), st.data())
def test_case_space_and_glyphs_of_a_stretch_may_differ(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    stretch = text[start : data.draw(st.integers(start + 1, len(text)))].strip()
    assume(re.search(r"[^\W_]", stretch))
    changed = stretch.swapcase()
    for glyph, other in GLYPHS.items():
        changed = changed.replace(glyph, other)
    assume(fold(changed).text == fold(stretch).text)

    found = find(changed, text)

    assert found is not None
    assert found.how in {"exact", "normalised"}
    assert fold(text[found.start : found.end]).text.strip() == fold(stretch).text


@given(WORDS, st.data())
def test_offsets_are_those_of_the_source(words, data):
    """With a word that is there once at each end there is only one right answer."""
    inner = data.draw(
        st.lists(st.sampled_from(["\u00e9t\u00e9", "\ufb01n", "x\u0301", "\u200b", "\u2014", "  "]), max_size=9)
    )
    stretch = "Erste\u2019 " + "".join(inner) + " LETZTER"
    text = " ".join(words) + " \ufdfa " + stretch + " " + " ".join(words)

    found = find(stretch.lower().replace("\u2019", "'").replace("\u2014", "-").replace("  ", "\n"), text)

    assert text[found.start : found.end] == stretch


@given(WORDS, st.integers(10, 30), st.randoms(use_true_random=False))
def test_a_tenth_of_the_words_may_be_changed_or_missing(words, length, chance):
    # Two words of three are there once, so that there is one right place.
    marks = [place.translate(str.maketrans("0123456789", "qrstuvwxyz")) for place in map(str, range(len(words)))]
    words = [word + mark if place % 3 else word for place, (word, mark) in enumerate(zip(words, marks, strict=True))]
    start = chance.randrange(len(words) - length + 1)
    quote = list(words[start : start + length])
    for place in sorted(chance.sample(range(1, length - 1), length // 10), reverse=True):
        quote[place : place + 1] = chance.choice([[], ["otherwise"]])
    text = " ".join(words)

    found = find(" ".join(quote), text)

    assert found is not None
    said = text[found.start : found.end].split()
    assert found.score >= 0.9 - 1e-9
    assert said == words[start : start + length] or found.score == 1.0


@given(st.integers(150, 900), st.integers())
@settings(max_examples=20, deadline=None)
def test_a_long_quote_may_lose_many_words_over_its_length(length, seed):
    chance = random.Random(seed)
    words = [
        chance.choice("abcdefgh") + chance.choice("klmnop") + chance.choice("aeiou") + chance.choice("rstv")
        for _ in range(1200)
    ]
    start = chance.randrange(1200 - length)
    lost = set(chance.sample(range(1, length - 1), length // 10))
    quote = [word for place, word in enumerate(words[start : start + length]) if place not in lost]

    found = find(" ".join(quote), " ".join(words))

    assert found.how == "aligned"
    assert " ".join(words)[found.start : found.end] == " ".join(words[start : start + length])


@given(st.permutations([f"{first}{second}" for first in "abcdef" for second in "rstv"]))
def test_the_same_words_in_another_order_are_no_quote(invented):
    words = sorted(invented)
    places = [words.index(word) for word in invented]
    assume(sum(here < behind for here, behind in itertools.pairwise(places)) < 16)

    assert find(" ".join(invented), " ".join(words)) is None


def test_few_words_are_found_as_they_are_or_not_at_all():
    assert quoted("felt a sharp pain", NARRATIVE) == ("exact", "felt a sharp pain")
    assert quoted("FELT A  sharp pain", NARRATIVE) == ("normalised", "felt a sharp pain")
    assert find("felt sharp pain", NARRATIVE) is None
    assert find("pain in lower back", NARRATIVE) is None
    assert find("", NARRATIVE) is None
    assert find(" \n", NARRATIVE) is None


def test_marks_around_a_quote_are_not_part_of_it():
    assert quoted('"He continued to work."', NARRATIVE) == ("normalised", "He continued to work")
    assert quoted("… he felt a sharp pain in his lower …", NARRATIVE) == (
        "normalised",
        "he felt a sharp pain in his lower",
    )


def test_another_number_is_another_statement():
    said = "EE was lifting a {} lb bag of rock dust when he felt sharp pain in lower back"
    assert find(said.format(50), NARRATIVE).how == "aligned"
    assert find(said.format(60), NARRATIVE) is None
    assert find(said.format("heavy"), NARRATIVE).how == "aligned"


def test_a_character_is_never_cut_apart():
    assert find("CAFE", "un cafe\u0301 noir") is None
    assert quoted("CAFE\u0301", "un caf\u00e9 noir") == ("normalised", "caf\u00e9")
    assert quoted("FI", "\ufb03x") is None


def test_a_place_between_words_is_preferred():
    text = "Describe the rib; the RIB fell"
    assert find("rib", text).start == 13
    assert find("Rib", text).start == 13


def test_parts_around_an_ellipsis_are_found_in_order():
    found = quoted("lifting a 50 lb. bag of ... saw a doctor", NARRATIVE)
    assert found[0] == "aligned"
    assert found[1].startswith("lifting a 50 lb.")
    assert found[1].endswith("saw a doctor")
    assert find("saw a doctor [...] lifting a 50 lb. bag of", NARRATIVE) is None
    assert find("lifting a 50 lb. bag of ... saw a nurse", NARRATIVE) is None
    assert find("he ... a ... for", NARRATIVE) is None


def test_an_ellipsis_does_not_reach_across_a_whole_text():
    text = NARRATIVE + " filler" * 300 + " and then the mine was closed"
    assert find("lifting a 50 lb. bag of … and then the mine was closed", text) is None


def test_the_name_of_a_column_is_not_part_of_a_quote():
    assert quoted("NARRATIVE: felt a sharp pain in his lower back", NARRATIVE) == (
        "normalised",
        "felt a sharp pain in his lower back",
    )
    record = f"STATE: TX\nMINE: 12\nNARRATIVE: {NARRATIVE}"
    assert quoted("STATE: TX\nNARRATIVE: EE was lifting", record)[1].startswith("STATE: TX\nMINE: 12\nNARRATIVE: EE")
    assert quoted("STATE: TX\nNARRATIVE: EE was climbing", record) is None
    assert find("STATE: TX", "TXU plant, Texas") is None
    assert find("NARRATIVE: EE was lifting\nSTATE: TX", NARRATIVE) is None


def test_the_lines_of_a_record_are_told_apart():
    assert rendered("STATE: TX\n NARRATIVE: he fell\nand rose: at 10:30") == (
        ("STATE", "TX"),
        ("NARRATIVE", "he fell"),
        ("and rose", "at 10:30"),
    )
    assert rendered("BODY: one\ntwo") == (("BODY", "one\ntwo"),)
    assert rendered("he fell at 10:30") == ()
    assert rendered("he fell\nSTATE: TX") == ()


@given(st.text(alphabet="ab <|>/[INST]rlm-data\x00\x1b\u202e\u200b\r\n\u2028é", min_size=1, max_size=60))
def test_a_quote_of_a_fenced_text_is_found_in_the_source(text):
    shown = fenced(text).text
    assume(re.search(r"[^\W_]", text))

    found = find(shown, text)

    assert found is not None
    assert fold(text[found.start : found.end]).text.strip() == fold(text).text.strip()


@real_texts
def test_what_is_quoted_from_one_source_is_in_no_other():
    with gzip.open(DATA / "sotu" / "speeches.jsonl.gz", "rt", encoding="utf-8") as lines:
        speeches = [json.loads(line)["text"] for line in lines]
    with gzip.open(DATA / "msha-injuries" / "msha_fy2012.csv.gz", "rt", encoding="utf-8") as lines:
        narratives = "\n".join(row["NARRATIVE"] for _, row in zip(range(300), csv.DictReader(lines), strict=False))
    chance = random.Random(5)
    sentences = [each for speech in speeches for each in re.split(r"(?<=[.!?])\s+", speech) if len(each.split()) >= 6]

    assert [each for each in chance.sample(sentences, 150) if find(each, narratives)] == []


@real_texts
def test_what_is_said_about_a_narrative_in_its_own_words_is_no_quote():
    with gzip.open(DATA / "msha-injuries" / "msha_fy2012.csv.gz", "rt", encoding="utf-8") as lines:
        narratives = [row["NARRATIVE"] for _, row in zip(range(400), csv.DictReader(lines), strict=False)]
    chance = random.Random(7)
    invented = []
    for narrative in narratives:
        said = narrative.split()
        halves = [said[len(said) // 2 :], said[: len(said) // 2]]
        for half in halves:
            chance.shuffle(half)
        if len(said) >= 10:
            invented.append((" ".join(halves[0] + halves[1]), narrative))

    assert len(invented) > 300
    assert [quote for quote, narrative in invented if find(quote, narrative)] == []


def operations(quote, text):
    """Bytecodes that `find` runs, in our modules alone."""
    counted = 0

    def count(frame, event, _):
        nonlocal counted
        frame.f_trace_opcodes = True
        counted += event == "opcode"
        return count

    def begin(frame, event, argument):
        return count(frame, event, argument) if "rlm_pipeline" in frame.f_code.co_filename else None

    sys.settrace(begin)
    try:
        find(quote, text)
    finally:
        sys.settrace(None)
    return counted


ADVERSARIES: dict[str, Callable[[int], tuple[str, str]]] = {
    "one word again and again": lambda n: ("go " * (n // 2) + "stop", "go " * n),
    "two words in turn": lambda n: ("a b " * (n // 4) + "c c", "a b " * (n // 2)),
    "nearly there, everywhere": lambda n: (
        "one two three four five six seven eight nine",
        "one two three four six " * (n // 5),
    ),
    "parts without end": lambda n: ("alpha beta gamma delta ... " * (n // 8), "alpha beta gamma delta " * (n // 4)),
    "lines without end": lambda n: ("a: b\n" * (n // 3), "a: b\nc: d\n" * (n // 4)),
    "marks without end": lambda n: ("e" + "\u0301\u0327" * n, "E" + "\u0327\u0301" * n + "x"),
    "cut apart everywhere": lambda n: ("E", "e\u0301" * n),
    "glyphs without end": lambda n: ("\u2019" * n + "x", "'\u200b" * n),
    "a long quote in no order": lambda n: (" ".join(map(str, range(n, 0, -1))), " ".join(map(str, range(n)))),
    "a quote far longer than the text": lambda n: (
        "pump valve belt roof bolt crew shift foreman " * (n // 4),
        NARRATIVE,
    ),
}


@pytest.mark.parametrize("adversary", ADVERSARIES.values(), ids=ADVERSARIES.keys())
def test_work_grows_with_the_length_and_not_faster(adversary):
    small, large = (operations(*adversary(size)) for size in (250, 1000))

    assert large <= 4.6 * small + 2000


def test_bounds_are_those_that_are_told():
    words = [f"w{letter}" for letter in "abcdefghijklmnopqrst"]
    changed = [*words[: quotes.LEAST_WORDS]]
    changed[3] = "other"
    assert find(" ".join(changed), " ".join(words)).score == 1 - 1 / quotes.LEAST_WORDS
    assert find(" ".join(changed[1:]), " ".join(words)) is None
