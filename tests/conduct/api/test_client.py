"""The client against a server that really listens, and the page that shows how to use it."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from tests.conduct.api.conftest import Programs
from tests.conduct.consenting import FORM as CONSENT
from tests.conduct.enrollment.test_applicants import arrived
from tests.conduct.pages.conftest import HERE
from tests.conduct.tasks.conftest import Rating

from equipoise.client import Answer, Client, RequestRefused, Response, over_http
from equipoise.conduct.api import datasets
from equipoise.conduct.config.operations.filling import programs as filling

ROOT = Path(__file__).parents[3]
HOW_TO = ROOT / "docs" / "how-to" / "use-the-api.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_given: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(programs: Programs) -> Iterator[str]:
    """Where the study listens."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def client(programs: Programs, address: str, who: str) -> Client:
    return Client(over_http(address), token=programs.token(who))


def test_a_program_does_a_days_work(programs: Programs, address: str) -> None:
    coordinator, monitor = (client(programs, address, who) for who in ("coordinator", "monitor"))
    assert coordinator.me().person == "p-coordinator"
    assert [one.participant for one in coordinator.participants.list()] == [HERE]
    coordinator.participants.plan_day(HERE, anchor="dose", date=date(2026, 12, 20), reason="Moved")
    coordinator.participants.record_visit(HERE, visit="SCR", status="held", date=date(2026, 11, 23))
    course = coordinator.participants.get(HERE)
    assert next(one.held_on for one in course.visits if one.visit == "SCR") == date(2026, 11, 23)
    form = coordinator.participants.open_form(HERE, form="madrs", visit="PREP1").form
    items = coordinator.forms.get(form).items
    saved = coordinator.forms.save(form, answers=(Answer(item=one.item, text="5") for one in items))
    assert (saved.scores, saved.instructions[0].stored) == ({"total": 50}, True)
    assert coordinator.forms.complete(form).done
    query = monitor.review.open_query(form, text="Is it so?", item="lassitude").query
    coordinator.review.answer_query(query, text="It is")
    monitor.review.close_query(query, text="Thank you")
    assert [one.text for one in monitor.review.query(query).notes] == ["Is it so?", "It is", "Thank you"]
    monitor.forms.verify(form)
    assert next(monitor.review.audit(subject=f"form-{form}")).action == "form.verified"
    assert list(monitor.review.audit(from_day=date(2026, 11, 24))) == []
    assert coordinator.forms.history(form, "lassitude")[0].answer == "5"
    assert coordinator.participants.find(q="001").participants == (HERE,)
    alert = next(coordinator.review.alerts())
    assert (alert.participant, alert.raised_at) == (HERE, programs.world.hand[0])
    coordinator.review.note_alert(alert.alert, status="seen")
    assert coordinator.today().recruitment[0].planned


def test_a_program_follows_somebody_from_an_application_to_a_kit(programs: Programs, address: str) -> None:
    letter, left = (arrived(name) for name in ("Ada Example", "Bea Example"))
    coordinator, manager, investigator = (
        client(programs, address, who) for who in ("coordinator", "data_manager", "investigator")
    )
    assert coordinator.applicants.decide(applicants=[letter], decision="invited").decided == (letter,)
    assert coordinator.applicants.counts() == {"new": 1, "invited": 1} | {
        one: 0 for one in coordinator.applicants.counts() if one not in ("new", "invited")
    }
    assert [one.applicant for one in coordinator.applicants.list(state="new")] == [left]
    owed = coordinator.applicants.get(letter).letters[-1].letter
    coordinator.applicants.note_letter(letter, owed)
    text = CONSENT.replace("# Taking part", "# Taking part anew")
    number = manager.consent.add_form(site="SEA", language="en", text=text).number
    days = {"approved_on": date(2026, 11, 20), "effective_from": date(2026, 11, 23)}
    manager.consent.approve_form("SEA", number, "en", **days)
    assert coordinator.consent.form("SEA", number, "en").elements["touch"]
    assert coordinator.consent.forms()[0].in_force
    assert coordinator.consent.get(HERE).given[0].signed_at <= programs.world.hand[0]
    assert coordinator.consent.contact(HERE).name
    table = investigator.eligibility.get(HERE)
    judged = next(one.id for one in table.lines if one.by_person)
    investigator.eligibility.judge_criterion(HERE, criterion=judged, holds="yes", reason="ECG read")
    line = next(one for one in investigator.eligibility.get(HERE).lines if one.id == judged)
    assert line.judged is not None
    assert line.judged.at == programs.world.hand[0]
    missing = coordinator.randomization.get(HERE).missing
    with pytest.raises(RequestRefused) as caught:
        coordinator.randomization.randomize(HERE)
    assert missing
    assert [one.message for one in caught.value.problems] == [one.message for one in missing]


