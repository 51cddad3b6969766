"""Evidence is true: a row holds only when its tests ran on these files and passed. Each fault is planted once."""

import importlib.util
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DATE = "2026-11-23T12:00Z"
MATRIX = """# Matrix

## Part one

### A 1 · Kept
- **Asks** Something is kept.
- **Done by** A module (`src/keep.py`)
  of ours.
- **Tests**
  - `tests/test_keep.py::test_kept`
  - `tests/test_keep.py::test_kept_twice`

### A 2 · Not yet
- **Asks** Something else.
- **Not covered yet** Nobody built it.

### A 3 · Partly
- **Asks** A third thing.
- **Done by** `src/keep.py`.
- **Tests**
  - `tests/test_keep.py::test_kept`
- **Not covered yet** The rest.

## Part two

### B 1 · Theirs
- **Asks** A letter.
- **Yours** Write it.
"""
THREATS = """# Threats

## Outsider

| asset | attack | mechanism | test | what remains |
|---|---|---|---|---|
| data | Guess | Waits: `src/keep.py` | `tests/test_keep.py::test_kept` | Nothing known |
| data | Ask | Silence: `src/keep.py` | `tests/test_keep.py::test_kept_twice` | Talk |
"""
CODE = "def test_kept():\n    pass\n\n\ndef test_kept_twice():\n    pass\n"
CASE = '<testcase classname="tests.test_keep" name="{name}" time="0.1">{inner}</testcase>'


