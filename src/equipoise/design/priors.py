"""How large an effect may be: priors from published trials or from the file, and draws of them.

Holds the shipped priors, their combination, and the effect of each replicate for assurance. Refuses to decide
which prior a trial should be planned with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design.streams import Streams
from equipoise.design.truth import Truth
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.scenarios import Assurance, Simulation
from equipoise.source import read

Floats = NDArray[np.float64]

FILE = "priors.yaml"
PURPOSE = "prior"
"""Sets these streams apart from those of trials."""


@dataclass(frozen=True)
class Component:
    """One normal of a mixture, in points of the score."""

    weight: float
    mean: float
    sd: float


@dataclass(frozen=True)
class Prior:
    """A belief about an effect: a mixture of normals.

    components  its parts; the weights sum to 1
    """

    id: str
    label: str
    components: tuple[Component, ...]
    source: str

    @property
    def mean(self) -> float:
        """Its mean."""
        return float(sum(one.weight * one.mean for one in self.components))

    @property
    def sd(self) -> float:
        """Its standard deviation."""
        if len(self.components) == 1:
            return self.components[0].sd
        second = sum(one.weight * (one.sd**2 + one.mean**2) for one in self.components)
        return float(np.sqrt(second - self.mean**2))


@dataclass(frozen=True)
class Combined:
    """Several trials' effects combined.

    mean, std_error  of the average effect
    tau_squared      variance of true effects between trials
    """

    mean: float
    std_error: float
    tau_squared: float


@dataclass(frozen=True)
class PriorDraws:
    """The effect of each replicate.

    effect  (R,) points at the visit the prior speaks of
    scale   (R,) factor on the scenario's drug effects that makes it so, for `draw(..., effect_scale=scale)`
    """

    effect: Floats
    scale: Floats


def combine(means: Floats, sds: Floats, *, heterogeneous: bool) -> Combined:
    """Combine the effects of several trials.

    means, sds     (k,) estimates and standard errors, k >= 1
    heterogeneous  whether true effects may differ between trials
    Source         DerSimonian and Laird (1986), doi 10.1016/0197-2456(86)90046-2
    Checked        tests/golden/priors
    """
    weights = 1 / sds**2
    average = (weights * means).sum() / weights.sum()
    spread = (weights * (means - average) ** 2).sum()
    scaling = weights.sum() - (weights**2).sum() / weights.sum()
    tau_squared = 0.0
    if heterogeneous and means.size > 1:
        tau_squared = max(0.0, float((spread - (means.size - 1)) / scaling))
    weights = 1 / (sds**2 + tau_squared)
    return Combined(
        float((weights * means).sum() / weights.sum()), float(1 / np.sqrt(weights.sum())), tau_squared
    )


@cache
def published_priors() -> dict[str, Prior]:
    """Return the priors that are shipped, by id, each with its source."""
    text = resources.files(__package__).joinpath(FILE).read_bytes()
    data: dict[str, Any] = read(text, name=FILE).data
    trials = {one["id"]: one for one in data["trials"]}
    found = {
        name: Prior(name, one["label"], (Component(1.0, one["mean"], one["sd"]),), one["source"])
        for name, one in trials.items()
    }
    for one in data["combined"]:
        part = _combined(one, trials)
        source = "; ".join(trials[name]["source"] for name in one["of"])
        found[one["id"]] = Prior(one["id"], one["label"], (part,), source)
    return found


def prior_of(simulation: Simulation, name: str) -> Prior:
    """Return a prior that the file states, or a shipped one.

    Raises  ProtocolError when there is none of that name
    """
    stated = simulation.priors.get(name)
    if stated is None:
        if name not in published_priors():
            known = ", ".join((*simulation.priors, *published_priors()))
            problem = Problem(f"there is no prior `{name}`", f"there are {known}", "simulation.assurance")
            raise ProtocolError("unknown prior", [problem])
        return published_priors()[name]
    parts = [(one.weight, one.mean, one.sd) for one in stated.components]
    if stated.mean is not None and stated.sd is not None:
        parts = [(1.0, stated.mean, stated.sd)]
    total = sum(weight for weight, _, _ in parts)
    components = tuple(Component(weight / total, mean, sd) for weight, mean, sd in parts)
    return Prior(name, stated.note or name, components, stated.source or "")


def prior_draws(truth: Truth, assurance: Assurance, replicates: Sequence[int], *, seed: int) -> PriorDraws:
    """Draw each replicate's effect from the prior of an assurance; the same alone and in a batch.

    Raises  ProtocolError when there is no such prior, or the scenario states no effect to scale
    """
    simulation = truth.resolved.protocol.simulation
    if simulation is None:
        raise ValueError("a truth comes from a protocol with a simulation")
    prior = prior_of(simulation, assurance.prior)
    stated = stated_effect(truth, assurance)
    streams = Streams(seed, f"{PURPOSE}/{assurance.prior}/{truth.stream}", tuple(replicates))
    rising = np.cumsum([one.weight for one in prior.components])
    uniform = streams.uniform("component", 1)[:, 0]
    part = np.minimum(np.searchsorted(rising, uniform, side="right"), len(prior.components) - 1)
    means, sds = (np.array([getattr(one, name) for one in prior.components]) for name in ("mean", "sd"))
    effect = means[part] + sds[part] * streams.normal("effect", 1)[:, 0]
    return PriorDraws(effect, effect / stated)


def stated_effect(truth: Truth, assurance: Assurance) -> float:
    """Return the effect in points that a scenario states where an assurance's prior speaks of it.

    Raises  ProtocolError when it is 0, nobody asks for the score there, or no score exists without effect
    """
    path = f"simulation.assurance.{assurance.id}"
    course = truth.courses.get(assurance.score)
    place = truth.timeline.of_visit(assurance.visit)
    arms = [arm.id for arm in truth.arms]
    effect = 0.0
    if course is not None and place in course.places and assurance.arm in arms:
        at = course.places.index(place)
        effect = float((course.expected - course.undrugged)[0, arms.index(assurance.arm), at])
    if effect == 0:
        where = f"`{assurance.score}` in {assurance.arm} at {assurance.visit}"
        hint = "name a visit and an arm with an effect, or another scenario"
        message = f"{truth.scenario.id} states no effect on {where} that could be scaled to the prior"
        raise ProtocolError("nothing to scale", [Problem(message, hint, path)])
    try:
        _ = [one.effect for one in truth.courses.values()]
    except ValueError as error:
        problem = Problem(f"without the drug's effect: {error}", "use `moments: latent`", path)
        raise ProtocolError("nothing to scale", [problem]) from error
    return effect


def _combined(one: dict[str, Any], trials: dict[str, dict[str, Any]]) -> Component:
    means, sds = (np.array([trials[name][key] for name in one["of"]]) for key in ("mean", "sd"))
    found = combine(means, sds, heterogeneous=one["method"] != "pooled")
    if one["method"] == "pooled":
        return Component(1.0, found.mean, found.std_error)
    if one["method"] == "predictive":
        return Component(1.0, found.mean, float(np.sqrt(found.tau_squared + found.std_error**2)))
    # The best linear prediction of one trial's true effect, with the average's own uncertainty.
    own = trials[one["trial"]]
    kept = found.tau_squared / (found.tau_squared + own["sd"] ** 2)
    variance = kept * own["sd"] ** 2 + ((1 - kept) * found.std_error) ** 2
    return Component(1.0, kept * own["mean"] + (1 - kept) * found.mean, float(np.sqrt(variance)))
