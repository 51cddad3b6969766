"""The Spanish is one language: it says usted, ends as the English ends, and has one word for one thing."""

import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from equipoise import source

pytest.importorskip("babel", reason="the tools of development are not installed")

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "src" / "equipoise" / "conduct").rglob("templates/**/*.html"))
FILES = sorted(
    [
        *(ROOT / "src" / "equipoise" / "protocol" / "standard").glob("*.yaml"),
        *(ROOT / "src" / "equipoise" / "instruments" / "scales").glob("*.yaml"),
        *(ROOT / "protocols").glob("*.yaml"),
    ]
)
PLACE = re.compile(r"%\(\w+\)s|`[^`]*`|\{\w+\}|<[^>]*>")
END = re.compile(r"[.?!:]*$")
BEGIN = re.compile(r"[¿¡«“(\s]*(\w)")
FAMILIAR = re.compile(
    r"\b(tú|tu|tus|te|ti|tuyo|tuya|contigo|vos|vosotros|vosotras|vuestr[oa]s?|os|tienes|puedes|quieres|debes"
    r"|eres|estás|haz|sabes|necesitas|elige|pulsa|haces|quédate|dime)\b",
    re.IGNORECASE,
)
INFINITIVE = re.compile(r"((ar|er|ir)(l[oae]s?|se)?|Ir)$")
BUTTON = re.compile(
    r"<(?:button|a class=\"button)[^>]*>\s*{%\s*translate \"([^\"]+)\"(?: context \"(\w+)\")?\s*%}"
)
SPOKEN = frozenset(
    {
        *("I am done", "I have seen it", "I need help now", "I would rather not answer this"),
        *("I would rather not guess", "I wrote to them myself", "They took it back"),
        *("Next", "Back", "Earlier ones", "Newer ones", "button\4Done", "Yes, do it"),
        *("Held", "Missed", "Declined", "Waiting list"),
        *("Consent", "Eligibility", "Recovery codes", "Tokens for programs"),
    }
)
"""Buttons that say no deed: what a person says, where one goes, what a visit or an application came to be."""
LONGEST_BUTTON = 45
"""Characters of a button that stay on one or two lines at 390 pixels."""

Pair = tuple[str, str]
"""An English text and its Spanish."""


def _catalog_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalog", ROOT / "docs" / "catalog.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def catalog() -> dict[str, str]:
    """Every text of the software, after its context where it has one, and its Spanish."""
    keeping = _catalog_module()
    found = {}
    for one in keeping.catalog("es"):
        if one.id:
            text, plural = keeping._key(one)
            found.update(zip((text, plural) if plural else (text,), keeping._said(one), strict=True))
    return found


@pytest.fixture(scope="module")
def pairs(catalog: dict[str, str]) -> list[Pair]:
    """Every text there is in Spanish: the software's, the standard forms', the scales' and the example trials'."""
    found = [(text.rpartition("\4")[2], said) for text, said in catalog.items()]
    for path in FILES:
        read = source.read(path.read_bytes(), name=path.name).data
        found += (read.get("translations") or {}).get("es", {}).items()
    return found


