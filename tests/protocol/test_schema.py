"""The vocabulary described: JSON Schema for editors, and the field reference."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from equipoise import source
from equipoise.protocol import schema
from equipoise.protocol.model import Protocol

WHOLE = schema.schema()
PROTOCOLS = sorted((Path(__file__).parents[2] / "protocols").glob("*.yaml"))


def test_it_names_its_dialect_and_is_json() -> None:
    assert WHOLE["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(WHOLE)) == WHOLE


def test_every_field_and_every_mapping_is_described() -> None:
    for name, definition in (("Protocol", WHOLE), *WHOLE["$defs"].items()):
        assert definition["description"], name
        for field, one in definition["properties"].items():
            assert one.get("description"), f"{name}.{field}"
            assert "\n" not in one["description"]


def test_every_reference_leads_somewhere() -> None:
    found = re.findall(r'"#/\$defs/([^"]+)"', json.dumps(WHOLE))
    assert found
    assert set(found) <= set(WHOLE["$defs"])


def test_no_mapping_takes_unknown_keys() -> None:
    assert WHOLE["additionalProperties"] is False
    assert all(definition["additionalProperties"] is False for definition in WHOLE["$defs"].values())


def test_the_alias_of_the_file_is_used() -> None:
    assert "import" in WHOLE["properties"]
    assert "import_map" not in WHOLE["properties"]
    assert WHOLE["properties"]["import"]["description"].startswith("Reading another system's CSV")


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.name)
def test_every_key_of_the_shipped_protocols_is_in_the_schema(path: Path) -> None:
    document = source.read(path.read_bytes(), name=path.name)
    assert list(strange(document.data, WHOLE)) == []


def strange(data: Any, node: dict[str, Any]) -> Any:
    """Yield keys that no option of the schema knows."""
    options = choices(node)
    if any(not option.keys() - {"description", "title", "default"} for option in options):
        return  # Anything may stand here, such as the options of an estimator.
    if isinstance(data, dict):
        known: dict[str, Any] = {}
        for option in options:
            known.update(option.get("properties", {}))
        inner = next(
            (
                option["additionalProperties"]
                for option in options
                if isinstance(option.get("additionalProperties"), dict)
            ),
            None,
        )
        patterned = next(
            (
                next(iter(option["patternProperties"].values()))
                for option in options
                if option.get("patternProperties")
            ),
            None,
        )
        for key, one in data.items():
            if key in known:
                yield from strange(one, known[key])
            elif inner is not None or patterned is not None:
                yield from strange(one, inner or patterned)
            elif not any(
                option.get("type") == "object" and not option.get("properties") for option in options
            ):
                yield key
    elif isinstance(data, list):
        items = next((option["items"] for option in options if isinstance(option.get("items"), dict)), {})
        for one in data:
            yield from strange(one, items)


def choices(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a node may be, references followed and choices of choices laid flat."""
    reference = node.get("$ref")
    here = WHOLE["$defs"][reference.rpartition("/")[2]] if reference else node
    inner = here.get("anyOf") or here.get("oneOf")
    return [choice for one in inner for choice in choices(one)] if inner else [here]


def test_the_walk_above_notices_an_unknown_key() -> None:
    document = source.read(PROTOCOLS[0].read_bytes(), name="p")
    document.data["visits"][0]["windw_days"] = [1, 2]
    assert list(strange(document.data, WHOLE)) == ["windw_days"]


def test_the_reference_has_a_table_for_every_mapping_and_a_row_for_every_field() -> None:
    text = schema.reference_markdown()
    for name, definition in (("Protocol", WHOLE), *WHOLE["$defs"].items()):
        if name.startswith("Stated"):
            continue
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert section, name
        rows = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
        assert rows == set(definition["properties"]) - set(schema.MARKS), name


def test_links_of_the_reference_lead_to_its_sections() -> None:
    text = schema.reference_markdown()
    targets = {title.lower() for title in re.findall(r"^## (\w+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= targets


def test_the_reference_says_what_a_field_takes() -> None:
    text = schema.reference_markdown()
    assert "| `window_days` | list of two: whole number, at least -3650 and at most 36500" in text
    assert "one of `complete`, `permuted_blocks`, `big_stick`, `efron`, `minimization`" in text
    assert (
        "| `block_sizes` | list of whole number, at least 1 or the same as `{value: ..., assumption: true}`"
        in text
    )


def test_every_top_level_field_of_the_model_is_in_the_reference() -> None:
    text = schema.reference_markdown()
    for name, field in Protocol.model_fields.items():
        assert f"`{field.alias or name}`" in text
