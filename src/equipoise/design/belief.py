"""Functional unblinding: what participants and observers believe was given, and what belief does to a score.

Holds the model of Szigeti (2023): a belief to be on the active treatment, a shift of it by side effects, and
the guess of it where the sum reaches one half. Refuses to hold scores.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.design.streams import Streams
from equipoise.protocol.arms import Arm
from equipoise.protocol.scenarios import Expectancy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

THRESHOLD = 0.5
EXPERIMENTAL = "experimental"
LARGEST_SHIFT = 1.0
"""Beliefs lie between 0 and 1, so that a shift of this size settles every guess."""
DO_NOT_KNOW = -1
"""Stands in the place of an arm where no guess was given."""


@dataclass(frozen=True)
class Beliefs:
    """Beliefs of one person each about participants.

    belief   (replicates, participants) after side effects; above one half leans to the active treatment
    active   (replicates, participants) whether the active treatment is guessed; False where nothing is
    guess    (replicates, participants) position of the arm guessed, or DO_NOT_KNOW
    """

    belief: Floats
    active: Flags
    guess: Whole


def is_active(arms: tuple[Arm, ...]) -> Flags:
    """Return which arms count as active treatment: the experimental ones."""
    return np.array([arm.role == EXPERIMENTAL for arm in arms])


def shifts(expectancy: Expectancy, arms: tuple[Arm, ...]) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the side-effect shift of each arm, each (A,).

    Where the share that guesses right is stated, the mean is the one that gives it: with belief B and shift S
    normal, P(B + S >= 1/2) = p holds for mean(S) = 1/2 - mean(B) + sqrt(var(B) + var(S)) * Phi^-1(p).
    Clipping the belief to 0 and 1 changes p by less than 1e-6 at Szigeti's five standard deviations.
    """
    stated = expectancy.side_effect_shift
    means = np.array([stated[arm.id].mean if arm.id in stated else 0.0 for arm in arms])
    sds = np.array([stated[arm.id].sd if arm.id in stated else 0.0 for arm in arms])
    for place, (arm, active) in enumerate(zip(arms, is_active(arms), strict=True)):
        if expectancy.right is not None and arm.id in expectancy.right:
            right = expectancy.right[arm.id]
            spread = np.sqrt(expectancy.belief_sd**2 + sds[place] ** 2)
            needed = THRESHOLD - expectancy.belief_mean + spread * ndtri(right if active else 1 - right)
            means[place] = np.clip(needed, -LARGEST_SHIFT, LARGEST_SHIFT)
    return means, sds


def beliefs(
    expectancy: Expectancy,
    arms: tuple[Arm, ...],
    *,
    received: Whole,
    streams: Streams,
    who: str = "participant",
    lean: Floats | None = None,
) -> Beliefs:
    """Draw what somebody believes of each participant.

    received  (replicates, participants) positions of the arms whose treatment was given
    who       whose belief: each role has streams of its own
    lean      (replicates, participants) added to the belief, by what participants are like; None for nothing
    Source    Szigeti (2023), Sci Rep 13, doi 10.1038/s41598-023-34938-7
    """
    participants = received.shape[1]
    mean, sd = shifts(expectancy, arms)
    before = expectancy.belief_mean + expectancy.belief_sd * streams.normal(f"belief/{who}", participants)
    shift = mean[received]
    if np.any(sd > 0):
        shift = shift + sd[received] * streams.normal(f"belief/{who}/shift", participants)
    belief = np.clip(before, 0.0, 1.0) + shift
    if lean is not None:
        belief = belief + lean
    silent = streams.uniform(f"belief/{who}/silent", participants) < expectancy.do_not_know
    active = belief >= THRESHOLD
    guess = _named(
        active, arms, received=received, uniform=streams.uniform(f"belief/{who}/arm", participants)
    )
    return Beliefs(belief, active & ~silent, np.where(silent, DO_NOT_KNOW, guess))


def _named(active: Flags, arms: tuple[Arm, ...], *, received: Whole, uniform: Floats) -> Whole:
    """Return the arm meant: the own one where the side is right, else any of those on the other side."""
    sides = is_active(arms)
    everything = np.arange(len(arms))
    # Where all arms stand on one side, a guess of the other side still has to name one of them.
    of_active, of_others = (everything[side] if side.any() else everything for side in (sides, ~sides))
    other = np.where(
        active,
        of_active[(uniform * of_active.size).astype(np.int64)],
        of_others[(uniform * of_others.size).astype(np.int64)],
    )
    return np.where(active == sides[received], received, other)
