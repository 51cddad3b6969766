"""The language's fixed parts: version, limits, functions and reserved words.

Holds no code that reads or evaluates. What changes here changes the language: raise
`LANGUAGE_VERSION`, because trees stored with a protocol version carry it.
"""

from dataclasses import dataclass

LANGUAGE_VERSION = 1

# Far above any rule seen in a protocol (the longest eligibility rule of the examples is under 200).
MAX_CHARACTERS = 2_000
# A tree this deep still reads and renders in a quarter of Python's default stack.
MAX_DEPTH = 50
# Every number of at most 15 digits survives JSON and a 64-bit float unchanged.
MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function is called.

    least, most   number of arguments; most None = any number
    takes_lists   whether an argument may be a list, which then counts as its elements
    usage         how to write it, for hints
    """

    least: int
    most: int | None
    takes_lists: bool
    usage: str

    def accepts(self, count: int) -> bool:
        """Return whether the function may have this many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)


FUNCTIONS = {
    "min": Signature(1, None, takes_lists=True, usage="min(a, b, ...)"),
    "max": Signature(1, None, takes_lists=True, usage="max(a, b, ...)"),
    "sum": Signature(1, None, takes_lists=True, usage="sum(a, b, ...)"),
    "mean": Signature(1, None, takes_lists=True, usage="mean(a, b, ...)"),
    "count": Signature(1, None, takes_lists=True, usage="count(a, b, ...)"),
    "abs": Signature(1, 1, takes_lists=False, usage="abs(a)"),
    "days_between": Signature(2, 2, takes_lists=False, usage="days_between(first, last)"),
    "is_missing": Signature(1, 1, takes_lists=False, usage="is_missing(a)"),
}

LANGUAGE_WORDS = frozenset({"and", "or", "not", "in", "if", "else", "True", "False", *FUNCTIONS})
# Python's other keywords, written out so that the language is the same under every Python version.
FOREIGN_WORDS = frozenset(
    {"None", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "except"}
    | {"finally", "for", "from", "global", "import", "is", "lambda", "nonlocal", "pass", "raise", "return"}
    | {"try", "while", "with", "yield"}
)
# Spellings of the literals in YAML, JSON and SQL, which would otherwise read as names nobody collects.
MISSPELT_LITERALS = {"true": "True", "false": "False", "null": "None", "none": "None"}
