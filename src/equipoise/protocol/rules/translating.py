"""Translations: what applicants and participants read is there in every language the file speaks."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from equipoise.errors import Problem
from equipoise.protocol.resolve import ResolvedForm
from equipoise.protocol.rules.draft import Draft, shown
from equipoise.protocol.schedule import Item
from equipoise.source import Path

READER = "participant"
NO_WORDS = frozenset("0123456789.,:-+/ ")
"""A text of these alone says the same in every language."""


def translating(draft: Draft) -> Iterator[Problem]:
    """Yield texts that a language lacks, and translations of what the file does not say."""
    if not draft.protocol.translations:
        return
    known = set(_texts(draft.protocol.model_dump(exclude={"translations"})))
    known.update(text for form in draft.forms.values() for text in _texts(form.__dict__))
    wanted = dict(_read(draft))
    for language, texts in draft.protocol.translations.items():
        library = draft.resolved.translations.get(language, {})
        for text, path in wanted.items():
            if text not in texts and text not in library:
                message = (
                    f"no {language} translation: applicants or participants read {shown(text)} in English"
                )
                yield draft.warning(path, message, f"add it to `translations.{language}`")
        for text in texts:
            if text not in known and not draft.unreadable:
                message = f"nothing in the file says {shown(text)}"
                hint = "write it as it stands there, or remove it"
                yield draft.warning(("translations", language, text), message, hint, key=True)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text within."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _texts(value.model_dump(exclude={"translations"}))
    elif isinstance(value, dict):
        for name, one in value.items():
            if name != "translations":
                yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _read(draft: Draft) -> Iterator[tuple[str, Path]]:
    """Yield each text that applicants or participants read, and where the file says or names it."""
    plan = draft.protocol.application
    if plan is not None:
        yield draft.protocol.trial.title, ("trial", "title")
        for place, name in enumerate(plan.items):
            form, _, item = name.partition(".")
            if form in draft.forms and item in {one.id for one in draft.forms[form].items}:
                yield from _of_item(draft.forms[form].item(item), ("application", "items", place))
    for place, form_plan in enumerate(draft.protocol.forms):
        if READER in form_plan.fillers and form_plan.id in draft.forms:
            yield from _of_form(draft.forms[form_plan.id], ("forms", place))


def _of_form(form: ResolvedForm, path: Path) -> Iterator[tuple[str, Path]]:
    yield form.label, path
    for group in form.groups:
        yield group.label, path
    for item in form.all_items():
        yield from _of_item(item, path)
    for check in form.checks:
        yield check.message, path
    for one in form.instrument.items if form.instrument is not None else ():
        for label in (one.low_label, one.high_label):
            if label:
                yield label, path


def _of_item(item: Item, path: Path) -> Iterator[tuple[str, Path]]:
    for text in (item.label, item.hint or "", *(item.codes or {}).values()):
        if text and not NO_WORDS.issuperset(text):
            yield text, path
