"""Did masking hold: guesses, Bang's index, certainty, and what was expected beforehand.

Holds description. Refuses to read cause into a right guess: who improves guesses right as well.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Figure, Line, Prose, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.folder import Row
from equipoise.report.trial import Trial
from equipoise.report.wording import Guesses

ID, TITLE = "blinding", "Blinding and expectancy"
BLINDED = "Withheld: guesses stay hidden from everybody who is still masked."
CAUTION = (
    "A right guess has two roads: effects that give the arm away, and improvement that makes people believe "
    "in it. The index cannot tell them apart."
)


def section(trial: Trial) -> Section:
    """Return the section."""
    expected = _expectancy(trial)
    if trial.blinded:
        blinded = missing(ID, TITLE, BLINDED)
        return Section(ID, TITLE, (*blinded.blocks, *expected))
    rows = trial.rows("blinding")
    blocks: list[Block] = []
    if rows:
        drawn = _figure(trial)
        blocks += [
            Prose(CAUTION),
            *([drawn] if drawn else []),
            _guesses(trial, rows),
            *_james(trial),
            *_certainty(trial),
        ]
    else:
        blocks.append(Prose("Guesses: not collected, or not part of this analysis.", tone="missing"))
    return Section(ID, TITLE, (*blocks, *expected))


def guesses(trial: Trial, *, role: str = "participant") -> tuple[tuple[Guesses, ...], str]:
    """Return guesses by arm at the last visit a role was asked, and the visit's name; none when blinded."""
    rows = [row for row in trial.rows("blinding") if str(row.get("role")) == role]
    visits = list(dict.fromkeys(str(row.get("visit")) for row in rows))
    if not visits or trial.blinded:
        return (), ""
    asked = trial.primary_visit if trial.primary_visit in visits else visits[-1]
    at = [row for row in rows if str(row.get("visit")) == asked]
    found = []
    for arm in trial.arms:
        here = trial.of_arm(at, arm)
        index = next(
            (
                one
                for one in trial.of_arm(_bang(trial), arm)
                if (str(one.get("role")), str(one.get("visit"))) == (role, asked)
            ),
            {},
        )
        found.append(
            Guesses(
                arm=arm.label,
                right=sum(row.get("count") or 0 for row in here if row.get("right") is True),
                asked=sum(row.get("count") or 0 for row in here),
                index=index.get("index"),
                low=index.get("ci_low"),
                high=index.get("ci_high"),
            )
        )
    return tuple(one for one in found if one.asked), trial.visit_label(asked)


def _bang(trial: Trial) -> list[Row]:
    return [row for row in trial.rows("blinding_indices") if row.get("method") == "Bang"]


def _figure(trial: Trial) -> Figure | None:
    bars = []
    for row in _bang(trial):
        column = next((one for one in trial.columns if one.id == row.get("arm")), None)
        if column is None or None in (row.get("index"), row.get("ci_low"), row.get("ci_high")):
            continue
        bars.append(
            Bar(
                label=column.label,
                value=row["index"],
                low=row["ci_low"],
                high=row["ci_high"],
                text=numerals.estimate(row["index"], row["ci_low"], row["ci_high"], 2),
                place=column.place,
                group=_who(trial, row),
            )
        )
    if not bars:
        return None
    told = "; ".join(
        f"{bar.label} {numerals.decimal(bar.value, 2)}" for bar in bars if bar.group == bars[0].group
    )
    content = Intervals(
        title=f"Bang's blinding index, {wording.inline(bars[0].group)}: {told}",
        description="; ".join(f"{bar.group}, {bar.label}: {bar.text}" for bar in bars) + ".",
        bars=tuple(bars),
        axis="Bang's blinding index",
        low=-1.0,
        high=1.0,
        left="All guess wrong",
        right="All guess right",
    )
    caption = (
        "Points are Bang's index by arm, bars 95% confidence intervals; "
        "0, the dotted line, is what guessing at random gives."
    )
    return figure(content, intervals.draw, name="figure-blinding", caption=caption)


