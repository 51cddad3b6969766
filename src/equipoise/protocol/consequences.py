"""What an amendment means for data already collected.

Holds one table: what follows, and where something must change for it to follow. Refuses to find changes
(`changes`).
"""

from dataclasses import dataclass
from typing import Any, Literal

from equipoise.protocol.changes import Change

Weight = Literal["none", "review", "breaks"]
"""Nothing follows for data; somebody must look; data or promises made before no longer fit."""

READ_BY_PEOPLE = (
    "assumption",
    "source",
    "note",
    "label",
    "title",
    "text",
    "hint",
    "message",
    "instruction",
    "justification",
)
"""Fields that only people read."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a change.

    places   where it follows from: keys on the way, `*` for any id, what comes after may be anything;
             `place:kind` speaks only of a whole entry that is added, removed, renamed or reordered
    """

    text: str
    weight: Weight
    places: tuple[str, ...] = ()


UNCHANGED = Consequence(
    "Nothing changes for data.",
    "none",
    ("visits.*.forms:reordered", "forms.*:added", "discrepancies", "published", "trial"),
)
NO_LIST = Consequence(
    "The allocation list and its commitment were made from the old version and no longer hold: refuse this "
    "once anybody is randomized; before that, draw a new list.",
    "breaks",
    ("allocation",),
)
TABLE: tuple[Consequence, ...] = (
    UNCHANGED,
    NO_LIST,
    Consequence(
        "Counts as planned only if approved before the first unblinding; from then on results are post hoc.",
        "review",
        (
            "analysis_sets",
            "analysis_windows",
            "baseline_rule",
            "endpoints",
            "estimands",
            "intercurrent_events",
            "multiplicity",
            "objectives",
            "subgroups",
        ),
    ),
    Consequence(
        "Holds from its approval on; what was done before is not judged again.",
        "review",
        (
            "prohibited",
            "rescue",
            "retreatment",
            "sessions",
            "support_model",
            "training",
            "visits",
            "washouts",
        ),
    ),
    Consequence(
        "Whoever was treated before had the old treatment: the arm is no longer one treatment.",
        "breaks",
        (
            "arms.*.elements",
            "interventions.*.dose_mg",
            "interventions.*.dose_mg_per_kg",
            "interventions.*.route",
            "interventions.*.substance",
            "interventions.*.therapy",
        ),
    ),
    Consequence(
        "Whoever was allocated before was allocated between the old arms.",
        "breaks",
        ("arms:reordered", "arms.*:added", "arms.*:removed", "arms.*:renamed", "arms.*.role"),
    ),
    Consequence("Visits and arms are placed anew; values stay with their visits.", "review", ("epochs",)),
    Consequence(
        "Days and windows of every visit counted from it are worked out again.", "review", ("anchors",)
    ),
    Consequence("Whoever was told an arm before stays told.", "review", ("events", "masking")),
    Consequence(
        "Holds for participants screened from now on; whoever is randomized stays and is analyzed.",
        "review",
        ("eligibility",),
    ),
    Consequence("Whoever applied before was asked the old questions.", "review", ("application",)),
    Consequence("Participants already in the trial may have to consent again.", "review", ("consent",)),
    Consequence(
        "People read the new words from now on; what was answered before was answered to the old ones.",
        "review",
        ("translations",),
    ),
    Consequence("Events already recorded are classified again.", "review", ("aesi",)),
    Consequence(
        "Record why, and that nobody who decided had seen results by arm.", "review", ("sample_size",)
    ),
    Consequence(
        "Values already collected stay and are no longer asked.",
        "review",
        (
            "forms.*.groups.*:removed",
            "forms.*.groups.*.items.*:removed",
            "forms.*.items.*:removed",
            "forms.*:removed",
            "logs.*:removed",
            "visits.*.forms.*:removed",
            "visits.*:removed",
        ),
    ),
    Consequence(
        "Participants who are past it will not have it: missing, not a deviation.",
        "review",
        ("visits.*.forms.*:added", "visits.*:added"),
    ),
    Consequence(
        "Forms already complete lack it: ask again, or leave it missing.",
        "review",
        ("forms.*.groups.*:added", "forms.*.groups.*.items.*:added", "forms.*.items.*:added"),
    ),
    Consequence(
        "Values stay under the old id until they are mapped to the new one.",
        "breaks",
        (
            "forms.*.groups.*:renamed",
            "forms.*.groups.*.items.*:renamed",
            "forms.*.items.*:renamed",
            "forms.*:renamed",
            "visits.*:renamed",
        ),
    ),
    Consequence(
        "Visits already held are judged again: some become deviations, some cease to be.",
        "review",
        ("visits.*.anchor", "visits.*.day", "visits.*.window_days"),
    ),
    Consequence(
        "Every change from baseline is computed from other values.",
        "breaks",
        ("visits.*.baseline",),
    ),
    Consequence(
        "Who could see it before has seen it; pages follow the new rule from now on.",
        "review",
        (
            "forms.*.hidden_from",
            "forms.*.items.*.hidden_from",
            "forms.*.items.*.until",
            "forms.*.until",
            "visits.*.hidden_from",
            "visits.*.until",
        ),
    ),
    Consequence("Values already collected stay.", "review", ("forms", "logs")),
    Consequence(
        "Scores before and after are of different scales and cannot be compared.",
        "breaks",
        ("forms.*.instrument",),
    ),
    Consequence("Answers before and after are to different questions.", "breaks", ("forms.*.standard",)),
    Consequence(
        "Values already collected are of the old kind: a person converts them, or they stay apart.",
        "breaks",
        (
            "forms.*.groups.*.items.*.type",
            "forms.*.groups.*.items.*.unit",
            "forms.*.items.*.type",
            "forms.*.items.*.unit",
        ),
    ),
    Consequence(
        "Answers already given may be to a question that is no longer asked.",
        "review",
        ("forms.*.groups.*.items.*.show_if", "forms.*.items.*.show_if"),
    ),
    Consequence(
        "Answers before and after look back over different times.", "breaks", ("forms.*.recall_days",)
    ),
    Consequence("Values before and after come from different people.", "review", ("forms.*.filled_by",)),
    Consequence(
        "Values already collected are looked at again under the new rule.",
        "review",
        ("deviations", "forms.*.checks", "safety_rules"),
    ),
    Consequence("Files are read anew under the new map.", "review", ("import",)),
    Consequence(
        "A look already taken stays taken, and the alpha it spent stays spent.", "review", ("interims",)
    ),
    Consequence("Rehearsals are drawn anew; data do not change.", "none", ("simulation",)),
)

