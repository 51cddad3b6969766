"""The import map: columns of another system's CSV, and what they become."""

from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.plan import ImportMap
from equipoise.protocol.rules.draft import Draft, listed, repeated, shown
from equipoise.protocol.rules.naming import read, where
from equipoise.source import Path

PATH: Path = ("import",)


def imports(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the import map."""
    mapping = draft.protocol.import_map
    if mapping is None:
        return
    yield from _values(draft, mapping)
    yield from _visits(draft, mapping)
    yield from _arms(draft, mapping)
    yield from _columns(draft, mapping)


def _values(draft: Draft, mapping: ImportMap) -> Iterator[Problem]:
    if not mapping.values:
        yield draft.error((*PATH, "values"), "no value is imported", "map at least one score to its column")
    visits = tuple(visit for visit in mapping.visits.values() if visit in draft.visits)
    baseline = draft.protocol.baseline_visit
    for section, wanted in (("values", visits), ("baseline", (baseline,) if baseline else ())):
        for name in getattr(mapping, section):
            path = (*PATH, section, name)
            reading = read(draft, name)
            if reading.message:
                yield draft.error(path, reading.message, reading.hint, key=True)
            elif reading.visit is None and section == "values" and mapping.visit is None:
                message = f"nothing says at which visit {name} was read"
                yield draft.error(
                    path, message, f"write {name}@VISIT, or give `visit` and `visits`", key=True
                )
            elif reading.form and reading.visit is None:
                lacking = [visit for visit in wanted if visit not in draft.collected.get(reading.form, ())]
                if lacking:
                    message = f"nobody collects {reading.full} at {listed(lacking)}"
                    yield draft.error(path, message, where(draft, reading.form), key=True)
    if mapping.baseline and baseline is None:
        message = "baseline values are imported and no visit is marked as baseline"
        yield draft.error((*PATH, "baseline"), message, "mark a visit `baseline: true`")


def _visits(draft: Draft, mapping: ImportMap) -> Iterator[Problem]:
    if (mapping.visit is None) != (not mapping.visits):
        message = "a column of visits and what its values mean go together"
        yield draft.error(PATH, message, "give both `visit` and `visits`, or neither", key=True)
    for name in repeated(mapping.visits.values()):
        message = f"two values of the column {mapping.visit} mean {shown(name)}"
        yield draft.error((*PATH, "visits"), message, "map each visit once")


def _arms(draft: Draft, mapping: ImportMap) -> Iterator[Problem]:
    if (mapping.arm is None) != (not mapping.arms):
        message = "a column of arms and what its values mean go together"
        yield draft.error(PATH, message, "give both `arm` and `arms`, or neither", key=True)
    lacking = [arm for arm in draft.arms if arm not in mapping.arms.values()]
    if mapping.arms and lacking:
        message = f"no value of the column {mapping.arm} means {listed(lacking)}"
        yield draft.error((*PATH, "arms"), message, "map every arm")


def _columns(draft: Draft, mapping: ImportMap) -> Iterator[Problem]:
    single = (mapping.participant, mapping.visit, mapping.arm, mapping.site, mapping.day, mapping.date)
    used = [column for column in single if column is not None]
    used += [*mapping.values.values(), *mapping.baseline.values()]
    for column in repeated(used):
        yield draft.warning(PATH, f"the column {shown(column)} is read twice", "is that meant?", key=True)
    for place, column in enumerate(mapping.ignored):
        if column in used:
            message = f"the column {shown(column)} is read and ignored"
            yield draft.error((*PATH, "ignored", place), message, "do one of the two")
