"""What ``comb doctor`` finds of a study: readers, synchronised folders, git, DVC, disks, settings, damage."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from comb.privacy.doctor import disks, own_study
from comb.privacy.doctor.disks import Disk, bit_locker, file_vault, luks, swap
from comb.privacy.doctor.of_study import Examined, study_findings
from comb.privacy.doctor.own_study import git_state, left_behind, readers
from comb.privacy.doctor.records import Finding, PrivacyReport, Step, Trial, Written
from comb.privacy.doctor.synced import Computer, sync_services
from comb.report.privacy_page import render_privacy
from comb.study.layout import Study

posix = pytest.mark.skipif(os.name == "nt", reason="no such permissions on Windows")
git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def examined(study: Study, **changes: object) -> Examined:
    """A study on a computer without cloud services, with an encrypted disk."""
    computer = Computer("linux", study.root.parent / "home", {})
    given = Examined(study, computer, disk_of=lambda folder: Disk("yes", "LUKS"), swap=lambda: Disk("yes", "none"))
    return replace(given, **changes)


def problems(given: Examined) -> list[Finding]:
    return [finding for finding in study_findings(given) if finding.state == "problem"]


def close(study: Study) -> None:
    for path in (study.root, *study.root.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def test_a_new_study_has_no_problem(study: Study) -> None:
    close(study)
    assert problems(examined(study)) == []


# ---- permissions


@posix
def test_files_that_others_may_read_are_counted_by_folder(comb) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        comb("init", folder / "s")
        study = Study(folder / "s")
        close(study)
        study.root.chmod(0o755)
        study.data.chmod(0o755)
        study.raw.chmod(0o755)
        talk = study.raw / "anna smith.txt"
        talk.write_text("x", encoding="utf-8")
        talk.chmod(0o644)
        study.review.write_bytes(b"")
        study.review.chmod(0o644)  # in a folder that nobody else may enter
        assert readers(study).everybody == (talk,)
        (found,) = problems(examined(study))
        assert found.text == "Other accounts of this computer may read 1 file"
        assert found.details == ("data/raw: 1 file",)
        assert problems(examined(study, names=True))[0].details == (str(talk),)
        study.review.parent.chmod(0o755)
        assert "The review page's database is among them." in [item.text for item in problems(examined(study))]
        folder.chmod(0o700)
        assert readers(study).everybody == ()


@posix
def test_dvc_cannot_open_the_folder_of_the_review_database_to_everybody(comb, study: Study) -> None:
    shutil.rmtree(study.root / ".comb")
    for folder in (".comb", ".comb/dvc", ".comb/dvc/repo"):
        (study.root / folder).mkdir()
        (study.root / folder).chmod(0o777)
    comb("doctor")
    assert [oct((study.root / f).stat().st_mode & 0o22) for f in (".comb", ".comb/dvc/repo")] == ["0o0", "0o0"]


# ---- synchronised folders


def computer(home: Path, system: str = "linux", mounts: str = "", **environment: str) -> Computer:
    return Computer(system, home, environment, mounts)


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("Dropbox/study", "Dropbox"),
        ("Dropbox (University of X)/study", "Dropbox"),
        ("OneDrive/study", "OneDrive"),
        ("OneDrive - University of X/Documents/study", "OneDrive"),
        ("iCloudDrive/study", "iCloud Drive"),
        ("Library/Mobile Documents/com~apple~CloudDocs/study", "iCloud Drive"),
        ("Google Drive/My Drive/study", "Google Drive"),
        ("Library/CloudStorage/GoogleDrive-ann@example.org/My Drive/s", "Google Drive"),
        ("Nextcloud/study", "Nextcloud"),
        ("Library/CloudStorage/OneDrive-X/study", "a cloud service"),
    ],
)
def test_known_folders(tmp_path: Path, folder: str, service: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    assert service in " ".join(sync_services(tmp_path / folder, computer(tmp_path, "darwin")))


@pytest.mark.parametrize("folder", ["study", "boxes/study", "Dropbox-old-notes/study", "megalith", "my drives"])
def test_other_folders_are_not_suspected(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".dropbox").mkdir()  # Dropbox's settings in the home folder copy nothing
    assert sync_services(tmp_path / folder, computer(tmp_path)) == []


@pytest.mark.parametrize(
    ("marker", "service"),
    [
        (".dropbox.cache/x", "Dropbox"),
        (".tmp.drivedownload/x", "Google Drive"),
        (".sync_3f2a9b.db", "Nextcloud or ownCloud"),
        ("._sync_3f2a9b.db", "Nextcloud or ownCloud"),
        (".stfolder/x", "Syncthing"),
    ],
)
def test_markers_of_renamed_folders(tmp_path: Path, marker: str, service: str) -> None:
    place = tmp_path / "work" / marker
    place.parent.mkdir(parents=True)
    place.write_bytes(b"")
    (tmp_path / "work/a/b").mkdir(parents=True)
    assert sync_services(tmp_path / "work/a/b", computer(tmp_path)) == [f"{service} (it leaves marker files there)"]


def test_settings_and_variables_that_name_the_folder(tmp_path: Path) -> None:
    work = tmp_path / "work"
    study = work / "study"
    study.mkdir(parents=True)
    assert "OneDrive" in sync_services(study, computer(tmp_path, "win32", OneDriveCommercial=str(work)))[0]
    (tmp_path / ".dropbox").mkdir()
    (tmp_path / ".dropbox/info.json").write_text(json.dumps({"business": {"path": str(work)}}), encoding="utf-8")
    assert "Dropbox" in sync_services(study, computer(tmp_path))[0]
    (tmp_path / ".dropbox/info.json").write_text("[broken", encoding="utf-8")
    settings = tmp_path / ".config/Nextcloud/nextcloud.cfg"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[Accounts]\n0\\Folders\\1\\localPath={work}/\n0\\version=1%\n", encoding="utf-8")
    assert "Nextcloud" in sync_services(study, computer(tmp_path))[0]


def test_icloud_of_the_documents_folder_and_links_into_a_cloud(tmp_path: Path) -> None:
    (tmp_path / "Documents/study").mkdir(parents=True)
    mac = computer(tmp_path, "darwin")
    assert sync_services(tmp_path / "Documents/study", mac) == []
    (tmp_path / "Library/Mobile Documents/com~apple~CloudDocs/Documents").mkdir(parents=True)
    assert "iCloud Drive" in sync_services(tmp_path / "Documents/study", mac)[0]
    (tmp_path / "Dropbox/real").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "Dropbox/real")
    assert "Dropbox" in sync_services(tmp_path / "link", mac)[0]


def test_network_drives(tmp_path: Path) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/x {str(tmp_path).replace(' ', chr(92) + '040')} nfs4 rw 0 0\n"
    assert "a network drive" in sync_services(tmp_path, computer(tmp_path, mounts=mounts))[0]


def test_a_study_in_dropbox_is_a_problem(comb) -> None:
    comb("init", "Dropbox/study")
    study = Study(comb.folder / "Dropbox/study")
    close(study)
    (found,) = problems(examined(study))
    assert found.text == "The study is copied to other machines:"
    assert found.details == ("Dropbox (by the folder's name)",)


# ---- git and DVC


@git
def test_what_git_holds_and_where_it_may_send_it(study: Study) -> None:
    assert git_state(study) is None

    def run(*words: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
        subprocess.run(["git", "-C", study.root, *who, *words], check=True, capture_output=True)

    run("init", "-q")
    (study.raw / "anna.txt").write_text("x", encoding="utf-8")
    (study.raw / "bob.txt").write_text("x", encoding="utf-8")
    run("add", "-f", "data/raw/anna.txt", "data/raw/bob.txt")
    run("commit", "-qm", "x")
    run("rm", "-q", "--cached", "data/raw/anna.txt")
    run("commit", "-qm", "y")
    run("remote", "add", "origin", "https://ann:secret@git.example.org/ann/s.git")
    (study.root / ".gitignore").write_text("", encoding="utf-8")
    state = git_state(study)
    assert state.tracked == ("data/raw/bob.txt",)
    assert state.earlier == ("data/raw/anna.txt",)
    assert "data/raw/anna.txt" in state.next
    assert state.remotes == ("origin (git.example.org)",)
    close(study)
    said = [finding.text for finding in problems(examined(study))]
    assert "git keeps files with participants' words: 1 file" in said
    assert "git can send the repository to: origin (git.example.org)" in said
    assert "bob" not in str(list(study_findings(examined(study))))


@git
def test_a_study_that_comb_made_in_a_repository_shows_nothing(comb) -> None:
    subprocess.run(["git", "init", "-q", comb.folder], check=True)
    comb("init", "s")
    study = Study(comb.folder / "s")
    close(study)
    (study.raw / "anna.txt").write_text("x", encoding="utf-8")
    (study.raw / "anna.txt").chmod(0o600)
    assert problems(examined(study)) == []


def test_without_git_it_could_not_tell(study: Study, monkeypatch) -> None:
    (study.root / ".git").mkdir()
    monkeypatch.setattr(own_study, "ask", lambda argv: "")
    unknown = [finding.text for finding in study_findings(examined(study)) if finding.state == "unknown"]
    assert unknown == ["What git contains: could not tell (git is not installed)."]


def test_dvc_remotes_telemetry_and_notes_of_file_names(study: Study) -> None:
    close(study)
    config = study.root / ".dvc" / "config"
    config.write_text(
        "[core]\n    analytics = true\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/x\n", encoding="utf-8"
    )
    said = [finding.text for finding in problems(examined(study))]
    assert "DVC can send transcripts and everything made from them to: r (s3: bucket)" in said
    assert "DVC has its usage statistics and its check for updates on when you call it yourself." in said
    assert any(text.startswith("DVC keeps names of transcripts") for text in said)
    elsewhere = study.root / ".config" / "dvc"
    given = examined(study)
    (given.computer.home / ".config/dvc").mkdir(parents=True)
    shutil.copy(config, given.computer.home / ".config/dvc/config")
    config.write_text("[core]\n", encoding="utf-8")
    assert not elsewhere.exists()
    assert own_study.dvc_state(study, {}, given.computer.home).remotes == ("r (s3: bucket)",)


def test_a_model_may_be_fetched(study: Study) -> None:
    close(study)
    params = study.root / "configs" / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("download: false", "download: true"), encoding="utf-8")
    assert "encoder.download is on" in problems(examined(Study(study.root)))[0].text


def test_files_that_interrupted_commands_and_editors_leave(study: Study) -> None:
    own = {".a.csv.k3v_9xyz", ".comb-123-abc.tmp"}
    others = {"~$anna.docx", ".~lock.anna.odt#", "anna.txt~", "anna.bak"}
    for name in (*own, *others, "anna.txt", ".gitkeep"):
        (study.raw / name).write_text("x", encoding="utf-8")
    found = left_behind(study)
    assert [{path.name for path in paths} for paths in found] == [own, others]


# ---- disks


def linux(root: Path, *, crypt: bool, virtual: bool = False, kind: str = "ext4") -> Path:
    """A made-up /sys and /proc: the root file system on dm-0, which lies on sda2."""
    for folder in ("proc/self", "sys/dev/block", "sys/class/block", "sys/devices/dm-0/dm", "sys/devices/dm-0/slaves"):
        (root / folder).mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(f"1 0 253:0 / / rw - {kind} /dev/mapper/x rw\n", encoding="utf-8")
    (root / "proc/cpuinfo").write_text(f"flags : fpu{' hypervisor' * virtual}\n", encoding="utf-8")
    (root / "sys/devices/dm-0/dm/uuid").write_text("CRYPT-LUKS2-1-x" if crypt else "LVM-1", encoding="ascii")
    (root / "sys/dev/block/253:0").symlink_to(root / "sys/devices/dm-0")
    (root / "proc/swaps").write_text("Filename\tType\n/dev/dm-0 partition 1 0 -2\n", encoding="utf-8")
    (root / "sys/class/block/dm-0").symlink_to(root / "sys/devices/dm-0")
    return root


@posix
def test_luks_and_swap(tmp_path: Path) -> None:
    plain, crypt = linux(tmp_path / "plain", crypt=False), linux(tmp_path / "crypt", crypt=True)
    assert luks(Path("/x"), crypt).encrypted == "yes"
    assert luks(Path("/x"), plain).encrypted == "no"
    assert luks(Path("/x"), linux(tmp_path / "vm", crypt=False, virtual=True)).encrypted == "unknown"
    assert luks(Path("/x"), linux(tmp_path / "ram", crypt=False, kind="tmpfs")).encrypted == "unknown"
    assert [swap(root, "linux").encrypted for root in (crypt, plain)] == ["yes", "no"]


@pytest.mark.parametrize(
    ("said", "answer"), [("FileVault is On.", "yes"), ("FileVault is Off.", "no"), ("", "unknown")]
)
def test_file_vault(said: str, answer: str) -> None:
    assert file_vault(lambda argv: said).encrypted == answer


@pytest.mark.parametrize(("said", "answer"), [("1\r\n", "yes"), ("2", "no"), ("5", "no"), ("", "unknown")])
def test_bit_locker(said: str, answer: str) -> None:
    assert bit_locker(Path(), lambda argv: said if argv[0] == "powershell" else "").encrypted == answer


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_a_locked_down_machine_could_not_tell(tmp_path: Path, system: str) -> None:
    nothing = disks.disk_of(tmp_path, system, lambda argv: "", tmp_path)
    assert nothing.encrypted == "unknown"
    assert disks.ask(("no-such-program",)) == ""


def test_what_fails_to_be_looked_at_is_unknown(study: Study) -> None:
    def broken(folder: Path) -> Disk:
        raise PermissionError

    found = [item for item in study_findings(examined(study, disk_of=broken)) if item.topic == "This computer"]
    assert found[0].text == "Disk encryption: could not tell (PermissionError)."


# ---- the command and its page

QUIET = Trial(
    "hook", "not allowed here", True, (Step("dvc repro", True, 61.0),), (), (), (), ("comb embed",), 19, (), 3
)


def test_the_page_and_the_exit_codes(comb, study: Study, monkeypatch) -> None:
    close(study)
    (study.raw / "anna smith.txt").write_text("P1: zebra words.", encoding="utf-8")
    monkeypatch.setattr("comb.stages.doctor.run_trial", lambda *_, **__: QUIET)
    monkeypatch.setattr("comb.stages.doctor.Examined", lambda study, *_: examined(study))
    out = comb("doctor", "--privacy")
    assert "ok      Network: Nothing tried to reach another machine" in out
    page = study.privacy.read_text(encoding="utf-8")
    for told in ("No problem was found.", "weaker of two", "What this test does not cover", "19 Python processes"):
        assert told in page
    for private in ("anna", "zebra", str(study.root), str(Path.home())):
        assert private not in page

    left = Written("your home folder/x", "comb embed", words=True, names=False, left=True)
    monkeypatch.setattr("comb.stages.doctor.run_trial", lambda *_, **__: replace(QUIET, written=(left,)))
    out = comb("doctor", "--privacy", "--html", "board.html", code=1)
    assert "PROBLEM Files outside the study" in out
    assert "1 problem found" in (study.root / "board.html").read_text(encoding="utf-8")
    found = json.loads(comb("doctor", "--privacy", "--json", code=1).partition("\n→")[0])
    assert found["trial"]["written"][0]["place"] == "your home folder/x"


def test_a_watch_that_notices_nothing_proves_nothing(comb, study: Study, monkeypatch) -> None:
    monkeypatch.setattr("comb.stages.doctor.run_trial", lambda *_, **__: replace(QUIET, control=False))
    assert "this test proves nothing" in comb("doctor", "--privacy", code=1)


def test_the_page_escapes_what_it_shows() -> None:
    finding = Finding("T", "note", "<script>alert(1)</script>")
    report = PrivacyReport("0", "3", "<b>", "2026", QUIET, (finding,), ())
    assert "<script>alert" not in render_privacy(report, of_study=False)


def test_the_short_check(comb, study: Study) -> None:
    out = comb("doctor")
    assert f"Python {sys.version_info.major}." in out
    assert out.splitlines()[-1].startswith("Next: comb import FILE...")
    study.review.write_bytes(b"SQLite format 3\0" + b"zebra" * 500)
    study.encoder.mkdir(parents=True)
    (study.encoder / "encoder.json").write_text("{zebra", encoding="utf-8")
    params = study.root / "configs" / "params.yaml"
    params.write_text("trian: {}\n", encoding="utf-8")
    out = comb("doctor", code=1)
    assert "PROBLEM Your study: params and codebook: params.yaml: unknown key 'trian'" in out
    assert "PROBLEM Your study: review database: damaged" in out
    assert "PROBLEM Your study: encoder: " in out
    assert "zebra" not in out
    assert json.loads(comb("doctor", "--json", code=1).rpartition("}")[0] + "}")["next"].startswith("fix")


def test_outside_a_study_the_installation_is_checked(comb) -> None:
    assert "Next: comb init DIR" in comb("doctor")
    comb("doctor", "--html", "x.html", code=2)
