import uuid

import pytest

from rlm_pipeline.profiling.prose import is_prose


@pytest.mark.parametrize(
    "values",
    [
        ["He slipped on the ladder and strained his back.", "Rock fell from the roof while he was bolting."],
        ["2 BIRDS, NO DAMAGE TO THE WING.", "BIRD HIT THE WINDSHIELD ON TAKEOFF", "NOTHING FOUND IN ENGINE"],
        ["Der Drucker reagiert nicht auf die Eingabe", "Kunde wartet seit einer Woche auf das Ersatzteil"],
        ["La impresora no responde y el cliente está esperando", "Se cambió el cable de la red"],
        ["Заказчик сообщил что принтер больше не печатает", "после замены картриджа ошибка больше не появлялась"],
        ["打印机无法连接网络客户要求尽快处理", "更换墨盒后打印质量仍然很差"],
    ],
)
def test_notes_and_sentences_are_prose(values):
    assert is_prose(values)


@pytest.mark.parametrize(
    "values",
    [
        ["LANDSCAPE SOLUTIONS OF TEXAS INC", "Garcia Forest Service, LLC", "Palomo's Construction Company Inc."],
        ["109 N. Highway 14-16", "401 Plymouth Road, Suite 500", "12 de la Rosa Street Unit 4"],
        ["Laborer, Landscape", "Housekeeping Cleaner", "Stable Attendant"],
        ["H-400-13270-851270", "C-11207-54321"],
        ["123 456", "7 8 9"],
        ["", "   "],
    ],
)
def test_names_addresses_titles_and_codes_are_not(values):
    assert not is_prose(values)


def test_letters_between_the_digits_of_a_code_are_no_words():
    codes = [f"attack-pattern--{uuid.UUID(int=place * 2**97 + 0xA0A0A * place)}" for place in range(1, 200)]

    assert not is_prose(codes)
