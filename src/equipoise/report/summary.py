"""The first page: key points, the primary result in a sentence and a picture, and what threatens it.

Holds what a clinician reads in one minute. Everything else is in the sections.
"""

from dataclasses import dataclass

from equipoise.report import comparison, numerals, wording
from equipoise.report.blocks import Entry, Figure, Listing
from equipoise.report.sections import blinding, deviations, missing_data, outcomes, sensitivity
from equipoise.report.trial import Trial

SOURCES = ("results.json", "tables.json", "manifest.json", "protocol.json")
NO_QUESTION = "The protocol states no primary question."
LEADS = {
    "masking": "Masking.",
    "missing": "Missing data.",
    "assumptions": "Assumptions.",
    "after": "Unblinding.",
    "deviations": "Deviations.",
    "size": "Size.",
}


@dataclass(frozen=True, kw_only=True)
class FirstPage:
    """What the first page prints."""

    meta: tuple[str, ...]
    key_points: tuple[tuple[str, str], ...]
    result_title: str
    result: tuple[str, ...]
    figures: tuple[Figure, ...]
    threats_title: str
    threats: Listing
    colophon: tuple[str, ...]


def first_page(trial: Trial) -> FirstPage:
    """Return the first page."""
    return FirstPage(
        meta=_meta(trial),
        key_points=_key_points(trial),
        result_title="The primary outcome, all arms together" if trial.blinded else "Primary result",
        result=_result(trial),
        figures=_figures(trial),
        threats_title="What to keep in mind" if trial.blinded else "What threatens this result",
        threats=Listing(tuple(_threats(trial))),
        colophon=_colophon(trial),
    )


def _meta(trial: Trial) -> tuple[str, ...]:
    registry = trial.facts.get("registry")
    numbers = (
        [str(value) for value in registry.values() if isinstance(value, str)]
        if isinstance(registry, dict)
        else []
    )
    n = trial.facts.get("n_randomized")
    cut = trial.facts.get("data_cut")
    scenario = trial.facts.get("scenario_label") or trial.facts.get("scenario")
    texts = [
        trial.name,
        *numbers,
        f"{numerals.plural(n, 'participant')} randomized" if n is not None else "",
        f"data to {cut}" if cut else "",
        f"scenario: {wording.inline(str(scenario))}" if trial.simulated and scenario else "",
        f"seed {trial.facts['seed']}" if trial.simulated and trial.facts.get("seed") is not None else "",
    ]
    return tuple(text for text in texts if text)


def _key_points(trial: Trial) -> tuple[tuple[str, str], ...]:
    n = trial.facts.get("n_randomized")
    opened = wording.sample(n, simulated=trial.simulated, arms=len(trial.arms), blinded=trial.blinded)
    if trial.blinded:
        meaning = f"{wording.NO_CLAIM} {wording.WITHHELD}" if trial.simulated else wording.WITHHELD
        return (
            ("Question", _asked(trial) or NO_QUESTION),
            ("Finding", f"{opened} {_pooled(trial)}".strip()),
            ("Meaning", meaning),
        )
    primaries = trial.primaries
    if not primaries:
        none = "There is no comparison in this analysis."
        return (
            ("Question", _asked(trial) or NO_QUESTION),
            ("Finding", f"{opened} {none}"),
            ("Meaning", "Nothing can be concluded."),
        )
    guesses, _ = blinding.guesses(trial)
    findings = " ".join(wording.headline(one) for one in primaries)
    return (
        ("Question", _asked(trial) or " ".join(wording.question(one) for one in primaries)),
        ("Finding", f"{opened} {findings}"),
        ("Meaning", wording.meaning(primaries, simulated=trial.simulated, guesses=guesses)),
    )


def _asked(trial: Trial) -> str:
    objectives = [row for row in trial.plan.get("objectives") or [] if row.get("level") == "primary"]
    return " ".join(wording.stop(str(row.get("text"))) for row in objectives)


