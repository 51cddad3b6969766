"""A form's questions as HTML, from a compiled template: a page may ask hundreds.

Holds what follows from a line for its drawing. Refuses markup: that is the template's.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.template.defaultfilters import floatformat, linebreaksbr
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from equipoise.conduct.capture.lines import FormPage, ItemLine
from equipoise.conduct.frame.compiled import draw

MOST_RADIOS = 8
LOCAL_MINUTES = len("2026-11-23T10:00")
DECIMALS = "-2"
RANGES_KEPT = 1_000


def key_of(item: str, row: int) -> str:
    """Return the name of an answer's place in a page."""
    return f"{item}:{row}"


def drawn(page: FormPage, *, problems: bool, linked: bool = True) -> SafeString:
    """Return the questions of a form and its repeating groups as HTML.

    problems   whether something typed was refused: then the row that a new one would be stands open
    linked     whether they lead to pages about the form; without, the form is named nowhere
    """
    shown = {"page": page, "problems": problems, "linked": linked, "Question": Question}
    return draw("capture/questions.html", shown)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the template draws it: the line, and what follows from it for the page."""

    line: ItemLine

    @property
    def key(self) -> str:
        """Name of the answer's place."""
        return key_of(self.line.item, self.line.row)

    @property
    def as_radios(self) -> bool:
        """Whether every possible answer stands on the page."""
        return self.line.type == "code" and len(self.line.codes) <= MOST_RADIOS

    @property
    def coded(self) -> bool:
        """Whether the codes are a rating's numbers, which raters know by heart."""
        return len(self.line.codes) > 2 and all(one.code.isdecimal() for one in self.line.codes)

    @property
    def changed(self) -> str:
        """How often the answer changed; empty for never."""
        n = self.line.seq - 1
        return ngettext("%(n)s change", "%(n)s changes", n) % {"n": n} if n > 0 else ""

    @property
    def local_answer(self) -> str:
        """An instant as the browser's control takes it: without seconds and offset."""
        return self.line.answer[:LOCAL_MINUTES]

    @property
    def shown(self) -> SafeString:
        """The answer in words with its line breaks."""
        return linebreaksbr(self.line.shown_answer)

    @property
    def range(self) -> str:
        """What a number lies between, in words; empty where that is not said."""
        one = self.line
        if one.type != "number" or one.low is None or one.high is None:
            return ""
        return _range(one.low, one.high, one.low_label, one.high_label, get_language())


@lru_cache(maxsize=RANGES_KEPT)
def _range(low: float, high: float, low_label: str, high_label: str, _language: str | None) -> str:
    """Return a range in words; it is the protocol's, so it is kept for the next page in this language."""
    named = {"low": floatformat(low, DECIMALS), "high": floatformat(high, DECIMALS)}
    if low_label or high_label:
        return f"{named['low']} = {low_label}, {named['high']} = {high_label}"
    return _("%(low)s to %(high)s") % named
