"""`Plan`, how participants come into arms, as plain data, and the check of it.

Holds no draw and no seed. Its repr hides arms, ratios and block sizes, so that no log line unblinds anybody.
"""

import difflib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from equipoise.errors import Problem, RecordError

METHODS = ("complete", "permuted_blocks", "big_stick", "efron", "minimization")
MINIMIZATION = "minimization"
IMBALANCES = ("range", "variance")
UNSTRATIFIED = "all"
# Kits are drawn from at least this many times as many numbers as there are slots, so that neighbors are rare.
KIT_ROOM = 10
DEFAULT_KIT_DIGITS = 6
LARGEST_KIT_DIGITS = 12
FAIR = 0.5
# Characters that join the parts of a stratum's name.
BETWEEN_FACTORS, BETWEEN_FACTOR_AND_LEVEL = ";", "="


@dataclass(frozen=True, slots=True)
class StratumFactor:
    """One stratification factor: its id and its levels, two or more."""

    id: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """How a list is drawn.

    method             "complete", "permuted_blocks", "big_stick", "efron" or "minimization"
    ratio              arm to weight, whole numbers above 0
    strata             factors; every combination of levels is a stratum with a sequence of its own. Under
                       minimization they are the factors balanced on, each by itself
    block_sizes        permuted blocks: sizes, each a multiple of the ratio's sum; several are mixed at random
    maximum_imbalance  big stick: largest difference between the two arms
    bias               Efron: probability of the arm that is behind; minimization: of the arm that balances
                       best; as the decimal number written
    imbalance          minimization: "range" or "variance" of the arms' numbers within a level
    weights            minimization: factor to its weight, whole numbers above 0; 1 for a factor not named
    length             slots per stratum, unless `draw` is told otherwise
    kit_digits         digits of a kit number
    """

    method: str
    ratio: Mapping[str, int]
    strata: tuple[StratumFactor, ...] = ()
    block_sizes: tuple[int, ...] = ()
    maximum_imbalance: int | None = None
    bias: float | None = None
    imbalance: str | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    length: int | None = None
    kit_digits: int = DEFAULT_KIT_DIGITS

    def __repr__(self) -> str:
        return f"<Plan of {len(self.ratio)} arms in {len(self.stratum_names)} strata, details hidden>"

    @property
    def arms(self) -> tuple[str, ...]:
        """Arm ids in the order draws use: sorted by code point, so that the order in a file is irrelevant."""
        return tuple(sorted(self.ratio))

    @property
    def unit(self) -> int:
        """The ratio's sum: the smallest block that can be balanced."""
        return sum(self.ratio.values())

    @property
    def exact_bias(self) -> Fraction:
        """The coin's probability as the decimal number it was written as: 0.65 = 13/20."""
        return Fraction(repr(self.bias))

    @property
    def stratum_names(self) -> tuple[str, ...]:
        """Every stratum, the last factor varying fastest; one named "all" when there is no factor."""
        if not self.strata:
            return (UNSTRATIFIED,)
        ids = [factor.id for factor in self.strata]
        combinations = product(*(factor.levels for factor in self.strata))
        return tuple(_name(dict(zip(ids, levels, strict=True))) for levels in combinations)

    def stratum(self, levels: Mapping[str, str]) -> str:
        """Return the name of a participant's stratum, such as "prior_use=yes;site=seattle".

        levels  factor id to level
        Raises  RecordError with every factor that is missing or has an unknown level
        """
        problems = [
            Problem(
                f"{levels[factor.id]!r} is not a level" if factor.id in levels else "no level is given",
                hint=f"choose one of {', '.join(factor.levels)}",
                path=factor.id,
            )
            for factor in self.strata
            if levels.get(factor.id) not in factor.levels
        ]
        if problems:
            raise RecordError("The participant's stratum is not known", problems)
        return (
            _name({factor.id: levels[factor.id] for factor in self.strata}) if self.strata else UNSTRATIFIED
        )

    def check(self) -> list[Problem]:
        """Return every problem of the plan; warnings have severity "warning"."""
        return [
            *_ratio_problems(self),
            *_strata_problems(self),
            *_method_problems(self),
            *(_minimization_problems(self) if self.method == MINIMIZATION else ()),
            *_length_problems(self),
        ]


