"""The real commitment hides the list: without its salt, not even 32 slots in blocks of four can be searched for."""

import itertools
from hashlib import sha256

from equipoise.allocation import commit
from equipoise.allocation.commitment import SALT_BYTES

BLOCKS = [block for block in itertools.product("AB", repeat=4) if block.count("A") == 2]
SLOTS = 32
SEARCHED = 200_000


def lists():
    """Yield every list of 32 slots in blocks of four, as bytes: six to the eighth."""
    for blocks in itertools.product(BLOCKS, repeat=SLOTS // 4):
        yield "".join(itertools.chain.from_iterable(blocks)).encode()


def test_an_unsalted_digest_is_found_by_trying_every_list() -> None:
    """What is wrong with the digest that others publish: the search below would end."""
    secret = next(itertools.islice(lists(), SEARCHED // 2, None))
    digest = sha256(secret).hexdigest()
    assert any(sha256(one).hexdigest() == digest for one in itertools.islice(lists(), SEARCHED))
    assert len(BLOCKS) ** (SLOTS // 4) < 2**21


def test_the_commitment_is_not_found_without_its_salt() -> None:
    secret = next(lists())
    salt = bytes(range(SALT_BYTES))
    committed = commit(secret, salt=salt)
    guesses = itertools.islice(lists(), SEARCHED)
    assert not any(sha256(one).hexdigest() == committed for one in guesses)
    assert SALT_BYTES * 8 >= 256, "salts cannot be tried one by one"
    assert commit(secret, salt=salt) == committed
    assert commit(secret, salt=bytes(SALT_BYTES)) != committed


def test_two_lists_under_salts_of_their_own_share_nothing() -> None:
    one, other = itertools.islice(lists(), 2)
    digests = {commit(text, salt=bytes([n]) * SALT_BYTES) for n in range(64) for text in (one, other)}
    assert len(digests) == 128
