"""Whether the allocation store is what it should be: order, kits, draws, commitments.

Holds the checks that this store alone can make; `enrollment` compares it with the trial store. What needs the
key is checked where the key is. Refuses to name an arm, and to mend anything.
"""

from collections import Counter
from collections.abc import Iterator

from equipoise.allocation import minimization, verify
from equipoise.conduct.allocator import lists
from equipoise.conduct.allocator.lists import SALT, SEED, Ground
from equipoise.conduct.allocator.models import AllocationList, Assignment, Draw, Revelation, Slot
from equipoise.conduct.allocator.sealing import Key, is_here, key, place_of
from equipoise.errors import IntegrityError, Problem

HINT = "stop, keep a copy of both stores as they are, and find out who could write to them"


def check() -> list[Problem]:
    """Return everything wrong; what could not be looked at without the key is a warning."""
    problems = [*_kits(), *_order()]
    rows = list(AllocationList.objects.order_by("number"))
    if not rows:
        return problems
    if not is_here():
        hint = "run it where the allocation key is"
        message = "the allocation key is not here: sealed arms, draws and commitments were not looked at"
        return [*problems, Problem(message, hint, "allocation", severity="warning")]
    try:
        sealing = key()
    except IntegrityError as error:
        return [*problems, *error.problems]
    for row in rows:
        try:
            problems += _sealed(row, lists.ground_of_row(row), sealing)
        except IntegrityError as error:
            problems += error.problems or [_problem(str(error), f"list {row.number}")]
    return problems


def _problem(message: str, place: str) -> Problem:
    return Problem(message, HINT, f"allocation: {place}")


def _kits() -> Iterator[Problem]:
    for row in Assignment.objects.select_related("slot").order_by("id"):
        if row.kit != row.slot.kit:
            yield _problem("the assignment names another kit than its place", row.participant)


def _order() -> Iterator[Problem]:
    """Yield a problem for each place given while a lower one was free, unless a paper list explains it."""
    reached: dict[tuple[int, str], int] = {}
    skipped: dict[tuple[int, str], set[int]] = {}
    for row in Assignment.objects.select_related("slot").order_by("id"):
        stratum, position = (row.slot.series, row.slot.stratum), row.slot.position
        open_places = skipped.setdefault(stratum, set())
        last = reached.get(stratum, 0)
        lowest = min(open_places, default=last + 1)
        if position != lowest and not (row.downtime and row.reason):
            yield _problem(f"position {position} was given while {lowest} was free", row.participant)
        open_places.discard(position)
        open_places.update(range(last + 1, position))
        reached[stratum] = max(last, position)


def _sealed(row: AllocationList, ground: Ground, sealing: Key) -> Iterator[Problem]:
    """Yield what differs between a stored list and the one its seed gives."""
    place = f"list {row.number}"
    seed, salt = lists.secret(row, SEED, key=sealing), lists.secret(row, SALT, key=sealing)
    try:
        verify(row.commitment, lists.content(ground, seed=seed), salt=salt)
    except IntegrityError:
        yield _problem("the list that its seed gives is not the one committed to", place)
    revealed = Revelation.objects.filter(list=row).values_list("revealed_salt", flat=True).first()
    if revealed is not None and revealed != salt.hex():
        yield _problem("the salt that was revealed is not the list's", place)
    slots = list(Slot.objects.filter(list=row))
    expected = lists.kits(ground, seed=seed)
    if any(expected.get((slot.stratum, slot.position)) != slot.kit for slot in slots):
        yield _problem("kit numbers are not those its seed gives", place)
    before = Slot.objects.filter(series=row.series, list__lt=row.id).count()
    if before + len(slots) != len(expected):
        yield _problem("places are missing, or too many", place)
    yield from _draws(row, ground, seed, sealing) if ground.minimizes else _arms(row, ground, seed, sealing)


def _arms(row: AllocationList, ground: Ground, seed: bytes, sealing: Key) -> Iterator[Problem]:
    drawn = {slot.place: slot.arm for slot in lists.drawn(ground, seed=seed)}
    for slot in Slot.objects.filter(list=row).order_by("id"):
        where = f"position {slot.position} of stratum `{slot.stratum}`"
        try:
            arm = sealing.open(slot.arm, place=place_of(row.canonical_sha256, slot.stratum, slot.position))
        except IntegrityError:
            yield _problem("its sealed arm was altered or moved, or sealed under another key", where)
            continue
        if arm != drawn.get((slot.stratum, slot.position)):
            yield _problem("its sealed arm is not the one drawn", where)


def _draws(row: AllocationList, ground: Ground, seed: bytes, sealing: Key) -> Iterator[Problem]:
    stored = list(Draw.objects.filter(series=row.series).order_by("number"))
    draws = [lists.open_draw(one, key=sealing, ground=ground) for one in stored]
    for problem in minimization.check(ground.plan, draws, seed=seed, canonical=ground.canonical):
        yield _problem(problem.message, f"list {row.number}")
    drawn = Counter(one.assignment_id for one in stored)
    places = Assignment.objects.filter(slot__series=row.series).values_list("id", "participant")
    for number, participant in places:
        if number not in drawn:
            yield _problem("the assignment has no draw", participant)
