"""Recognise speakers' names, and words at the start of a line that are not names."""

import re

from comb.study.params import RoleParams
from comb.transcripts.roles import find_role, key

MAX_WORDS = 4
MAX_CHARS = 40
MAX_TITLE = 5
"""Most characters of an abbreviation within a name ("Prof.")."""

_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d{2,4}")
_NUMBER_BEHIND = re.compile(r"[ _.#-]{0,2}\d{1,4}[a-z]?$")
_REMARK = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
"""What a label may add to the name: ``(practice nurse)``."""
_FORMAL = re.compile(r"THE [A-Z]{4,}")
"""How transcripts of hearings write who speaks: ``THE WITNESS``."""
_SOMEBODY = r"(?:male|female|man|woman|voice|participant|person|respondent|nurse|patient|interviewer|moderator)"
_GENERIC = re.compile(
    r"(?:(?:speaker|spk|spkr|voice|guest|person|group|male|female|man|woman|unknown speaker|unidentified speaker)"
    rf"(?:[ _-]?[a-z]?\d{{0,3}})|(?:unidentified|unknown|male|female) {_SOMEBODY}(?: ?\d{{1,2}})?|"
    r"s\d{1,3}|all|everyone|everybody|several|both|multiple speakers|unknown|unidentified)"
)
_NUMBERED = re.compile(r"[^\W\d_]{1,12}[ _.#-]{0,2}\d{1,4}[a-z]?|(?=\w*\d)(?=\w*[A-Z])[A-Z\d]{2,10}(?:[_-][A-Z\d]+)*")
_TITLED = re.compile(
    r"(?:Dr|Mr|Mrs|Ms|Miss|Mx|Prof|Professor|Doctor|Sister|Nurse|Rev|Fr|Sir|Lady|Herr|Frau|Mme|M|Sra?)\.? [^\W\d_a-z].*"
)
_REMARKED = re.compile(r"[^\W\d_a-z][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,2} [(\[][^()\[\]]+[)\]]")
_KIN = frozenset(
    """wife husband partner spouse daughter son mother father mum mom dad sister brother carer caregiver nurse doctor gp
    physician midwife pharmacist translator friend grandmother grandfather child parent teacher student""".split()
)
_INITIALS = re.compile(r"[A-Z]{2,3}")
_FUNCTION_WORDS = frozenset(
    """first firstly second secondly third thirdly finally lastly next about actually again all-right also am an and
    are as at because but by can cause cos did do does for from had has have he hello her here here's hey hi
    his how i'd i'll i'm i've if in is it it's its just let's like maybe me my never no not now of often oh ok
    okay on one's or our really right she so sometimes that that's the their them then there there's these
    they thing things this those though to too uh uh-huh um us very was we well were what what's when where
    which who why with yeah yep yes you you'd you're your aber also dann das die und ja nein mais donc alors
    et oui non est c'est pero entonces si sí que""".split()
)
_ORDINARY = frozenset(
    """abstract address affirmative age aim anecdote anonymised anonymized appendix applause audio background beep
    break caution chapter chuckles chuckling clients comment comments conclusion contact cough coughing coughs
    cries crosstalk crying date day days definition doi duration e.g edit email end etc example examples
    exercise fax figure file from ftp gender giggles goal hint http https i.e idea important inaudible
    indistinct interruption interrupts interview interviewees interviewers introduction isbn item key keywords
    knock knocking language laughing laughs laughter length level location message method month music n.b nb
    nodding nods note notes objective observers option overlap overlapping page part participants patients pause
    phase phone place point ps q.v quote reason recorded recording redacted reference remark respondents result
    results ringing rule section setting sic sigh sighing sighs silence source stage start step subject summary
    table tel theme time tip title to topic transcribed transcriber transcript transcription unclear
    unintelligible unit unv url version visit warning web website week whispering whispers year""".split()
)
_SELDOM_NAMES = frozenset(
    """absolutely actually anyway basically certainly clearly correct definitely eventually everything exactly fine
    generally honestly hopefully indeed luckily normally nothing obviously perhaps please possibly probably
    something sorry sure thanks true unfortunately usually afternoon bedtime breakfast dinner evening friday lunch
    lunchtime midday monday morning night saturday sunday supper teatime thursday today tomorrow tuesday wednesday
    weekday weekdays weekend weekends yesterday appointment band bed bmi bus covid dose floor grade level option
    pill plan problem result room round route solution step tablet tier type vitamin ward""".split()
)
"""What lists, answers and numbered things begin with: ``Monday: a walk.`` may come twice without being a name."""
_PARTICLES = frozenset("al bin da de del della der di du el la le of one ten the two three four five van von y".split())


