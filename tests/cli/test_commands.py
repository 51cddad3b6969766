"""The command line as people use it: what it says, and with which exit code it leaves."""

import contextlib
import io
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import click
import pytest
from click.testing import CliRunner

from equipoise.cli import COMMANDS, equipoise, main
from equipoise.cli.demo import serve

ROOT = Path(__file__).parents[2]
FRONTLINE = ROOT / "protocols" / "frontline.yaml"

CONDUCT = {
    file.stem.rstrip("_")
    for file in (ROOT / "src" / "equipoise" / "cli").glob("*.py")
    if "\nfrom equipoise.conduct" in file.read_text(encoding="utf-8")
}
"""Commands that need the web system, which the core alone goes without."""

Done = subprocess.CompletedProcess[str]


def run(*arguments: str) -> Done:
    """Run the command line as its entry point does, with this process's words instead of a shell's."""
    with (
        patch.object(sys, "argv", ["equipoise", *arguments]),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
        pytest.raises(SystemExit) as left,
    ):
        main()
    code = left.value.code
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())  # type: ignore[arg-type]


def test_a_process_leaves_with_the_same_words_on_the_same_streams(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_bytes(b"")
    for arguments in (["check", str(file)], ["conjure"]):
        command = [sys.executable, "-m", "equipoise", *arguments]
        real = subprocess.run(command, capture_output=True, text=True, check=False)
        inside = run(*arguments)
        assert (real.returncode, real.stdout) == (inside.returncode, inside.stdout)
        assert real.stderr.splitlines()[-1:] == inside.stderr.splitlines()[-1:]


def test_help_lists_every_command_without_importing_any() -> None:
    code = (
        "import sys; from equipoise.cli import equipoise; equipoise(['--help'], standalone_mode=False);"
        "sys.exit(any(m.startswith(('numpy', 'pydantic', 'yaml')) for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [word for word in COMMANDS if word not in done.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_of_itself(name: str) -> None:
    shown = " ".join(CliRunner().invoke(equipoise, [name, "--help"]).output.split())
    if find_spec("django") is None and name in CONDUCT:
        assert shown == f"Error: `{name}` needs the web system (pip install 'equipoise[web]')"
    else:
        assert f"Example: equipoise {name}" in shown


def test_check_lists_all_problems_with_places_and_leaves_with_1(tmp_path: Path) -> None:
    text = FRONTLINE.read_text(encoding="utf-8")
    broken = text.replace("score: madrs.total, type: change", "score: madrs.totl, type: change").replace(
        "visit: OL_DOSE}", "visit: OL_DOES}"
    )
    file = tmp_path / "broken.yaml"
    file.write_text(broken, encoding="utf-8")
    done = run("check", str(file))
    assert done.returncode == 1
    assert "OL_DOES" in done.stdout
    assert "madrs.totl" in done.stdout
    assert all(line.startswith(str(file)) for line in done.stdout.splitlines())


def test_check_of_the_flagship_has_warnings_and_leaves_with_0() -> None:
    done = run("check", str(FRONTLINE))
    assert done.returncode == 0, done.stdout
    assert "no errors" in done.stdout
    assert "warning" in done.stdout


def test_check_says_each_interim_look_in_words() -> None:
    file = FRONTLINE.with_name("dose-response.yaml")
    done = run("check", str(file))
    assert (
        f"{file}: look halfway at primary, when 50% of the planned number have W6: spends alpha as obrien_fleming, "
        "may stop by conditional_power, dsmb_member decides\n"
    ) in done.stdout
    assert "look" not in run("check", str(FRONTLINE)).stdout.split("no errors")[1]


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x01", b"[" * 5000, b"equipoise: 1\nequipoise: 1\n"])
def test_check_of_rubbish_is_a_problem_and_not_a_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rubbish.yaml"
    file.write_bytes(content)
    done = run("check", str(file))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(file) in done.stdout


def test_wrong_usage_leaves_with_2() -> None:
    assert run("check").returncode == 2
    assert run("check", "no-such-file.yaml").returncode == 2
    assert run("conjure").returncode == 2


def test_diff_says_what_an_amendment_changes(tmp_path: Path) -> None:
    amended = tmp_path / "amended.yaml"
    text = FRONTLINE.read_text(encoding="utf-8")
    amended.write_text(text.replace("alpha: 0.05", "alpha: 0.025"), encoding="utf-8")
    done = run("diff", str(FRONTLINE), str(amended))
    assert done.returncode == 0, done.stderr
    assert "0.025" in done.stdout
    assert "Analysis" in done.stdout


def test_schema_is_json_schema() -> None:
    done = run("schema")
    assert done.returncode == 0, done.stderr
    assert '"https://json-schema.org/draft/2020-12/schema"' in done.stdout


def test_an_altered_dataset_leaves_with_3(tmp_path: Path) -> None:
    trial = tmp_path / "trial"
    assert run("simulate", str(FRONTLINE), "--out", str(trial)).returncode == 0
    values = trial / "records" / "values.csv"
    values.write_bytes(values.read_bytes() + b"\n")
    done = run("analyze", str(FRONTLINE), "--data", str(trial / "records"), "--out", str(tmp_path / "out"))
    assert done.returncode == 3, done.stderr
    assert "values.csv" in done.stderr


def test_an_unknown_scenario_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    done = run("simulate", str(FRONTLINE), "--scenario", "back-2025", "--out", str(tmp_path / "t"))
    assert done.returncode == 1
    assert "back-2024" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_holds_the_wordings_beside_the_protocol_against_their_scales(tmp_path: Path) -> None:
    file = tmp_path / "trial.yaml"
    file.write_bytes(FRONTLINE.read_bytes())
    folder = tmp_path / "wording" / "es"
    folder.mkdir(parents=True)
    (folder / "gad7.yaml").write_text(
        "scale: gad7\nlanguage: es\nedition: invented for this test\nitems:\n  nervios: {text: Uno}\n",
        encoding="utf-8",
    )
    (folder / "gad8.yaml").write_text("scale: gad8\n", encoding="utf-8")
    done = run("check", str(file))
    assert done.returncode == 1
    assert f"{folder / 'gad7.yaml'}:5:" in done.stdout
    assert str(folder / "gad8.yaml") in done.stdout
    assert "gad7" in next(line for line in done.stdout.splitlines() if "gad8.yaml" in line)


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("a report", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(click.ClickException, match=f"port {port} cannot be used.*--port"):
            serve(tmp_path, port)


DICTIONARY = ROOT / "tests" / "exchange" / "redcap" / "dictionary.csv"


def test_import_writes_drafts_and_a_list_in_which_nothing_is_a_formula(tmp_path: Path) -> None:
    drafts, remarks = tmp_path / "drafts.yaml", tmp_path / "remarks.csv"
    done = run("import", "redcap", str(DICTIONARY), "--out", str(drafts), "--remarks", str(remarks))
    assert (done.returncode, done.stderr) == (0, "")
    assert "45 fields: 33 carried over as 35 items of 3 forms" in done.stdout
    assert drafts.read_text(encoding="utf-8").count("filled_by: coordinator") == 3
    listed = remarks.read_text(encoding="utf-8-sig")
    assert ",'=sum," in listed
    assert ",'@NEWTAG," in listed


def test_import_prints_the_list_and_refuses_what_is_no_dictionary(tmp_path: Path) -> None:
    out = str(tmp_path / "drafts.yaml")
    done = run("import", "redcap", str(DICTIONARY), "--out", out, "--filled-by", "participant")
    assert f"{DICTIONARY}:3: full_name: left out" in done.stdout
    refused = run("import", "redcap", str(FRONTLINE), "--out", str(tmp_path / "no.yaml"))
    assert refused.returncode == 1
    assert "no REDCap data dictionary" in refused.stderr
    assert not (tmp_path / "no.yaml").exists()
    same = run("import", "redcap", str(DICTIONARY), "--out", str(DICTIONARY))
    assert same.returncode == 2
