"""What an amendment changes, in words, and what it means for data already collected."""

from pathlib import Path

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import Difference, diff

D14 = "{id: D14, epoch: follow_up, anchor: dose, day: 14, window_days: [-3, 3], forms: [phq9, mood]}"
LEVEL = "{id: level, label: Mood, type: number, range: [0, 100], decimals: 0}"


def amended(small: str, *changes: tuple[str, str]) -> list[Difference]:
    new = small
    for old, text in changes:
        assert new.count(old) == 1, old
        new = new.replace(old, text)
    return diff(small, new)


def test_a_file_compared_with_itself_differs_in_nothing(small: str) -> None:
    assert diff(small, small) == []
    assert diff(small, "# another comment\n" + small.replace("level: primary", 'level: "primary"')) == []


@pytest.mark.parametrize(
    ("old", "new", "part", "text", "consequence", "severity"),
    [
        (D14, D14.replace("[-3, 3]", "[-7, 7]"), "build", "Visit D14: `window_days` changes from [-3, 3] to [-7, 7]", "judged again", "review"),
        (D14, D14.replace(", mood]", "]"), "build", "Visit D14, form: `mood` is removed", "stay and are no longer asked", "review"),
        (D14, D14.replace("phq9, mood", "mood, phq9"), "build", "Visit D14, form: the order is now mood, phq9", "Nothing changes", "none"),
        (f"  - {D14}\n", "", "build", "Visit: `D14` is removed", "no longer asked", "review"),
        (f"- {D14}\n", f"- {D14}\n  - {{id: D21, epoch: follow_up, anchor: dose, day: 21}}\n", "build", "Visit: `D21` is added", "missing, not a deviation", "review"),
        (D14, D14.replace("id: D14", "id: W2"), "build", "Visit: `D14` is renamed to `W2`", "until they are mapped", "breaks"),
        (LEVEL, LEVEL.replace("[0, 100]", "[0, 10]"), "build", "Form mood, item level: `range` changes from [0, 100] to [0, 10]", "out of range", "review"),
        (LEVEL, LEVEL.replace("[0, 100]", "[-5, 100]"), "build", "Form mood, item level: `range` changes from [0, 100] to [-5, 100]", "all fit", "none"),
        (LEVEL, LEVEL.replace(", range: [0, 100]", ""), "build", "Form mood, item level: `range` changes from [0, 100] to nothing", "all fit", "none"),
        (LEVEL, LEVEL.replace("label: Mood", "label: How is your mood"), "build", "Form mood, item level: `label` changes from Mood to How is your mood", "Nothing changes", "none"),
        (f"      - {LEVEL}\n", "", "build", "Form mood, item: `level` is removed (Mood)", "no longer asked", "review"),
        ("codes: {work: Work, home: Home}", "codes: {work: Work}", "build", "Form mood, item reason, codes: `home` is removed (Home)", "no longer valid", "breaks"),
        ("codes: {work: Work, home: Home}", "codes: {work: Work, home: Home, rest: Rest}", "build", "Form mood, item reason, codes: `rest` is added (Rest)", "could not choose it", "review"),
        ("codes: {work: Work, home: Home}", "codes: {work: Job, home: Home}", "build", "Form mood, item reason, codes: `work` changes from Work to Job", "says something else", "breaks"),
        ("instrument: phq9", "instrument: gad7", "build", "Form phq9: `instrument` changes from phq9 to gad7", "cannot be compared", "breaks"),
        ("when: phq9.self_harm > 0", "when: phq9.self_harm > 1", "build", "Safety rule item9: `when` changes", "looked at again", "review"),
        ("{id: I1, kind: inclusion, text: Adult, rule: demographics.age@SCR >= 18}", "{id: I1, kind: inclusion, text: Adult, rule: demographics.age@SCR >= 21}", "design", "Criterion I1: `rule` changes", "stays and is analyzed", "review"),
        ("dose_mg: 10", "dose_mg: 20", "design", "Intervention drug: `dose_mg` changes from 10 to 20", "no longer one treatment", "breaks"),
        ("{n: 40", "{n: 60", "design", "Sample size: `n` changes from 40 to 60", "nobody who decided had seen results", "review"),
        ("interval: newcombe", "interval: miettinen_nurminen", "analysis", "Estimand better, estimator: `interval` changes", "before the first unblinding", "review"),
        ("alpha: 0.05", "alpha: 0.025", "analysis", "Multiplicity: `alpha` changes from 0.05 to 0.025", "before the first unblinding", "review"),
        ("from_day: 8,", "from_day: 9,", "analysis", "Analysis windows D14: `from_day` changes from 8 to 9", "before the first unblinding", "review"),
        ("value: [2, 4]", "value: [4, 6]", "allocation", "Allocation, block sizes: `value` changes from [2, 4] to [4, 6]", "commitment", "breaks"),
        ("seed: 1", "seed: 2", "simulation", "Simulation: `seed` changes from 1 to 2", "drawn anew", "none"),
        ("phq9.total: PHQ}", "phq9.total: PHQ9}", "build", "Import map, values: `phq9.total` changes from PHQ to PHQ9", "read anew", "review"),
    ],
)  # fmt: skip
def test_one_change_is_one_sentence_and_its_consequence(
    small: str, old: str, new: str, part: str, text: str, consequence: str, severity: str
) -> None:
    (found,) = amended(small, (old, new))
    assert (found.part, found.severity) == (part, severity)
    assert text in found.text
    assert consequence in found.consequence


