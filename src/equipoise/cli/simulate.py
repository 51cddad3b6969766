"""`equipoise simulate`: one trial's data from a scenario."""

from pathlib import Path

import click

from equipoise import allocation, design, protocol, records

EXAMPLE = "Example: equipoise simulate protocols/frontline.yaml --scenario back-2024 --seed 7 --out trial"


@click.command(name="simulate", epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scenario", metavar="ID", help="A scenario of FILE; the first when left out.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all draws; FILE's own when left out.")
@click.option(
    "--replicate", type=click.IntRange(min=0), default=0, show_default=True, help="Which repetition."
)
@click.option("--parquet", is_flag=True, help="Write Parquet beside CSV.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR")
def command(
    *, file: Path, scenario: str | None, seed: int | None, replicate: int, parquet: bool, out: Path
) -> None:
    """Invent the data of one trial and write DIR/records and, apart from them, DIR/allocation.csv."""
    resolved = protocol.resolve(protocol.load(file.read_bytes(), name=str(file)))
    drawn = design.simulate(resolved, scenario=scenario, seed=seed, replicate=replicate)
    write(drawn, out, parquet=parquet)
    n = len(drawn.allocation.table)
    click.echo(f"Simulated {n} participants (scenario {drawn.scenario}, seed {drawn.seed}): {out}")
    click.echo("Simulated data: no person took part.")


def write(drawn: design.Simulated, out: Path, *, parquet: bool = False) -> None:
    """Write a simulated trial's records, and its allocation outside their folder."""
    out.mkdir(parents=True, exist_ok=True)
    records.write(drawn.records, out / "records", parquet=parquet)
    allocation.write(drawn.allocation, out / "allocation.csv")