def _name(levels: Mapping[str, str]) -> str:
    return BETWEEN_FACTORS.join(
        f"{factor}{BETWEEN_FACTOR_AND_LEVEL}{level}" for factor, level in levels.items()
    )


def _ratio_problems(plan: Plan) -> Iterator[Problem]:
    if len(plan.ratio) <= 1:
        yield Problem(f"{len(plan.ratio)} arms, so nothing is random", hint="name two or more", path="ratio")
    for arm, weight in plan.ratio.items():
        if _is_awkward(arm):
            yield Problem(
                f"{arm!r} cannot be an arm's id",
                hint="use printable text in Unicode's composed form",
                path="ratio",
            )
        if isinstance(weight, bool) or not isinstance(weight, int) or weight < 1:
            yield Problem(
                f"weight {weight!r} is not a whole number above 0",
                hint="leave the arm out if nobody is allocated to it",
                path=f"ratio.{arm}",
            )


def _is_awkward(text: str) -> bool:
    """Return whether a text is blank, unprintable or not the form that canonical bytes have (NFC)."""
    return not text.strip() or not text.isprintable() or not unicodedata.is_normalized("NFC", text)


def _strata_problems(plan: Plan) -> Iterator[Problem]:
    ids = [factor.id for factor in plan.strata]
    for index, factor in enumerate(plan.strata):
        path = f"strata.{index}"
        if ids.count(factor.id) > 1:
            yield Problem(f"factor {factor.id!r} stands {ids.count(factor.id)} times", path=path)
        if len(set(factor.levels)) != len(factor.levels):
            yield Problem("a level stands twice", path=f"{path}.levels")
        if len(set(factor.levels)) <= 1:
            yield Problem(
                f"{len(set(factor.levels))} levels, so the factor divides nobody",
                hint="give two or more, or leave the factor out",
                path=f"{path}.levels",
            )
        for text in (factor.id, *factor.levels):
            if _is_awkward(text) or set(text) & {BETWEEN_FACTORS, BETWEEN_FACTOR_AND_LEVEL}:
                yield Problem(
                    f"{text!r} cannot be part of a stratum's name",
                    hint="use printable text without = and ;, in Unicode's composed form",
                    path=path,
                )


def _method_problems(plan: Plan) -> Iterator[Problem]:
    if plan.method not in METHODS:
        near = difflib.get_close_matches(plan.method, METHODS, n=1, cutoff=0)
        yield Problem(f"unknown method {plan.method!r}", hint=f"did you mean {near[0]}?", path="method")
        return
    yield from _unused_options(plan)
    if plan.method == "permuted_blocks":
        yield from _block_problems(plan)
    if plan.method in ("big_stick", "efron") and (len(plan.ratio) != 2 or len(set(plan.ratio.values())) > 1):
        yield Problem(
            f"{plan.method} is defined for two arms of equal weight",
            hint="use permuted_blocks or complete",
            path="ratio",
        )
    if plan.method == "big_stick":
        yield from _imbalance_problems(plan.maximum_imbalance)
    if plan.method == "efron" and not (plan.bias is not None and FAIR < plan.bias < 1):
        yield Problem(
            f"bias {plan.bias} is not between 0.5 and 1",
            hint="give the probability of the arm that is behind, such as 0.65",
            path="bias",
        )


