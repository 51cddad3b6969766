"""The demo's trial conducted: a simulated study filled through the web system, exported, served.

Holds what `equipoise demo` does where the web system is installed. Refuses to write over a study in which
somebody may have worked.
"""

import json
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from equipoise import allocation, design, protocol, records
from equipoise.cli.analyze import Data
from equipoise.conduct.config import boot, installation
from equipoise.conduct.stores import clock
from equipoise.errors import Problem, RecordError

STUDY, KEYS, MARK = Path("study", "data"), Path("keys", "study"), "filled.json"
"""The study within the demo's folder, its keys, and the file that says it is filled."""
TRIAL = "trial"
STATISTICIAN = "unblinded_statistician"
LOOPBACK = "127.0.0.1"
HUNDRED = 100
ANEW = "`make demo-clean` removes it; then the demo begins anew"


def study(resolved: protocol.Resolved, file: Path, out: Path, *, participants: int | None = None) -> str:
    """Make sure that a filled study lies in the demo's folder, and say what is in it.

    participants   how many to randomize where it is filled now; as many as the protocol plans when left out
    Raises         ClickException when one lies there that belongs to another protocol
    """
    home = out / STUDY
    mark = home / MARK
    if mark.is_file():
        _refuse_another(mark, resolved)
        boot.start(home)
        return "left from before"
    shutil.rmtree(out / STUDY.parts[0], ignore_errors=True)
    shutil.rmtree(out / KEYS.parts[0], ignore_errors=True)
    return _fill(resolved, file, out, participants=participants)


def _refuse_another(mark: Path, resolved: protocol.Resolved) -> None:
    if json.loads(mark.read_text(encoding="utf-8")) != resolved.hashes:
        raise click.ClickException(f"{mark.parent} was filled under another version of the protocol ({ANEW})")


def _fill(resolved: protocol.Resolved, file: Path, out: Path, *, participants: int | None) -> str:
    home = out / STUDY
    source = {"protocol_file": str(file.resolve())}
    installation.lay_out(home, keys=out / KEYS, mode="simulated", others=source)
    filling = boot.operation("filling", home=home)
    first = design.simulate(resolved, participants=participants).records
    when = filling.calendar(_last_primary(resolved, first), at=clock.now())
    text = file.read_text(encoding="utf-8")
    filling.begin(boot.current(), text=text, name=file.name, records=first, when=when)
    drawn = _outcomes(
        resolved, first, filling, at=when.instant(str(first.participants["consent_date"].min()))
    )
    with click.progressbar(length=HUNDRED, label="Conducting", file=sys.stderr, show_eta=False) as bar:
        done = filling.fill(
            drawn, when=when, progress=lambda share: bar.update(int(share * HUNDRED) - bar.pos)
        )
    (home / MARK).write_text(json.dumps(resolved.hashes), encoding="utf-8")
    counts = done.counts
    return f"{counts['enter']} consents, {counts['randomize']} randomizations, {counts['fill']:,} forms"


def _last_primary(resolved: protocol.Resolved, found: records.Records) -> str:
    """Return the date of the last visit at which the primary outcome was measured."""
    primary = next(one for one in resolved.protocol.estimands if one.role == "primary")
    visits = found.visits
    return str(visits.loc[visits["visit"] == primary.variable.visit, "date"].max())


def _outcomes(
    resolved: protocol.Resolved, first: records.Records, filling: Any, *, at: datetime
) -> records.Records:
    """Return the trial under the arms of the list that was drawn for it, in the order of randomization."""
    order = filling.order_of(first)
    kits = dict(zip(order, filling.kits(len(order), at=at), strict=True))
    rows = [
        {
            "participant": name,
            "arm": kits[name].arm,
            "stratum": kits[name].stratum,
            "position": kits[name].position,
            "kit": kits[name].kit,
        }
        for name in sorted(order)
    ]
    found = design.simulate(resolved, allocation=allocation.from_rows(rows)).records
    if filling.order_of(found) != order:
        problem = Problem("arms would go to other participants", "", "randomized_date")
        raise RecordError("the order of randomization depends on the arms", [problem])
    return found


def export(out: Path) -> Data:
    """Export the demo's study as for its independent statistician, and return what `analyze` reads of it."""
    folder, home = out / TRIAL, out / STUDY
    shutil.rmtree(folder, ignore_errors=True)
    email = boot.operation("filling", home=home).EMAIL.format(role=STATISTICIAN)
    boot.operation("exporting", home=home).export_unblinded(
        folder, key=out / KEYS / "allocation.key", email=email, at=clock.now()
    )
    return Data(records.read(folder / "records"), allocation.read(folder / "allocation.csv"))


def verify(out: Path) -> str:
    """Recompute the study's chains and return in a line that they are whole.

    Raises  RecordError with everything that differs
    """
    whole = boot.operation("verifying", home=out / STUDY).verify(boot.current())
    if whole.problems:
        raise RecordError("the study does not verify", list(whole.problems))
    events = sum(chain.events for chain in whole.chains)
    return f"{events:,} events in {len(whole.chains)} chains, whole"


def serve(out: Path, port: int) -> None:
    """Serve the study on this machine until Ctrl-C, with a link for each role that works once.

    Raises  SettingsError with everything that forbids it
    """
    home = out / STUDY
    links = boot.operation("filling", home=home).links(at=clock.now())
    width = max(len(role) for role in links)
    click.echo("Enter as   one of these, each once within half an hour, on this machine only:")
    for role, path in links.items():
        click.echo(f"           {role:<{width}}  http://localhost:{port}{path}")
    click.echo(f"Open       http://localhost:{port}/ (Ctrl-C stops; what you enter stays)")
    boot.operation("serving", home=home).serve(boot.current(), host=LOOPBACK, port=port)
