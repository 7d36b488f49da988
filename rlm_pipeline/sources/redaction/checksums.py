"""Check digits and letters of numbers that people and their accounts have; digits are given without separators."""

from itertools import pairwise

_VERHOEFF_PRODUCTS = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURNS = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CODICE_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def luhn(digits: str) -> bool:
    """Whether the last digit is right by ISO/IEC 7812-1, annex B: of cards and Canadian insurance numbers."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def mod_97_10(text: str) -> bool:
    """Whether letters and digits are right by ISO/IEC 7064 MOD 97-10, check digits last: of an IBAN turned around."""
    return int("".join(str(int(character, 36)) for character in text)) % 97 == 1


def mod_11_10(digits: str) -> bool:
    """Whether the last digit is right by ISO/IEC 7064 MOD 11,10: of the German tax number."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (product + int(digits[-1])) % 10 == 1


def verhoeff(digits: str) -> bool:
    """Whether the last digit is right by Verhoeff's dihedral code (1969): of the Indian Aadhaar."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        turned = int(_VERHOEFF_TURNS[place % 8][int(digit)])
        check = int(_VERHOEFF_PRODUCTS[check][turned])
    return check == 0


def eleven_proof(digits: str) -> bool:
    """Whether 9 digits, weighed 9 to 2 and -1, add up to a multiple of 11: of the Dutch BSN."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 == 0


def two_of_11(digits: str, *, highest: int) -> bool:
    """Whether the last two digits are right, weights from 2 up to `highest` and round: of CPF (11) and CNPJ (9)."""
    for end in (len(digits) - 2, len(digits) - 1):
        span = highest - 1
        weighed = sum(int(digit) * (2 + place % span) for place, digit in enumerate(reversed(digits[:end])))
        if -weighed % 11 % 10 != int(digits[end]):
            return False
    return True


def nir_key(number: str, key: str) -> bool:
    """Whether the key of a French NIR of 13 characters is right; Corsica's 2A and 2B count as 19 and 18."""
    digits = number.replace("2A", "19").replace("2B", "18")
    return int(key) == 97 - int(digits) % 97


def dni_letter(digits: str, letter: str) -> bool:
    """Whether the letter of a Spanish DNI is right; of a NIE, X, Y and Z are 0, 1 and 2."""
    return _DNI_LETTERS[int(digits) % 23] == letter


def codice_letter(code: str) -> bool:
    """Whether the last letter of an Italian codice fiscale of 16 characters is right."""
    odd = sum(_CODICE_ODD[character] for character in code[:15:2])
    even = sum(int(character) if character.isdigit() else ord(character) - ord("A") for character in code[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == code[15]


def one_digit_repeats(digits: str) -> bool:
    """Whether just one digit is there twice or three times, but never three in a row: of the German tax number."""
    often = sorted((digits.count(digit) for digit in set(digits)), reverse=True)
    in_a_row = any(one == two == three for (one, two), three in zip(pairwise(digits), digits[2:], strict=False))
    return often[0] in {2, 3} and often[1:] == [1] * (len(often) - 1) and not in_a_row