def _who(trial: Trial, row: Row) -> str:
    role = str(row.get("role") or "").replace("_", " ")
    at = f" at {wording.inline(trial.visit_label(row.get('visit')))}" if row.get("visit") else ""
    return f"{wording.opening(role)}s{at}"


def _guesses(trial: Trial, rows: list[Row]) -> Table:
    options = {str(row.get("guess")): str(row.get("guess_label") or row.get("guess")) for row in rows}
    lines: list[Line] = []
    for who in dict.fromkeys(_who(trial, row) for row in rows):
        lines.append(Line(who, heading=True))
        for arm in trial.arms:
            here = [row for row in trial.of_arm(rows, arm) if _who(trial, row) == who]
            counts = {str(row.get("guess")): row.get("count") for row in here}
            right = sum(row.get("count") or 0 for row in here if row.get("right") is True)
            asked = sum(row.get("count") or 0 for row in here)
            cells = (*(numerals.whole(counts.get(one)) for one in options), numerals.count_of(right, asked))
            lines.append(Line(f"In fact {wording.inline(arm.label)}", cells, level=1))
    return Table(
        id="table-guesses",
        caption="Guesses of the arm",
        stub="Who was asked, and the arm",
        groups=(("Guessed, n", len(options)), ("In all", 1)),
        heads=(*options.values(), "Guessed right"),
        lines=tuple(lines),
    )


def _james(trial: Trial) -> list[Block]:
    rows = [
        row
        for row in trial.rows("blinding_indices")
        if row.get("method") == "James" and row.get("index") is not None
    ]
    texts = [
        f"{_who(trial, row)}: {numerals.estimate(row['index'], row.get('ci_low'), row.get('ci_high'), 2)}"
        for row in rows
    ]
    if not texts:
        return []
    scale = "1 nobody knows, 0.5 random guessing, 0 everybody right"
    text = f"James's index over all arms ({scale}), with 95% confidence interval. {'; '.join(texts)}."
    return [Prose(text, tone="note")]


def _certainty(trial: Trial) -> list[Block]:
    rows = trial.rows("certainty")
    if not rows:
        return []
    lines = []
    for who in dict.fromkeys(_who(trial, row) for row in rows):
        here = [row for row in rows if _who(trial, row) == who]
        lines.append(Line(who, _moments(trial, here)))
    label = str(rows[0].get("label") or "Certainty")
    return [
        _moment_table(
            trial,
            "table-certainty",
            f"How certain the guesses were ({wording.inline(label)})",
            "Who was asked",
            lines,
        )
    ]


def _expectancy(trial: Trial) -> list[Block]:
    rows = trial.rows("expectancy")
    if not rows:
        return [Prose("Expectancy: not collected, or not part of this analysis.", tone="missing")]
    lines = []
    for label in dict.fromkeys(str(row.get("label") or "Expectancy") for row in rows):
        here = [row for row in rows if str(row.get("label") or "Expectancy") == label]
        low, high = here[0].get("scale_min"), here[0].get("scale_max")
        scale = f" (scale {low:g} to {high:g})" if low is not None and high is not None else ""
        lines.append(Line(f"{label}{scale}", _moments(trial, here)))
    return [
        _moment_table(
            trial, "table-expectancy", "What participants expected before the dose", "Measure", lines
        )
    ]


def _moment_table(trial: Trial, name: str, caption: str, stub: str, lines: list[Line]) -> Table:
    return Table(
        id=name,
        caption=caption,
        stub=stub,
        groups=tuple((column.label, 2) for column in trial.columns),
        heads=("n", numerals.MEAN_SD) * len(trial.columns),
        lines=tuple(lines),
    )


def _moments(trial: Trial, rows: list[Row]) -> tuple[str, ...]:
    cells: list[str] = []
    for column in trial.columns:
        row = next(iter(trial.of_arm(rows, column)), {})
        cells += [numerals.whole(row.get("n")), numerals.mean_sd(row.get("mean"), row.get("sd"))]
    return tuple(cells)
