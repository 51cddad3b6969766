"""Replacing the keys of an installation, with all that is sealed under them sealed anew.

Each key is written down first, then everything is sealed with it in one transaction that leaves an event,
then it takes the other's place; cut off anywhere, the same command finishes. Refuses while somebody serves.
"""

import fcntl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from equipoise.conduct.accounts import resealing as second_factors
from equipoise.conduct.allocator import sealing as arms
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.config.examination.rotation import ROTATED
from equipoise.conduct.config.operations.reconciling import LOCK
from equipoise.conduct.config.operations.setting_up import OPERATOR
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.identity import personal
from equipoise.conduct.identity import resealing as persons
from equipoise.conduct.stores import keys
from equipoise.conduct.stores.names import ALIASES, ALLOCATION, IDENTITY, TRIAL, Store
from equipoise.errors import Problem, RecordError


def _nothing(*, old: bytes, new: bytes, alias: str) -> None:
    """The trial's key seals backups alone."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A key: the store that holds what it seals, how that is sealed anew, and whether a key opens it."""

    store: Store
    reseal: Callable[..., None]
    opens: Callable[[bytes], bool]


KINDS: dict[str, _Kind] = {
    keys.WEB: _Kind(TRIAL, second_factors.reseal, second_factors.opens),
    TRIAL: _Kind(TRIAL, _nothing, lambda _: True),
    ALLOCATION: _Kind(ALLOCATION, arms.reseal, arms.opens),
    IDENTITY: _Kind(IDENTITY, persons.reseal, personal.opens),
}


@dataclass(frozen=True, slots=True)
class Rotated:
    """A key that was replaced; `resumed` when an earlier call had been cut off."""

    name: str
    fingerprint: str
    resumed: bool


def rotate(study: Settings, *, names: Collection[str] = (), at: datetime) -> tuple[Rotated, ...]:
    """Replace these keys, or all, one after the other.

    Raises  RecordError while the study is served; IntegrityError when a key is missing, or is not the one
            that a store's contents are sealed with
    """
    _refuse_served(study)
    return tuple(_rotate(study, name, at=at) for name in KINDS if name in (names or KINDS))


def _rotate(study: Settings, name: str, *, at: datetime) -> Rotated:
    kind = KINDS[name]
    resumed = keys.is_waiting(study.keys, name)
    old, new = keys.read(study.keys, name), keys.prepare(study.keys, name)
    mark = f"{name} {keys.fingerprint(old)} -> {keys.fingerprint(new)}"
    if not _is_done(kind.store, mark):
        _reseal(kind, old=old, new=new, mark=mark, name=name, at=at)
    keys.replace(study.keys, name)
    return Rotated(name, keys.fingerprint(new), resumed)


def catch_up(study: Settings, *, at: datetime) -> tuple[str, ...]:
    """Seal with the present keys what a restored backup holds sealed with former ones; return their names.

    What no key opens stays as it is: whoever needs it is told then.
    """
    caught = []
    for name, kind in KINDS.items():
        present, *former = keys.candidates(study.keys, name)
        old = next((one for one in former if not kind.opens(present) and kind.opens(one)), None)
        if old is not None:
            mark = f"{name} {keys.fingerprint(old)} -> {keys.fingerprint(present)}, after a restore"
            _reseal(kind, old=old, new=present, mark=mark, name=name, at=at)
            caught.append(name)
    return tuple(caught)


def _reseal(kind: _Kind, *, old: bytes, new: bytes, mark: str, name: str, at: datetime) -> None:
    with act(kind.store, ROTATED, at=at, by=OPERATOR, subjects=[f"{name}.key"], reason=mark) as one:
        kind.reseal(old=old, new=new, alias=one.alias)


def _is_done(store: Store, mark: str) -> bool:
    return Event.objects.using(ALIASES[store]).filter(action=ROTATED, reason=mark).exists()


def _refuse_served(study: Settings) -> None:
    """Raise RecordError while a process serves: it holds the keys it started with."""
    path = Path(study.home) / LOCK
    if not path.exists():
        return
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            problem = Problem("the study is being served", "stop `equipoise serve` first", "home")
            raise RecordError("no key was replaced", [problem]) from error
