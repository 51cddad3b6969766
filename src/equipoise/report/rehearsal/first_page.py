"""The first page of a design's report: can this trial answer its question, in a minute.

Holds key points, the power for the first question in a picture, and what threatens it. Everything else is in
the sections.
"""

from collections.abc import Iterator

from equipoise.report import numerals
from equipoise.report.blocks import Entry, Figure, Listing
from equipoise.report.drawing import figure
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.rehearsal import sections, wording
from equipoise.report.rehearsal.design import Cell, Design
from equipoise.report.wording import inline, opening, stop

MOST_BARS = 12
NO_SCENARIO = "No scenario was rehearsed."


def meta(design: Design) -> tuple[str, ...]:
    """Return what stands below the title."""
    planned = design.plan.get("planned_n")
    replicates = {one.first.get("replicates") or 0 for one in design.cells}
    many = f"{numerals.whole(max(replicates))} trials a scenario" if len(replicates) == 1 else ""
    seed = design.tables.get("seed")
    texts = [
        design.name,
        f"{numerals.plural(design.n, 'participant')} rehearsed" if design.cells else "",
        f"{numerals.whole(planned)} planned" if planned is not None and planned != design.n else "",
        numerals.plural(len(design.cells), "scenario"),
        many,
        f"seed {seed}" if seed is not None else "",
    ]
    return tuple(text for text in texts if text)


def key_points(design: Design) -> tuple[tuple[str, str], ...]:
    """Return question, finding, meaning."""
    objective = str(design.plan.get("objective") or "") or opening(wording.asked(design.first))
    question = f"{stop(objective)} Can {numerals.plural(design.n, 'participant')} answer this?"
    if not design.cells:
        return (("Question", question), ("Finding", NO_SCENARIO), ("Meaning", wording.NO_EVIDENCE))
    return (("Question", question), ("Finding", _finding(design)), ("Meaning", _meaning(design)))


def _finding(design: Design) -> str:
    found = [
        f"Power is {wording.power_of(one) if place else wording.power_fully(one)} if {wording.quoted(one)}"
        f" holds{_truth(design, one)}."
        for place, one in enumerate(design.with_effect)
    ]
    found += [
        "With no effect at all,"
        f" {wording.sure(one.first.get('type_1_error'), one.first.get('type_1_error_mcse'))} of trials find"
        " one."
        for one in design.cells
        if one.null and not one.believed
    ]
    return " ".join(found) or _every(design)


def _every(design: Design) -> str:
    return " ".join(f"{wording.quoted(one)}: {wording.power_of(one)}." for one in design.cells)


def _truth(design: Design, cell: Cell) -> str:
    told = wording.truth(design.first, cell.first)
    return f" ({told})" if told else ""


def _meaning(design: Design) -> str:
    told = [_enough(design)]
    for cell in design.cells:
        alone = cell.first.get("unblinding_alone")
        if alone:
            sure = wording.sure(alone, cell.first.get("unblinding_alone_mcse"))
            told.append(
                f"If {wording.quoted(cell)} holds, belief alone makes {sure} of trials significant without"
                " any effect of the drug: a significant result would then not be the drug's."
            )
    return " ".join([*told, wording.NO_EVIDENCE])


def _enough(design: Design) -> str:
    """Return whether the power aimed at is reached where the drug has an effect."""
    aim = f"{wording.percent(design.target).replace('.0%', '%')} power, {design.target_source} aim"
    judged = {one.id: wording.reaches(design, one) for one in design.with_effect}
    short = [wording.quoted(one) for one in design.with_effect if judged[one.id] is False]
    unsure = [wording.quoted(one) for one in design.with_effect if judged[one.id] is None]
    enough = [wording.quoted(one) for one in design.with_effect if judged[one.id]]
    if not judged:
        return "No scenario has an effect of the drug, so nothing is said of power."
    if not short and not unsure:
        return f"The trial reaches {aim}, in every scenario with an effect."
    if not enough and not unsure:
        return f"The trial reaches {aim}, in no scenario with an effect: it misses such an effect more often."
    parts = [
        f"It reaches {aim}, under {numerals.listing(enough)}" if enough else "",
        f"It falls short of {'it' if enough else aim} under {numerals.listing(short)}" if short else "",
        f"More replicates would have to tell for {numerals.listing(unsure)}" if unsure else "",
    ]
    depends = "The answer depends on which effect is true. " if enough and short else ""
    return depends + " ".join(f"{part}." for part in parts if part)


