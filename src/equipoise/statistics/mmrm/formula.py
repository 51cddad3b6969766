"""R-style formulas over a data frame: design matrix, outcome, and the grid that adjusted means stand on.

The only module that needs pandas and formulaic, and so the slow one to import: the package loads it by name
on the first call of `fit`. What a formula may say stands in `vocabulary`. Holds no statistics.
"""

import itertools
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor

from equipoise.errors import FitError, Problem
from equipoise.statistics.mmrm import vocabulary
from equipoise.statistics.mmrm.arrays import Array

# Cells of the grid beyond which adjusted means are refused: factors with very many levels belong in the data.
MOST_CELLS = 200_000
# Covariates whose squares are still numbers after sums over any number of rows.
LARGEST = 1e152
# Arrays take half the time of data frames; rows with missing values are gone before; no names but the data's.
HOW: dict[str, Any] = {"output": "numpy", "na_action": "ignore", "context": {}}


@dataclass(frozen=True)
class Model:
    """A formula read.

    text       as given
    formula    parsed
    variables  columns of the data it needs, outcome and covariates
    covariates columns of the data on its right-hand side
    """

    text: str
    formula: Formula
    variables: tuple[str, ...]
    covariates: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Every combination of the factors' levels, covariates at their mean.

    frame    one row a cell
    matrix   (cells, p) design
    factors  levels by factor
    """

    frame: pd.DataFrame
    matrix: Array
    factors: Mapping[str, tuple[Hashable, ...]]


def parse(text: str, *, columns: Sequence[str]) -> Model:
    """Return the formula.

    columns  of the data, so that those inside functions are found
    Raises   FitError when it cannot be read, has no outcome, or says what no formula may
    """
    if len(text) > vocabulary.MOST_LETTERS:
        raise FitError(f"The formula has {len(text):,} letters; {vocabulary.MOST_LETTERS:,} are the most")
    try:
        formula = Formula(text)
    except (FormulaicError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FitError(
            f"The formula {text!r} cannot be read: {error}; allowed are {vocabulary.ALLOWED}"
        ) from error
    if not hasattr(formula, "lhs") or not hasattr(formula.lhs, "__len__") or len(formula.lhs) != 1:
        raise FitError(f"The formula {text!r} names no single outcome; write OUTCOME ~ COVARIATES")
    _refuse_strangers(text, formula, columns)
    named = {str(variable) for variable in formula.required_variables}
    covariates = _mentioned(formula.rhs, columns) | {str(name) for name in formula.rhs.required_variables}
    variables = named | covariates | _mentioned(formula.lhs, columns)
    return Model(text, formula, tuple(sorted(variables)), tuple(sorted(covariates)))


def _refuse_strangers(text: str, formula: Formula, columns: Sequence[str]) -> None:
    """Refuse whatever the formula's library would evaluate beyond the vocabulary, before it evaluates."""
    factors = {factor for side in (formula.lhs, formula.rhs) for term in side for factor in term.factors}
    found = []
    for factor in sorted(factors, key=lambda one: str(one.expr)):
        expression = str(factor.expr)
        if factor.eval_method is Factor.EvalMethod.PYTHON:
            found += vocabulary.strangers(expression, columns=columns)
        elif factor.eval_method is Factor.EvalMethod.LOOKUP and not (
            expression in columns or expression.isidentifier()
        ):
            found.append(expression)
    if found:
        hint = f"allowed are {vocabulary.ALLOWED}"
        problems = [Problem(f"{part} may not stand in a formula", hint) for part in dict.fromkeys(found)]
        raise FitError(f"The formula {text!r} cannot be used", problems)


def _mentioned(side: Any, columns: Sequence[str]) -> set[str]:
    """Return the columns that some factor of a formula's side mentions."""
    expressions = [str(factor.expr) for term in side for factor in term.factors]
    return {column for column in columns if any(_mentions(expression, column) for expression in expressions)}


