"""Documents are tests: what they name exists, and nothing of the place they were written in leaks into them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from equipoise.cli import COMMANDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "tests/golden/**/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
TOP = ("src/", "docs/", "tests/", "protocols/", "benchmarks/", "requirements/", ".ci/")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[\s`(/])(?<!-u )equipoise ([a-z]+)(?=[\s`.,;)]|$)", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LEAKS = re.compile(
    r"/work/|/root/|/home/[a-z]|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian|farm-|simple/pip"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def missing_links(document: Path) -> list[str]:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    return [target for target in LINK.findall(text) if not (document.parent / target).exists()]


def missing_paths(text: str) -> list[str]:
    named = [code for code in CODE.findall(FENCE.sub("", text)) if code.startswith(TOP) and " " not in code]
    plain = [code for code in named if not re.search(r"[A-Z]{4,}|[*<>{}]", code)]
    # A test is named path::name.
    return [path for path in plain if not (ROOT / path.partition("::")[0]).exists()]


def unknown_commands(text: str) -> list[str]:
    return sorted({word for word in COMMAND.findall(text) if word not in COMMANDS})


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert missing_links(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_path_named_exists(document: Path) -> None:
    assert missing_paths(document.read_text(encoding="utf-8")) == []


def test_a_path_that_is_gone_is_found() -> None:
    assert missing_paths("see `docs/how-to/never-written.md`") == ["docs/how-to/never-written.md"]


def shown_commands(document: Path) -> str:
    """Return the text of code spans and fences only: prose may say "Equipoise runs"."""
    text = document.read_text(encoding="utf-8")
    return "\n".join([*FENCE.findall(text), *CODE.findall(FENCE.sub("", text))])


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_shown_exists(document: Path) -> None:
    assert unknown_commands(shown_commands(document)) == []


def test_a_command_that_does_not_exist_is_found() -> None:
    assert unknown_commands("run `equipoise conjure x`") == ["conjure"]
    assert unknown_commands("sudo -u equipoise equipoise conjure --home x") == ["conjure"]


def test_every_command_has_its_place_in_the_readme_or_the_reference() -> None:
    reference = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert [word for word in COMMANDS if f"## equipoise {word}" not in reference] == []


def test_generated_reference_follows_from_the_code() -> None:
    # In a process of its own: commands remember how they were called here, and print another help.
    words = [sys.executable, ROOT / "docs/generate.py", "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_every_document_is_reachable_from_the_readme() -> None:
    seen: set[Path] = set()
    queue = [ROOT / "README.md"]
    while queue:
        document = queue.pop()
        if document in seen or document.suffix != ".md":
            continue
        seen.add(document)
        targets = LINK.findall(document.read_text(encoding="utf-8"))
        queue += [found for target in targets if (found := (document.parent / target).resolve()).is_file()]
    docs = {path for path in DOCUMENTS if name(path).startswith("docs/")}
    assert sorted(name(path) for path in docs - seen) == []


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / path for path in listed.stdout.decode().split("\0") if path]


def test_nothing_committed_names_a_machine_path_or_a_registry_address() -> None:
    leaks = []
    for path in tracked():
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        leaks += [f"{name(path)}: {found.group()}" for found in LEAKS.finditer(text)]
    assert leaks == []


def test_no_data_set_of_others_is_committed() -> None:
    shared = {"antidepressant_trial.csv", "fev_data.csv", "psilocybin_rcts.csv"}
    assert [name(path) for path in tracked() if path.name in shared] == []