def test_another_arm_breaks_design_and_allocation_list(small: str) -> None:
    found = amended(small, ("{id: placebo, role: control", "{id: placebo, label: Sugar, role: control"))
    assert [(one.part, one.severity) for one in found] == [("design", "none"), ("allocation", "breaks")]


def test_the_order_of_arms_matters_to_the_list(small: str) -> None:
    active = "  - {id: active, role: experimental, elements: {treatment: drug}}\n"
    placebo = "  - {id: placebo, role: control, elements: {treatment: sugar}}\n"
    found = amended(small, (active + placebo, placebo + active))
    assert [(one.part, one.severity) for one in found] == [("design", "breaks"), ("allocation", "breaks")]
    assert found[0].text == "Arm: the order is now placebo, active"


def test_an_entry_that_moves_is_no_other_entry(small: str) -> None:
    lines = small.splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if "{id: I1," in line)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    (found,) = diff(small, "".join(lines))
    assert found.text == "Criterion: the order is now I2, I1"


def test_differences_come_part_by_part(small: str) -> None:
    found = amended(
        small,
        ("seed: 1", "seed: 2"),
        ("alpha: 0.05", "alpha: 0.025"),
        (D14, D14.replace("[-3, 3]", "[-7, 7]")),
        ("{n: 40", "{n: 60"),
    )
    assert [one.part for one in found] == ["design", "build", "analysis", "simulation"]
    assert str(found[0]).startswith("Sample size: `n` changes from 40 to 60. Record why")


def test_every_section_of_the_flagship_may_go_or_come_without_a_traceback() -> None:
    text = (Path(__file__).parents[2] / "protocols" / "frontline.yaml").read_text(encoding="utf-8")
    other = (Path(__file__).parents[2] / "protocols" / "dose-response.yaml").read_text(encoding="utf-8")
    there, back = diff(text, other), diff(other, text)
    assert {one.part for one in there} == {"design", "build", "analysis", "allocation", "simulation"}
    assert len(there) > 100
    assert len(back) > 100
    assert all(one.text and one.consequence for one in (*there, *back))


def test_what_is_no_protocol_cannot_be_compared(small: str) -> None:
    with pytest.raises(ProtocolError, match="new is not a protocol yet"):
        diff(small, "a: 1")
    with pytest.raises(ProtocolError, match=r"v1\.yaml is not a protocol yet"):
        diff("", small, old_name="v1.yaml")
