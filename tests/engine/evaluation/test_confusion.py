"""Confusions: matched categories on the diagonal, every record counted once, the largest mistakes named."""

import html
import re
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rlm_pipeline.errors import StoreError
from rlm_pipeline.evaluation import agreement, confusion_picture
from rlm_pipeline.evaluation.confusion import confusions
from rlm_pipeline.evaluation.known_records import PairCounts
from tests.engine.evaluation.labelled import CONFIG, dimension, new_store, store_dimensions, store_labels, store_records
from tests.engine.report.test_browser import BROWSER, FLAGS

TABLES = arrays.arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 30))


def pairs(table):
    table = np.asarray(table, dtype=np.int64)
    return PairCounts(
        known=tuple(f"k{row}" for row in range(table.shape[0])),
        found=tuple(f"f{column}" for column in range(table.shape[1])),
        table=table,
    )


def test_matched_pairs_are_on_the_diagonal_the_largest_first_and_what_has_no_match_comes_last():
    found = confusions(pairs([[0, 5, 0, 1], [40, 5, 0, 0], [2, 0, 0, 1], [0, 0, 3, 0]]), {"f0": "Zero"})

    assert found.known == ("k1", "k0", "k2", "k3")
    assert found.found == ("Zero", "f1", "f3", "f2")
    assert np.diag(found.table).tolist() == [40, 5, 1, 3]
    first = found.matches[0]
    assert (first.known, first.found, first.shared) == ("k1", "Zero", 40)
    assert first.recovered == pytest.approx(40 / 45)
    assert first.precision == pytest.approx(40 / 42)


def test_the_largest_confusions_say_whose_match_the_records_are_in():
    found = confusions(pairs([[50, 8, 0], [0, 20, 6]]), {})

    assert [(each.known, each.found, each.taken_for, each.records) for each in found.largest] == [
        ("k0", "f1", "k1", 8),
        ("k1", "f2", "", 6),
    ]
    assert found.largest[1].share == pytest.approx(6 / 26)


@settings(max_examples=60, deadline=None)
@given(table=TABLES.filter(lambda table: (table.sum(axis=1) > 0).all()))
def test_no_record_is_lost_or_counted_twice(table):
    found = confusions(pairs(table), {})

    assert found.table.sum() == table.sum()
    assert sorted(match.records for match in found.matches) == sorted(table.sum(axis=1).tolist())
    off_the_diagonal = table.sum() - sum(match.shared for match in found.matches)
    assert sum(each.records for each in found.largest) <= off_the_diagonal
    if np.count_nonzero(table) <= 20:
        assert sum(each.records for each in found.largest) == off_the_diagonal


def compared(tmp_path, known, found, names):
    store = new_store(tmp_path)
    store_records(store, "all", {"truth": known})
    store_labels(store, "all", {"d1": found})
    store_dimensions(store, dimension("d1", "narrative", names))
    return agreement.evaluate(store, CONFIG, truth=("truth",)).dimensions[0]


def drawn(text):
    """The numbers written into the cells."""
    return [int(each.replace(",", "")) for each in re.findall(r'class="figure[^"]*">([\d,]+)<', text)]


@pytest.fixture
def two(tmp_path):
    known = ["<b>hand</b>"] * 1200 + ["foot & toe"] * 30
    return compared(tmp_path, known, ["a"] * 1190 + ["b"] * 40, {"a": "hands <1>", "b": "feet"})


def test_the_picture_holds_every_count_exactly_and_names_as_they_are(two, tmp_path):
    path = tmp_path / "picture.html"

    confusion_picture.write(two, "truth", path)

    page = path.read_text(encoding="utf-8")
    assert sorted(drawn(page)) == [10, 30, 1190]
    assert "<b>hand</b>" not in page
    assert {"<b>hand</b>", "foot & toe", "hands <1>"} <= set(map(html.unescape, re.findall(r">([^<]+)<", page)))
    assert "Largest confusions" in page
    assert page.count('class="cell match') == 2


def test_the_same_comparison_gives_the_same_bytes_and_svg_is_a_drawing_of_its_own(two, tmp_path):
    first, again, drawing = tmp_path / "a.html", tmp_path / "b.html", tmp_path / "c.svg"
    for path in (first, again, drawing):
        confusion_picture.write(two, "truth", path)

    assert first.read_bytes() == again.read_bytes()
    assert drawing.read_text(encoding="utf-8").startswith('<svg xmlns="http://www.w3.org/2000/svg" width="')
    assert sorted(drawn(drawing.read_text(encoding="utf-8"))) == [10, 30, 1190]


def test_more_categories_than_can_be_read_are_added_up_and_all_are_in_the_tables(tmp_path):
    known = [f"part {number}" for number in range(60) for _ in range(number + 1)]
    labels = {f"c{number}": f"found {number}" for number in range(60)}
    many = compared(tmp_path, known, [f"c{each.split()[1]}" for each in known], labels)
    path = tmp_path / "picture.html"

    confusion_picture.write(many, "truth", path)

    page = path.read_text(encoding="utf-8")
    assert sum(drawn(page)) == len(known)
    assert "20 more together" in page
    assert all(f'<th scope="row">part {number}</th>' in page for number in range(60))


def test_a_folder_that_cannot_be_written_is_named(two, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="file"):
        confusion_picture.write(two, "truth", tmp_path / "file" / "picture.html")


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="needs chromium, chromium-browser or google-chrome on the PATH")
def test_in_a_browser_no_name_runs_into_a_number_or_out_of_the_drawing(tmp_path):
    known = [f"LOWER EXTREMITIES, MULTIPLE PARTS {number} (NOT ELSEWHERE)" for number in range(12) for _ in range(1234)]
    names = {f"c{number}": f"Between, conveyor, belt, shuttle {number}" for number in range(12)}
    path = tmp_path / "picture.html"
    confusion_picture.write(compared(tmp_path, known, [f"c{at // 1234}" for at in range(len(known))], names), "t", path)
    measure = """<script>addEventListener("load", () => {
      const box = (each) => each.getBoundingClientRect();
      const svg = box(document.querySelector("svg"));
      const rows = [...document.querySelectorAll(".matrix .count")].map((count) =>
        box(count).left - box(count.previousElementSibling).right);
      const outside = [...document.querySelectorAll(".matrix text")].filter((each) =>
        box(each).right > svg.right + 1 || box(each).top < svg.top - 1).length;
      document.documentElement.dataset.state = `${Math.min(...rows) > 0} ${outside} ${rows.length}`;
    });</script></head>"""
    path.write_text(path.read_text(encoding="utf-8").replace("</head>", measure, 1), encoding="utf-8")

    command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert re.search(r'data-state="([^"]*)"', done.stdout).group(1) == "true 0 12"
