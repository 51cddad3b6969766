"""The report's sections after the first page, one a module, in the order they are read.

Holds the order. A section without its data says so in a sentence and stays.
"""

from equipoise.report.blocks import Section
from equipoise.report.sections import (
    baseline,
    blinding,
    checklist,
    deviations,
    estimands,
    flow,
    individuals,
    methods,
    missing_data,
    multiplicity,
    outcomes,
    over_time,
    provenance,
    responders,
    safety,
    sensitivity,
    sessions,
    subgroups,
)
from equipoise.report.trial import Trial

ORDER = (
    flow,
    baseline,
    estimands,
    outcomes,
    over_time,
    sensitivity,
    multiplicity,
    responders,
    individuals,
    sessions,
    safety,
    blinding,
    missing_data,
    deviations,
    subgroups,
    methods,
    checklist,
    provenance,
)


def all_sections(trial: Trial) -> tuple[Section, ...]:
    """Return every section in order."""
    return tuple(module.section(trial) for module in ORDER)
