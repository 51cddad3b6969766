"""Branching logic: what our rules can say is said, what they cannot is refused with a reason."""

import pytest

from equipoise.exchange.redcap.logic import translate
from equipoise.exchange.redcap.terms import Target, Untranslatable
from equipoise.expressions import check_types, parse

CODES = {"0": "no", "1": "yes", "2": "maybe"}
TARGETS = {
    "sex": Target("here", "sex", "code", CODES),
    "word": Target("here", "word", "code", {"AB": "Doctor", "C D": "Nurse"}),
    "age": Target("here", "age", "number"),
    "height": Target("here", "height", "number"),
    "name": Target("here", "name", "text"),
    "born": Target("here", "born", "date"),
    "seen": Target("here", "seen", "date"),
    "at": Target("here", "at", "time"),
    "stamp": Target("here", "stamp", "instant"),
    "class": Target("here", "class", "code", CODES),
    "tea": Target("here", "tea___1", "box", boxes={"1": "tea___1", "-2": "tea____2"}),
    "far": Target("there", "far", "number"),
    "bmi": Target("here", "", "number", formula="[age] / ([height] * [height])"),
    "loop": Target("here", "", "number", formula="[loop] + 1"),
    "odd": Target("here", "", "number", formula="round([age])"),
}
KINDS = {"sex": "text", "word": "text", "age": "number", "height": "number", "name": "text", "born": "date"} | {
    "seen": "date", "at": "text", "stamp": "date", "here.class": "text", "tea___1": "text", "tea____2": "text",
    "there.far": "number",
}  # fmt: skip

SAID = [
    ("[sex] = '1'", 'sex == "1"'),
    ("[sex]=1", 'sex == "1"'),
    ('[sex] <> "1"', 'sex != "1"'),
    ("'1' = [sex]", 'sex == "1"'),
    ("[sex] = ''", "is_missing(sex)"),
    ("[sex] <> ''", "not is_missing(sex)"),
    ("[sex] >= 1", 'sex in ["1", "2"]'),
    ("2 > [sex]", 'sex in ["0", "1"]'),
    ("[word] = 'C D'", 'word == "C D"'),
    ("[age] > '018.50'", "age > 18.50"),
    ("[age] = -1", "age == -1"),
    ("[age] + 1 > [height] * 2", "age + 1 > height * 2"),
    ("([age] + 1) * 2 > 3", "(age + 1) * 2 > 3"),
    ("[age] - (1 - 2) > 0", "age - (1 - 2) > 0"),
    ("[name] = \"O'x\"", "name == \"O'x\""),
    ("[born] < '2000-02-01'", 'born < "2000-02-01"'),
    ("[born] < [seen]", "born < seen"),
    ("[at] >= '08:00'", 'at >= "08:00"'),
    ("[tea(1)] = '1'", 'not is_missing(tea___1) and tea___1 == "1"'),
    ("[tea(-2)] = 0", 'is_missing(tea____2) or tea____2 != "1"'),
    ("[tea(1)]", 'not is_missing(tea___1) and tea___1 == "1"'),
    ("[sex]='1' AND [age]>2 or [name] = 'x'", 'sex == "1" and age > 2 or name == "x"'),
    ("[sex]='1' and ([age]>2 OR [tea(1)] = '1')",
     'sex == "1" and (age > 2 or not is_missing(tea___1) and tea___1 == "1")'),
    ("not ([sex] = '1')", 'not sex == "1"'),
    ("!([sex] = '1' or [age] > 2)", 'not (sex == "1" or age > 2)'),
    ("if([sex] = '1', [age], 5) > 3", '(age if sex == "1" else 5) > 3'),
    ("sum([age], [height]) >= 10", "sum(age, height) >= 10"),
    ("abs([age] - 5) < 2", "abs(age - 5) < 2"),
    ('datediff([born], [seen], "d") > 30', "abs(days_between(born, seen)) > 30"),
    ('datediff([born], [seen], "d", "dmy", true) > 30', "days_between(born, seen) > 30"),
    ("isblankormissingcode([name])", "is_missing(name)"),
    ("[class] = '1'", 'here.class == "1"'),
    ("[far] > 1", "there.far > 1"),
    ("[bmi] > 30", "age / (height * height) > 30"),
    ("// why\n[sex] = '1'\n# end", 'sex == "1"'),
]  # fmt: skip


