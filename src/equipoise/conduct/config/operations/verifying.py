"""Recomputing everything that can be recomputed, in every store.

Holds `verify`, what `equipoise verify` does, and the export of the chains.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import Error

from equipoise.conduct.allocator import verification as allocator
from equipoise.conduct.audit import anchors, chains
from equipoise.conduct.audit.verification import Verified
from equipoise.conduct.capture import current
from equipoise.conduct.config import schema
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.enrollment import verification as enrollment
from equipoise.conduct.enrollment.services import consenting
from equipoise.conduct.stores.names import STORES
from equipoise.conduct.unblinding import verification as unblinding
from equipoise.errors import Problem


@dataclass(frozen=True, slots=True)
class Whole:
    """What came of recomputing an installation.

    chains     one a store
    problems   everything that differs: in the chains, the cache of answers, the triggers and the rights, and
               between the stores
    warnings   what is no difference: it waits to be finished, or could not be looked at here
    """

    chains: tuple[Verified, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()

    def summary(self) -> str:
        """Return one line a store, then what a restore explains, then the warnings."""
        lines = [chain.summary() for chain in self.chains]
        notes = [f"{chain.store}: {note}" for chain in self.chains for note in chain.notes]
        return "\n".join([*lines, *notes, *(str(one) for one in self.warnings)])


def verify(study: Settings, *, anchor_files: Collection[Path] = ()) -> Whole:
    """Recompute every chain, compare the cache of answers and the stores, and look at triggers and rights.

    anchor_files   texts with anchors that left this machine
    """
    found = anchors.read(anchor_files)
    checked = tuple(chains.check(store, anchors=found[store]) for store in STORES)
    problems = [problem for chain in checked for problem in chain.problems]
    problems += [*current.problems(), *schema.problems(study)]
    stores = [*enrollment.check(), *unblinding.check(), *_consents(), *_allocation()]
    warnings = tuple(one for one in stores if one.severity == "warning")
    return Whole(checked, (*problems, *(one for one in stores if one not in warnings)), warnings)


def _consents() -> list[Problem]:
    """Return where consents and names do not go together; a store that is away the chains have said."""
    try:
        return consenting.verify()
    except Error:
        return []


def _allocation() -> list[Problem]:
    """Return what is wrong within the allocation store; what cannot be read the chains have said."""
    try:
        return allocator.check()
    except Error:
        return []


def export(folder: Path, *, at: datetime, withhold: Collection[str] = ()) -> dict[str, int]:
    """Write every chain into a folder of its own, and return store to number of events.

    withhold   tables whose rows are left out
    """
    return {store: chains.export(store, folder / store, at=at, withhold=withhold) for store in STORES}
