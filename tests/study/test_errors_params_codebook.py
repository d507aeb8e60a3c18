"""Errors are one line with a remedy; params and codebook say what they mean, and refuse what they do not know."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import Codebook, parse_codebook, read_codebook
from comb.errors import BadInputError, BadParamsError, CombError
from comb.study.params import Params, parse_params, read_params

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "pipeline" / "comb" / "study" / "template"
SECTIONS = tuple(Params.model_fields)
COMPONENTS = (
    *("physical_capability", "psychological_capability", "physical_opportunity", "social_opportunity"),
    *("reflective_motivation", "automatic_motivation"),
)
SPECIAL = ("off_target", "outside_framework")
TREE = {
    "levels": ["top", "leaf"],
    "codes": [{"id": "a", "children": [{"id": "a1"}, {"id": "a2"}]}, {"id": "b"}],
}


@pytest.fixture(scope="module")
def preset() -> Codebook:
    return read_codebook(TEMPLATE / "configs" / "codebook.yaml")


# ---- errors


def test_message_says_where_what_and_remedy() -> None:
    error = BadInputError("no coder.", where="a.csv, row 3", remedy="Say who coded.")
    assert str(error) == "a.csv, row 3: no coder. Say who coded."
    assert str(CombError("no coder")) == "no coder"


@given(st.text(min_size=1), st.text(), st.text())
@settings(max_examples=60, deadline=None)
def test_message_is_one_line_whatever_it_is_made_of(what: str, where: str, remedy: str) -> None:
    message = str(CombError(what, where=where, remedy=remedy))
    assert len(message.splitlines()) <= 1
    for part in (what.rstrip("."), where, remedy):
        assert " ".join(part.split()) in message


def test_every_error_that_comb_raises_has_a_remedy() -> None:
    kinds = {"CombError", "BadInputError", "BadParamsError", "NotReadyError"}
    calls = []
    for path in (ROOT / "pipeline" / "comb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                calls.append((path.name, node.lineno, {keyword.arg for keyword in node.keywords}))
    assert len(calls) > 40
    assert [call[:2] for call in calls if "remedy" not in call[2]] == []


# ---- params


@pytest.mark.parametrize(
    ("data", "said", "known"),
    [
        ({"tran": {}}, "unknown key 'tran'", SECTIONS),
        ({"train": {"sed": 1}}, "unknown key 'train.sed'", ("seed", "min_examples", "overlap")),
        (
            {"study": {"roles": {"guest": []}}},
            "unknown key 'study.roles.guest'",
            ("participant", "interviewer", "other"),
        ),
    ],
)
def test_unknown_param_is_refused_by_name_with_the_known_ones(data: object, said: str, known: tuple[str, ...]) -> None:
    with pytest.raises(BadParamsError) as caught:
        parse_params(data, "params.yaml")
    message = str(caught.value)
    assert message.startswith(f"params.yaml: {said}")
    listed = message.partition("known here: ")[2].partition(". ")[0].split(", ")
    assert set(known) <= set(listed)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"segment": {"unit": "word"}}, "segment.unit"),
        ({"train": {"overlap": 0}}, "train.overlap"),
        ({"evaluate": {"folds": 1}}, "evaluate.folds"),
        ({"train": {"seed": "often"}}, "train.seed"),
        ({"train": None}, "train"),
        (["train"], "the file"),
    ],
)
def test_unusable_value_names_its_key(data: object, key: str) -> None:
    with pytest.raises(BadParamsError, match=f"^params.yaml: {re.escape(key)}: "):
        parse_params(data, "params.yaml")


def test_empty_file_is_all_defaults(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert read_params(path) == Params()


def test_missing_and_broken_yaml(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    with pytest.raises(BadParamsError, match=r"the file is missing\. .*comb init DIR"):
        read_params(path)
    path.write_text("train:\n  seed: 1\n level: [\n", encoding="utf-8")
    with pytest.raises(BadParamsError, match=r"params.yaml, line \d: not a valid YAML file"):
        read_params(path)
    path.write_bytes(b"study:\n  data: \xff\n")
    with pytest.raises(BadParamsError, match="not a valid YAML file"):
        read_params(path)


overrides = st.fixed_dictionaries(
    {},
    optional={
        "study": st.fixed_dictionaries({"data": st.text(), "roles": st.just({"other": ["*é"]})}),
        "segment": st.fixed_dictionaries(
            {
                "unit": st.sampled_from(["sentence", "turn"]),
                "roles": st.lists(st.sampled_from(["participant", "other"])),
            }
        ),
        "train": st.fixed_dictionaries(
            {"level": st.text(), "reference": st.lists(st.text()), "overlap": st.floats(0, 1, exclude_min=True)}
        ),
        "suggest": st.fixed_dictionaries({"evidence": st.integers(0), "formats": st.lists(st.sampled_from(["csv"]))}),
    },
)


@given(overrides)
@settings(max_examples=20, deadline=None)
def test_params_survive_being_written_and_read(data: dict[str, object]) -> None:
    params = parse_params(data)
    for section, values in data.items():
        read = params.model_dump(mode="json")[section]
        assert {key: read[key] for key in values if key != "roles"} == {k: v for k, v in values.items() if k != "roles"}
    text = yaml.safe_dump(params.model_dump(mode="json"))
    assert parse_params(yaml.safe_load(text)) == params
    assert parse_params(params.model_dump()) == params


# ---- template and root


def load(path: Path) -> dict[str, object]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_template_params_have_every_key_and_no_other() -> None:
    template = load(TEMPLATE / "configs" / "params.yaml")
    defaults = Params().model_dump(mode="json")
    assert {name: set(keys) for name, keys in template.items()} == {name: set(keys) for name, keys in defaults.items()}
    assert set(template["study"]["roles"]) == set(defaults["study"]["roles"])


@pytest.mark.parametrize("section", SECTIONS)
def test_template_params_show_the_defaults(section: str) -> None:
    template = load(TEMPLATE / "configs" / "params.yaml")[section]
    defaults = Params().model_dump(mode="json")[section]
    if section == "study":
        assert template.pop("data") == "data"
        defaults.pop("data")
    if section == "train":  # the template is for COM-B; another codebook has other levels
        assert (template.pop("level"), defaults.pop("level")) == ("component", "")
    assert template == defaults


def test_root_params_differ_from_the_template_in_the_example_only() -> None:
    root, template = load(ROOT / "configs" / "params.yaml"), load(TEMPLATE / "configs" / "params.yaml")
    speakers = root["study"]["roles"].pop("participant")
    usual = template["study"]["roles"].pop("participant")
    assert speakers[-len(usual) :] == usual
    assert root["study"].pop("data") == "data/example"
    assert template["study"].pop("data") == "data"
    # The starter was trained on this very corpus.
    assert root["train"].pop("starter") is False
    assert template["train"].pop("starter") is True
    # The corpus has transcripts on eleven behaviours; a synthesis is of one.
    assert root["synthesis"].pop("transcripts") == ["cop-*"]
    assert template["synthesis"].pop("transcripts") == ["*"]
    assert root == template


def test_root_pipeline_differs_from_the_template_in_paths_only() -> None:
    template = (TEMPLATE / "dvc.yaml").read_text(encoding="utf-8")
    names = "raw|codings|new|reference|speakers|synthesis|participants|attributes"
    own = re.sub(rf"\bdata/({names})\b", r"data/example/\1", template)
    assert own != template
    assert yaml.safe_load(own) == load(ROOT / "dvc.yaml")


def test_root_codebook_is_the_template() -> None:
    assert (ROOT / "configs" / "codebook.yaml").read_bytes() == (TEMPLATE / "configs" / "codebook.yaml").read_bytes()


# ---- codebook


def test_preset_is_com_b_with_the_tdf_below(preset: Codebook) -> None:
    def at(depth: int) -> list[str]:
        return [code.id for code in preset if len(code.path) == depth and code.id not in SPECIAL]

    assert preset.levels == ("domain", "component", "tdf")
    assert at(1) == ["capability", "opportunity", "motivation"]
    assert tuple(at(2)) == COMPONENTS
    assert len(at(3)) == 14
    assert preset.codes_at("component") == (*COMPONENTS, *SPECIAL)
    assert preset.codes_at("tdf") == tuple(code.id for code in preset if code.leaf)
    assert preset.behaviour
    assert not preset.exclusive


def test_every_code_of_the_preset_is_explained(preset: Codebook) -> None:
    for code in preset:
        assert min(len(code.definition), len(code.include), len(code.exclude)) > 20, code.id
        assert len(set(code.examples)) == len(code.examples) == 2, code.id
        assert re.fullmatch("#[0-9A-F]{6}", code.color), code.id
    assert len({code.color for code in preset}) == len(preset.codes)


@pytest.mark.parametrize(
    ("code", "level", "stands_for"),
    [
        ("memory_attention_decision", "domain", "capability"),
        ("emotion", "component", "automatic_motivation"),
        ("emotion", "tdf", "emotion"),
        ("emotion", "", "emotion"),
        ("automatic_motivation", "component", "automatic_motivation"),
        ("automatic_motivation", "tdf", None),  # a branch above the level does not say which child
        ("motivation", "component", None),
        ("physical_capability", "tdf", "physical_capability"),  # nothing below it
        *((code, level, code) for code in SPECIAL for level in ("domain", "component", "tdf", "")),
    ],
)
def test_at_level(preset: Codebook, code: str, level: str, stands_for: str | None) -> None:
    assert preset.at_level(code, level) == stands_for


@pytest.mark.parametrize("level", ["domain", "component", "tdf"])
def test_at_level_gives_only_codes_of_that_level_and_changes_them_no_further(preset: Codebook, level: str) -> None:
    for code in preset:
        at = preset.at_level(code.id, level)
        assert at is None or (at in preset.codes_at(level) and preset.at_level(at, level) == at)


def test_unknown_level_lists_the_levels(preset: Codebook) -> None:
    with pytest.raises(BadParamsError, match=r"no level 'theme'\. Its levels are: domain, component, tdf"):
        preset.at_level("emotion", "theme")


def test_smallest_codebook(tmp_path: Path) -> None:
    path = tmp_path / "codebook.yaml"
    path.write_text("coding: exclusive\ncodes: [{id: change}, {id: neutral}, {id: sustain}]\n", encoding="utf-8")
    book = read_codebook(path)
    assert book.exclusive
    assert book.codes_at("component") == ("change", "neutral", "sustain")  # one level: params of another do not matter
    assert [code.name for code in book] == ["Change", "Neutral", "Sustain"]
    assert len({code.color for code in book}) == 3
    with pytest.raises(BadParamsError, match=r"^a.csv, row 2: .*'changed' is not in the codebook\. .*neutral"):
        book.require("changed", "a.csv, row 2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"codes": [{"id": "a"}, {"id": "b", "children": [{"id": "a"}]}]}, "code 'a' occurs twice"),
        ({**TREE, "levels": ["top"]}, "levels has 1 names, but the tree is 2 levels deep"),
        ({"colour": 1, **TREE}, "unknown key 'colour'; known here: name, behaviour, coding, levels, codes"),
        ({"codes": [{"id": "a", "colour": ""}]}, "unknown key 'codes.0.colour'; known here: id, name, color"),
        ({"codes": [{"id": "a", "children": [{"id": "b", "x": 1}]}]}, "'codes.0.children.0.x'; known here: id, name"),
        ({"codes": [{"name": "A"}]}, "codes.0.id: Field required"),
        ({"codes": [{"id": "a;b"}]}, "codes.0.id: "),
        ({"codes": [{"id": "a", "color": "red"}]}, "codes.0.color: "),
        ({"codes": []}, "codes: "),
        ({"coding": "single", **TREE}, "coding: "),
        (None, "the file: "),
    ],
)
def test_broken_codebook_is_refused(change: object, said: str) -> None:
    with pytest.raises(BadParamsError) as caught:
        parse_codebook(change, "codebook.yaml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("codebook.yaml: ")


def test_the_code_knows_no_framework() -> None:
    files = list((ROOT / "pipeline" / "comb").rglob("*.py"))
    assert len(files) > 30
    assert [path.name for path in files if "capability" in path.read_text(encoding="utf-8").lower()] == []


@pytest.mark.parametrize("read", [read_params, read_codebook])
def test_a_file_that_would_run_code_is_refused(read, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "x.yaml").write_text(f"name: !!python/object/apply:pathlib.Path.touch [{ran}]\n", encoding="utf-8")
    with pytest.raises(BadParamsError, match=r"x\.yaml, line 1: not a valid YAML file"):
        read(tmp_path / "x.yaml")
    assert not ran.exists()
