"""The sections of a design's report, one a module, in the order they are read.

Holds the order. A section whose files hold nothing for it says so in a sentence and stays.
"""

from equipoise.report.blocks import Section
from equipoise.report.rehearsal.design import Design
from equipoise.report.rehearsal.sections import (
    assumptions,
    assurance,
    blinding,
    characteristics,
    designs,
    enrollment,
    looks,
    method,
    picture,
    power,
    sample_size,
)

ORDER = (
    sample_size,
    power,
    characteristics,
    blinding,
    assurance,
    looks,
    designs,
    enrollment,
    picture,
    assumptions,
    method,
)


def all_sections(design: Design) -> tuple[Section, ...]:
    """Return every section in order."""
    return tuple(module.section(design) for module in ORDER)
