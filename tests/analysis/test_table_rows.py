"""Frames as rows."""

import numpy as np
import pandas as pd

from equipoise.analysis.table_rows import table_rows


def test_absent_values_are_none_whatever_the_column_calls_them() -> None:
    frame = pd.DataFrame(
        {
            "text": pd.Series(["a", "", None], dtype=object),
            "number": [1.5, np.nan, 2.0],
            "whole": pd.Series([3, None, 4], dtype="Int64"),
        }
    )
    assert table_rows(frame) == [
        {"text": None, "number": None, "whole": None},
        {"text": None, "number": 2.0, "whole": 4},
        {"text": "a", "number": 1.5, "whole": 3},
    ]


def test_the_order_of_rows_does_not_matter() -> None:
    frame = pd.DataFrame({"who": ["b", "a", "c"], "value": [2.0, np.nan, 1.0]})
    assert table_rows(frame) == table_rows(frame.iloc[::-1])


def test_no_rows_are_no_rows() -> None:
    assert table_rows(pd.DataFrame({"who": pd.Series([], dtype=object)})) == []
