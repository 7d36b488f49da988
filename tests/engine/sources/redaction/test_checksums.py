"""Check digits: numbers that are published as examples pass, and no single digit of a valid one can be another."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rlm_pipeline.sources.redaction import checksums


def digits(length):
    return st.text(alphabet="0123456789", min_size=length, max_size=length)


def completed(number, check, width=1):
    """The number with the check digits that are right, and how many of those possible are."""
    ends = [f"{number}{end:0{width}d}" for end in range(10**width)]
    return [end for end in ends if check(end)]


def iban_is_right(text):
    return checksums.mod_97_10(text[4:] + text[:4])


SCHEMES = {
    "luhn": (15, 1, checksums.luhn),
    "mod 11,10": (10, 1, checksums.mod_11_10),
    "verhoeff": (11, 1, checksums.verhoeff),
    "cpf": (9, 2, lambda number: checksums.two_of_11(number, highest=11)),
    "cnpj": (12, 2, lambda number: checksums.two_of_11(number, highest=9)),
}


@pytest.mark.parametrize(("length", "width", "check"), SCHEMES.values(), ids=SCHEMES)
@given(data=st.data())
def test_every_number_has_one_check(length, width, check, data):
    assert len(completed(data.draw(digits(length)), check, width)) == 1


@pytest.mark.parametrize(("length", "width", "check"), SCHEMES.values(), ids=SCHEMES)
@given(data=st.data())
def test_one_wrong_digit_is_noticed(length, width, check, data):
    (right,) = completed(data.draw(digits(length)), check, width)
    place = data.draw(st.integers(0, length - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != right[place]))
    wrong = right[:place] + other + right[place + 1 :]
    # Modulo 11, a first check digit of 10 is written as that of 0.
    assume(width == 1 or "0" not in right[-2:] + wrong[-2:])

    assert not check(wrong)


@given(digits(10), st.integers(0, 8))
def test_verhoeff_notices_neighbours_that_changed_places(number, place):
    (right,) = completed(number, checksums.verhoeff)
    assume(right[place] != right[place + 1])

    assert not checksums.verhoeff(right[:place] + right[place + 1] + right[place] + right[place + 2 :])


@given(digits(18))
def test_one_pair_of_check_digits_of_an_iban_is_right(account):
    right = [f"DE{check:02d}{account}" for check in range(2, 99) if iban_is_right(f"DE{check:02d}{account}")]

    assert len(right) == 1


@given(st.integers(0, 99_999_999))
def test_one_letter_of_a_dni_is_right(number):
    letters = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if checksums.dni_letter(f"{number:08d}", letter)]

    assert len(letters) == 1


@pytest.mark.parametrize(
    "right",
    [
        checksums.luhn("4111111111111111"),
        checksums.luhn("378282246310005"),
        iban_is_right("GB82WEST12345698765432"),
        iban_is_right("FR1420041010050500013M02606"),
        checksums.mod_11_10("86095742719"),
        checksums.mod_11_10("65929970489"),
        checksums.verhoeff("2363"),
        checksums.eleven_proof("111222333"),
        checksums.two_of_11("52998224725", highest=11),
        checksums.two_of_11("11222333000181", highest=9),
        checksums.nir_key("2550814168025", "38"),
        checksums.dni_letter("12345678", "Z"),
        checksums.codice_letter("RSSMRA85T10A562S"),
        checksums.codice_letter("MRTMTT91D08F205J"),
        checksums.one_digit_repeats("8609574271"),
    ],
)
def test_published_examples_are_right(right):
    assert right


@pytest.mark.parametrize(
    "wrong",
    [
        checksums.luhn("4111111111111112"),
        checksums.eleven_proof("111222334"),
        checksums.nir_key("2550814168025", "39"),
        checksums.codice_letter("RSSMRA85T10A562T"),
        checksums.one_digit_repeats("1234567890"),
        checksums.one_digit_repeats("1112345678"),
        checksums.one_digit_repeats("1122345678"),
    ],
)
def test_what_is_wrong_is_not_right(wrong):
    assert not wrong