def banned() -> dict[str, str]:
    """Return each word that Spanish does not say here, and what it says instead, from the guide's table."""
    guide = (ROOT / "docs" / "how-to" / "translate.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in guide.splitlines() if line.startswith("| ")]
    return {word: row[1] for row in rows if len(row) == 3 and row[2] != "not" for word in row[2].split(", ")}


def wrong_end(text: str, said: str) -> bool:
    """Whether the Spanish ends otherwise than the English, or stands between other spaces."""
    ends = END.search(text.rstrip()), END.search(said.rstrip())
    assert ends[0] is not None
    assert ends[1] is not None
    spaces = [(one[: len(one) - len(one.lstrip())], one[len(one.rstrip()) :]) for one in (text, said)]
    return ends[0][0] != ends[1][0] or spaces[0] != spaces[1]


def wrong_begin(text: str, said: str) -> bool:
    """Whether one of the two begins large and the other small."""
    first = BEGIN.match(text), BEGIN.match(said)
    return (
        bool(first[0] and first[1]) and first[0][1].isupper() != first[1][1].isupper()  # type: ignore[index]
    )


def wrong_marks(text: str, said: str) -> bool:
    """Whether a question or an exclamation has no beginning, or quotes are not Spanish."""
    bare = PLACE.sub("x", said)
    return (
        bare.count("?") != bare.count("¿")
        or bare.count("!") != bare.count("¡")
        or bare.count("«") != bare.count("»")
        or bool(re.search(r"[“”\"]|  | [,.;]|\.\.\.", bare))
    )


def wrong_places(text: str, said: str) -> bool:
    """Whether markup, or what is typed as it stands, got lost on the way."""
    tags = [re.findall(r"</?[a-z]+(?: [a-z]+=[^>]*)?>", one) for one in (text, said)]
    return tags[0] != tags[1] or text.count("`") != said.count("`")


def too_familiar(text: str, said: str) -> bool:
    """Whether the Spanish says tú, vos or vosotros."""
    return bool(FAMILIAR.search(PLACE.sub("", said)))


def other_word(text: str, said: str) -> bool:
    """Whether the Spanish says a word that the guide's table leaves out."""
    words = "|".join(re.escape(word) for word in banned())
    return bool(re.search(rf"\b({words})\b", PLACE.sub("", said), re.IGNORECASE))


def within(text: str, said: str) -> bool:
    """Whether a time within which somebody acts reads like a time after which they do."""
    timely = re.search(r"\b(within|in an?) (%\(\w+\)s|a|an|\d+|one)? ?(minutes?|hours?)", text)
    return bool(timely) and bool(re.search(r"\ben (%\(\w+\)s|\d+|un|una) (minutos?|horas?)", said))


CHECKS = (wrong_end, wrong_begin, wrong_marks, wrong_places, too_familiar, other_word, within)


@pytest.mark.parametrize("check", CHECKS)
def test_every_spanish_text_keeps_to_the_guide(check: Callable[[str, str], bool], pairs: list[Pair]) -> None:
    assert len(pairs) > 1_900
    assert [pair for pair in pairs if check(*pair)] == []


@pytest.mark.parametrize(
    ("check", "text", "said"),
    [
        (wrong_end, "Saved.", "Guardado"),
        (wrong_end, " at {site}", "en {site}"),
        (wrong_begin, "nothing was stored", "No se guardó nada"),
        (wrong_marks, "Where?", "Dónde?"),
        (wrong_marks, "Choose “Sign”", "Elija “Firmar”"),
        (wrong_places, "You are <strong>%(name)s</strong>", "Usted es %(name)s"),
        (wrong_places, "`{role}` is no role", "{role} no es una función"),
        (too_familiar, "Keep your page open", "Mantén tu página abierta"),
        (other_word, "Serious", "Serio"),
        (other_word, "entered today", "ingresado hoy"),
        (within, "to act within %(n)s minutes", "para que actúen en %(n)s minutos"),
    ],
)
def test_a_planted_fault_is_found(check: Callable[[str, str], bool], text: str, said: str) -> None:
    assert check(text, said)
    assert not check("The form is complete.", "El formulario está completo.")


def buttons() -> Iterator[str]:
    """Yield what stands on each button of a template, after its context where it has one."""
    for path in TEMPLATES:
        for text, context in BUTTON.findall(path.read_text(encoding="utf-8")):
            yield f"{context}\4{text}" if context else text


def test_buttons_are_infinitives_and_short(catalog: dict[str, str]) -> None:
    found = {text: catalog[text] for text in buttons()}
    assert len(found) > 90
    assert [one for one in found.values() if len(one) > LONGEST_BUTTON] == []
    assert {
        text: said
        for text, said in found.items()
        if text not in SPOKEN and not INFINITIVE.search(said.split()[0])
    } == {}
    assert set(found) >= SPOKEN


@pytest.mark.parametrize("said", ["Guarda", "Guarde el formulario", "Guardado"])
def test_a_button_that_is_no_infinitive_would_be_found(said: str) -> None:
    assert not INFINITIVE.search(said.split(maxsplit=1)[0])
    assert INFINITIVE.search("Guardarlo")
