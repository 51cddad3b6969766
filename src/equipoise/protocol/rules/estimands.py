"""The planned analysis: windows, intercurrent events and estimands, each attribute fitting the others."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from equipoise.errors import Problem
from equipoise.protocol.estimator_options import faults
from equipoise.protocol.estimators import BINARY, COMPOSITE, COMPOSITE_VALUES, ESTIMATORS
from equipoise.protocol.plan import AnalysisWindow, Estimand, IntercurrentEvent
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed, nearest, repeated, shown
from equipoise.protocol.rules.naming import Reading, read, where
from equipoise.source import Path

FROM_BASELINE = ("change", "percent_change", "response")
"""Types of variable that need a value at baseline."""


def estimands(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the planned analysis."""
    yield from _primary(draft)
    calendar = Calendar(draft)
    for place, estimand in enumerate(draft.protocol.estimands):
        path: Path = ("estimands", place)
        yield from _treatment(draft, estimand, path)
        yield from _variable(draft, estimand, path)
        yield from _baseline(draft, calendar, estimand, path)
        yield from _blinded(draft, calendar, estimand, path)
        yield from _estimator(draft, calendar, estimand, path)
        yield from _options(draft, estimand, path)
        yield from _handled(draft, estimand, path)
    for place, event in enumerate(draft.protocol.intercurrent_events):
        yield from _detection(draft, event, ("intercurrent_events", place, "detect"))
    yield from _windows(draft)
    yield from _endpoints(draft)


def _primary(draft: Draft) -> Iterator[Problem]:
    primary = [place for place, one in enumerate(draft.protocol.estimands) if one.role == "primary"]
    if not draft.protocol.estimands:
        yield draft.error(("estimands",), "there is no estimand", "say what the trial estimates", key=True)
    elif not primary:
        yield draft.error(("estimands",), "no estimand is primary", "give one `role: primary`", key=True)
    for place in primary[1:]:
        first = draft.protocol.estimands[primary[0]].id
        message = f"a second estimand is primary; the first is {first}"
        yield draft.error(("estimands", place, "role"), message, "keep one primary estimand")


def _treatment(draft: Draft, estimand: Estimand, path: Path) -> Iterator[Problem]:
    if estimand.treatment.experimental == estimand.treatment.reference:
        message = f"{estimand.treatment.reference} is compared with itself"
        yield draft.error((*path, "treatment"), message, "name two arms")
    if estimand.sensitivity_of == estimand.id:
        message = f"{estimand.id} examines its own robustness"
        yield draft.error((*path, "sensitivity_of"), message, "name another estimand")
    if estimand.role == "sensitivity" and estimand.sensitivity_of is None:
        message = f"nothing says whose robustness {estimand.id} examines"
        yield draft.warning(path, message, "give `sensitivity_of`")


def _variable(draft: Draft, estimand: Estimand, path: Path) -> Iterator[Problem]:
    variable = estimand.variable
    reading = read(draft, variable.score)
    path = (*path, "variable")
    if reading.message:
        yield draft.error((*path, "score"), reading.message, reading.hint)
    elif reading.visit is not None:
        hint = "write the score alone and the visit in `visit`"
        yield draft.error((*path, "score"), "the visit stands in a field of its own", hint)
    elif reading.form:
        yield from _type(draft, estimand, reading, path)
        visits = draft.collected.get(reading.form, ())
        if variable.visit in draft.visits and variable.visit not in visits:
            message = f"nobody collects {reading.full} at {variable.visit}"
            yield draft.error((*path, "visit"), message, where(draft, reading.form))
    if variable.fraction is not None and variable.type != "response":
        yield draft.error((*path, "fraction"), "`fraction` goes with type response", "remove it")
    if variable.threshold is not None and variable.type != "remission":
        yield draft.error((*path, "threshold"), "`threshold` goes with type remission", "remove it")