class Design:
    """A formula applied to rows without missing values.

    matrix     (N, p)
    outcome    (N,)
    names      (p,) columns
    """

    def __init__(self, model: Model, frame: pd.DataFrame) -> None:
        frame = _without_unused(frame, model.variables)
        try:
            matrices = model.formula.get_model_matrix(frame, **HOW)
        except (FormulaicError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise FitError(f"The formula {model.text!r} cannot be applied to the data: {error}") from error
        self.model, self._frame, self._spec = model, frame, matrices.rhs.model_spec
        self._lhs = matrices.lhs.model_spec
        self.matrix: Array = _numbers(matrices.rhs)
        outcome = _numbers(matrices.lhs)
        if outcome.shape[1] != 1 or _categorical(self._lhs):
            raise FitError(
                f"The outcome of {model.text!r} is not one column of numbers; pandas.to_numeric makes it one"
            )
        self.outcome: Array = outcome[:, 0]
        if not (np.isfinite(self.matrix).all() and np.isfinite(outcome).all()):
            raise FitError(f"A function in {model.text!r} gives values that are not finite for these data")
        self.names: tuple[str, ...] = tuple(str(name) for name in self._spec.column_names)
        sizes = np.abs(self.matrix).max(axis=0, initial=0)
        if sizes.max(initial=0) > LARGEST:
            j = int(sizes.argmax())
            raise FitError(
                f"{self.names[j]} reaches {sizes[j]:.0e}, too large to be squared; change its unit"
            )

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Columns of the data on the right-hand side, in order of appearance in the data."""
        return tuple(str(name) for name in self._frame.columns if name in self.model.covariates)

    @cached_property
    def factors(self) -> dict[str, tuple[Hashable, ...]]:
        """Levels of each variable that the formula uses as a factor, the reference first."""
        found: dict[str, tuple[Hashable, ...]] = {}
        for variable in self.variables:
            if any(_mentions(expression, variable) for expression in _categorical(self._spec)):
                found[variable] = levels(self._frame[variable])
        return found

    def matrix_for(self, frame: pd.DataFrame) -> Array:
        """Return the design (rows, p) of other rows; FitError for levels the fit has not seen."""
        known = self.factors
        for variable, seen in known.items():
            strange = sorted({str(value) for value in frame[variable] if value not in seen})
            if strange:
                raise FitError(f"{variable} has levels the fit has not seen: {', '.join(strange)}")
        alike = {name: _like(self._frame[name], frame[name].tolist(), index=frame.index) for name in known}
        return _numbers(self._spec.get_model_matrix(frame.assign(**alike), **HOW))

    def outcome_for(self, frame: pd.DataFrame) -> Array:
        """Return the outcome (rows,) of other rows, missing where it is missing or has no column."""
        needed = set(self.model.variables) - set(self.model.covariates)
        if not needed <= set(frame.columns):
            return np.full(len(frame), np.nan)
        return _numbers(self._lhs.get_model_matrix(frame, **HOW))[:, 0]

    @cached_property
    def grid(self) -> Grid:
        """Return the grid of all factors, covariates at their mean over the rows used."""
        return self._grid({name: float(self._frame[name].mean()) for name in self._numeric()})

    @cached_property
    def scaffolds(self) -> list[Array]:
        """Return designs of the grid at several values of the covariates, where columns are not all zero."""
        values = [
            {name: float(reduce(self._frame[name])) for name in self._numeric()}
            for reduce in (_extreme, np.mean, np.min)
        ]
        return [self._grid(at).matrix for at in (values if self._numeric() else values[:1])]

    def terms(self) -> list[tuple[str, frozenset[str], dict[int, str]]]:
        """Return each term's name, its factors and, by column, the covariates the column is multiplied by."""
        categorical = _categorical(self._spec)
        result = []
        for term, columns in self._spec.term_slices.items():
            expressions = [str(factor.expr) for factor in term.factors]
            numeric = [e for e in expressions if e not in categorical and e != "1"]
            variables = frozenset(
                v for v in self.factors for e in expressions if e in categorical and _mentions(e, v)
            )
            multipliers = {
                j: ":".join(sorted(part for part in self.names[j].split(":") if _starts(part, numeric)))
                for j in range(columns.start, columns.stop)
            }
            result.append((str(term), variables, multipliers))
        return result

    def frequencies(self, names: Sequence[str], cells: pd.DataFrame) -> Array:
        """Return the share of the rows used that lies in each cell of the named factors."""
        if not names:
            return np.ones(len(cells))
        counts = self._frame.groupby(list(names), observed=True).size()
        keys = list(cells[list(names)].itertuples(index=False, name=None))
        found = [counts.get(key if len(names) > 1 else key[0], 0) for key in keys]
        return np.asarray(found, dtype=np.float64) / len(self._frame)

    def _numeric(self) -> list[str]:
        return [name for name in self.variables if name not in self.factors]

    def _grid(self, covariates: Mapping[str, float]) -> Grid:
        factors = self.factors
        if np.prod([float(len(values)) for values in factors.values()]) > MOST_CELLS:
            raise FitError(f"the factors have more than {MOST_CELLS} combinations of levels")
        cells = list(itertools.product(*factors.values()))
        index = pd.RangeIndex(len(cells))
        columns: dict[str, Any] = {
            name: _like(self._frame[name], [cell[i] for cell in cells], index=index)
            for i, name in enumerate(factors)
        }
        columns |= {name: np.full(len(cells), value) for name, value in covariates.items()}
        frame = pd.DataFrame(columns, index=index)
        return Grid(frame, _numbers(self._spec.get_model_matrix(frame, **HOW)), factors)


def _categorical(spec: Any) -> set[str]:
    """Return the expressions of a matrix's specification that are factors."""
    return {
        str(expression)
        for expression, (kind, _) in spec.encoder_state.items()
        if kind is Factor.Kind.CATEGORICAL
    }


def _numbers(matrix: Any) -> Array:
    return np.array(matrix, dtype=np.float64, ndmin=2)


def levels(column: "pd.Series[Any]") -> tuple[Hashable, ...]:
    """Return a column's levels: a Categorical's order, otherwise sorted."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = set(column.dropna().unique())
        return tuple(level for level in column.cat.categories if level in used)
    values = column.dropna().unique().tolist()
    try:
        return tuple(sorted(values))
    except TypeError:
        return tuple(sorted(values, key=str))


def _without_unused(frame: pd.DataFrame, variables: Sequence[str]) -> pd.DataFrame:
    """Return the frame with categories that no row has removed, since they would be empty columns."""
    changed = {
        name: frame[name].cat.remove_unused_categories()
        for name in variables
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return frame.assign(**changed) if changed else frame


def _like(column: "pd.Series[Any]", values: list[Any], *, index: pd.Index) -> "pd.Series[Any]":
    """Return values as a column of the same kind."""
    return pd.Series(values, index=index, dtype=column.dtype)


def _mentions(expression: str, variable: str) -> bool:
    return (
        expression == variable or re.search(rf"(?<![\w.]){re.escape(variable)}(?!\w)", expression) is not None
    )


def _starts(part: str, expressions: Sequence[str]) -> bool:
    return any(part == expression or part.startswith(f"{expression}[") for expression in expressions)


def _extreme(values: "pd.Series[Any]") -> float:
    return float(values.iloc[int(np.abs(values.to_numpy(dtype=np.float64)).argmax())])
