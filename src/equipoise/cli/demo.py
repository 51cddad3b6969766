"""`equipoise demo`: the flagship trial from protocol file to report."""

import functools
import http.server
import sys
from importlib import import_module, resources
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import click

from equipoise import allocation, design, protocol, records
from equipoise.analysis import Analysis
from equipoise.cli.analyze import Data, run
from equipoise.cli.check import count
from equipoise.cli.progress import step
from equipoise.cli.simulate import write
from equipoise.errors import RecordError

EXAMPLE = "Example: equipoise demo --out demo-data --no-serve"
FLAGSHIP = "frontline.yaml"
PORT = 8000
FEWEST = 4
WEB = "equipoise.cli.conducted"
"""The part that needs the web system: loaded by name where it is installed."""


@click.command(name="demo", epilog=EXAMPLE)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-data"), show_default=True
)
@click.option("--no-serve", is_flag=True, help="Do everything but serve.")
@click.option("--without-web", is_flag=True, help="Simulate and report only, as without the web system.")
@click.option(
    "--participants",
    type=click.IntRange(min=FEWEST),
    help="How many to randomize in the web system, for a quick look; as the protocol plans when left out.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
def command(*, out: Path, no_serve: bool, without_web: bool, participants: int | None, port: int) -> None:
    """Check, simulate, conduct, analyze and report the flagship trial, then serve it.

    The invented trial is entered through the web system's own services, exported, analyzed and reported;
    then the study is served on this machine. A study that is in DIR already is used again with whatever was
    entered. Where the web system is not installed the trial is simulated and reported only.
    """
    file = flagship()
    found, warnings = protocol.load_with_warnings(file.read_bytes(), name=str(file))
    click.echo(f"Checked    {file}: no errors, {count(len(warnings), 'warning')}")
    resolved = protocol.resolve(found)
    web = import_module(WEB) if find_spec("django") and not without_web else None
    data = (
        simulated_data(resolved, out)
        if web is None
        else conducted_data(web, resolved, file, out, participants=participants)
    )
    done = run(resolved, data, out)
    click.echo(f"Analyzed   {done.results[0].summary()}")
    click.echo(f"Published  {published(resolved, done)}")
    click.echo(f"Reported   {out / 'report.html'}")
    if web is not None and not no_serve:
        web.serve(out, port)
    elif web is None and not without_web:
        click.echo("Next       `make web` adds the web system, in which `make demo` conducts this trial")
    if web is None and not no_serve and sys.stdout.isatty():
        serve(out, port)


def simulated_data(resolved: protocol.Resolved, out: Path) -> Data:
    """Return the simulated trial as it is, and say what it is."""
    data = simulated(resolved, out / "trial")
    manifest = data.records.manifest
    click.echo(
        f"Simulated  {len(data.records.participants)} people screened (scenario {manifest.scenario}, "
        f"seed {manifest.seed}). Simulated data: no person took part."
    )
    return data


def conducted_data(
    web: ModuleType, resolved: protocol.Resolved, file: Path, out: Path, *, participants: int | None
) -> Data:
    """Return the export of the trial as it was conducted in the web system, and say what was done."""
    with step("Conducting"):
        said = web.study(resolved, file, out, participants=participants)
    click.echo(f"Conducted  {said}. Simulated data: no person took part.")
    with step("Verifying"):
        click.echo(f"Verified   {web.verify(out)}")
    with step("Exporting"):
        data: Data = web.export(out)
    click.echo(f"Exported   {out / 'trial'}: {len(data.records.participants)} people screened")
    return data


def flagship() -> Path:
    """Return the flagship's file: beside a checkout's package, or inside an installed one."""
    package = Path(str(resources.files("equipoise")))
    places = [package / "protocols" / FLAGSHIP, package.parents[1] / "protocols" / FLAGSHIP]
    found = next((place for place in places if place.is_file()), places[0])
    here = Path.cwd()
    return found.relative_to(here) if found.is_relative_to(here) else found


def simulated(resolved: protocol.Resolved, folder: Path) -> Data:
    """Return the trial in `folder`, drawn anew when there is none or the protocol has changed."""
    left = _left(resolved, folder)
    if left is None:
        with step("Simulating"):
            write(design.simulate(resolved), folder)
        left = _read(folder)
    return left


def _left(resolved: protocol.Resolved, folder: Path) -> Data | None:
    """Return the trial that a folder holds if it was simulated under this very protocol."""
    if not (folder / "records" / "manifest.json").is_file() or not (folder / "allocation.csv").is_file():
        return None
    try:
        data = _read(folder)
    except RecordError:
        return None  # left by another version of Equipoise: drawn anew, as nobody's work is lost
    manifest = data.records.manifest
    return data if manifest.simulated and manifest.protocol["hashes"] == resolved.hashes else None


def _read(folder: Path) -> Data:
    return Data(records.read(folder / "records"), allocation.read(folder / "allocation.csv"))


def published(resolved: protocol.Resolved, done: Analysis) -> str:
    """Return the published result of the primary estimand in the same words as ours."""
    first = done.results[0].estimand
    for one in resolved.protocol.published:
        if one.estimand == first:
            interval = f" (95% CI {one.ci_low:.1f} to {one.ci_high:.1f})" if one.ci_low is not None else ""
            return f"{one.estimate:.1f}{interval}: {one.citation}"
    return "no published result of this estimand"


def serve(folder: Path, port: int) -> None:
    """Offer the report, and nothing else, on this machine until Ctrl-C.

    Raises  ClickException when the port cannot be had
    """
    handler = functools.partial(_Report, page=(folder / "report.html").read_bytes())
    try:
        listening = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        hint = f"open {folder / 'report.html'} instead, or choose another with --port"
        raise click.ClickException(f"port {port} cannot be used: {error.strerror} ({hint})") from error
    with listening as server:
        click.echo(f"Open       http://127.0.0.1:{port}/ (Ctrl-C stops)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("")


class _Report(http.server.BaseHTTPRequestHandler):
    """Answers every request for `/` with the report."""

    def __init__(self, *args: object, page: bytes) -> None:
        self.page = page
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Send the report, or 404 for anything else."""
        found = self.path == "/"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(self.page if found else b"There is only one page here: /")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Stay silent; the terminal belongs to the demo."""
