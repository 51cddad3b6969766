"""Texts of the protocol, its scales and standard forms, in the language of the page.

A version of the protocol holds its translations as it holds its texts, so an old form says for ever what it
said. Holds the look-up. Refuses to be asked for what is stored, signed or exported: that is the text itself.
"""

from collections.abc import Callable

from django.utils.translation import get_language

from equipoise.conduct.frame import sentences
from equipoise.conduct.frame.sentences import SOURCE_LANGUAGE
from equipoise.conduct.studies import reads
from equipoise.protocol import Resolved, ResolvedForm


def said(text: str, resolved: Resolved, form: ResolvedForm | None = None) -> str:
    """Return a text of a protocol version in the language of the page; as it stands where it has none.

    form   the form that says it: another's scale may mean something else by the same word
    """
    return speaker(resolved, form)(text)


def speaker(resolved: Resolved, form: ResolvedForm | None = None) -> Callable[[str], str]:
    """Return what says texts of a version in the language of the page, for whoever asks hundreds of times."""
    language = get_language() or SOURCE_LANGUAGE
    every = resolved.translations.get(language)
    if not every:
        return str
    if form is None:
        return lambda text: every.get(text, text)
    first = resolved.protocol.translations.get(language, {})
    own = form.translations.get(language, {})
    return lambda text: first.get(text) or own.get(text) or every.get(text, text)


def told(text: str, resolved: Resolved | None = None) -> str:
    """Return a sentence of the software, and the protocol's texts that stand in it, in the page's language.

    resolved   the version whose texts may stand in it; the newest one when left out
    """
    if (get_language() or SOURCE_LANGUAGE) == SOURCE_LANGUAGE:
        return text
    version = resolved or reads.newest_of_all()
    return sentences.said(text, speaker(version)) if version else sentences.said(text)