@pytest.fixture(scope="module")
def evidence() -> ModuleType:
    sys.path.insert(0, str(ROOT / "docs"))
    spec = importlib.util.spec_from_file_location("evidence", ROOT / "docs" / "evidence.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["evidence"] = module
    spec.loader.exec_module(module)
    sys.path.remove(str(ROOT / "docs"))
    return module


class Project:
    """A small project with a matrix, in a checkout of its own."""

    def __init__(self, root: Path, evidence: ModuleType) -> None:
        self.root, self.evidence = root, evidence
        self.ran: list[set[str]] = []
        self.put("docs/traceability.md", MATRIX)
        self.put("docs/security.md", THREATS)
        self.put("src/keep.py", "")
        self.put("tests/test_keep.py", CODE)
        self.put(".gitignore", "build/\n")
        self.git("init", "-q")
        self.commit()

    def put(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> None:
        named = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *named, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def results(self, cases: dict[str, str], *, stamp: str = "", path: str = "build/tests.xml") -> None:
        inner = "".join(CASE.format(name=name, inner=inner) for name, inner in cases.items())
        suite = f'<testsuite name="{stamp or self.evidence.stamp_of(self.root)}">{inner}</testsuite>'
        self.put(path, f'<?xml version="1.0" encoding="utf-8"?><testsuites>{suite}</testsuites>')

    def passed(self) -> None:
        self.results({"test_kept": "", "test_kept_twice[a]": "", "test_kept_twice[b]": ""})

    def again(self, missing: set[str], *, root: Path, stamp: str) -> None:
        assert root == self.root
        self.ran.append(missing)

    def gather(self, *, draft: bool = False) -> dict:
        known, self.digests = self.evidence.gather(root=self.root, date=DATE, draft=draft, again=self.again)
        return known


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files that the matrix names, without a checkout."""
    root = tmp_path_factory.mktemp("planted")
    for path, text in {"src/keep.py": "", "tests/test_keep.py": CODE}.items():
        (root / path).parent.mkdir()
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def project(tmp_path: Path, evidence: ModuleType) -> Project:
    return Project(tmp_path, evidence)


def test_rows_whose_tests_passed_hold_and_nothing_is_run_twice(project: Project) -> None:
    project.passed()
    known = project.gather()
    assert (known["problems"], project.ran) == ([], [])
    assert known["counts"] == {"covered": 1, "in part": 1, "not covered yet": 1, "yours": 1, "threats": 2}
    assert known["cases_run"] == {"passed": 3, "failed": 0, "skipped": 0}
    assert [row["verdict"] for row in known["rows"]] == [*("passed", "no test") * 2, *("passed",) * 2]
    assert known["rows"][0]["done_by"] == "A module (`src/keep.py`) of ours."


def test_evidence_says_commit_date_machine_and_versions_and_its_digests_agree(project: Project) -> None:
    project.passed()
    known = project.gather()
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project.root, capture_output=True, text=True, check=True
    )
    assert (known["commit"], known["files_as_committed"], known["date"]) == (head.stdout.strip(), True, DATE)
    assert {"system", "python", "SQLite"} <= set(known["machine"])
    assert "pytest" in known["versions"]
    folder = project.root / "build" / "evidence"
    assert json.loads((folder / "evidence.json").read_text()) == known
    for name, digest in project.digests.items():
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
        assert f"{digest}  {name}\n" in (folder / "SHA256SUMS").read_text()
    page = (folder / "evidence.html").read_text()
    assert "<th scope=col>covered\n<th scope=col>not covered yet\n<th scope=col>in part" in page
    assert "<tr><th scope=row>Part one<td>1<td>1<td>1<td>" in page
    assert all(
        text in page for text in ("every row holds", known["commit"], "A 1", "Nobody built it.", "Write it.")
    )


@pytest.mark.parametrize(
    ("inner", "verdict"),
    [("<failure/>", "failed"), ("<error/>", "failed"), ("<skipped/>", "skipped"), (None, "not run")],
)
def test_a_row_whose_test_failed_was_skipped_or_not_run_does_not_hold(
    project: Project, inner: str | None, verdict: str
) -> None:
    cases = {"test_kept": "", "test_kept_twice[a]": ""}
    project.results(
        cases if inner is None else {"test_kept": "", "test_kept_twice[a]": "", "test_kept_twice[b]": inner}
    )
    if inner is None:
        project.results({"test_kept": ""})
    known = project.gather()
    test = "tests/test_keep.py::test_kept_twice"
    assert known["problems"] == [f"A 1: {verdict}: {test}", f"Outsider 2: {verdict}: {test}"]
    assert (known["complete"], known["rows"][0]["verdict"]) == (False, verdict)
    assert "NOT COMPLETE" in (project.root / "build/evidence/evidence.html").read_text()


def test_results_of_another_commit_count_for_nothing(project: Project) -> None:
    project.passed()
    project.put("src/keep.py", "x = 1\n")
    project.commit()
    known = project.gather()
    both = {"tests/test_keep.py::test_kept", "tests/test_keep.py::test_kept_twice"}
    assert project.ran == [both]
    assert {problem.partition(": ")[2].partition(":")[0] for problem in known["problems"]} == {"not run"}


def test_only_what_has_no_result_is_run(project: Project) -> None:
    project.results({"test_kept": ""})
    project.results({"test_kept_twice": ""}, stamp="another", path="build/tests-of-evidence.xml")
    project.gather()
    assert project.ran == [{"tests/test_keep.py::test_kept_twice"}]
    project.results({"test_kept_twice": ""}, path="build/tests-of-evidence.xml")
    assert project.gather()["problems"] == []
    assert len(project.ran) == 1


def test_what_is_run_is_run_for_real_and_stamped(project: Project) -> None:
    (project.root / "build").mkdir()
    stamp = project.evidence.stamp_of(project.root)
    project.evidence.run({"tests/test_keep.py::test_kept"}, root=project.root, stamp=stamp)
    found = project.evidence.outcomes([project.root / "build/tests-of-evidence.xml"], stamp=stamp)
    assert {test: one.verdict for test, one in found.items()} == {"tests/test_keep.py::test_kept": "passed"}


def test_what_a_run_of_the_core_skipped_another_may_show_but_a_failure_stays(project: Project) -> None:
    core = "build/tests-of-the-core.xml"
    project.results({"test_kept": "", "test_kept_twice": "<skipped/>"}, path=core)
    project.results({"test_kept_twice": ""})
    known = project.gather()
    assert (known["problems"], project.ran) == ([], [])
    assert known["cases_run"] == {"passed": 2, "failed": 0, "skipped": 0}
    assert core in known["sha256"]
    project.results({"test_kept": "<failure/>", "test_kept_twice": ""}, path=core)
    project.passed()
    assert project.gather()["problems"] == [
        f"{row}: failed: tests/test_keep.py::test_kept" for row in ("A 1", "A 3", "Outsider 1")
    ]


def test_a_result_that_cannot_be_read_is_none(project: Project) -> None:
    project.put("build/tests.xml", "<testsuites><testsuite")
    assert project.gather()["complete"] is False


def test_changed_files_are_no_commit_and_nothing_is_run_for_them(project: Project) -> None:
    project.put("src/keep.py", "x = 1\n")
    project.put("src/new.py", "")
    known = project.gather()
    assert "the files are those of no commit: commit them, or ask for a draft" in known["problems"]
    assert project.ran == []
    project.passed()
    draft = project.gather(draft=True)
    assert (draft["problems"], draft["files_as_committed"]) == ([], False)
    assert "a draft" in (project.root / "build/evidence/evidence.html").read_text()
    project.put("src/new.py", "y = 2\n")
    assert project.gather(draft=True)["complete"] is False


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "test_keep.py::test_kept`",
            "test_keep.py::test_gone`",
            "A 1: there is no test tests/test_keep.py::test_gone",
        ),
        (
            "tests/test_keep.py::test_kept`",
            "tests/test_no.py::test_kept`",
            "A 1: there is no test tests/test_no.py::test_kept",
        ),
        ("`src/keep.py`", "`src/gone.py`", "A 1: there is no src/gone.py"),
        ("A module (`src/keep.py`)\n  of ours.", "Good will.", "A 1: it does not say which files do it"),
        ("- **Not covered yet** Nobody built it.\n", "", "A 2: it has no test and does not say why"),
        (
            "- **Not covered yet** Nobody built it.",
            "- **Not covered yet**",
            "A 2: `Not covered yet` says nothing",
        ),
        ("### A 2", "### A 1", "A 1: 2 rows have this id"),
        ("- **Asks** A letter.\n", "", "B 1: it does not say what is asked"),
        ("  - `tests/test_keep.py::test_kept`\n- **Not", "- **Not", "A 3: no test stands below `Tests`"),
        ("### A 2 · Not yet", "### A 2, not yet", "line 13: a heading of a row is `### ID · title`"),
        (
            "- **Yours** Write",
            "- **Theirs** Write",
            "`Theirs` is none of Asks, Done by, Tests, Not covered yet, Yours",
        ),
        ("  - `tests/test_keep.py::test_kept_twice`", "  - test_kept_twice", "line 11: a test is written"),
        ("- **Yours** Write it.", "- **Yours** Write it.\nAt once.", "belongs to no row: At once."),
    ],
)
def test_a_planted_fault_of_the_matrix_is_named(
    evidence: ModuleType, planted: Path, old: str, new: str, problem: str
) -> None:
    assert old in MATRIX
    rows, problems = evidence.read(MATRIX.replace(old, new, 1))
    problems += evidence.faults(rows, root=planted)
    assert [one for one in problems if problem in one], problems


def test_threats_are_rows_with_what_remains(evidence: ModuleType) -> None:
    first, second = evidence.threats(THREATS)
    assert (first.id, first.title, first.state, second.state) == ("Outsider 1", "Guess", "covered", "in part")
    assert second.said["Not covered yet"] == "Talk"
    assert second.tests == ["tests/test_keep.py::test_kept_twice"]
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert len(evidence.threats(text)) == sum(
        line.startswith("| ") for line in text.splitlines()
    ) - text.count("| asset |")


def test_a_matrix_without_a_fault_has_no_problem(evidence: ModuleType, planted: Path) -> None:
    rows, problems = evidence.read(MATRIX)
    assert [*problems, *evidence.faults(rows, root=planted)] == []


def test_a_matrix_without_rows_is_none(evidence: ModuleType) -> None:
    assert evidence.read("# Matrix\n") == ([], ["there is no row"])


def test_a_folder_that_is_no_checkout_gives_no_evidence(evidence: ModuleType, tmp_path: Path) -> None:
    assert evidence.stamp_of(tmp_path) == evidence.NO_COMMIT


def test_every_row_of_the_matrix_can_hold(evidence: ModuleType) -> None:
    rows, problems = evidence.read((ROOT / "docs" / "traceability.md").read_text(encoding="utf-8"))
    rows += evidence.threats((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert [*problems, *evidence.faults(rows, root=ROOT)] == []


def test_every_section_that_must_have_a_row_has_one(evidence: ModuleType) -> None:
    rows, _ = evidence.read((ROOT / "docs" / "traceability.md").read_text(encoding="utf-8"))
    ids = " | ".join(row.id for row in rows)
    part_11 = [f"21 CFR 11.10({letter})" for letter in "abcdefghijk"]
    part_11 += [f"21 CFR 11.{section}" for section in ("30", "50", "70", "100", "200", "300")]
    governance = [f"E6(R3) 4.2.{number}" for number in range(1, 9)] + [
        f"E6(R3) 4.3.{number}" for number in range(1, 9)
    ]
    guidance = [f"FDA psychedelics {number}" for number in range(1, 22)]
    assert [wanted for wanted in part_11 + governance + guidance if wanted not in ids] == []


def test_results_of_tests_and_evidence_are_of_the_same_place(evidence: ModuleType) -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"--junitxml={evidence.RESULTS}" in make
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert f"--junitxml={evidence.CORE_RESULTS}" in ci
    assert f"--passed-before={evidence.CORE_RESULTS}" in ci
    assert "build/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
