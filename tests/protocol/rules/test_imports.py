"""Rules over the import map, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

VALUES = "values: {phq9.total: PHQ}"
VISITS = '  visit: WHEN\n  visits: {"2": D14, "4": D28}\n'


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (VALUES, "values: {phq9.totl: PHQ}", "import.values.phq9.totl", "nobody collects `phq9.totl`"),
        (VALUES, "values: {}", "import.values", "no value is imported"),
        (VALUES, "values: {dose_given.kit: KIT}", "import.values.dose_given.kit", "nobody collects dose_given.kit at D14, D28"),
        ("baseline: {phq9.total: BASE}", "baseline: {mood.level: BASE}", "import.baseline.mood.level", "nobody collects mood.level at SCR"),
        (VISITS, "  visit: WHEN\n", "import", "a column of visits and what its values mean go together"),
        (VISITS, VISITS.replace('"4": D28', '"4": D14'), "import.visits", "two values of the column WHEN mean `D14`"),
        ("  arms: {A: active, P: placebo}\n", "", "import", "a column of arms and what its values mean go together"),
        ("arms: {A: active, P: placebo}", "arms: {A: active}", "import.arms", "no value of the column ARM means placebo"),
        ("ignored: [COMMENT]", "ignored: [PHQ]", "import.ignored.0", "the column `PHQ` is read and ignored"),
    ],
)  # fmt: skip
def test_a_fault_of_the_map_is_an_error(plant: Plant, old: str, new: str, place: str, message: str) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


def test_one_column_for_two_values_is_a_warning(plant: Plant) -> None:
    (found,) = plant(("baseline: {phq9.total: BASE}", "baseline: {phq9.total: PHQ}"))
    assert (found.path, found.severity) == ("import", "warning")


def test_one_row_a_participant_names_visits_with_the_values(plant: Plant) -> None:
    assert not plant((VISITS, ""), (VALUES, "values: {phq9.total@D14: PHQ14, phq9.total@D28: PHQ28}"))
    (found,) = plant((VISITS, ""))
    assert found.message == "nothing says at which visit phq9.total was read"