def has_form(name: str) -> bool:
    """Return whether a text has the form of a name: short, with a letter or a number of 2 to 4 digits.

    >>> [has_form(name) for name in ("Interviewer 1", "001", "1", "Dr. van der Berg", "All right. Then")]
    [True, True, False, True, False]
    """
    plain = _REMARK.sub("", name).strip() or name
    words = plain.split()
    if not words or len(words) > MAX_WORDS or len(plain) > MAX_CHARS:
        return False
    if not _LETTER.search(name) and not _NUMBER.fullmatch(name):
        return False
    counted = len(words) > 1 and words[0].replace(".", "").isdigit()
    return not counted and not any(word.endswith(".") and len(word) > MAX_TITLE for word in words[:-1])


def is_name_like(name: str) -> bool:
    """Return whether each word has a capital or a digit, or is usual in names; text in brackets is ignored.

    >>> [is_name_like(name) for name in ("Carys Jones", "Ann (practice nurse)", "the thing", "Speaker one")]
    [True, True, False, True]
    """
    plain = _REMARK.sub("", name).strip() or name.strip("()[] ")
    words = plain.split()
    first = next((char for char in plain if char.isalnum()), "a")
    return not first.islower() and all(
        word in _PARTICLES or word.startswith("(") or not word[0].islower() for word in words
    )


def is_prose(name: str) -> bool:
    """Return whether the first word, or one in lower case, shows that this is not a name; initials (``NO``) may be."""
    if _INITIALS.fullmatch(name) and name.casefold() not in _ORDINARY | {"ok"}:
        return False
    words = [word.strip(".,").replace("’", "'") for word in _REMARK.sub("", name).split()] or [name]
    if words[0].casefold() in _ORDINARY | _FUNCTION_WORDS:
        return True
    return any(word in _FUNCTION_WORDS and word not in _PARTICLES for word in words[1:])


def is_seldom_name(name: str) -> bool:
    """Return whether a word begins lists or answers more often than it is a speaker's name.

    >>> [is_seldom_name(name) for name in ("Monday", "Ward 7", "Covid-19", "Ward Sister", "Nurse 2")]
    [True, True, True, False, False]
    """
    return _NUMBER_BEHIND.sub("", name).casefold() in _SELDOM_NAMES


def holds_remark(name: str) -> bool:
    """Return whether a name contains a word of transcribers' remarks: ``INTERVIEWER LAUGHS``."""
    return any(word.strip(".,").casefold() in _ORDINARY for word in name.split())


def is_title(name: str) -> bool:
    """Return whether a word is a title, such as ``Dr``, after which a full stop does not end the name."""
    return bool(_TITLED.fullmatch(f"{name} X"))


def is_known(name: str, roles: RoleParams) -> bool:
    """Return whether a name by itself is certain to be a speaker's: a role pattern matches it, or it is generic."""
    words = key(name).split()
    role = find_role(name, roles)
    return (role is not None and (is_name_like(name) or len(words) == 1)) or bool(_GENERIC.fullmatch(key(name)))


def is_distinct(name: str) -> bool:
    """Return whether the form of a name that occurs once shows that it is not prose: a number, a title, a remark, kin.

    >>> [is_distinct(name) for name in ("HCP3", "Dr Jones", "Sarah (practice nurse)", "Daughter", "Monday", "2019")]
    [True, True, True, True, False, False]
    """
    if name.isdigit() or is_seldom_name(name) or not is_name_like(name):
        return False
    forms = (_NUMBERED, _TITLED, _REMARKED)
    return key(name) in _KIN or any(pattern.fullmatch(name) for pattern in forms)


def is_label(name: str, count: int, roles: RoleParams) -> bool:
    """Return whether a name at the start of ``count`` lines is a label, judged by itself."""
    role = find_role(name, roles)
    if is_prose(name) or is_seldom_name(name):
        return count > 1 and (role is not None or bool(_FORMAL.fullmatch(name)))
    if is_known(name, roles):
        return True
    if is_name_like(name) or role is not None:
        return count > 1
    return count > 2
