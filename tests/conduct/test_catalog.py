"""Every catalog says everything the source says, with the same places, and is compiled."""

import gettext
import importlib.util
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("babel", reason="the tools of development are not installed")

ROOT = Path(__file__).parents[2]


def _catalog_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalog", ROOT / "docs" / "catalog.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


keeping = _catalog_module()


@pytest.fixture(scope="module")
def wanted() -> dict[tuple[str, str], object]:
    """Every text of the source."""
    return dict(keeping.collected())


def test_catalogs_lack_nothing_that_people_read(wanted: dict[tuple[str, str], object]) -> None:
    found = list(keeping.wrong(wanted))
    assert not found, "write these into the catalog, then run `python docs/catalog.py`:\n" + "\n".join(found)


def test_spanish_is_read_by_python_as_it_is_written(wanted: dict[tuple[str, str], object]) -> None:
    path = keeping.LOCALE / "es" / "LC_MESSAGES" / "django.mo"
    spoken = gettext.GNUTranslations(BytesIO(path.read_bytes()))  # type: ignore[arg-type]
    assert spoken.gettext("Sign in") == "Iniciar sesión"
    assert spoken.ngettext("%(n)s visit", "%(n)s visits", 1) == "%(n)s visita"
    assert spoken.ngettext("%(n)s visit", "%(n)s visits", 2) == "%(n)s visitas"
    assert spoken.pgettext("verdict", "Open") == "Por determinar"
    assert spoken.gettext("Open") == "Abierta"
    assert len(wanted) > 1_000


PLANTED = """
from django.utils.translation import gettext as _
def act(name):
    '''Say nothing here.'''
    said = _("A word for %(name)s") % {"name": name}
    if not name:
        raise RecordError("it is not done", [Problem(f"`{name[:9]}` has {len(name)} letters", "say it again")])
    log.warning("nobody reads this on a page")
"""


def test_a_sentence_of_a_service_is_found_by_its_pattern() -> None:
    tree = keeping.ast.parse(PLANTED)
    assert list(keeping.marked(tree)) == [("A word for %(name)s", "")]
    assert sorted(keeping.sentences(tree)) == ["`{name}` has {len} letters", "say it again"]


def test_a_text_with_a_context_is_kept_apart_from_the_same_text_without() -> None:
    template = '{% load i18n %}{% translate "Open" %}{% translate "Open" context "verdict" %}'
    assert list(keeping.drawn(template)) == [("Open", ""), ("verdict\4Open", "")]
    code = keeping.ast.parse('said = pgettext("verdict", "Open")')
    assert list(keeping.marked(code)) == [("verdict\4Open", "")]
    wanted = {key: keeping.Found({"conduct/somewhere.py"}) for key in [("Open", ""), ("verdict\4Open", "")]}
    held = keeping.Catalog(locale="es")
    held.add("Open", "Abierta")
    (missing,) = keeping.problems(held, wanted)
    assert 'msgctxt "verdict"\nmsgid "Open"' in missing
    made = keeping.updated(held, wanted, language="es")
    assert [(one.context, one.string) for one in made if one.id] == [(None, "Abierta"), ("verdict", "")]


@pytest.mark.parametrize(
    ("text", "said", "fuzzy", "what"),
    [
        ("Sign in", None, False, "missing"),
        ("Sign in", "", False, "without a translation"),
        ("Sign in", "Iniciar sesión", True, "fuzzy"),
        ("By %(name)s", "Por %(nombre)s", False, "other places"),
        ("it is {state}", "está así", False, "other places"),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(
    text: str, said: str | None, fuzzy: bool, what: str
) -> None:
    held = keeping.Catalog(locale="es")
    if said is not None:
        held.add(text, said, flags=["fuzzy"] if fuzzy else [])
    (found,) = keeping.problems(held, {(text, ""): keeping.Found({"conduct/somewhere.py"})})
    assert what in found
    assert f'msgid "{text}"' in found


def test_a_text_that_left_the_source_leaves_the_catalog() -> None:
    held = keeping.Catalog(locale="es")
    held.add("Gone", "Se fue")
    held.add("Here", "Aquí")
    wanted = {("Here", ""): keeping.Found({"conduct/somewhere.py"})}
    assert [one.partition(":")[0] for one in keeping.problems(held, wanted)] == [
        "no longer in the source, remove it"
    ]
    assert [one.id for one in keeping.updated(held, wanted, language="es") if one.id] == ["Here"]
