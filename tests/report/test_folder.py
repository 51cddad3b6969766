"""What `analyze` left is read whole, or refused with every problem."""

import json

import pytest

from equipoise.errors import IntegrityError, RecordError
from equipoise.report import folder


@pytest.fixture
def made(written, tmp_path):
    return written.write(tmp_path, written.frontline(per_arm=3))


def test_an_analysis_is_read_whole(made, written):
    found = folder.read(made)
    assert len(found.results) == len(written.frontline(per_arm=3)["results"])
    assert found.tables["trial"]["id"] == "FRONTLINE"


def test_sections_of_the_protocol_that_no_report_reads_are_left_out(made):
    assert "equipoise" not in folder.read(made).protocol


def test_a_missing_file_is_named(made):
    (made / "tables.json").unlink()
    with pytest.raises(RecordError, match=r"tables\.json: the file is missing"):
        folder.read(made)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b"[1, 2]", b"null"]
)
def test_a_file_that_is_no_analysis_is_refused(made, content):
    (made / "tables.json").write_bytes(content)
    with pytest.raises(RecordError, match=r"tables\.json"):
        folder.read(made)


def test_a_changed_file_stops_the_report(made):
    path = made / "results.json"
    path.write_text(path.read_text().replace("primary", "primer"), encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"results\.json"):
        folder.read(made)


def test_every_wrong_shape_is_named_at_once(written, tmp_path):
    data = written.frontline(per_arm=3)
    data["results"][0]["estimate"] = "-12"
    data["tables"]["descriptives"][2]["mean"] = [1]
    data["tables"]["flow"]["arms"] = {"a": 1}
    data["tables"]["baseline"][0]["by_arm"] = {"niacin": 3}
    data["tables"]["missing"] = "none"
    data["protocol"]["arms"] = ["psilocybin"]
    with pytest.raises(RecordError) as error:
        folder.read(written.write(tmp_path, data))
    for place in (
        "results.json: 0.estimate: expected a number or null",
        "tables.json: descriptives.2.mean: expected a number or null",
        "tables.json: flow.arms: expected a list of rows or null",
        "tables.json: baseline.0.by_arm.niacin: expected a mapping or null",
        "tables.json: missing: expected a list of rows or null",
        "protocol.json: arms: expected a list of rows or null",
    ):
        assert place in str(error.value)


def test_keys_that_nobody_reads_may_hold_anything(written, tmp_path):
    data = written.frontline(per_arm=3)
    data["tables"]["novel"] = {"n": "many", "arms": 3}
    data["tables"]["descriptives"][0]["novel"] = {"mean": "low"}
    data["protocol"]["discrepancies"][0]["sources"]["trial"] = "somebody"
    folder.read(written.write(tmp_path, data))


def test_unprintable_characters_are_replaced(written, tmp_path):
    data = written.frontline(per_arm=3)
    data["tables"]["trial"]["title"] = "a\u202eb\x00c\ud800d\te"
    made = written.write(tmp_path, data)
    assert folder.read(made).tables["trial"]["title"] == "a\ufffdb\ufffdc\ufffdd\te"
    assert "\\ud800" in json.dumps(data)