def _type(draft: Draft, estimand: Estimand, reading: Reading, path: Path) -> Iterator[Problem]:
    variable = estimand.variable
    if draft.kinds[reading.full] != "number":
        message = f"{reading.full} is a {draft.kinds[reading.full]}, not a number"
        yield draft.error((*path, "score"), message, "estimate a score or a number item")
    instrument = draft.forms[reading.form].instrument
    scores = instrument.scores if instrument is not None else ()
    score = next((one for one in scores if one.id == reading.value), None)
    if (
        variable.type == "response"
        and variable.fraction is None
        and (score is None or score.response is None)
    ):
        message = f"{reading.full} has no published definition of response"
        yield draft.error((*path, "type"), message, "give `fraction`, e.g. 0.5")
    if (
        variable.type == "remission"
        and variable.threshold is None
        and (score is None or score.remission is None)
    ):
        message = f"{reading.full} has no published definition of remission"
        yield draft.error((*path, "type"), message, "give `threshold`")
    span = draft.resolved.range_of(reading.full)
    if span is not None and variable.threshold is not None and not span[0] <= variable.threshold <= span[1]:
        message = f"the threshold {variable.threshold:g} is outside {span[0]:g} to {span[1]:g}"
        yield draft.error((*path, "threshold"), message, "give a value of the score")


def _baseline(draft: Draft, calendar: Calendar, estimand: Estimand, path: Path) -> Iterator[Problem]:
    variable = estimand.variable
    if variable.type not in FROM_BASELINE:
        return
    name = variable.baseline or draft.protocol.baseline_visit
    if name is None:
        if draft.protocol.baseline_rule.method == "visit":
            message = f"a {variable.type} needs a baseline, and no visit is marked as baseline"
            yield draft.error((*path, "variable"), message, "mark a visit `baseline: true`")
        return
    place = (*path, "variable", "baseline" if variable.baseline else "type")
    reading = read(draft, variable.score)
    if name not in draft.visits or not reading.form or reading.message:
        return
    if name not in draft.collected.get(reading.form, ()):
        message = f"nobody collects {reading.full} at the baseline visit {name}"
        yield draft.error(place, message, where(draft, reading.form))
    if name == variable.visit:
        yield draft.error(place, f"baseline and outcome are both read at {name}", "name two visits")
    elif variable.visit in draft.visits and calendar.is_after(
        draft.visits[name], draft.visits[variable.visit]
    ):
        yield draft.error(place, f"the baseline {name} comes after {variable.visit}", "swap the two")
    elif calendar.follows_dose(draft.visits[name]):
        message = f"the baseline {name} comes after the first dose"
        yield draft.error(place, message, "a baseline is measured before")


def _blinded(draft: Draft, calendar: Calendar, estimand: Estimand, path: Path) -> Iterator[Problem]:
    visit = draft.visits.get(estimand.variable.visit)
    for _, told in draft.told:
        if visit is not None and calendar.is_after(visit, draft.visits[told]):
            message = f"{visit.id} comes after participants learn their arm at {told}"
            hint = "this compares people who know what they had; after a crossover it compares nothing"
            yield draft.warning((*path, "variable", "visit"), message, hint)


def _estimator(draft: Draft, calendar: Calendar, estimand: Estimand, path: Path) -> Iterator[Problem]:
    row = ESTIMATORS.get(estimand.estimator.name)
    if row is None:
        return
    chosen = estimand.estimator
    here = (*path, "estimator")
    if estimand.summary not in row.summaries:
        message = f"{chosen.name} estimates {listed(row.summaries)}, not {estimand.summary}"
        fits = [name for name, one in ESTIMATORS.items() if estimand.summary in one.summaries]
        yield draft.error((*here, "name"), message, f"for {estimand.summary} there are {listed(fits)}")
    elif estimand.variable.type not in row.types:
        message = f"{chosen.name} takes a variable of type {listed(row.types)}, not {estimand.variable.type}"
        yield draft.error((*here, "name"), message, "change the estimator or the variable's type")
    if estimand.missing not in row.missing:
        message = (
            f"{chosen.name} can assume {listed(row.missing)} about missing values, not {estimand.missing}"
        )
        yield draft.error((*path, "missing"), message, "change `missing` or the estimator")
    elif estimand.missing == "failure" and estimand.variable.type not in BINARY:
        message = "missing values can count as failure only for response and remission"
        yield draft.error((*path, "missing"), message, "use complete_cases")
    yield from _choices(draft, estimand, path)
    yield from _covariates(draft, calendar, estimand, here)


