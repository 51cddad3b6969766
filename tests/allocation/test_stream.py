"""Tests of `equipoise.allocation.stream`."""

import hashlib
import hmac
from collections import Counter
from itertools import cycle

import pytest

from equipoise.allocation import stream
from equipoise.allocation.stream import Stream

SEED = bytes(range(32))


def _draws(n, count, **changes):
    given = {"seed": SEED, "canonical": b"{}", "name": "stratum:all", **changes}
    numbers = Stream(given["seed"], canonical=given["canonical"], name=given["name"])
    return [numbers.below(n) for _ in range(count)]


def test_the_first_draw_is_the_documented_digest():
    message = (
        b"equipoise-allocation-1" + hashlib.sha256(b"{}").digest() + hashlib.sha256(b"stratum:all").digest()
    )
    digest = hmac.new(SEED, message + bytes(8), hashlib.sha256).digest()
    assert _draws(10**9, 1) == [int.from_bytes(digest, "big") % 10**9]


@pytest.mark.parametrize("change", [{"seed": bytes(32)}, {"canonical": b"[]"}, {"name": "stratum:none"}])
def test_seed_list_and_name_each_change_the_stream(change):
    assert _draws(2**64, 4) == _draws(2**64, 4)
    assert not set(_draws(2**64, 4)) & set(_draws(2**64, 4, **change))


def test_every_outcome_is_equally_likely():
    n, count = 6, 6000
    tally = Counter(_draws(n, count))
    spread = (count / n * (1 - 1 / n)) ** 0.5
    assert set(tally) == set(range(n))
    assert all(abs(observed - count / n) < 4 * spread for observed in tally.values())


class Hash:
    """A hash whose digests are given."""

    def __init__(self, digests):
        self.digests = digests

    def copy(self):
        return self

    def update(self, message):
        assert message

    def digest(self):
        return bytes([next(self.digests)])


@pytest.mark.parametrize("seed", [SEED, b"a longer seed than a block of the hash " * 3])
def test_digests_are_those_of_hmac(seed):
    prefix = stream.LABEL + hashlib.sha256(b"c").digest() + hashlib.sha256(b"kits").digest()
    drawn = Stream(seed, canonical=b"c", name="kits")
    wide = 2**200
    for counter in range(3):
        message = prefix + counter.to_bytes(stream.COUNTER_BYTES, "big")
        assert drawn.below(wide) == int.from_bytes(hmac.digest(seed, message, "sha256"), "big") % wide


def test_digests_beyond_the_largest_multiple_are_thrown_away(monkeypatch):
    # With digests of two bits and n = 3, the value 3 must be drawn again, not folded onto 0.
    digests = iter([3, 3, 1, 0, 3, 2])
    monkeypatch.setattr(stream, "RANGE", 4)
    monkeypatch.setattr(stream, "SURE", 0)
    drawn = Stream(SEED, canonical=b"", name="kits")
    drawn._inner, drawn._outer = Hash(cycle([0])), Hash(digests)
    assert [drawn.below(3) for _ in range(3)] == [1, 0, 2]


def test_one_of_one_moves_the_counter_and_needs_no_digest():
    one, other = (Stream(SEED, canonical=b"", name="kits") for _ in range(2))
    assert one.below(1) == 0
    other.below(2)
    assert one.below(10**9) == other.below(10**9)


def test_a_short_seed_is_refused():
    with pytest.raises(ValueError, match="can be guessed"):
        Stream(b"12345", canonical=b"", name="kits")


def test_nothing_can_be_drawn_below_one():
    with pytest.raises(ValueError, match="nothing to draw"):
        _draws(0, 1)


def test_the_repr_hides_the_seed():
    assert repr(Stream(SEED, canonical=b"", name="kits")) == "<Stream>"
