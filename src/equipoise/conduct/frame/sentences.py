"""What services say is wrong, in the language of the page.

Problems are English sentences, made where nobody knows who will read them: in the core, which has no
languages, at an import, or for a query that others read years later in a language of their own. So they are
translated where they are shown. Each sentence of the source stands in the catalogs as a pattern with named
places for what varies, `docs/catalog.py` sees to it, and a sentence is known again by its pattern. Holds
that. Refuses to touch what people typed: it stands between backticks and stays as it is.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation.trans_real import translation

SOURCE_LANGUAGE = "en"
PLACE = re.compile(r"\{(\w+)\}")
TYPED = re.compile(r"`\{(\w+)\}`")
WORDS = (
    *(
        gettext_noop("in progress"),
        gettext_noop("complete"),
        gettext_noop("verified"),
        gettext_noop("signed"),
    ),
    *(gettext_noop("locked"), gettext_noop("unlocked"), gettext_noop("held"), gettext_noop("missed")),
    *(gettext_noop("declined"), gettext_noop("opened"), gettext_noop("closed"), gettext_noop("made")),
    *(gettext_noop("seen"), gettext_noop("no answer yet"), gettext_noop("in_progress"), gettext_noop("used")),
)
"""States as sentences name them."""
KEPT = 2_000

Other = Callable[[str], str]
"""Translates what is not the software's own, such as a form's name, and returns other texts as they are."""


def said(text: str, other: Other = str) -> str:
    """Return a sentence of the software in the language of the page; any other text as `other` has it."""
    language = get_language() or SOURCE_LANGUAGE
    if language == SOURCE_LANGUAGE or not text:
        return text
    # What never was in the catalog, and what is the same in both languages, is looked for by its pattern.
    whole = gettext(text) if "\n" not in text else text
    if whole != text:
        return whole
    found = _matched(text, language)
    if found is None:
        return _listed(text, other)
    pattern, values = found
    typed = set(TYPED.findall(pattern))
    translated = {name: value if name in typed else said(value, other) for name, value in values.items()}
    return PLACE.sub(lambda place: translated.get(place[1], place[0]), gettext(pattern))


def _listed(text: str, other: Other) -> str:
    """Return a text that no pattern knows, or a list of such texts, each by itself."""
    whole = other(text)
    if whole != text:
        return whole
    return ", ".join(_word(one, other) for one in text.split(", "))


def _word(text: str, other: Other) -> str:
    """Return one word of a list, a role among them, which sentences write small."""
    for name in (text, capfirst(text)):
        known = gettext(name) if name else name
        if known != name:
            return known if name == text else known[:1].lower() + known[1:]
    return other(text)


@lru_cache(maxsize=KEPT)
def _matched(text: str, language: str) -> tuple[str, dict[str, str]] | None:
    """Return the pattern a sentence was made from with what stood in its places; the most exact one."""
    for pattern, expression in _patterns(language):
        match = expression.fullmatch(text)
        if match is not None:
            return pattern, match.groupdict()
    return None


@lru_cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return every pattern of a catalog, those that say most first."""
    keys = translation(language)._catalog.keys()  # type: ignore[attr-defined]
    found = [one for one in keys if isinstance(one, str) and PLACE.search(one) and "%(" not in one]
    found.sort(key=lambda one: (-len(PLACE.sub("", one)), one))
    return tuple((one, _expression(one)) for one in found)


def _expression(pattern: str) -> re.Pattern[str]:
    parts, seen = [], set()
    for number, part in enumerate(PLACE.split(pattern)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(f"(?P<{part}>.*?)")
    return re.compile("".join(parts), re.DOTALL)
