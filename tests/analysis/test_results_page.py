"""The reference page of results names every key that is written, and no other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from equipoise import analysis, design, protocol

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "results.md"
FRONTLINE = ROOT / "protocols" / "frontline.yaml"
KEYS_OF_DATA = {"by_arm", "n_by_arm", "hashes", "versions", "protocol", "files"}
"""Mappings whose keys are data, written `*` on the page."""
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
WHEN = analysis.Provenance(command="test", created_at="2026-11-23T00:00:00Z")


def documented() -> dict[str, set[str]]:
    parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    return {
        title.strip(): set(ROW.findall(body)) for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def keys(value: Any, path: str = "") -> Iterator[str]:
    """Yield every key of JSON data, dotted; `[]` stands for a list of mappings."""
    if isinstance(value, dict):
        of_data = path.rpartition(".")[2] in KEYS_OF_DATA
        for key, inner in value.items():
            yield from keys(inner, f"{path}.{'*' if of_data else key}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from keys(inner, f"{path}[]")
    else:
        yield path.removeprefix("[].")


def leaves(value: Any) -> set[str]:
    """Return the keys, without those that are only the absence of what stands under them."""
    found = set(keys(value))
    parents = {key[: place.start()] for key in found for place in re.finditer(r"\.|\[\]", key)}
    return found - parents


WORSE = """
  - id: worse
    role: sensitivity
    sensitivity_of: primary
    population: all_randomized
    treatment: {experimental: psilocybin, reference: niacin}
    variable: {score: madrs.total, type: change, baseline: PREP1, visit: D28}
    summary: difference_in_means
    estimator: {name: mmrm-delta, options: {deltas: {from: 0, to: 4, by: 2}}}
    missing: missing_at_random
    variance: jackknife
subgroups:"""
"""An estimand that fills the one table that the trial itself does not have."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    text = FRONTLINE.read_text(encoding="utf-8").replace("\nsubgroups:", WORSE)
    resolved = protocol.resolve(protocol.load(text, name=FRONTLINE.name))
    drawn = design.simulate(resolved)
    folder = tmp_path_factory.mktemp("result")
    analysis.analyze(resolved, drawn.records, drawn.allocation, provenance=WHEN).write(folder)
    return analysis.read(folder)


def test_every_key_of_results_is_documented_and_no_other(written: Any) -> None:
    assert documented()["results.json"] == leaves(written.results)


def test_every_table_is_documented_and_no_other(written: Any) -> None:
    titles = list(documented())
    assert set(titles[titles.index("tables.json") + 1 : titles.index("manifest.json")]) == set(written.tables)


@pytest.mark.parametrize(
    "table",
    [title for title in documented() if re.fullmatch(r"[a-z_]+", title)],
)
def test_every_key_of_a_table_is_documented_and_no_other(table: str, written: Any) -> None:
    # A reason stands only where somebody was not dosed, which need not happen in this trial.
    found = leaves(written.tables[table]) | (
        {"arms[].not_received[].reason", "arms[].not_received[].n"} if table == "flow" else set()
    )
    assert documented()[table] == found - {"arms[].not_received"}


def test_every_key_of_the_manifest_is_documented_and_no_other(written: Any) -> None:
    assert documented()["manifest.json"] == leaves(written.manifest)


def test_an_undocumented_key_would_be_found() -> None:
    assert leaves(json.loads('[{"a": {"b": 1}, "c": [{"d": 2}]}, {"a": null}]')) == {"a.b", "c[].d"}
