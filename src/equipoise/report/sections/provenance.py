"""Where everything comes from: hashes, versions, seed, command, and what was fixed before any unblinding.

Holds facts as the analysis wrote them.
"""

from typing import Any

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Facts, Line, Prose, Section, Table, missing
from equipoise.report.trial import Trial

ID, TITLE = "provenance", "Provenance"
HASHES = {
    "design": "Protocol, design",
    "build": "Protocol, forms and visits",
    "analysis": "Protocol, analysis",
    "allocation": "Protocol, allocation",
    "simulation": "Protocol, simulation",
}


def section(trial: Trial) -> Section:
    """Return the section."""
    table = trial.mapping("provenance")
    if not table:
        return missing(ID, TITLE, "Not part of this analysis.")
    blocks: list[Block] = []
    verdicts = [row for row in table.get("estimands") or [] if isinstance(row, dict)]
    if verdicts:
        blocks.append(
            Table(
                id="table-fixed",
                caption="Was each question fixed before anybody learned an arm?",
                stub="Estimand",
                heads=("Fixed", "Because", "SHA-256"),
                lines=tuple(
                    Line(
                        trial.estimand_label(row.get("id")),
                        (
                            wording.opening(str(row.get("fixed") or "post hoc")),
                            str(row.get("why") or numerals.ABSENT),
                            short(row.get("sha256")),
                        ),
                    )
                    for row in verdicts
                ),
                prose=True,
                notes=("Post hoc: not shown to be fixed before the first unblinding.",),
            )
        )
    facts = _facts(trial, table)
    blocks.append(
        Facts(tuple(facts), code=True) if facts else Prose("Nothing else is recorded.", tone="missing")
    )
    return Section(ID, TITLE, tuple(blocks))


def short(digest: Any) -> str:
    """Return the first characters of a digest, enough to compare by eye."""
    return f"{str(digest)[:16]}…" if digest else numerals.ABSENT


def _facts(trial: Trial, table: dict[str, Any]) -> list[tuple[str, str]]:
    versions = table.get("versions") if isinstance(table.get("versions"), dict) else {}
    hashes = table.get("hashes") if isinstance(table.get("hashes"), dict) else {}
    single = [
        ("Command", table.get("command")),
        ("Analyzed at", table.get("created_at")),
        ("Analysis fixed at", table.get("fixed_at")),
        ("Seed of the simulated data", table.get("seed") if trial.simulated else None),
        ("Records, SHA-256", table.get("records")),
        ("Audit chain head", table.get("chain_head")),
        ("Commit", table.get("git")),
    ]
    found = [(name, str(value)) for name, value in single if value is not None and value != ""]
    found += [(f"{HASHES.get(part, part)}, SHA-256", str(value)) for part, value in (hashes or {}).items()]
    if versions:
        found.append(("Versions", ", ".join(f"{name} {value}" for name, value in versions.items())))
    return found
