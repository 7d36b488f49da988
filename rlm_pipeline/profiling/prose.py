"""Whether values are free text that a person wrote, as against names, titles, addresses and codes.

The evidence is function words: prose needs them, names and addresses do not. Measured on up to 500 values of 100 real
columns, the share of function words is .16 to .51 in narratives, remarks, questions and resolutions (also in upper-case
telegraphic ones) and at most .09 in names of firms, job titles and addresses. The list covers seven languages; prose in
other languages with a space between words is recognised by its lower-case words, and scripts that do not separate words
by their letters.
"""

import re
from collections.abc import Sequence

FUNCTION_WORD_SHARE = 0.12
FUNCTION_WORD_WORDS = 4
LOWER_CASE_SHARE = 0.6
LOWER_CASE_WORDS = 6
DIGIT_SHARE = 0.9
SPACELESS_SHARE = 0.5

_WORD = re.compile(r"[^\W\d_]+")
_WHOLE_WORD = re.compile(r"(?<![^\W_])[^\W\d_]+(?![^\W_])")  # the `a` in 3a7f is none
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_FUNCTION_WORDS_BY_LANGUAGE = {
    "English": (
        "the a an of to in on at and or was were is are be been it its he she they his her their we you my "
        "our this that these those with for from by as not no had has have when while but into out up off "
        "over after before which who what how why where do does did can could will would should may if there "
        "him them me i us so than then also"
    ),
    "German": (
        "der die das den dem des ein eine einen einem einer und oder ist war sind wurde wird nicht kein mit "
        "von zu zum zur auf aus bei für im am als auch nach noch wenn dass er sie es wir ich ihr sich hat "
        "haben"
    ),
    "French": (
        "le la les un une des du de et ou est était sont pas ne que qui dans sur avec pour par au aux il elle "
        "nous vous je ce cette se sa son ses leur été mais"
    ),
    "Spanish": ("el los las una uno unos y o es fue son del al en con por para que su sus lo se no pero como más está"),
    "Italian": ("il gli uno e è sono di da nel nella con per che non si ha ma della delle "),
    "Portuguese": ("os as um uma e foi são do da dos das no na nos nas com por para que não ao mas seu sua "),
    "Dutch": ("het een en of is zijn van op te met voor niet door bij aan naar om dat die ook maar"),
}
_FUNCTION_WORDS = frozenset(word for words in _FUNCTION_WORDS_BY_LANGUAGE.values() for word in words.split())


def is_prose(values: Sequence[str]) -> bool:
    """Whether these values, a sample of one column's distinct values, read as written sentences or notes."""
    words = [word for value in values for word in _WORD.findall(value)]
    letters = sum(map(len, words))
    if not letters:
        return False
    if sum(len(_SPACELESS.findall(value)) for value in values) >= SPACELESS_SHARE * letters:
        return True
    whole = (word.lower() for value in values for word in _WHOLE_WORD.findall(value))
    function_words = sum(word in _FUNCTION_WORDS for word in whole) / len(words)
    if function_words >= FUNCTION_WORD_SHARE and len(words) >= FUNCTION_WORD_WORDS * len(values):
        return True
    digits = sum(any(character.isdigit() for character in value) for value in values) / len(values)
    lower_case = sum(word[0].islower() for word in words) / len(words)
    return digits < DIGIT_SHARE and lower_case >= LOWER_CASE_SHARE and len(words) >= LOWER_CASE_WORDS * len(values)
