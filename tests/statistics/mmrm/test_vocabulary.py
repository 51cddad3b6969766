"""Tests that a formula is a formula and never a program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.mmrm import formula, vocabulary

COLUMNS = ("y", "arm", "visit", "base", "my score", "np")
ATTACKS = [
    "__import__('os').system('touch {path}')",
    "log(__import__('os').system('touch {path}'))",
    "{{__import__('os').system('touch {path}')}}",
    "I(open('{path}', 'w'))",
    'I(exec(\'open("{path}", "w")\'))',
    "I(base.to_csv('{path}'))",
    "base.to_csv('{path}')",
    "np.savetxt('{path}', base)",
    "np.lib.npyio.savetxt('{path}', base)",
    "log(base, open('{path}', 'w'))",
    "log(base, **{{'out': open('{path}', 'w')}})",
    "log(*[open('{path}', 'w')])",
    "C(arm, levels=[open('{path}', 'w')])",
    "C(arm, contr.treatment(base=open('{path}', 'w')))",
    "I((lambda: open('{path}', 'w'))())",
    "I([open('{path}', 'w') for x in [1]][0])",
    "I(base.__class__)",
    "I(base['x'])",
    "base[0]",
    "I(f'{{base}}')",
    "I((x := base))",
    "I(base if base else base)",
    "getattr(base, 'to_csv')('{path}')",
    "contr.__class__(base)",
    "Q('base')",
    "hashed(arm, levels=10)",
    "I(`my score`.to_csv('{path}'))",
    "I(9**9**9**9)",
    "I(2**1000000000)",
    "I(base**1000)",
    "I('a' * 1000000000)",
    "I(b'a')",
    "I(other)",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("shape", ["y ~ arm + {}", "y ~ visit * ({})", "{} ~ arm"])
def test_what_is_no_formula_is_refused_before_anything_is_evaluated(
    attack, shape, tmp_path, invented, fit_trial
):
    path = tmp_path / "made"
    text = shape.format(attack.format(path=path))
    data = invented(seed=1, n=20).rename(columns={"weight": "my score"})
    with pytest.raises(FitError, match=r"cannot be (read|used)") as raised:
        fit_trial(data, text)
    assert not path.exists()
    assert "poly" in str(raised.value), "the refusal says what is allowed"


def test_an_attack_would_be_evaluated_without_the_check(monkeypatch, tmp_path, invented, fit_trial):
    monkeypatch.setattr(vocabulary, "strangers", lambda expression, columns: [])
    path = tmp_path / "made"
    fit_trial(invented(seed=1, n=20), f"y ~ visit + log(base, np.savetxt('{path}', base))", covariance="cs")
    assert path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "y ~ arm * visit + base",
        "y ~ 0 + arm:visit",
        "y ~ arm + visit - 1",
        "log(y) ~ arm / visit",
        "y ~ (arm + visit + base)**2",
        "y ~ C(arm, Treatment('x')) + C(visit, contr.sum) + C(arm, Sum)",
        "y ~ C(arm, contr.treatment(base='active'), levels=['control', 'active'])",
        "y ~ poly(base, 2) + center(scale(base)) + np.sqrt(base) + bs(base, df=4)",
        "y ~ I(base**2 / 10 - 1.5) + I((base > 20) & (arm == 'active'))",
        "y ~ log(`my score`) + `my score`",
        "y ~ {base + 1}",
    ],
)
def test_what_statisticians_write_is_read(text):
    assert formula.parse(text, columns=COLUMNS).variables


def test_every_part_that_is_not_allowed_is_named_at_once():
    with pytest.raises(FitError) as raised:
        formula.parse("y ~ I(open('a')) + base.sum() + sum(base)", columns=COLUMNS)
    assert [problem.message.split(" may ")[0] for problem in raised.value.problems] == [
        "open('a')",
        "base.sum()",
        "sum(base)",
    ]


def test_a_very_long_formula_is_refused():
    with pytest.raises(FitError, match="letters"):
        formula.parse("y ~ " + " + ".join(["base"] * 2_000), columns=COLUMNS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*"~+-*/:()[]{}0159.,=`'<>&|@%", "**", "base", "y", "arm", "C", "I", "log", "lambda", "__import__", "np"]), max_size=12).map(" ".join))  # fmt: skip
def test_any_text_is_a_model_or_a_refusal(text):
    try:
        assert formula.parse(text, columns=COLUMNS)
    except FitError as error:
        assert str(error)


def test_the_list_names_functions_that_exist(invented, fit_trial):
    data = invented(seed=3, n=24)
    for name in sorted(vocabulary.FUNCTIONS - vocabulary.CODINGS - {"Treatment"}):
        second = {"poly": ", 2", "bs": ", df=4", "cc": ", df=4", "cr": ", df=4", "cs": ", df=4"}.get(name, "")
        fit_trial(data, f"y ~ visit + {name}({'arm' if name == 'C' else 'base'}{second})", covariance="cs")
    for module, names in vocabulary.MEMBERS.items():
        for name in sorted(names):
            term = f"np.{name}(base)" if module == "np" else f"C(arm, contr.{name})"
            fit_trial(data, f"y ~ visit + {term}", covariance="cs")
    for name in (*sorted(vocabulary.CODINGS), "Treatment()", "Sum()"):
        fit_trial(data, f"y ~ visit + C(arm, {name})", covariance="cs")
