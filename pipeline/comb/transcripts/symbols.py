"""Characters of the symbol fonts in Word, Symbol and Wingdings, as Unicode.

Source: Adobe, Symbol encoding (symbol.txt among the mappings of unicode.org); of Wingdings, only signs that people use
in text.
"""

_PRIVATE = 0xF000
"""Word writes the places of a symbol font with this added."""
_LOW = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
_HIGH = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\ufffd〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
_SYMBOL = {**dict(enumerate(_LOW, 0x20)), **dict(enumerate(_HIGH, 0xA0))}
_WINGDINGS = {
    0x4A: "☺", 0x4B: "😐", 0x4C: "☹", 0x43: "👍", 0x44: "👎", 0x46: "☞", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑",
    0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔",
    0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}


def symbol(font: str, code: str) -> str:
    """Return the Unicode character for a character code, in hexadecimal, of a font; U+FFFD if it is unknown.

    >>> symbol("Symbol", "F0B3"), symbol("Wingdings", "F04A"), symbol("Segoe UI Emoji", "1F60A")
    ('≥', '☺', '😊')
    """
    try:
        place = int(code, 16)
        shown = chr(place)
    except (ValueError, OverflowError):
        return "\ufffd"
    table = _FONTS.get(font.casefold())
    if table is not None:
        return table.get(place - _PRIVATE if place >= _PRIVATE else place, "\ufffd")
    return "\ufffd" if 0xE000 <= place <= 0xF8FF or 0xD800 <= place <= 0xDFFF or place < 32 else shown


def in_font(text: str, font: str) -> str:
    """Return text set in a symbol font, with Unicode characters for its private ones."""
    if font.casefold() not in _FONTS:
        return text
    return "".join(symbol(font, f"{ord(char):X}") if 0xF020 <= ord(char) <= 0xF0FF else char for char in text)