@pytest.mark.parametrize(("logic", "rule"), SAID)
def test_conditions_become_rules_of_the_right_kind(logic: str, rule: str) -> None:
    found = translate(logic, targets=TARGETS, form="here").text
    assert found == rule
    assert check_types(parse(found), KINDS) == []


REFUSED = [
    ("", "empty"),
    ("[sex]", "no condition"),
    ("[sex] = '7'", "none of the choices"),
    ("[word] > 1", "codes are not numbers"),
    ("[sex] > 5", "no choice"),
    ("[sex] + 1 > 2", "calculates with codes"),
    ("[age] > 'old'", "compares a number with `old`"),
    ("[name] > 'b'", "greater"),
    ("[born] < 'today'", "day it is asked"),
    ("[born] < '1/2/2000'", "compares a date"),
    ("[stamp] > '2020-01-01 10:00'", "instant"),
    ("[age] = [name]", "compares a number with a text"),
    ("[tea] = '1'", "all boxes"),
    ("[tea(9)] = '1'", "box `9`"),
    ("[tea(1)] = '2'", "a box is 1 or 0"),
    ("[sex(1)] = '1'", "has no boxes"),
    ("[gone] = '1'", "not among the drafts"),
    ("[here_complete] = 2", "status"),
    ("[event-name] = 'v1'", "which REDCap knows"),
    ("[v1_arm_1][sex] = '1'", "another event"),
    ("[sex][2] = '1'", "another event"),
    ("[age]^2 > 4", "`^`"),
    ("round([age]) > 4", "no function `round`"),
    ("contains([name], 'x')", "no function `contains`"),
    ('datediff([born], [seen], "y") > 18', "otherwise than in days"),
    ('datediff([born], "today", "d") > 18', "no date among the drafts"),
    ("[loop] > 1", "calculated from itself"),
    ("[odd] > 1", "a calculation: rules have no function"),
    ("1 = 1", "two constants"),
    ("[sex] = '1' = '1'", "three things"),
    ("([sex] = '1'", "`)` is missing"),
    ("[sex] = ", "ends too early"),
    ("[sex] = ‘1’", "cannot be read"),
    ("[sex] = '1' [age] > 2", "cannot be read from `[age]`"),
    ("if([sex] = '1', [age], '') > 3", "nothing in one case"),
    ("[name] = 'a\\b'", "no rule can hold"),
    ("(" * 60 + "[sex] = '1'" + ")" * 60, "nested too deeply"),
]


@pytest.mark.parametrize(("logic", "reason"), REFUSED)
def test_what_no_rule_can_say_is_refused_with_its_reason(logic: str, reason: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        translate(logic, targets=TARGETS, form="here")
    assert reason in refused.value.reason


def test_a_box_that_nobody_touched_is_not_ticked() -> None:
    ticked = parse(translate("[tea(1)] = '1'", targets=TARGETS, form="here").text)
    left = parse(translate("[tea(1)] = '0'", targets=TARGETS, form="here").text)
    assert (ticked.evaluate({}), left.evaluate({})) == (False, True)
    assert (ticked.evaluate({"tea___1": "1"}), left.evaluate({"tea___1": "1"})) == (True, False)


def test_what_is_read_elsewhere_or_computed_otherwise_is_said() -> None:
    far = translate("[far] > 1", targets=TARGETS, form="here").notes
    pooled = translate("mean([age], [height]) > 1", targets=TARGETS, form="here").notes
    assert "there.far@VISIT" in far[0]
    assert "the result is missing" in pooled[0]
