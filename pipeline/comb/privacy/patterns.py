"""Find identifiers with a fixed form: numbers, dates, addresses, ages over 89. British forms first."""

import re
from collections.abc import Callable, Iterator

from comb.privacy.found import Found, Kind
from comb.privacy.numbers_in_words import CARDINAL, DIGIT, ORDINAL, YEAR
from comb.privacy.word_lists import is_common

_I = re.IGNORECASE
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|ionawr|chwefror|mawrth|ebrill|mehefin|gorffennaf|awst|medi|hydref|tachwedd|rhagfyr)"
)
_DAY = rf"(?:(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?|{ORDINAL})"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?:the )?)?"
_DATES = (
    rf"\b{_WEEKDAY}{_DAY}(?: day)?(?:,? of)?[ -]{MONTH}\b\.?(?:,? (?:in )?{YEAR}\b|[ -]\d\d\b|,? ['’]\d\d\b)?",
    rf"\b(?:the )?{MONTH}\.? (?:the )?{_DAY}(?![\d:%]| (?:times|years|weeks|months|days|percent|of us|people|or)\b)\b"
    rf"(?:,? {YEAR}\b)?",
    rf"\b{MONTH}\.?,? (?:of )?{YEAR}\b",
    r"(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:(?:18|19|20)\d\d|\d\d)(?![\d/-])",
    r"(?<![\d-])(?:18|19|20)\d\d[-/.](?:0[1-9]|1[0-2])[-/.](?:0[1-9]|[12]\d|3[01])(?!\d)",
    rf"(?<=\bborn in )(?:{YEAR})\b|(?<=\bborn )(?:{YEAR})\b",
    rf"(?<=\bdate of birth )(?:is |was )?\S+ \S+ (?:{YEAR})\b|(?<=\bdob )\S*\d\S*",
)
_TOP_LEVEL = (
    "com|org|net|info|edu|gov|uk|co|wales|cymru|scot|ie|io|me|tv|nhs|app|online|site|eu|fr|de|es|it|pl|in|pk|london"
)
_EMAILS = (
    r"(?<![\w.])[\w.+%'’-]+\s?@\s?[\w-]+(?:\.[\w-]+)+",
    rf"\b[\w-]+(?: ?(?:dot|underscore|dash|hyphen|\.) ?[\w-]+){{0,4}}"
    rf" at [\w-]+(?: [\w-]+)?(?: (?:dot|\.) ?(?:{_TOP_LEVEL}))+\b",
)
_WEB = (
    r"\b(?:https?://|www\.)[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]'’]",
    rf"(?<![@\w.])(?:[a-z\d-]+\.)+(?:{_TOP_LEVEL})(?:/[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]'’])?(?![\w@])",
    rf"\b(?:www|w w w|double u double u double u) dot(?: [\w-]+)+? dot (?:{_TOP_LEVEL})(?: dot (?:{_TOP_LEVEL}))?\b",
    r"(?<![\w@.])@[\w.]*\w",
    r"(?<![\w/])[ur]/[\w-]{3,}",
    r"(?:(?<=\bhandle is )|(?<=\busername is )|(?<=\buser name is )|(?<=\bhandle's )|(?<=\bhandle’s )|(?<=\binsta is )|"
    r"(?<=\binstagram is )|(?<=\btwitter is )|(?<=\btiktok is )|(?<=\bskype is ))@?[\w.-]*\w",
    rf"\b[\w-]+ dot (?:co dot uk|org dot uk|{_TOP_LEVEL})\b",
)
_PHONES = (
    r"(?<![\w+.])(?:\+44|0044)[\s.-]?(?:\(0\)[\s.-]?)?\d(?:[\s.-]?\d){8,9}(?!\d)",
    r"(?<![\w.])\(?0\d{2,4}\)?(?:[\s.-]?\d){6,8}(?!\d)",
    r"(?<![\w.])\+\d{1,3}(?:[\s.-]?\d){7,12}(?!\d)",
    rf"\b(?:oh|zero|o|nought)(?:[ ,-]+{DIGIT}){{8,}}\b",
    r"(?:(?<=\bextension )|(?<=\bext )|(?<=\bext\. )|(?<=\bbleep )|(?<=\bbleep number )|(?<=\bpager ))\d{2,6}\b",
)
_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]?"
_POSTCODES = (
    rf"\b{_POSTCODE} ?\d[ABD-HJLNP-UW-Z]{{2}}\b",
    rf"(?:(?<=\bpostcode is )|(?<=\bpostcode )|(?<=\bpostcode's )|(?<=\bpostcode’s )){_POSTCODE}\b",
)
_LETTERS = "[A-Z]"
_NI = (rf"\b{_LETTERS}[ -]?{_LETTERS}(?:[ -]?\d){{6}}[ -]?[A-D]\b",)
_VEHICLES = (
    r"\b[A-Z]{2}\d\d ?[A-Z]{3}\b",
    r"\b[A-HJ-NPR-TV-Y]\d{1,3} ?[A-HJ-PR-Y]{3}\b",
    r"\b[A-HJ-PR-Y]{3} ?\d{1,3}[A-HJ-NPR-TV-Y]\b",
    r"(?:(?<=\breg )|(?<=\breg is )|(?<=\bregistration )|(?<=\bregistration is )|"
    r"(?<=\bnumber plate is )|(?<=\bplate is ))"
    r"[A-Z\d]{1,4}[ -]?[A-Z\d]{1,4}(?=\W|$)",
)
_ABOUT = (
    r"(?:account|policy|case|reference|ref|hospital|patient|customer|membership|member|order|claim|licence|license|"
    r"passport|staff|payroll|pin|registration|record|file|card|ticket|crime|tenancy|sort code|gmc|nmc|id|unit|badge|"
    r"employee|student|prescription|chi|insurance)"
)
_NUMBERS = (
    r"\b(?:gmc|nmc|hcpc|gphc) (?:number )?(?=[A-Z]*\d)[\dA-Z]{5,}\b",
    r"(?<![\w-])\d\d-\d\d-\d\d(?![\w-])",
    r"(?<![\d.,£$€-])\d{6,}(?![\d.,]\d)(?!\w)",
    r"(?<![\d.,£$€])\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?(?!\d)",
    r"(?<![\w/-])(?=[A-Z\d/-]*\d[A-Z\d/-]*\d)(?=[A-Z\d/-]*[A-Z])[A-Z\d]{2,}(?:[/-][A-Z\d]+)*(?<=[A-Z\d]{3}\d{3})(?![\w-])",
    r"\b(?=[A-Z]*\d)[A-Z]{1,5}[/-]?\d{4,}[A-Z\d]*\b",
    r"(?<![\w/-])[A-Z\d]+(?:[/-][A-Z\d]+)+(?![\w/-])",
    r"\b[A-Z]{2,4} \d{5,}\b",
    r"\b[A-Z\d]+(?:[/-][A-Z\d]+)*[/-]\d{3,}(?:[/-]?[A-Z\d]+)*\b",
)
_NAMED_NUMBER = re.compile(
    rf"\b{_ABOUT}(?: (?:number|no|code|id))?[.:#]?(?: (?:is|was|it's|that's|of))?[ :#]+"
    r"(?P<it>(?=[A-Z]*[/ -]?\d)[A-Z]{0,4}[/ -]?\d[\dA-Z]*(?:[ /-][\dA-Z]*\d[\dA-Z]*){0,4})(?!\w)",
    _I,
)
_READ_OUT = re.compile(rf"\b{DIGIT}(?:[ ,-]+{DIGIT}){{5,}}\b", _I)
STREET = (
    "street|st|road|rd|avenue|ave|lane|close|crescent|drive|way|terrace|place|gardens|court|grove|hill|row|square|mews|"
    "rise|view|park|walk|parade|green|villas|heights|wharf|quay|estate|croft|vale|mount"
)
WELSH_STREET = "heol|stryd|ffordd|lôn|maes|clos|bryn|rhodfa|cae|parc|pen|tan"
_STREET_NAME = (
    r"(?!(?:of|the|a|an|in|on|at|to|or|and|this|that|my|her|his|our|their|your|more|other|years?|minutes?|hours?|weeks?|"
    r"days?|months?|per|times|miles|hundred|thousand|square|way|no|it|is|was|i|we|they|he|she|big|different)\b)[a-z'’]+"
)
_HOUSE = rf"(?:flat \w+,? )?(?:number )?(?:\d{{1,4}}[a-d]?|{CARDINAL})"
_ADDRESSES = (
    rf"\b{_HOUSE},? (?:the )?(?:{_STREET_NAME} ){{1,3}}?(?:{STREET})\b(?! of)",
    rf"\b{_HOUSE},? (?:{WELSH_STREET})(?: (?:y|yr|the))? [\w'’]+\b",
    r"\bp\.? ?o\.? box \d+\b",
)
_OVER_89 = r"(?:9\d|1[0-1]\d)"
_OVER_89_WORDS = (
    r"(?:ninety(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|"
    rf"(?:a|one) hundred(?: and {CARDINAL})?)"
)
_AGE = rf"(?:{_OVER_89}|{_OVER_89_WORDS})"
_NO_UNIT = (
    r"(?![\d%.,:/]*\d)(?!\s*(?:%|percent|per|pounds?|quid|pence|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|"
    r"seconds?|"
    r"times?|miles?|degrees?|mg|mls?|ml|kilos?|kg|stone|people|patients|grand|thousand|odd|over|beats|"
    r"or so (?:people|of)|"
    r"milligrams?|units?|questions|calories|years ago|years of|metres|yards|steps|pages|beds|of (?:them|us|the)|to)\b)"
)
_AGES = (
    rf"\b{_AGE}(?=[ -]?(?:years?|yrs?|yr|year)[ -]old\b|[ -]years? of age\b|[ -]?y/?o\b)",
    rf"(?:(?<=\baged )|(?<=\bage of )|(?<=\bage )|(?<=\bage is )|(?<=\bturned )|(?<=\bturning )|"
    rf"(?<=\bturns )|(?<=\bnearly )|"
    rf"(?<=\balmost )|(?<=\blived to )|(?<=\blived to be )|(?<=\bgot to )|(?<=\bbirthday, )|"
    rf"(?<=\bshe was )|(?<=\bhe was )|"
    rf"(?<=\bi'm )|(?<=\bi’m )|(?<=\bi am )|(?<=\bshe's )|(?<=\bshe’s )|(?<=\bhe's )|(?<=\bhe’s )|(?<=\bhe is )|"
    rf"(?<=\bshe is )|(?<=\bim )|(?<=\bshes )|(?<=\bhes )|(?<=\bwho's )|(?<=\bwho’s )|(?<=\bwho is )|(?<=\bbe )|"
    rf"(?<=\bdied at )|"
    r"(?<=['’]s )(?<!\bit['’]s )(?<!\bthat['’]s )(?<!\bthere['’]s )(?<!\bwhat['’]s )|"
    rf"(?<=\bis )){_AGE}\b{_NO_UNIT}",
    rf"\b{_AGE}(?=(?:st|nd|rd|th)? birthday\b)|\bninet(?:ieth)(?= birthday)|\bhundredth(?= birthday)",
    r"(?<=\bin (?:her|his) )(?:(?:early|mid|late)[ -])?(?:nineties|90s)\b",
)
_SIMPLE: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("email", _EMAILS),
    ("web", _WEB),
    ("ni_number", _NI),
    ("postcode", _POSTCODES),
    ("vehicle", _VEHICLES),
    ("date", _DATES),
    ("age", _AGES),
    ("phone", _PHONES),
    ("address", _ADDRESSES),
    ("number", _NUMBERS),
)
_COMPILED = tuple((kind, re.compile(form, _I)) for kind, forms in _SIMPLE for form in forms)
_TEN = re.compile(r"(?<![\d.,+])\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_NHS_SAID = re.compile(
    rf"\bnhs (?:number|no)\.?(?: is|'s|’s| was)?[ :]+(?P<it>\d(?:[ -]?\d){{9}}|{DIGIT}(?:[ ,-]+{DIGIT}){{5,}})", _I
)
_SORT_CODE = re.compile(r"\d\d-\d\d-\d\d")
_SHORT_WORD = re.compile(
    r"[a-z]+(?: ?\d)?|\d[\d,.]*\d? ?(?:am|pm|st|nd|rd|th|mg|ml|kg|cm|mm|k|s|x|yr|hr|mph|g|h|p)s?", _I
)


