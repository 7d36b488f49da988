"""Contrast of every pair of colours that carries text, in both themes: WCAG 2.2 AA asks for 4.5."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

import rlm_pipeline.report

STYLE = (Path(rlm_pipeline.report.__file__).parent / "style.css").read_text(encoding="utf-8")

TEXT = [
    ("ink", "paper"), ("ink", "surface"), ("soft", "paper"), ("soft", "surface"), ("accent", "paper"),
    ("accent", "surface"), ("down", "paper"), ("down", "surface"), ("good", "paper"), ("good", "surface"),
    ("paper", "ink"), ("paper", "accent"), ("paper", "down"), ("ink", "other"), ("on-step1", "step1"),
    ("on-step2", "step2"), ("on-step3", "step3"), ("on-step4", "step4"),
]  # fmt: skip


def palettes():
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", STYLE, re.DOTALL)
    first = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return {"light": first, "dark": first | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))}


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_stands_out_from_its_ground(theme, text, ground):
    palette = palettes()[theme]

    lighter, darker = sorted((luminance(palette[text]), luminance(palette[ground])), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shades_of_stability_differ_in_lightness_alone(theme):
    palette = palettes()[theme]
    shades = [luminance(palette[f"step{place}"]) for place in (1, 2, 3, 4)]

    ordered = sorted(shades, reverse=theme == "light")

    assert shades == ordered
    for one, other in pairwise(ordered):
        lighter, darker = max(one, other), min(one, other)
        assert (lighter + 0.05) / (darker + 0.05) >= 1.25


def test_every_colour_of_the_light_theme_has_one_in_the_dark():
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", STYLE, re.DOTALL)
    names = set(re.findall(r"--([\w-]+): #", light))

    assert set(re.findall(r"--([\w-]+): #", dark)) == names
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) - names <= {"sans", "mono", "way", "way-soft"}
