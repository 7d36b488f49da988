import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.profiling.matching.name_similarity import similarity, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EMPLOYER_ADDRESS1", ("employer", "address", "1")),
        ("IssueDescription", ("issue", "description")),
        ("X Coordinate (State Plane)", ("x", "coordinate", "state", "plane")),
        ("Résumé.No", ("resume", "no")),
        ("HTTPStatus", ("http", "status")),
        ("#", ()),
    ],
)
def test_a_name_is_cut_into_words(name, expected):
    assert words(name) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Case_Num", "CASE_NO"),
        ("order qty", "OrderQuantity"),
        ("energy_count", "enrgy_cnt"),
        ("Emp_State", "EMPLOYER_STATE"),
        ("other_edu", "OTHER_EDUCATION"),
        ("previaling_wage", "prevailing_wage"),
        ("q_hrs", "queue_hours"),
    ],
)
def test_abbreviations_and_near_spellings_are_nearly_equal(one, other):
    assert similarity(one, other) >= 0.9


@pytest.mark.parametrize(
    ("one", "other"), [("prio", "priority_code"), ("visa_class", "visa_type"), ("lawfirm", "firm")]
)
def test_names_that_share_words_are_in_between(one, other):
    assert 0.5 < similarity(one, other) < 0.9


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("valid_from", "valid_to"),
        ("schedule_am", "schedule_pm"),
        ("score_2", "score_3"),
        ("x_coordinate", "y_coordinate"),
        ("opened_at", "closed_at"),
        ("latitude", "longitude"),
        ("region", "salary"),
    ],
)
def test_opposites_and_other_numbers_are_not_alike(one, other):
    assert similarity(one, other) < 0.4


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_symmetrical_and_in_bounds(one, other):
    alike = similarity(one, other)

    assert 0 <= alike <= 1
    assert alike == pytest.approx(similarity(other, one))


@given(st.text(alphabet="abcdefgh_ 12", min_size=1, max_size=20))
def test_a_name_of_letters_is_wholly_like_itself(name):
    letters = any(not word.isdecimal() for word in words(name))

    assert similarity(name, name) == pytest.approx(1.0 if letters else 0.0)
