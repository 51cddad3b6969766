"""The bar of the expression language: at most 5 microseconds for one evaluation of a typical rule.

Prints each rule's time and its ratio to `eval` of the same rule compiled by Python, measured in the same
run. Exits with 1 when the typical rule is over the bar.

    python benchmarks/expressions.py
"""

import sys
from collections.abc import Callable
from timeit import repeat

from equipoise.expressions import parse

BAR_MICROSECONDS = 5.0
EVALUATIONS = 20_000
READINGS = 200
ROUNDS = 7
MICROSECONDS = 1e6

TYPICAL = "madrs.total@SCR > 21 and age >= 18"
# Our text, the same rule for Python, and values under our names.
RULES = {
    TYPICAL: ("madrs_total_SCR > 21 and age >= 18", {"madrs.total@SCR": 28, "age": 38}),
    "18 <= age < 65": ("18 <= age < 65", {"age": 38}),
    "sum(a, b, c, d) / 4 >= 1.33": ("sum((a, b, c, d)) / 4 >= 1.33", {"a": 1, "b": 2, "c": 1, "d": 2}),
    "role in ['physician', 'nurse'] or not pregnant": (
        "role in ['physician', 'nurse'] or not pregnant",
        {"role": "porter", "pregnant": True},
    ),
}


def microseconds(action: Callable[[], object], *, calls: int = EVALUATIONS) -> float:
    """Return the best of several rounds: the least disturbed by whatever else the machine does."""
    return min(repeat(action, number=calls, repeat=ROUNDS)) / calls * MICROSECONDS


def measure(text: str) -> tuple[float, float]:
    """Return microseconds of ours and of Python's eval, having checked that both give one answer."""
    python_text, values = RULES[text]
    rule, code = parse(text), compile(python_text, text, "eval")
    variables = {name.replace(".", "_").replace("@", "_"): value for name, value in values.items()}

    def ours() -> object:
        return rule.evaluate(values)

    def pythons() -> object:
        return eval(code, {}, variables)  # noqa: S307 - the texts above

    if ours() != pythons():
        raise SystemExit(f"the two answers differ: {text}")
    return microseconds(ours), microseconds(pythons)


def main() -> int:
    print(f"{'rule':<50}{'us':>8}{'eval us':>10}{'ratio':>8}")
    figures = {text: measure(text) for text in RULES}
    for text, (ours, pythons) in figures.items():
        print(f"{text:<50}{ours:>8.2f}{pythons:>10.2f}{ours / pythons:>8.2f}")
    typical, _ = figures[TYPICAL]
    verdict = "met" if typical <= BAR_MICROSECONDS else "MISSED"
    print(
        f"bar: {BAR_MICROSECONDS:g} us for the first rule, {verdict} ({typical / BAR_MICROSECONDS:.2f} of it)"
    )
    reading = microseconds(lambda: parse(TYPICAL), calls=READINGS)
    print(f"reading it once: {reading:.0f} us")
    return 0 if typical <= BAR_MICROSECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