def result_title(design: Design) -> str:
    """Return the heading above the picture."""
    primary = design.first.text("role") == "primary"
    return "Power for the primary question" if primary else "Power for the first question asked for"


def result(design: Design) -> tuple[str, ...]:
    """Return the sentence above the picture."""
    if not design.cells:
        return (NO_SCENARIO,)
    first = design.cells[0]
    told = [f"{opening(wording.asked(design.first))}."]
    truth = wording.truth(design.first, first.first)
    if truth:
        own = first.first.get("pharmacological")
        alone = (
            f", of which the drug's own effect is {design.first.effect(own)}"
            if first.believed and own is not None
            else ""
        )
        told.append(
            f"In {wording.trials(first)} of {numerals.plural(first.row.get('n'), 'participant')} under"
            f" {wording.quoted(first)} ({truth}{alone}), the planned analysis rejects in"
            f" {wording.power_of(first)}."
        )
    else:
        told.append(
            f"Under {wording.quoted(first)} the planned analysis rejects in {wording.power_of(first)}."
        )
    return (" ".join(told),)


def figures(design: Design) -> tuple[Figure, ...]:
    """Return the picture of the first page; none without a scenario."""
    shown = design.cells[:MOST_BARS]
    if not shown:
        return ()
    content = Intervals(
        title=_title(design, shown),
        description="Power for the first question in each scenario with its Monte Carlo interval. "
        + " ".join(f"{one.label}: {wording.power_of(one)}." for one in shown),
        bars=tuple(_bar(design, one) for one in shown),
        axis="Trials in which the hypothesis is rejected, %",
        low=0.0,
        high=100.0,
        reference=None,
        guide=100 * design.target,
    )
    caption = (
        f"{numerals.plural(design.n, 'participant')}, {wording.trials(shown[0])} each, tested as planned at"
        f" two-sided {numerals.level(design.alpha)}. The line is at {design.target:.0%},"
        f" {design.target_source} aim. Outlines: the drug itself has no effect."
        f" {wording.WHAT_INTERVALS_ARE}"
    )
    return (figure(content, intervals.draw, name="figure-power", caption=caption),)


def _title(design: Design, shown: tuple[Cell, ...]) -> str:
    told = [one for one in shown if one in design.with_effect] or list(shown)
    picked = list(dict.fromkeys([told[0].id, min(told, key=lambda one: one.first.get("power") or 0.0).id]))
    by_id = {one.id: one for one in told}
    return "; ".join(
        f"{wording.power_of(by_id[name])} power under {wording.quoted(by_id[name])}" for name in picked
    )


def _bar(design: Design, cell: Cell) -> Bar:
    power, mcse = cell.first.get("power") or 0.0, cell.first.get("power_mcse")
    low, high = wording.ends(power, mcse)
    hollow = cell not in design.with_effect
    return Bar(
        label=cell.label,
        value=100 * power,
        low=low,
        high=high,
        text=f"{numerals.decimal(100 * power)} ({numerals.interval(low, high)})",
        hollow=hollow,
        detail=opening(wording.truth(design.first, cell.first)),
        remark=_remark(cell),
    )


def _remark(cell: Cell) -> str:
    if cell.null:
        return "false positives"
    return "belief alone" if cell.believed and cell.first.get("pharmacological") in (0, 0.0) else ""


def threats(design: Design) -> Listing:
    """Return what threatens the answer."""
    return Listing(tuple(_threats(design)))