def test_a_program_gives_ratings_looks_after_people_and_data_and_is_told_no_arm_unasked(
    programs: Programs, address: str, rating: Rating, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, rater, administrator, investigator, manager = (
        client(programs, address, who)
        for who in ("coordinator", "rater", "system_administrator", "investigator", "data_manager")
    )
    wanted = coordinator.ratings.all().wanted[0]
    given = {"participant": HERE, "visit": wanted.visit, "form": wanted.form, "rater": "p-rater"}
    coordinator.ratings.assign(**given, due_at=datetime(2026, 11, 25, 17))  # noqa: DTZ001 - the site's clock
    (task,) = rater.ratings.tasks().open
    assert task.due_at == datetime(2026, 11, 26, 1, tzinfo=UTC)
    rater.ratings.begin_task(task.code)
    form = rater.ratings.task(task.code).form
    assert form is not None
    asked = [one for one in form.questions if one.visible and one.required]
    answers = [Answer(item=one.item, text=str(int(one.low or 1)), seen=one.seq) for one in asked]
    rater.ratings.save_task(task.code, answers=answers)
    assert rater.ratings.complete_task(task.code).done
    new = administrator.people.add(name="New Person", email="new@example.org")
    assert new.password not in repr(new)
    administrator.people.give_role(new.person, role="coordinator", site="SEA", until_on=date(2026, 12, 31))
    (role,) = administrator.people.get(new.person).roles
    administrator.people.end_role(new.person, role.number, reason="Left")
    assert new.person in [one.person for one in administrator.people.list(find="New")]
    assert not investigator.unblinding.get(HERE).may_read
    assert list(investigator.unblinding.code_breaks()) == []
    wrong = {"password": "x", "code": "1"}
    with pytest.raises(RequestRefused) as caught:
        investigator.unblinding.break_code(HERE, reason="Fever", **wrong)
    assert caught.value.problems[0].path == "password"
    monkeypatch.setattr(datasets.Exporter, "export", staticmethod(lambda folder, *_: folder.mkdir()))
    assert manager.data.export().startswith(b"PK")
    assert manager.description()["openapi"].startswith("3.1")


def test_a_refusal_is_raised_with_everything_that_was_said(programs: Programs, address: str) -> None:
    coordinator = client(programs, address, "coordinator")
    form = programs.world.opened("vitals", "SCR")
    answers = [Answer(item="systolic", text="high"), Answer(item="diastolic", text="80")]
    with pytest.raises(RequestRefused) as caught:
        coordinator.forms.save(form, answers=answers)
    assert caught.value.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [one.path for one in caught.value.problems] == ["systolic"]
    assert [one.item for one in caught.value.result.kept] == ["diastolic"]
    with pytest.raises(RequestRefused, match="nothing of this name"):
        coordinator.forms.get("a" * 13)


def test_an_answer_lost_on_the_way_is_asked_for_again_and_acts_once(programs: Programs, address: str) -> None:
    line, lost = over_http(address), [True]

    def cut(method: str, path: str, headers: Any, body: bytes) -> Response:
        answer = line(method, path, headers, body)
        if method == "POST" and lost.pop():
            lost.append(False)
            raise ConnectionResetError
        lost.append(False)
        return answer

    monitor = Client(cut, token=programs.token("monitor"))
    form = programs.world.opened("vitals", "SCR")
    query = monitor.review.open_query(form, text="Is it so?").query
    assert [one.query for one in monitor.review.queries()] == [query]


def test_a_simulated_studys_program_asks_without_a_server_and_at_its_own_time(programs: Programs) -> None:
    viewer, then = programs.world.people.monitor.viewer(), programs.world.hand[0] - timedelta(days=3)
    form = programs.world.opened("vitals", "SCR")
    with override_settings(SIMULATED=True), filling.time_is(then):
        asking = filling.program(viewer, at=then)
        query = asking.review.open_query(form, text="Is it so?").query
        assert asking.review.query(query).notes[0].at == then
    with pytest.raises(ValueError, match="real study"), filling.time_is(then):
        pass


def test_the_page_on_programs_is_true(
    programs: Programs,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every command of it runs, each in the role that it needs."""
    blocks = BLOCK.findall(HOW_TO.read_text(encoding="utf-8"))
    assert [kind for kind, _ in blocks] == ["sh", "sh", "python", "sh", "python"]
    monkeypatch.setenv("STUDY", address)
    monkeypatch.chdir(tmp_path)
    for kind, text in blocks:
        role = "statistician" if "datasets" in text or "export()" in text else "coordinator"
        token = programs.token(role)
        if kind == "python":
            monkeypatch.setenv("TOKEN", token)
            exec(text, {})  # noqa: S102 - our own page
            continue
        done = subprocess.run(
            ["bash", "-euc", text],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "STUDY": address, "TOKEN": token},
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (text, done.stderr)
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")
    assert (tmp_path / "records.zip").read_bytes().startswith(b"PK")
    said = capsys.readouterr().out
    assert "Coordinator" in said
    assert "Statistician 2" in said
    assert "vitals" in said
