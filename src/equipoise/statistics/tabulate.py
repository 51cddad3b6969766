"""Results as a pandas DataFrame, one row a result.

Holds the only place of this package that needs pandas. It is loaded by name on the first call because it
doubles the time to import a method (0.35 s to 0.7 s measured), which a simulation's workers would all pay.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any


def tabulate(rows: Sequence[Mapping[str, object]]) -> Any:
    """Return `rows` as a pandas DataFrame with the keys as columns, in the order of the first row."""
    return importlib.import_module("pandas").DataFrame(list(rows))