FITS = Consequence("Values already collected all fit.", "none")
OUT_OF_RANGE = Consequence(
    "Values already collected may now be out of range and will raise queries.", "review"
)
NO_CODE = Consequence("Answers already stored with it are no longer valid and will raise queries.", "breaks")
NEW_CODE = Consequence("Forms already complete could not choose it.", "review")
OTHER_CODE = Consequence("Answers already stored keep their code, and it now says something else.", "breaks")


def consequence(change: Change) -> Consequence:
    """Return what a change means for data already collected."""
    special = _of_answers(change)
    if special is not None:
        return special
    if change.where[-1] in READ_BY_PEOPLE and change.where[0] != "allocation":
        return UNCHANGED
    found = [(length, one) for one in TABLE for place in one.places if (length := _fit(place, change))]
    return max(found, key=lambda pair: pair[0], default=(0, UNCHANGED))[1]


def _fit(place: str, change: Change) -> int:
    """Return how closely a place fits a change; 0 when it does not."""
    keys, _, kind = place.partition(":")
    parts = keys.split(".")
    if len(change.where) < len(parts) or (kind and (kind != change.kind or len(change.where) > len(parts))):
        return 0
    fits = all(part in ("*", key) for part, key in zip(parts, change.where, strict=False))
    return 2 * len(parts) + bool(kind) if fits else 0


def _of_answers(change: Change) -> Consequence | None:
    """Return what follows where the answers that are allowed change."""
    field = next((key for key in ("range", "codes") if key in change.where[2:]), None)
    if change.where[0] != "forms" or field is None:
        return None
    if field == "range":
        return FITS if _contains(change.new, change.old) else OUT_OF_RANGE
    return {"removed": NO_CODE, "added": NEW_CODE}.get(change.kind, OTHER_CODE)


def _contains(new: Any, old: Any) -> bool:
    return new is None or (old is not None and bool(new[0] <= old[0] and new[1] >= old[1]))
