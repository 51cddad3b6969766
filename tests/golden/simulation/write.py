"""Write expected.csv again, after a change that is meant to change simulated numbers."""

import csv
import importlib.util
from pathlib import Path

from equipoise import protocol
from equipoise.design import simulate

HERE = Path(__file__).parent
TEST = HERE.parents[1] / "design" / "test_simulate.py"


def main() -> None:
    """Draw the committed trial and write its numbers."""
    spec = importlib.util.spec_from_file_location("test_simulate", TEST)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = HERE / "protocol.yaml"
    resolved = protocol.resolve(protocol.load(path.read_bytes(), name=path.name))
    with (HERE / "expected.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["quantity", "value", "tolerance", "source"])
        for quantity, value in module.golden_rows(simulate(resolved)).items():
            writer.writerow([quantity, value, 0, "this software"])


if __name__ == "__main__":
    main()
