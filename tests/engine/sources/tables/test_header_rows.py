import pytest

from rlm_pipeline.sources.tables.dialect import best_split
from rlm_pipeline.sources.tables.header_rows import find_header


def header(text):
    return find_header(best_split(text, "csv"))


def test_a_row_of_groups_is_joined_with_the_names_below_it():
    found = header(",Person,,Address,\nid,first,age,street,zip\n1,Ann,32,Main,12345\n2,Bob,44,High,23456\n")

    assert found.names == ("id", "Person.first", "Person.age", "Address.street", "Address.zip")
    assert (found.line, found.data_line) == (1, 3)
    assert "joined with the row of names below it" in found.evidence
    assert found.labels[1] == ("id", "first", "age", "street", "zip")


def test_repeated_groups_are_joined_and_a_name_that_is_its_own_group_stays():
    found = header("region,2019,2019,2020,2020\nregion,min,max,min,max\nN,1,2,3,4\nS,2,3,4,5\n")

    assert found.names == ("region", "2019.min", "2019.max", "2020.min", "2020.max")


def test_groups_above_columns_of_text_are_joined_where_the_names_are_written_unlike_the_cells():
    rows = "".join(f"{name},Smith,Oslo,N\n" for name in ("Ann", "Bob", "Cy", "Dee", "Eve"))

    found = header("Person,,Address,\nfirst,last,city,area\n" + rows)

    assert found.names == ("Person.first", "Person.last", "Address.city", "Address.area")


def test_a_header_with_an_unnamed_column_is_one_row():
    found = header("name,,city\nAnn,Lee,Oslo\nBob,Ray,Rome\nCy,Fox,Bonn\nDee,Orr,Bern\n")

    assert found.names == ("name", "column_2", "city")
    assert found.data_line == 2


def test_a_row_of_units_is_kept_in_the_evidence():
    found = header("time,speed,temperature\ns,m/s,°C\n1,2.5,20\n2,2.6,21\n")

    assert found.names == ("time", "speed", "temperature")
    assert found.data_line == 3
    assert "time: s, speed: m/s, temperature: °C" in found.evidence


def test_question_texts_and_import_ids_of_a_survey_are_no_records():
    ids = ",".join(f'"{{""ImportId"":""Q{number}""}}"' for number in range(1, 4))
    found = header(f"Q1,Q2,Q3\nHow old are you?,How many pets?,Your name?\n{ids}\n32,2,Ann\n33,1,Bob\n")

    assert found.names == ("Q1", "Q2", "Q3")
    assert found.data_line == 4
    assert "Q1: How old are you?" in found.evidence


@pytest.mark.parametrize(
    "first",
    ["X1,bolt,n/k", "X1,bolt,withheld", "X1,bolt,", "withheld,withheld,withheld"],
    ids=["unknown", "withheld", "empty", "all withheld"],
)
def test_a_first_record_without_its_figures_is_a_record(first):
    found = header(f"id,name,price\n{first}\nX2,nut,0.05\nX3,screw,0.20\nX4,nail,0.30\n")

    assert found.data_line == 2


def test_titles_padded_to_the_tables_width_are_titles():
    found = header("Report,,,,,\nprinted,2012-01-01,,,,\n,,,,,\nid,name,price,a,b,c\n1,bolt,0.10,,,\n2,nut,0.05,,,\n")

    assert (found.names, found.line, found.data_line) == (("id", "name", "price", "a", "b", "c"), 4, 5)


def test_titles_beside_an_empty_first_column_are_titles():
    found = header(",,,,\n,Sales report 2020,,,\n,,,,\n,Region,Q1,Q2,Q3\n,N,1,2,3\n,S,2,3,4\n")

    assert (found.names, found.line) == (("column_1", "Region", "Q1", "Q2", "Q3"), 4)


def test_what_stands_above_the_table_is_kept_in_the_evidence():
    found = header("Account:,Current\nprinted 2012-01-01\nid,name,price,note\n1,bolt,0.10,x\n2,nut,0.05,y\n")

    assert "below 2 title lines (Account:, Current / printed 2012-01-01)" in found.evidence


def test_years_above_figures_are_names_though_no_other_column_has_figures():
    found = header("Country,1990,1991,1992\nDE,1.5,2.5,3.5\nFR,2,3,4\n")

    assert found.names == ("Country", "1990", "1991", "1992")


@pytest.mark.parametrize("first", ["Ann,1990,1991,1992", "Ann,7,1990,1991"])
def test_years_above_years_and_figures_among_years_are_data(first):
    assert header(f"{first}\nBob,1995,2001,2002\nCy,1993,1994,1999\n").line == 0


def test_a_first_record_that_is_mostly_empty_is_no_title():
    found = header("id,a,b,c,d,e\n1,,,,,\n2,x,y,z,v,w\n")

    assert (found.line, found.data_line) == (1, 2)


def test_a_header_is_known_in_a_short_file_where_it_is_repeated():
    found = header("id,price\n1,2\nid,price\n3,4\nid,price\n5,6\n")

    assert (found.names, found.line) == (("id", "price"), 1)


def test_a_header_wider_than_its_rows_is_one_row():
    found = header("a,b,c,d\n1,2\nx,y\n3,4\n5,6\n")

    assert (found.names, found.data_line) == (("a", "b", "c", "d"), 2)