def _pooled(trial: Trial) -> str:
    score = next(iter(trial.outcomes), None)
    rows = {
        str(row.get("visit")): row for row in trial.rows("descriptives") if str(row.get("score")) == score
    }
    first, last = rows.get(trial.baseline_visit), rows.get(trial.primary_visit)
    if score is None or first is None or last is None or None in (first.get("mean"), last.get("mean")):
        return ""
    scale = trial.scale(score)
    return wording.pooled(
        scale.label,
        first=(trial.visit_label(trial.baseline_visit), first["mean"]),
        last=(trial.visit_label(trial.primary_visit), last["mean"]),
        n=last.get("n"),
        decimals=scale.decimals,
    )


def _result(trial: Trial) -> tuple[str, ...]:
    if trial.blinded:
        return ()
    if not trial.primaries:
        return ("There is no comparison in this analysis.",)
    return tuple(wording.sentence(one) for one in trial.primaries)


def _figures(trial: Trial) -> tuple[Figure, ...]:
    if trial.blinded:
        drawn = (
            outcomes.course_figure(trial, trial.outcomes[0], name="figure-primary")
            if trial.outcomes
            else None
        )
    else:
        drawn = comparison.picture(trial, trial.primaries, name="figure-primary")
    return (drawn,) if drawn is not None else ()


def _threats(trial: Trial) -> list[Entry]:
    entries = []
    if trial.simulated:
        entries.append(Entry("No participant was treated, so nothing here is evidence.", lead="Simulated."))
    if not trial.blinded:
        guesses, visit = blinding.guesses(trial)
        entries.append(
            Entry(
                wording.guessing(guesses, visit=visit),
                lead=LEADS["masking"],
                target=blinding.ID,
                link=blinding.TITLE,
            )
        )
    counts, outcome = missing_data.of_primary(trial)
    told = wording.missing(counts, outcome=outcome, visit=trial.visit_label(trial.primary_visit or None))
    entries.append(Entry(told, lead=LEADS["missing"], target=missing_data.ID, link=missing_data.TITLE))
    entries += _assumptions(trial)
    entries.append(Entry(_after(trial), lead=LEADS["after"], target=outcomes.ID, link=outcomes.TITLE))
    if trial.rows("deviations"):
        told = wording.deviations(deviations.important(trial))
        entries.append(Entry(told, lead=LEADS["deviations"], target=deviations.ID, link=deviations.TITLE))
    return entries


def _assumptions(trial: Trial) -> list[Entry]:
    """Return what other analyses of the primary question found, and where it would tip."""
    told = [sensitivity.told(trial, suite) for suite in trial.rows("sensitivity")] + sensitivity.tips(trial)
    text = " ".join(one for one in told if one)
    lead, link = LEADS["assumptions"], sensitivity.TITLE
    return [Entry(text, lead=lead, target=sensitivity.ID, link=link)] if text else []


def _after(trial: Trial) -> str:
    took = []
    for row in trial.mapping("flow").get("arms") or []:
        offer = row.get("open_label") if isinstance(row, dict) else None
        if isinstance(offer, dict) and not trial.blinded:
            some, declined = offer.get("took") or 0, offer.get("declined") or 0
            took.append((trial.arm_label(row.get("arm")), some, some + declined))
    text = trial.mapping("lines").get("unblinding_text")
    return wording.after_unblinding(trial.unblinding_day, took=took, text=str(text) if text else "")


def _colophon(trial: Trial) -> tuple[str, ...]:
    made = trial.mapping("provenance")
    version = (
        (made.get("versions") or {}).get("equipoise") if isinstance(made.get("versions"), dict) else None
    )
    texts = [
        f"Written by Equipoise{f' {version}' if version else ''} from {', '.join(SOURCES)}.",
        "Simulated data: nothing in this report is evidence about a treatment." if trial.simulated else "",
        wording.WITHHELD if trial.blinded else "",
    ]
    return tuple(text for text in texts if text)