def _unused_options(plan: Plan) -> Iterator[Problem]:
    options = (
        ("block_sizes", ("permuted_blocks",), bool(plan.block_sizes)),
        ("maximum_imbalance", ("big_stick",), plan.maximum_imbalance is not None),
        ("bias", ("efron", MINIMIZATION), plan.bias is not None),
        ("imbalance", (MINIMIZATION,), plan.imbalance is not None),
        ("weights", (MINIMIZATION,), bool(plan.weights)),
    )
    for option, owners, given in options:
        if given and plan.method not in owners:
            hint = f"for {' and '.join(owners)} only"
            yield Problem(f"{option} has no meaning for {plan.method}", hint=hint, path=option)


def _minimization_problems(plan: Plan) -> Iterator[Problem]:
    if not plan.strata:
        hint = "name the factors, or use big_stick or efron"
        yield Problem("minimization balances factors, and none is given", hint=hint, path="strata")
    if plan.imbalance not in IMBALANCES:
        yield Problem(
            f"imbalance {plan.imbalance!r} is no measure", hint=f"{' or '.join(IMBALANCES)}", path="imbalance"
        )
    # At chance nothing is balanced; at 1 every draw without a tie is known beforehand.
    if plan.bias is None or not (plan.unit > 0 and Fraction(1, plan.unit) < plan.exact_bias < 1):
        yield Problem(
            f"bias {plan.bias} is not between chance and 1",
            hint=f"give the probability of the arm that balances best, above 1/{plan.unit}, such as 0.8",
            path="bias",
        )
    ids = {factor.id for factor in plan.strata}
    for factor, weight in plan.weights.items():
        if factor not in ids:
            yield Problem(
                f"there is no factor {factor!r}", hint="name one of strata", path=f"weights.{factor}"
            )
        if isinstance(weight, bool) or not isinstance(weight, int) or weight < 1:
            yield Problem(
                f"weight {weight!r} is not a whole number above 0",
                hint="leave the factor out if it needs no balance",
                path=f"weights.{factor}",
            )


def _block_problems(plan: Plan) -> Iterator[Problem]:
    if not plan.block_sizes:
        yield Problem("no block size is given", hint=f"give multiples of {plan.unit}", path="block_sizes")
    for index, size in enumerate(plan.block_sizes):
        if size < 1 or plan.unit < 1 or size % plan.unit:
            yield Problem(
                f"block size {size} is not a multiple of the ratio's sum {plan.unit}",
                hint="blocks must hold whole arms",
                path=f"block_sizes.{index}",
            )
    if plan.block_sizes and set(plan.block_sizes) == {plan.unit}:
        yield Problem(
            f"with every block of size {plan.unit} the end of each block can be predicted",
            hint="add larger sizes, or use the big stick",
            path="block_sizes",
            severity="warning",
        )


def _imbalance_problems(maximum: int | None) -> Iterator[Problem]:
    if maximum is None or maximum < 1:
        yield Problem(
            f"maximum_imbalance {maximum} is not a whole number above 0",
            hint="give the largest difference between the arms, such as 4",
            path="maximum_imbalance",
        )
    elif maximum == 1:
        yield Problem(
            "with a maximum imbalance of 1 every second allocation is certain",
            hint="allow 2 or more",
            path="maximum_imbalance",
            severity="warning",
        )


def _length_problems(plan: Plan) -> Iterator[Problem]:
    length = plan.length
    if not 1 <= plan.kit_digits <= LARGEST_KIT_DIGITS:
        yield Problem(
            f"kit numbers of {plan.kit_digits} digits", hint=f"1 to {LARGEST_KIT_DIGITS}", path="kit_digits"
        )
    elif length is not None and 10**plan.kit_digits < KIT_ROOM * length * len(plan.stratum_names):
        yield Problem(
            f"{plan.kit_digits} digits are too few for {length * len(plan.stratum_names)} kit numbers",
            hint=f"leave room for {KIT_ROOM} times as many",
            path="kit_digits",
        )
    if length is not None and length < 1:
        yield Problem(f"{length} slots per stratum", hint="1 or more", path="length")
