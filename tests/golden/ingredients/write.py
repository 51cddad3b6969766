"""Write expected.csv again, after a change that is meant to change simulated numbers."""

import csv
import importlib.util
import json
from pathlib import Path

from equipoise import protocol
from equipoise.design import truth_of

HERE = Path(__file__).parent
TESTS = HERE.parents[1] / "design"


def main() -> None:
    """Draw the scenario and write its numbers."""
    influence, small = (_module(TESTS / name) for name in ("test_influence.py", "conftest.py"))
    data = json.loads(json.dumps(small.SMALL))
    influence._diary(**influence.EVERYTHING)(data)
    resolved = protocol.resolve(protocol.load(json.dumps(data), name="small.yaml"))
    truth = truth_of(resolved, resolved.protocol.scenario(), participants=influence.GOLDEN_PARTICIPANTS)
    with (HERE / "expected.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["quantity", "value", "tolerance", "source"])
        for quantity, value in influence.golden_rows(truth).items():
            writer.writerow([quantity, value, 0, "this software"])


def _module(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