def _choices(draft: Draft, estimand: Estimand, path: Path) -> Iterator[Problem]:
    chosen = estimand.estimator
    row = ESTIMATORS[chosen.name]
    here = (*path, "estimator")
    if chosen.covariates and not row.covariates:
        yield draft.error((*here, "covariates"), f"{chosen.name} adjusts for nothing", "use ancova or mmrm")
    if chosen.strata and not row.strata:
        yield draft.error((*here, "strata"), f"{chosen.name} adjusts for nothing", "use ancova or mmrm")
    if chosen.strata and not draft.protocol.allocation.strata:
        message = "the trial is not stratified, so there are no strata to adjust for"
        yield draft.error((*here, "strata"), message, "remove `strata: true`")
    for place, name, known in (
        ((*here, "interval"), chosen.interval, row.intervals),
        ((*path, "variance"), estimand.variance, row.variances),
        *(((*here, "options", option), option, row.options) for option in chosen.options),
    ):
        if name is not None and name not in known:
            hint = nearest(name, known) if known else "remove it"
            yield draft.error(place, f"{chosen.name} does not offer {shown(name)}", hint)


def _options(draft: Draft, estimand: Estimand, path: Path) -> Iterator[Problem]:
    reading = read(draft, estimand.variable.score)
    known = reading.form and not reading.message and estimand.variable.visit in draft.visits
    for fault in faults(draft.protocol, estimand, form=reading.form if known else ""):
        yield draft.error((*path, *fault.place), fault.message, fault.hint)


def _covariates(draft: Draft, calendar: Calendar, estimand: Estimand, path: Path) -> Iterator[Problem]:
    for place, name in enumerate(estimand.estimator.covariates):
        here = (*path, "covariates", place)
        reading = read(draft, name)
        if reading.message:
            yield draft.error(here, reading.message, reading.hint)
        if reading.message or not reading.form:
            continue
        visits = draft.collected.get(reading.form, ())
        if reading.visit is None and len(visits) > 1:
            message = f"nothing says at which visit {reading.full} is read"
            yield draft.error(here, message, f"write {listed(f'{reading.full}@{visit}' for visit in visits)}")
        elif reading.visit is not None and calendar.follows_dose(draft.visits[reading.visit]):
            message = f"{name} is measured after the dose; adjusting for it can remove part of the effect"
            yield draft.warning(here, message, "adjust for values from before")
        if draft.kinds[reading.full] not in ("number", "code"):
            message = f"{reading.full} is a {draft.kinds[reading.full]}, neither number nor code"
            yield draft.error(here, message, "name a score, a number or a coded item")
    for name in repeated(estimand.estimator.covariates):
        yield draft.error((*path, "covariates"), f"{shown(name)} stands twice", "remove one")


def _handled(draft: Draft, estimand: Estimand, path: Path) -> Iterator[Problem]:
    named = [handled.event for handled in estimand.intercurrent_events]
    for name in repeated(named):
        message = f"two strategies are given for {shown(name)}"
        yield draft.error((*path, "intercurrent_events"), message, "keep one")
    for place, handled in enumerate(estimand.intercurrent_events):
        if handled.strategy == "principal_stratum":
            message = f"who would have had {handled.event} in the other arm is never observed"
            here = (*path, "intercurrent_events", place, "strategy")
            yield draft.error(here, message, "choose a strategy that can be estimated")
    composite = [one.event for one in estimand.intercurrent_events if one.strategy == "composite"]
    chosen = estimand.estimator.options.get(COMPOSITE)
    if composite and estimand.variable.type not in BINARY and chosen not in COMPOSITE_VALUES:
        message = f"nothing says which number stands for a failure by {listed(composite)}"
        hint = f"give `options: {{{COMPOSITE}: {COMPOSITE_VALUES[0]}}}` or `{COMPOSITE_VALUES[1]}`"
        yield draft.error((*path, "estimator"), message, hint)
    silent = [event.id for event in draft.protocol.intercurrent_events if event.id not in named]
    if estimand.role == "primary" and silent:
        message = f"the primary estimand does not say what happens with {listed(silent)}"
        yield draft.warning(path, message, "give each a strategy, treatment_policy for instance")


