"""Pieces of regular expressions for numbers as people say them and as speech-to-text writes them."""

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
CARDINAL = rf"(?:(?:{_TENS})(?:[ -](?:{_UNITS}))?|{_TEENS}|{_UNITS})"
"""One to ninety-nine."""
_ORDINAL_UNITS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
ORDINAL = (
    rf"(?:(?:twenty|thirty)[ -](?:{_ORDINAL_UNITS})|{_ORDINAL_UNITS}|tenth|eleventh|twelfth|"
    "(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)"
)
"""First to thirty-first, the day of a month."""
YEAR = (
    rf"(?:(?:eighteen|nineteen|twenty)[ -](?:(?:oh|o)[ -])?{CARDINAL}|two thousand(?: and)?(?: {CARDINAL})?|"
    r"(?:18|19|20)\d\d)"
)
"""A year, in words or figures."""
DIGIT = rf"(?:{_UNITS}|zero|oh|nought|double|triple|o)"
"""A digit of a number that is read out."""
