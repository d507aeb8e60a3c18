"""Legible colours: a code's own colour, moved away from the background until the contrast is high enough.

Source: Web Content Accessibility Guidelines 2.2, relative luminance and contrast ratio; 1.4.3 and 1.4.11.
"""

from collections.abc import Callable, Mapping
from functools import cache

from comb.codebook import PALETTE, Codebook

BLACK, WHITE = "#000000", "#FFFFFF"
GRAPHIC = 3.0
"""Least contrast of lines and shapes (1.4.11)."""
STEPS = 40


def palette(codebook: Codebook | None, codes: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return the colour of each code; codes without one in the codebook take one from the palette, in order."""
    own = {code.id: code.color for code in codebook} if codebook else {}
    others = [code for code in codes or {} if code not in own]
    return own | {code: PALETTE[at % len(PALETTE)] for at, code in enumerate(others)}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21.

    >>> round(contrast("#000000", "#FFFFFF")), contrast("#123456", "#123456")
    (21, 1.0)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(color: str, other: str, share: float) -> str:
    """Mix two colours; ``share`` is the share of the other colour, from 0 to 1.

    >>> mix("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


@cache
def readable(color: str, background: str, least: float = GRAPHIC) -> str:
    """Darken or lighten a colour until its contrast with a background is high enough.

    >>> readable("#E69F00", "#FFFFFF") != "#E69F00", readable("#0072B2", "#FFFFFF")
    (True, '#0072B2')
    """
    towards = BLACK if contrast(background, BLACK) > contrast(background, WHITE) else WHITE
    return _first(lambda share: mix(color, towards, share), lambda found: contrast(found, background) >= least)


@cache
def tint(color: str, background: str, text: str, most: float = 0.30, least: float = 7.0) -> str:
    """Return a background of the colour's hue on which text has enhanced contrast (1.4.6).

    >>> contrast(tint("#00182D", "#FFFFFF", "#000000"), "#000000") >= 7
    True
    """
    start = 1 - most
    return _first(
        lambda share: mix(color, background, start + share * most), lambda found: contrast(found, text) >= least
    )


def _first(make: Callable[[float], str], good: Callable[[str], bool]) -> str:
    made = (make(step / STEPS) for step in range(STEPS + 1))
    return next((color for color in made if good(color)), make(1))


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    parts = [value / 255 for value in _channels(color)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