def _detection(draft: Draft, event: IntercurrentEvent, path: Path) -> Iterator[Problem]:
    detect = event.detect
    ways = [way for way in ("form", "visit", "disposition") if getattr(detect, way) is not None]
    if len(ways) != 1:
        found = f"by {listed(ways)}" if ways else "by nothing"
        message = f"{event.id} is found {found}"
        yield draft.error(path, message, "give exactly one of form, visit and disposition")
    if detect.form is None:
        for extra in ("when", "date"):
            if getattr(detect, extra) is not None:
                yield draft.error((*path, extra), f"`{extra}` goes with `form`", "remove it")
    elif detect.date is not None and detect.form in draft.forms:
        values = draft.values_of.get(detect.form, ())
        if detect.date not in values:
            message = f"{detect.form} has no item {shown(detect.date)}"
            yield draft.error((*path, "date"), message, nearest(detect.date, values))
        elif draft.kinds[f"{detect.form}.{detect.date}"] not in ("date", "partial_date", "instant"):
            message = f"{detect.form}.{detect.date} is no date"
            yield draft.error((*path, "date"), message, "name an item of type date")
    if detect.form in draft.form_place and detect.form not in draft.is_filled:
        message = f"nobody fills {detect.form}, so {event.id} is never found"
        yield draft.error((*path, "form"), message, "add the form to a visit or to `logs`")


def _windows(draft: Draft) -> Iterator[Problem]:
    lines: defaultdict[str, list[tuple[int, int, int, AnalysisWindow]]] = defaultdict(list)
    for place, window in enumerate(draft.protocol.analysis_windows):
        path: Path = ("analysis_windows", place)
        visit = draft.visits.get(window.visit)
        if window.from_day > window.to_day:
            message = f"the window ends on day {window.to_day}, before it begins on day {window.from_day}"
            yield draft.error((*path, "to_day"), message, "swap the two")
        elif visit is not None and not window.from_day <= (visit.day or 0) <= window.to_day:
            message = f"the window leaves out day {visit.day or 0}, the target of {visit.id}"
            yield draft.error((*path, "from_day"), message, "include the target day")
        if visit is not None:
            lines[visit.anchor or ""].append((window.from_day, window.to_day, place, window))
    for line in lines.values():
        yield from _overlapping(draft, line)
    for name in repeated(window.visit for window in draft.protocol.analysis_windows):
        message = f"two analysis windows are given for {shown(name)}"
        yield draft.error(("analysis_windows",), message, "keep one", key=True)


def _overlapping(draft: Draft, line: list[tuple[int, int, int, AnalysisWindow]]) -> Iterator[Problem]:
    widest: tuple[int, int, int, AnalysisWindow] | None = None
    for span in sorted(line, key=lambda one: one[:3]):
        if widest is not None and span[0] <= widest[1] and span[3].visit != widest[3].visit:
            message = (
                f"the analysis windows of {widest[3].visit} and {span[3].visit} overlap on day {span[0]}"
            )
            yield draft.error(("analysis_windows", span[2]), message, "a day counts for one visit")
        if widest is None or span[1] > widest[1]:
            widest = span


def _endpoints(draft: Draft) -> Iterator[Problem]:
    for place, endpoint in enumerate(draft.protocol.endpoints):
        if endpoint.score is None:
            continue
        path: Path = ("endpoints", place)
        reading = read(draft, endpoint.score)
        if reading.message:
            yield draft.error((*path, "score"), reading.message, reading.hint)
        elif endpoint.visit in draft.visits and endpoint.visit not in _visits_of(draft, reading):
            message = f"nobody collects {reading.full} at {endpoint.visit}"
            yield draft.error((*path, "visit"), message, where(draft, reading.form))


def _visits_of(draft: Draft, reading: Reading) -> Collection[str]:
    """Return the visits that fill the form of a name; all visits when nothing is known of the form."""
    return draft.collected.get(reading.form, ()) if reading.form else draft.visits
