"""The expression language: rules of a protocol, read once and evaluated with three-valued logic.

    rule = parse("madrs.total@SCR > 21 and age >= 18")
    rule.evaluate({"madrs.total@SCR": 28, "age": None})    # None: not yet known
    rule.evaluate({"madrs.total@SCR": 20, "age": None})    # False, whatever the age

Holds no protocol and no records: which names exist, and what stands behind them, others know.
"""

from equipoise.expressions.expression import Expression, Leaf, from_tree, parse
from equipoise.expressions.kinds import Kind, check_types, result_type
from equipoise.expressions.language import FUNCTIONS, LANGUAGE_VERSION, LANGUAGE_WORDS, MAX_CHARACTERS
from equipoise.expressions.names import Name
from equipoise.expressions.values import Value

__all__ = [
    "FUNCTIONS",
    "LANGUAGE_VERSION",
    "LANGUAGE_WORDS",
    "MAX_CHARACTERS",
    "Expression",
    "Kind",
    "Leaf",
    "Name",
    "Value",
    "check_types",
    "from_tree",
    "parse",
    "result_type",
]