def find_patterns(text: str) -> Iterator[Found]:
    """Yield texts that have the form of an identifier; they may overlap."""
    yield from _nhs_numbers(text)
    for match in _NAMED_NUMBER.finditer(text):
        yield Found(match.start("it"), match.end("it"), "number")
    for match in _READ_OUT.finditer(text):
        yield Found(match.start(), match.end(), "phone" if len(match[0].split()) > 8 else "number")
    for kind, form in _COMPILED:
        accepts = _CHECKS.get(kind)
        for match in form.finditer(text):
            if match.start() < match.end() and (accepts is None or accepts(match[0])):
                yield Found(match.start(), match.end(), kind)


def has_nhs_checksum(digits: str) -> bool:
    """Return whether ten digits have the check digit of an NHS number, as defined in the NHS Data Dictionary.

    >>> has_nhs_checksum("9434765919"), has_nhs_checksum("9434765918")
    (True, False)
    """
    rest = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return rest != 10 and rest % 11 == int(digits[9])


def _nhs_numbers(text: str) -> Iterator[Found]:
    for match in _TEN.finditer(text):
        if has_nhs_checksum(re.sub(r"\D", "", match[0])):
            yield Found(match.start(), match.end(), "nhs_number")
    for match in _NHS_SAID.finditer(text):
        yield Found(match.start("it"), match.end("it"), "nhs_number")


