"""The planted support desk: what is written, what is true about it, and that the truth can be trusted."""

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.configuration import DatasetConfig, PartitionRule
from rlm_pipeline.errors import RlmError
from rlm_pipeline.evaluation.support_desk import write_support_desk
from rlm_pipeline.evaluation.support_desk.columns import NAMED_BY_PLACE
from rlm_pipeline.profiling.associations import contingency, cramers_v_corrected
from rlm_pipeline.sources import inventory, raw_file
from rlm_pipeline.store import DatasetStore

TEXTS = {"topic": "issue_description", "resolution": "resolution_notes", "feedback": "customer_feedback"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return write_support_desk(tmp_path_factory.mktemp("desk"), rows=6000, columns=80, years=9)


@pytest.fixture(scope="module")
def truth(desk):
    return json.loads((desk.truth_folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def known(desk):
    return pl.read_parquet(desk.truth_folder / "records.parquet")


@pytest.fixture(scope="module")
def tickets(desk, truth, known):
    """The truth with the three texts of every ticket that is not ragged."""
    frames = []
    for file in truth["files"]:
        header, rows = read(desk.folder, file)
        names = {column: written[file["fiscal_year"]] for column, written in truth["columns"].items()
                 if file["fiscal_year"] in written}  # fmt: skip
        whole = [row for row in rows if len(row) == len(header)]
        frames.append(
            pl.DataFrame(
                {
                    "ticket": [row[header.index(names["ticket_no"])] for row in whole],
                    **{
                        column: [row[header.index(names[column])] for row in whole]
                        for column in (*TEXTS.values(), "region", "region_code")
                    },
                }
            )
        )
    return pl.concat(frames).join(known.rename({"region": "true_region"}), on="ticket")


def read(folder: Path, file: dict):
    with (folder / file["name"]).open(encoding=file["encoding"], newline="") as stream:
        if file["title_line"]:
            stream.readline()
        reader = csv.reader(stream, delimiter=file["delimiter"])
        return next(reader), list(reader)


def association(frame, one, other):
    codes = [frame[name].rank("dense").to_numpy().astype(np.int64) - 1 for name in (one, other)]
    return cramers_v_corrected(contingency(*codes, int(codes[0].max()) + 1, int(codes[1].max()) + 1))


def test_the_truth_knows_exactly_how_many_rows_and_ragged_rows_each_file_has(desk, truth):
    for file in truth["files"]:
        header, rows = read(desk.folder, file)

        assert len(rows) == file["rows"]
        assert len(header) == file["columns"]
        assert sum(len(row) != len(header) for row in rows) == file["ragged"] > 0
    assert desk.rows == truth["rows"] == 6000


def test_the_pipeline_reads_every_row_and_sets_aside_exactly_the_ragged_ones(desk, tmp_path):
    config = DatasetConfig(
        name="desk", source=desk.source, partition=PartitionRule(by="filename", pattern=r"fy(?P<year>\d{4})")
    )
    store = DatasetStore(tmp_path / "desk")

    manifests = [
        raw_file.materialise(store, config, partition)
        for partition in inventory.take_inventory(store, config).partitions
    ]

    figures = [(manifest.partition, manifest.rows, manifest.quarantined) for manifest in manifests]
    assert figures == [(file.fiscal_year, file.rows - file.ragged, file.ragged) for file in desk.files]


def test_equal_arguments_give_equal_bytes_and_another_seed_gives_others(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_support_desk(tmp_path / name, rows=200, columns=60, years=3, seed=seed)

    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 5
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    assert (tmp_path / "one" / files[0]).read_bytes() != (tmp_path / "other" / files[0]).read_bytes()


def test_the_truth_is_not_among_the_files_a_dataset_reads(desk):
    read_by_pipeline = sorted(desk.folder.glob(Path(desk.source).name))

    assert [path.name for path in read_by_pipeline] == [file.name for file in desk.files]
    assert all(desk.truth_folder not in path.parents for path in read_by_pipeline)


def test_years_differ_in_encoding_delimiter_line_ends_and_title(desk):
    assert {file.encoding for file in desk.files} == {"utf-8", "utf-8-sig", "latin-1", "utf-16"}
    assert {file.delimiter for file in desk.files} == {",", ";"}
    assert {file.line_end for file in desk.files} == {"\n", "\r\n"}
    assert sum(file.title_line for file in desk.files) == 1
    latin = (desk.folder / desk.files[0].name).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        latin.decode("utf-8")


def test_without_dirt_every_file_is_plain_and_no_row_is_ragged(tmp_path):
    desk = write_support_desk(tmp_path, rows=300, columns=60, years=4, dirt=0)

    assert desk.ragged == 0
    for file in desk.files:
        content = (tmp_path / file.name).read_bytes()
        header, *rows = csv.reader(content.decode("utf-8").splitlines(keepends=True))
        assert b"\r" not in content
        assert b"\0" not in content
        assert len(set(header)) == len(header)
        assert all(len(row) == len(header) for row in rows)


def test_headers_have_duplicates_empty_names_and_trailing_spaces(desk, truth):
    headers = [read(desk.folder, file)[0] for file in truth["files"]]

    assert any(len(set(header)) < len(header) for header in headers)
    assert any("" in header for header in headers)
    assert any(name != name.strip() for header in headers for name in header)


def test_texts_hold_quoted_newlines_and_hardly_two_are_the_same(tickets):
    for dimension, column in TEXTS.items():
        planted = tickets.filter(pl.col(dimension).is_not_null() & (pl.col(dimension) != "off_topic"))

        assert planted[column].str.contains("\n").mean() > 0.05
        assert planted[column].n_unique() / len(planted) > 0.9


def test_a_category_is_said_in_several_hundred_ways(tickets):
    for dimension, column in TEXTS.items():
        words = (
            pl.col(column).str.to_lowercase().str.replace_all(r"[^a-z]+", " ").str.split(" ").list.unique().list.sort()
        )
        planted = tickets.filter(pl.col(dimension).is_not_null() & (pl.col(dimension) != "off_topic"))

        ways = planted.group_by(dimension).agg(pl.len(), words.n_unique().alias("ways"))

        assert (ways["ways"] / ways["len"]).min() > 0.95
        assert ways["ways"].max() > 400


def test_descriptions_have_at_most_seventy_words_and_vary_in_length(tickets):
    words = tickets.filter(pl.col("topic").is_not_null() & (pl.col("topic") != "off_topic"))[
        "issue_description"
    ].str.split(" ").list.len()  # fmt: skip

    assert words.max() <= 70
    assert words.quantile(0.9) > 2.5 * words.quantile(0.1)


def test_a_category_is_seldom_called_by_its_name(tickets, truth):
    for dimension in truth["dimensions"]:
        if dimension["kind"] != "text":
            continue
        for category in dimension["categories"]:
            texts = tickets.filter(pl.col(dimension["id"]) == category["id"])[TEXTS[dimension["id"]]]
            named = texts.str.to_lowercase().str.contains(category["name"].lower(), literal=True)
            assert named.mean() < 0.2, category["name"]


def test_empty_texts_are_those_that_the_truth_calls_blank(tickets):
    for dimension, column in TEXTS.items():
        blank = tickets[dimension].is_null()

        assert 0.01 < blank.mean() < 0.06
        assert set(tickets.filter(blank)[column]) <= {"", "-"}
        assert not (tickets.filter(~blank)[column] == "").any()


def test_structured_cells_say_what_the_truth_says_apart_from_spaces_and_null_likes(tickets):
    known = tickets["true_region"]

    assert (tickets["region"].str.strip_chars() == known).fill_null(value=True).all()
    assert set(tickets.filter(known.is_null())["region"]) <= {"N/A", "-", "None", "n/a"}
    assert known.null_count() > 0
    assert (tickets["region"] != tickets["region"].str.strip_chars()).any()


def test_the_region_code_repeats_the_region_one_to_one(tickets):
    pairs = tickets.filter(pl.col("true_region").is_not_null()).select("true_region", "region_code").unique()

    assert len(pairs) == pairs["true_region"].n_unique() == pairs["region_code"].n_unique()


def test_planted_relationships_are_strong_and_all_others_absent(known, truth):
    for link in truth["relationships"]:
        assert link["cramers_v"] > 0.2, link
    for one in ("region", "channel", "customer_segment"):
        for other in ("topic", "resolution", "feedback", "product_line", "priority", "assigned_team"):
            assert association(known.drop_nulls([one, other]), one, other).v < 0.05


def test_the_department_follows_from_the_team(known):
    pairs = known.drop_nulls(["assigned_team", "department"])

    assert pairs.select("assigned_team", "department").n_unique() == pairs["assigned_team"].n_unique()


def test_filler_is_independent_of_what_is_planted(tmp_path):
    desk = write_support_desk(tmp_path, rows=4000, columns=60, years=1, dirt=0, seed=3)
    frame = pl.read_csv(desk.folder / desk.files[0].name, infer_schema=False)
    truth = json.loads((desk.truth_folder / "truth.json").read_text(encoding="utf-8"))
    categorical = [name for name, kind in truth["filler"].items() if kind == "categorical" and name in frame.columns]

    values = [association(frame.drop_nulls([name]), name, "product_line") for name in categorical]

    assert len(values) > 2
    assert max(float(value.v) for value in values) < 0.06


def test_trends_move_as_planted(truth):
    moves = {trend["category"]: trend["share_to"] - trend["share_from"] for trend in truth["trends"]}

    assert moves["security"] > 0.03
    assert moves["file_recovery"] < -0.03
    assert moves["meetings"] > 0.02
    assert moves["automation"] > 0.05


def test_a_resolution_appears_in_the_middle_of_the_years(known):
    years = known.filter(pl.col("resolution") == "automation")["fiscal_year"].unique().sort().to_list()

    assert years == ["FY2016", "FY2017", "FY2018", "FY2019", "FY2020"]


def test_columns_are_renamed_dropped_added_and_reordered_over_the_years(desk, truth):
    headers = [read(desk.folder, file)[0] for file in truth["files"]]

    assert set(truth["columns"]["issue_description"].values()) == {
        "Issue Description", "issue_description", "IssueDescription"
    }  # fmt: skip
    assert set(truth["columns"]["priority"].values()) == {"prio", "priority_code"}
    assert {"issue_description", "product_line"} <= set(truth["drift"]["renamed"])
    assert {"priority", "closed_at"} <= set(truth["drift"]["renamed_hard"])
    assert "customer_segment" in truth["drift"]["added"]
    assert "department" in truth["drift"]["dropped"]
    assert "Department" not in headers[-1]
    assert len({header.index("region_code") for header in headers}) > 1


def test_integers_become_codes_and_dates_change_their_format(desk, truth):
    def cells(file, column):
        header, rows = read(desk.folder, file)
        place = header.index(truth["columns"][column][file["fiscal_year"]])
        return [row[place] for row in rows if len(row) == len(header)]

    first, last = truth["files"][0], truth["files"][-1]

    assert all(cell.isdigit() for cell in cells(first, "asset_age"))
    assert all(cell.startswith("AGE-") for cell in cells(last, "asset_age"))
    formats = {"".join("9" if c.isdigit() else c for c in cells(file, "opened_at")[0]) for file in truth["files"]}
    assert formats == {"9999-99-99 99:99", "99/99/9999 99:99", "99.99.9999 99:99"}


def test_width_grows_by_sparse_columns(tmp_path):
    desk = write_support_desk(tmp_path, rows=150, columns=1200, years=1)
    file = desk.files[0]

    assert 1100 < file.columns <= 1200
    assert 3 < file.bytes / file.rows / file.columns < 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"columns": 5}, f"{len(NAMED_BY_PLACE)} named columns"), ({"rows": 3, "years": 5}, "a row a year")],
)
def test_impossible_sizes_are_refused_with_a_reason(tmp_path, arguments, message):
    with pytest.raises(RlmError, match=message):
        write_support_desk(tmp_path, **arguments)


def test_the_smallest_desk_has_the_named_columns_alone(tmp_path):
    desk = write_support_desk(tmp_path, rows=30, columns=len(NAMED_BY_PLACE), years=1)

    assert desk.files[0].columns == len(NAMED_BY_PLACE)
