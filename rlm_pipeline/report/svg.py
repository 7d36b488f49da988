"""Inline SVG built in Python; every text and attribute is escaped on the way in."""

from collections.abc import Callable
from itertools import pairwise

from markupsafe import Markup, escape

WIDE, NARROW = 1040, 358
"""Drawing widths in pixels of charts that are laid out twice: for a desk, and for a phone or a narrow window."""

_WIDE_CHARACTERS = frozenset("mwMWQOGD@%—")
_SLIM_CHARACTERS = frozenset("iljtfrI.,:;'|!()[] ")


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(tag: str, *children: str | Markup, **attributes: str | float | None) -> Markup:
    """One element; `class_` is class, `stroke_width` is stroke-width, None leaves an attribute out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(
            name.strip("_").replace("_", "-"), number(value) if isinstance(value, int | float) else value
        )
        for name, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, inner)


def drawing(width: float, height: float, label: str, *children: Markup, class_: str = "chart") -> Markup:
    """A drawing with a fixed coordinate system that fills the width it is given; `label` is read aloud in its place."""
    return element(
        "svg", *children, class_=class_, role="img", aria_label=label, viewBox=f"0 0 {number(width)} {number(height)}"
    )


def stretched(width: float, height: float, label: str, *children: Markup, class_: str = "stretched") -> Markup:
    """A drawing without text whose width and height are set by the page."""
    return element(
        "svg", *children, class_=class_, role="img", aria_label=label, viewBox=f"0 0 {number(width)} {number(height)}",
        preserveAspectRatio="none",
    )  # fmt: skip


def title(text: str) -> Markup:
    """What a mark says when pointed at."""
    return element("title", text)


def both_widths(draw: Callable[[int], Markup], wide: int = WIDE, narrow: int = NARROW) -> Markup:
    """The same chart laid out for a wide and for a narrow page; style shows one of them."""
    return element("div", draw(wide), class_="on-wide") + element("div", draw(narrow), class_="on-narrow")


def path(points: list[tuple[float, float]]) -> str:
    """A polyline's path data."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def text_width(text: str, font_size: float) -> float:
    """An estimate, in pixels, of a text's width in a common sans-serif face; errs on the wide side."""
    units = sum(0.32 if c in _SLIM_CHARACTERS else 0.86 if c in _WIDE_CHARACTERS else 0.57 for c in text)
    return units * font_size


def fitted(text: str, width: float, font_size: float, least: int = 3) -> str:
    """`text`, cut with an ellipsis to fit `width` pixels; empty where fewer than `least` characters would be left."""
    if text_width(text, font_size) <= width:
        return text
    kept = len(text)
    while kept and text_width(text[:kept].rstrip(" ,") + "…", font_size) > width:
        kept -= 1
    return text[:kept].rstrip(" ,") + "…" if kept >= least else ""


def lines(text: str, width: float, font_size: float, most: int) -> list[str]:
    """`text` broken at spaces into at most `most` lines of `width` pixels, the last one cut if need be.

    Empty where a line would keep fewer than five characters of a longer one: a stump says nothing.
    """
    written: list[str] = []
    words = text.split()
    while words and len(written) < most:
        taken = len(words)
        while taken > 1 and text_width(" ".join(words[:taken]), font_size) > width:
            taken -= 1
        if len(written) == most - 1:
            taken = len(words)
        line = fitted(" ".join(words[:taken]), width, font_size, least=5)
        if not line:
            return []
        written.append(line)
        words = words[taken:]
    return written


def runs(values: list[float | None]) -> list[list[int]]:
    """Places of consecutive values that are not None: a line is broken where a year is missing."""
    present = [place for place, value in enumerate(values) if value is not None]
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(present)) if b != a + 1), len(present)]
    return [present[a:b] for a, b in pairwise(breaks) if b > a]
