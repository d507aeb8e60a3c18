"""The lists of names and words in ``lists``, and a few short lists for the rules; all in lower case."""

from functools import cache
from importlib.resources import files

_ENDINGS = (
    ("ies", "y"),
    ("es", ""),
    ("s", ""),
    ("ed", ""),
    ("d", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("er", ""),
)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(files("comb.privacy").joinpath("lists", name).read_text(encoding="utf-8").split("\n")) - {""}


def is_first_name(word: str) -> bool:
    """Return whether a word is a given name."""
    names = _words("first_names.txt")
    first, hyphen, second = word.partition("-")
    return word in names or (bool(hyphen) and first in names and second in names)


def is_surname(word: str) -> bool:
    """Return whether a word is a surname, or a compound of two such as ``rhys-jones``."""
    names = _words("surnames.txt")
    parts = word.split("-")
    return word in names or (len(parts) > 1 and any(part in names for part in parts)) or _is_irish_or_scottish(word)


def _is_irish_or_scottish(word: str) -> bool:
    return word.startswith(("o'", "mc", "mac")) and word.removeprefix("o'") in _words("surnames.txt")


def is_town(word: str) -> bool:
    """Return whether a word is a town or county."""
    return word in _words("places.txt")


def is_word_too(word: str) -> bool:
    """Return whether a given name is a common word as well, such as *will* and *rose*."""
    return word in _words("words_too.txt")


@cache
def is_common(word: str) -> bool:
    """Return whether a word is a common English word, in any form; given names that are hardly ever words do not count.

    >>> is_common("walking"), is_common("tom"), is_common("rose"), is_common("macsen")
    (True, False, True, False)
    """
    if is_first_name(word) and not is_word_too(word):
        return False
    known = _words("common_words.txt")
    if word in known or word in CONTRACTED:
        return True
    if "-" in word:
        return all(part in known or not part for part in word.split("-"))
    return any(
        word.endswith(end) and len(word) > len(end) + 2 and word.removesuffix(end) + to in known for end, to in _ENDINGS
    )


CONTRACTED = frozenset(
    "dont cant wont didnt isnt wasnt ive id im youre theyre hes shes weve thats whats theres".split()
)
FUNCTION_WORDS = frozenset(
    "a about after again all also always am an and any are around as ask at away back be because been before but "
    "by call came can come comes could did do does done down each else even ever every for from get gets getting "
    "give go goes going gone got had has have he her here hers him his how i if in into is it its just know last "
    "left let like long made make may me might mine more most much must my need never next no nor not now of off "
    "oh ok okay on once one only or other our out over own put quite ran really right said same saw say says see "
    "seem seen she should so some still such take than that the their them then there these they thing think this "
    "those though through till to told too took two under until up us very was way we well went were what when "
    "where which while who why will with would yeah yes yet you your round sort kind whatever someone somebody "
    "something anything nothing everyone everybody anyone anybody doctor nurse today tomorrow yesterday tonight "
    "morning afternoon evening week month year day time".split()
)
NEVER_NAMES = frozenset(
    "i i'm i'd i've i'll ok okay monday tuesday wednesday thursday friday saturday sunday mondays tuesdays "
    "wednesdays thursdays fridays saturdays sundays mon tue tues wed thu thurs fri sat january february march "
    "april may june july august september october november december jan feb mar apr jun jul aug sept sep oct nov "
    "dec christmas easter ramadan eid diwali halloween god lord jesus christ allah bible quran christian muslim "
    "catholic jewish hindu sikh methodist protestant english welsh irish scottish british american polish french "
    "german spanish italian chinese indian pakistani bangladeshi african caribbean asian european arabic urdu "
    "punjabi bengali hindi gujarati somali romanian portuguese russian turkish greek latin japanese korean wales "
    "england scotland ireland britain uk europe america usa africa asia india pakistan china france germany spain "
    "italy poland cymraeg cymru saesneg english mum mam dad nan nana gran grandad granny grandma grandpa mummy "
    "daddy mammy auntie aunty uncle nain taid bach cariad sir madam miss doctor dr nurse sister matron covid "
    "coronavirus google facebook whatsapp youtube zoom teams instagram tiktok twitter amazon netflix internet wi- "
    "fi wifi bluetooth alexa siri iphone ipad android microsoft excel word powerpoint tesco asda sainsbury "
    "sainsburys aldi lidl boots superdrug morrisons argos ikea costa greggs mcdonald's mcdonalds germans germany "
    "canadian canada norwegian dutch danish swedish greek turk turks poles romania romanian kurdish sylheti mayor "
    "queen king prime minister pringles smarties twix ribena perspex post-it post-its insta spar senedd t-shirt "
    "x-ray x-rays clozapine nhs gp gps tv calpol paracetamol ibuprofen gaviscon ventolin lucozade weetabix coke "
    "pepsi speaker interviewer interviewee participant moderator respondent facilitator researcher note inaudible "
    "unclear crosstalk laughter".split()
)
"""Words with a capital that identify nobody, including shops and programs that everybody uses."""
TITLES = frozenset(
    "mr mrs ms miss mx dr doctor prof professor sir lady lord rev reverend father pastor imam canon nurse sister "
    "matron midwife consultant surgeon cllr councillor pc sergeant captain major aunt auntie aunty uncle nan nana "
    "nain taid gran granny grandad grandma grandpa nanny cousin bodo anti ewythr modryb wncwl mam-gu tad-cu dad "
    "mum mam physio pharmacist".split()
)
RELATIONS = frozenset(
    "husband wife son daughter brother sister partner friend mate neighbour boyfriend girlfriend grandson "
    "granddaughter nephew niece cousin boy girl lad mother father mam mum dad eldest youngest oldest baby twin "
    "colleague boss manager carer cleaner keyworker counsellor therapist dietitian dietician dentist optician "
    "receptionist supervisor mentor stepson stepdaughter stepdad stepmum fiancé fiance ex nurse doctor midwife gp "
    "physio pharmacist consultant".split()
)
ORGANISATION_NOUNS = frozenset(
    "hospital surgery clinic practice infirmary hospice school college university academy council trust pharmacy "
    "church chapel mosque temple foundation charity centre center ward club society association ltd limited plc "
    "nursery health board house lodge court care home homes medical unit hall library factory works foods bakery "
    "garage chemist chemists solicitors pub inn arms hotel supermarket stores primary comprehensive infants "
    "juniors partnership".split()
)
ORGANISATION_STARTS = frozenset("ysbyty ysgol meddygfa prifysgol capel eglwys coleg canolfan cartref".split())
_NOUNS_ALONE = frozenset(
    "health board care home homes medical primary works house court hall unit ward centre center".split()
)
STRONG_ORGANISATION_NOUNS = ORGANISATION_NOUNS - _NOUNS_ALONE
PLACE_ENDINGS = (
    "ton ham ford bury borough burgh brough worth wick mouth pool bridge shire thorpe stead dale ness minster "
    "chester cester combe coed goch fawr bach wen ddu nant pont gwyn llyn dref isaf uchaf afon ely".split()
)
PLACE_STARTS = tuple(
    "llan aber pont pen tre caer cwm rhos nant tal maes glan ynys bryn porth ystrad betws gwaun".split()
)
