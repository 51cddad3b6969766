"""Tests of `equipoise.allocation.commitment`, with the attack it is there for."""

import hashlib
from dataclasses import replace
from itertools import permutations, product

import pytest

from equipoise.allocation import AllocationList, Plan, commit, draw, verify
from equipoise.errors import IntegrityError

SALT = bytes(range(32))
EQUAL = {"psilocybin": 1, "niacin": 1}


@pytest.fixture(scope="module")
def small(seed, canonical):
    return draw(Plan("permuted_blocks", EQUAL, block_sizes=(4,), length=8), seed=seed, canonical=canonical)


def _every_list(known):
    """All lists that agree with what everybody can know: strata, positions, kits and blocks of four."""
    blocks = sorted(set(permutations(["psilocybin"] * 2 + ["niacin"] * 2)))
    for choice in product(blocks, repeat=len(known) // 4):
        arms = [arm for block in choice for arm in block]
        yield AllocationList(tuple(replace(slot, arm=arm) for slot, arm in zip(known, arms, strict=True)))


def test_a_hash_without_salt_gives_the_whole_list_away(small):
    published = hashlib.sha256(small.canonical()).hexdigest()
    found = [
        guess for guess in _every_list(small) if hashlib.sha256(guess.canonical()).hexdigest() == published
    ]
    assert found == [small]


def test_the_same_attack_on_the_commitment_finds_nothing(small):
    published = commit(small, salt=SALT)
    guesses = list(_every_list(small))
    assert small in guesses
    for known_salt in (b"", bytes(32)):
        assert all(
            hashlib.sha256(known_salt + guess.canonical()).hexdigest() != published for guess in guesses
        )


def test_the_commitment_is_the_documented_hash(small):
    assert commit(small, salt=SALT) == hashlib.sha256(SALT + small.canonical()).hexdigest()


def test_the_revealed_list_and_salt_verify(small):
    verify(commit(small, salt=SALT), small, salt=SALT)
    verify(commit(small, salt=SALT).upper() + "\n", small, salt=SALT)


def test_every_single_exchange_of_two_arms_is_noticed(small):
    commitment = commit(small, salt=SALT)
    slots = small.slots
    for index, slot in enumerate(slots):
        other = next(arm for arm in EQUAL if arm != slot.arm)
        changed = AllocationList((*slots[:index], replace(slot, arm=other), *slots[index + 1 :]))
        with pytest.raises(IntegrityError, match="not the one committed to"):
            verify(commitment, changed, salt=SALT)


@pytest.mark.parametrize("change", [{"salt": bytes(32)}, {"commitment": "0" * 64}])
def test_another_salt_or_commitment_is_noticed(small, change):
    given = {"commitment": commit(small, salt=SALT), "salt": SALT, **change}
    with pytest.raises(IntegrityError):
        verify(given["commitment"], small, salt=given["salt"])


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_of_another_length_is_refused(small, salt):
    with pytest.raises(ValueError, match="32 random bytes"):
        commit(small, salt=salt)
    with pytest.raises(ValueError, match="32 random bytes"):
        verify("", small, salt=salt)
