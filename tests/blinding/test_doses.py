"""Three arms in strata, each exchanged for the next: nobody who works blind sees which dose, the second one included."""

from typing import Any

import pytest
from tests.blinding.eyes import BROAD, PARTICIPANT, same
from tests.blinding.worlds import Worlds


@pytest.mark.parametrize("who", [BROAD, PARTICIPANT, "rater", "investigator"])
def test_nobody_blind_sees_which_dose(worlds: Worlds, who: str, record_property: Any) -> None:
    same(worlds("sqlite", "doses"), who, record_property)
