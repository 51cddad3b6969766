"""What stands at the head of a report: which trial, which arms, which data.

Holds identity. Takes no count from the plan where the data have one.
"""

from typing import Any

from equipoise.analysis.evidence import Evidence
from equipoise.protocol.arms import Arm
from equipoise.records import Manifest


def trial_table(evidence: Evidence) -> dict[str, Any]:
    """Return identity, arms and extent of the data; no seed when blinded, since it betrays the arms."""
    protocol, manifest = evidence.resolved.protocol, evidence.records.manifest
    registry = protocol.trial.registry
    return {
        "id": protocol.trial.id,
        "title": protocol.trial.title,
        "registry": registry.model_dump(include={"nct", "euct", "isrctn", "other"}) if registry else {},
        "phase": protocol.trial.phase,
        "sponsor": protocol.trial.sponsor,
        "version": protocol.trial.version,
        "blinded": evidence.blinded,
        "simulated": manifest.simulated,
        "scenario": manifest.scenario,
        "scenario_label": _scenario_label(evidence, manifest),
        "seed": None if evidence.blinded else manifest.seed,
        "n_planned": protocol.planned_n,
        "n_randomized": len(evidence.randomized),
        "arms": [
            {"id": arm.id, "label": arm.name, "role": arm.role, "interventions": _given(evidence, arm)}
            for arm in protocol.arms
        ],
        "data_cut": max(
            (one.date for one in evidence.occasions.values() if one.date is not None), default=None
        ),
    }


def _scenario_label(evidence: Evidence, manifest: Manifest) -> str | None:
    simulation = evidence.resolved.protocol.simulation
    scenarios = simulation.scenarios if simulation is not None else ()
    return next((one.label for one in scenarios if one.id == manifest.scenario), None)


def _given(evidence: Evidence, arm: Arm) -> list[str]:
    """Return the labels of what an arm receives, in order, each once."""
    labels = {one.id: one.label for one in evidence.resolved.protocol.interventions}
    doses = [dose for epoch in evidence.resolved.protocol.epochs for dose in arm.doses(epoch)]
    return list(dict.fromkeys(labels.get(dose, dose) for dose in doses))
