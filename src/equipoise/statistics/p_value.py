"""How a p-value is printed.

Holds no test. Apart from `estimate` so that `multiplicity` stays plain Python.
"""

SMALLEST_PRINTED = 0.001


def format_p(p_value: float) -> str:
    """Return a p-value as printed: `p = .025`, `p < .001`."""
    if p_value < SMALLEST_PRINTED:
        return "p < .001"
    text = f"{p_value:.3f}"
    return f"p = {text.removeprefix('0')}"