def _threats(design: Design) -> Iterator[Entry]:
    yield Entry("No person took part: every number follows from the scenarios.", lead="Simulated.")
    if not design.cells:
        return
    yield Entry(
        _blinding(design), lead="Blinding.", target=sections.blinding.ID, link=sections.blinding.TITLE
    )
    yield Entry(
        _dropout(design),
        lead="Dropout.",
        target=sections.characteristics.ID,
        link=sections.characteristics.TITLE,
    )
    yield Entry(
        _screening(design), lead="Screening.", target=sections.enrollment.ID, link=sections.enrollment.TITLE
    )
    looked = _looks(design)
    if looked:
        yield Entry(looked, lead="Looks.", target=sections.looks.ID, link=sections.looks.TITLE)
    misled = _misled(design)
    if misled:
        yield Entry(
            misled,
            lead="A misleading result.",
            target=sections.characteristics.ID,
            link=sections.characteristics.TITLE,
        )
    assumed = sum(len(row.get("assumptions") or []) for row in design.rows("scenarios"))
    if assumed:
        yield Entry(
            f"{numerals.plural(assumed, 'number')} in the scenarios"
            f" {'is an assumption' if assumed == 1 else 'are assumptions'} that no source stands behind.",
            lead="Assumptions.",
            target=sections.assumptions.ID,
            link=sections.assumptions.TITLE,
        )


def _blinding(design: Design) -> str:
    told = [
        f"{wording.sure(one.first.get('unblinding_alone'), one.first.get('unblinding_alone_mcse'))} of"
        f" trials are significant without any effect of the drug if {wording.quoted(one)} holds."
        for one in design.cells
        if one.believed
    ]
    right = next((one.get("right") for one in design.rows("scenarios") if one.get("right")), None)
    if not told:
        told = [
            (
                "In no scenario rehearsed does belief move the score, so nothing here says what unblinding"
                " would do."
            )
        ]
    if right:
        labels = {str(arm.get("id")): inline(str(arm.get("label"))) for arm in design.plan.get("arms") or []}
        shares = [
            f"{share:.0%} on {labels.get(arm, arm)}"
            for arm, share in right.items()
            if isinstance(share, int | float)
        ]
        told.append(f"Expected to guess their arm right: {numerals.listing(shares)}." if shares else "")
    return " ".join(text for text in told if text)


def _dropout(design: Design) -> str:
    first = design.cells[0]
    row, question = first.first, design.first
    used = row.get("n_analyzed")
    told = []
    if used is not None:
        told.append(
            f"On average {numerals.decimal(used)} of {numerals.whole(design.compared(first))} participants in"
            f" the arms compared give the estimate under {wording.quoted(first)}."
        )
    if row.get("bias") is not None:
        told.append(
            f"Its bias is {question.spread(row['bias'])} (standard error"
            f" {question.spread(row.get('bias_mcse'))}) and its interval covers the truth in"
            f" {wording.sure(row.get('coverage'), row.get('coverage_mcse'))}."
        )
    return " ".join(told) or "Nothing is known of it."


def _screening(design: Design) -> str:
    first = design.cells[0]
    screened, months = wording.screened(first.enrollment), wording.months(first.enrollment)
    told = (
        f"About {screened} people are screened for {numerals.whole(first.row.get('n'))}" if screened else ""
    )
    takes = f"the trial takes {months}" if months else ""
    joined = ", and ".join(part for part in (told, takes) if part)
    failure = design.scenario(first).get("screening_failure")
    none = "" if failure else " That scenario assumes that nobody fails screening."
    return (
        f"{joined}, nine trials in ten between the ends given.{none}" if joined else "Nothing is known of it."
    )


def _looks(design: Design) -> str:
    """Return what looks before the end do to the first cell's power; empty where none was rehearsed."""
    first = design.cells[0]
    asked = (first.id, str(first.first.get("estimand")))
    rows = [row for row in design.written.sequential if (row.get("scenario"), row.get("estimand")) == asked]
    if not rows:
        return ""
    power = wording.sure(rows[0].get("power"), rows[0].get("power_mcse"))
    n = numerals.decimal(rows[0].get("expected_n"), 0)
    return (
        "Powers here are those of trials that run to their end. With the planned looks power is"
        f" {power} under {wording.quoted(first)}, with {n} participants on average."
    )


def _misled(design: Design) -> str:
    told = [one for one in design.with_effect if one.first.get("wrong_sign") is not None]
    if not told:
        return ""
    worst = max(told, key=lambda one: one.first.get("wrong_sign") or 0.0)
    wrong = wording.sure(worst.first.get("wrong_sign"), worst.first.get("wrong_sign_mcse"))
    significant = wording.sure(
        worst.first.get("significantly_wrong"), worst.first.get("significantly_wrong_mcse")
    )
    return (
        f"Under {wording.quoted(worst)} the estimate points the wrong way in {wrong} of trials, and is"
        f" significant there in {significant}."
    )
