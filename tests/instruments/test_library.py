"""Finding and remembering the shipped scales."""

import subprocess
import sys

import pytest

from equipoise import instruments
from equipoise.errors import ProtocolError


def test_names_are_sorted_and_every_one_loads():
    assert list(instruments.names()) == sorted(instruments.names())
    assert [instruments.load(name).id for name in instruments.names()] == list(instruments.names())


def test_a_scale_is_read_once():
    assert instruments.load("madrs") is instruments.load("madrs")


@pytest.mark.parametrize(("name", "near"), [("mards", "madrs"), ("PHQ9", "phq9"), ("qids", "qids_sr16")])
def test_an_unknown_scale_is_refused_with_the_nearest_name(name, near):
    with pytest.raises(ProtocolError) as caught:
        instruments.load(name)
    assert f"did you mean `{near}`?" in str(caught.value)


@pytest.mark.parametrize("name", ["", "zzzzzz", "../madrs", "madrs.yaml/x"])
def test_a_name_like_no_scale_gets_the_list(name):
    with pytest.raises(ProtocolError):
        instruments.load(name)


def test_importing_instruments_reads_no_scale_and_no_numerics():
    code = (
        "import sys, equipoise.instruments as i;"
        "print(i.load.__wrapped__ is not None, i.load.cache_info().currsize,"
        " [m for m in ('numpy', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "0", "[]"]
