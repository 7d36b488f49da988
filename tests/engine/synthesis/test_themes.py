import random

from rlm_pipeline.analysis import findings
from rlm_pipeline.synthesis import merge, themes
from tests.engine.analysis.prepared import config, prepare
from tests.engine.synthesis.made import column, pair


def test_strongly_associated_columns_share_a_theme_and_others_have_their_own():
    columns = [column(name, "FY2010", {"open": 5, "closed": 3}) for name in ("amount", "queue", "status")]
    strong = pair("FY2010", {("open", "open"): 90, ("closed", "closed"): 90})

    found = themes.derive(columns, [strong])

    assert [[member.scope for member in theme.members] for theme in found] == [["queue", "status"], ["amount"]]
    assert "queue and status go together: Cramér's V 1.00 in 180 records." in found[0].summary


def test_a_weak_association_does_not_make_a_theme():
    columns = [column(name, "FY2010", {"open": 5}) for name in ("queue", "status")]
    weak = pair(
        "FY2010", {("open", "open"): 60, ("open", "closed"): 40, ("closed", "open"): 40, ("closed", "closed"): 60}
    )

    assert [len(theme.members) for theme in themes.derive(columns, [weak])] == [1, 1]


def test_every_finding_about_columns_is_in_exactly_one_theme(tmp_path):
    draw = random.Random(3)
    status = [draw.choice(["open", "closed"]) for _ in range(900)]
    cells = {
        "status": status,
        "copy": [value.upper() for value in status],
        "amount": [f"{draw.gauss(5, 1):.2f}" for _ in range(900)],
        "ticket": [f"TK-{place:04d}" for place in range(900)],
    }
    store = prepare(tmp_path, cells)
    findings.materialise(store, config(), "all")

    merged = merge.materialise(store, config(), "all")

    named = [member.scope for theme in merged.themes for member in theme.members]
    assert sorted(named) == sorted(cells)
    about_all_columns = 1
    assert sum(theme.findings for theme in merged.themes) == merged.findings - about_all_columns


def test_a_summary_states_the_merged_numbers():
    said = column("status", "FY2010", {"open": 75, "closed": 25}, [1.0, 2.0, 6.0])

    (theme,) = themes.derive([said], [])

    assert theme.title == "status"
    assert theme.summary == (
        "status: 2 values, most often 'open' (75.0 % of 100); mean 3, from 1 to 6 in 3 records;"
        " 100.0 % of the values look like A+; 3 empty cells; 1 outlier."
    )


def test_a_theme_of_many_columns_names_the_strongest_and_counts_the_rest():
    names = ("a", "b", "c", "d", "e")
    ties = [
        pair("FY2010", {("open", "open"): 90, ("closed", "closed"): 90}).model_copy(update={"left": "a", "right": name})
        for name in names[1:]
    ]

    (theme,) = themes.derive([column(name, "FY2010", {"open": 1}) for name in names], ties)

    assert theme.title == "a, b, c and 2 more columns that go with them"
    assert len(theme.citations) == 3