def _is_reference(piece: str) -> bool:
    """Return whether it is more than a quantity, a range of figures, or a word with a number behind it."""
    digits = sum(char.isdigit() for char in piece)
    prefix = re.match(r"([a-z]+) \d", piece, _I)
    if _SHORT_WORD.fullmatch(piece) or (prefix and is_common(prefix[1].casefold())):
        return False
    return (
        digits >= 7
        or _SORT_CODE.fullmatch(piece) is not None
        or (digits >= 3 and any(char.isalpha() for char in piece))
        or (digits >= 6 and piece.isdigit())
    )


def _is_address(piece: str) -> bool:
    words = piece.casefold().split()
    return words[-1] != "st" or piece.split()[-1] in ("St", "st")


def _is_vehicle(piece: str) -> bool:
    """Return whether it can be a registration: not "b12 and", a vitamin and the next word."""
    words = re.findall("[a-z]+", piece)
    return (
        any(char.isdigit() for char in piece)
        and any(map(str.isalpha, piece))
        and len(piece) >= 5
        and not any(map(is_common, words))
    )


def _is_date(piece: str) -> bool:
    """Return whether it is more than a number and the verb "may", or "march" and a number of them."""
    return not re.search(r"^(?:may|mar|march|the may) (?:the )?(?!\d)[a-z]+$|\b(?:second|first) may$", piece)


_CHECKS: dict[Kind, Callable[[str], bool]] = {
    "number": _is_reference,
    "address": _is_address,
    "vehicle": _is_vehicle,
    "date": _is_date,
}
