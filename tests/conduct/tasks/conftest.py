"""Two raters, two visits of one participant, and everybody round them, behind every page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from tests.conduct.pages import conftest as pages
from tests.conduct.pages.conftest import AT, HERE, World, sample

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator.models import ArmRead
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture.models import Form
from equipoise.conduct.capture.results import Given
from equipoise.conduct.tasks import reads, services

template = pages.template
world = pages.world
DUE = AT + timedelta(days=2)
FORM = "madrs"


@dataclass
class Rating:
    """What tests of ratings reach for."""

    world: World

    @property
    def at(self) -> datetime:
        """The time."""
        return self.world.hand[0]

    def viewer(self, who: str) -> Viewer:
        """Return somebody as who asks."""
        return self.world.people[who].viewer()

    def client(self, who: str = "rater") -> Client:
        """Return a browser in which somebody is signed in."""
        return self.world.client(who)

    def assign(
        self, visit: str = "PREP1", *, rater: str = "rater", by: str = "coordinator", **given: Any
    ) -> str:
        """Give a rating to a rater, and return the task's code."""
        return services.assign(
            **{
                "participant": HERE,
                "visit": visit,
                "form": FORM,
                "rater": self.world.people[rater].person,
                "due_at": DUE,
                "at": self.at,
                "by": self.viewer(by),
                **given,
            }
        )

    def begun(self, visit: str = "PREP1", **given: Any) -> str:
        """Give a rating to a rater who begins it."""
        code = self.assign(visit, **given)
        services.begin(task=code, at=self.at, by=self.viewer(given.get("rater", "rater")))
        return code

    def page(self, code: str, who: str = "rater") -> reads.TaskPage:
        """Return a task as its page shows it."""
        return reads.page(code, viewer=self.viewer(who), at=self.at, language="en")

    def fill(self, code: str, who: str = "rater", **answers: str) -> None:
        """Do the whole task: the rating, and no guess."""
        self.rate(code, who, **answers)
        if self.page(code, who).line.state == "guess":
            assert services.decline(task=code, at=self.at, by=self.viewer(who)).done

    def rate(self, code: str, who: str = "rater", **answers: str) -> None:
        """Answer everything the form in hand asks and declare it complete."""
        form = self.page(code, who).form
        assert form is not None
        given = [
            Given(one.item, text=answers.get(one.item) or sample(one), seen=one.seq)
            for one in form.items
            if one.visible and one.required
        ]
        assert services.save(task=code, given=given, at=self.at, by=self.viewer(who)).done
        assert services.complete(task=code, at=self.at, by=self.viewer(who)).done

    def expose(self, who: str = "rater", participant: str = HERE) -> None:
        """Let somebody have been shown a participant's arm."""
        person = self.world.people[who].person
        with act("allocation", "arm.read", at=self.at, by=person, subjects=[participant]) as one:
            one.add(
                ArmRead(
                    person=person,
                    participant=participant,
                    kit="K-1",
                    role="investigator",
                    cause="code_break",
                    read_at=instant(self.at),
                )
            )

    def row(self, visit: str = "PREP1", form: str = FORM) -> Form:
        """Return the form of a visit."""
        return Form.objects.get(participant=HERE, visit=visit, form=form)


@pytest.fixture
def rating(world: World) -> Rating:
    """The study under way."""
    return Rating(world)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what takes the allocation store away."""

    def gone(*_: object, **__: object) -> object:
        raise OperationalError("unable to open database file")

    def take() -> None:
        monkeypatch.setattr("equipoise.conduct.allocator.reads.exposed", gone)
        monkeypatch.setattr("equipoise.conduct.allocator.reads.exposures", gone)

    return take
