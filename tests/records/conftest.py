"""A small trial whose forms use every scale, and its people."""

from collections.abc import Callable
from pathlib import Path

import pytest

from equipoise import instruments, protocol
from equipoise.protocol import Resolved

FORMS = """
  - {id: about, filled_by: coordinator, items: [
      {id: age, label: Age, type: number, unit: a, range: [18, 100], decimals: 0},
      {id: sex, label: Sex, type: code, codes: {F: Female, M: Male}},
      {id: born, label: Born, type: partial_date, required: false},
      {id: remark, label: Remark, type: text, required: false}]}
  - {id: weight, filled_by: coordinator, items: [{id: kg, label: Weight, type: number, unit: kg, range: [30, 250], decimals: 1}]}
  - {id: madrs_change, filled_by: coordinator, items: [{id: madrs_change, label: Change, type: number, range: [-60, 60]}]}
  - {id: adverse_events, standard: adverse_events, filled_by: investigator}
  - {id: medications, standard: medications, filled_by: investigator}
  - {id: deviations, standard: deviations, filled_by: investigator}
  - {id: disposition, standard: disposition, filled_by: investigator}
  - {id: dose_given, standard: dose_given, filled_by: pharmacist}
  - {id: attendance, standard: session_attendance, filled_by: facilitator}
"""

TRIAL = """
equipoise: 1
trial: {{id: SMALL, title: A small trial, version: "1.1"}}
interventions:
  - {{id: psi25, label: Psilocybin 25 mg, substance: psilocybin, dose_mg: 25, route: oral, therapy: assisted}}
  - {{id: nia100, label: Niacin 100 mg, substance: niacin, dose_mg: 100, route: oral, therapy: assisted}}
epochs: [screening, treatment, follow_up]
arms:
  - {{id: psilocybin, role: experimental, elements: {{treatment: psi25}}}}
  - {{id: niacin, role: control, elements: {{treatment: nia100}}}}
anchors: {{dose: {{visit: DOSE}}}}
allocation: {{method: permuted_blocks, ratio: {{psilocybin: 1, niacin: 1}}, strata: [], block_sizes: [4]}}
sessions:
  - {{id: dosing, label: Dosing, kind: dosing}}
visits:
  - {{id: BASE, epoch: screening, anchor: dose, planned_anchor: true, day: -7, baseline: true, forms: [about, weight, {scales}]}}
  - {{id: DOSE, epoch: treatment, anchor: dose, day: 0, session: dosing, forms: [dose_given, attendance, madrs]}}
  - {{id: D7, epoch: follow_up, anchor: dose, day: 7, forms: [weight, madrs_change, {scales}]}}
  - {{id: D28, epoch: follow_up, anchor: dose, day: 28, forms: [weight, madrs_change, {scales}]}}
logs: [adverse_events, medications, deviations, disposition]
forms:
{forms}
{scale_forms}
eligibility:
  - {{id: I1, kind: inclusion, text: Adult, rule: about.age >= 18}}
deviations:
  - {{id: late, text: Visit outside its window, importance: minor}}
intercurrent_events:
  - {{id: new_drug, text: A new antidepressant, detect: {{form: medications, when: medication_class == "antidepressant", date: start_date}}}}
estimands:
  - id: primary
    role: primary
    population: all_randomized
    treatment: {{experimental: psilocybin, reference: niacin}}
    variable: {{score: madrs.total, type: change, baseline: BASE, visit: D28}}
    summary: difference_in_means
    estimator: {{name: t_change}}
    missing: complete_cases
{mapping}
"""

IMPORT = """
import:
  participant: ID
  visit: VISIT
  visits: {"7": D7, "28": D28}
  values: {madrs.total: MADRS}
  baseline: {madrs.total: MADRS0}
  arm: GROUP
  arms: {A: psilocybin, B: niacin}
  site: SITE
  date: DATE
  ignored: [NOTE]
"""


def trial(mapping: str = IMPORT, *, checks: str = "") -> Resolved:
    """Return the small trial; `mapping` is its import section, `checks` go to the form `madrs_change`."""
    scales = list(instruments.names())
    forms = "\n".join(
        f"  - {{id: {name}, instrument: {name}, filled_by: {instruments.load(name).filled_by}}}"
        for name in scales
    )
    own = FORMS.replace("type: number, range: [-60, 60]}]", f"type: number, range: [-60, 60]}}]{checks}")
    text = TRIAL.format(scales=", ".join(scales), forms=own, scale_forms=forms, mapping=mapping)
    return protocol.resolve(protocol.load(text, name="small.yaml"))


@pytest.fixture(scope="session")
def small() -> Resolved:
    return trial()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "records"


@pytest.fixture(scope="session")
def make_trial() -> Callable[..., Resolved]:
    return trial
