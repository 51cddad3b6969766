"""Keep the translations: collect every text people read, say what a catalog lacks, compile what it holds.

`python docs/catalog.py` adds new texts to each catalog, without a translation, and compiles it; `--check`
changes nothing and prints what to add. Holds the collecting. Nothing here is imported by Equipoise.
"""

import ast
import io
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize
from jinja2 import Environment, nodes

SOURCE = Path(__file__).parents[1] / "src" / "equipoise"
LOCALE = SOURCE / "conduct" / "locale"
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
CONTEXTUAL = {"pgettext", "pgettext_lazy"}
"""Calls that say first where a text stands, since one English word may need two in another language."""
SILENT = {
    *(
        "Question",
        "IntegrityError",
        "ValueError",
        "TypeError",
        "KeyError",
        "BadRequest",
        "PermissionRefused",
        "execute",
    ),
    *(
        "ProtocolError",
        "LookupError",
        "rows",
        "error",
        "warning",
        "info",
        "exception",
        "encode",
        "StoresDiffer",
    ),
}
"""Calls whose texts no page shows."""
TITLES = re.compile(r"(_raise|\w*Error)$")
"""Calls whose first text sums up problems that pages tell one by one."""
CORE = ("protocol/answer.py", "protocol/filling.py")
"""Modules below the web system whose sentences its pages tell."""
WITHOUT_PAGES = (
    *(
        "conduct/config/",
        "conduct/stores/",
        "conduct/audit/",
        "conduct/api/",
        "conduct/accounts/reference.py",
    ),
    *("conduct/allocator/verification.py", "conduct/allocator/sealing.py", "conduct/allocator/lists.py"),
    *("conduct/capture/current.py", "conduct/capture/answers.py", "conduct/capture/dataset.py"),
    *(
        "conduct/enrollment/verification.py",
        "conduct/unblinding/verification.py",
        "conduct/identity/personal.py",
    ),
    *(
        "conduct/studies/",
        "conduct/allocator/services/listing.py",
        "conduct/allocator/services/enveloping.py",
    ),
)
"""Where problems go to a terminal or a script, and stay in English; texts marked for gettext do not."""
CODE = re.compile(r"^\s*(SELECT|WHERE|INSERT|UPDATE|DELETE|WITH|BEGIN|PRAGMA|FROM|CREATE|LOCK)\b|\{\w+:.*;")
"""SQL and CSS."""
PROSE = re.compile(r"[A-Za-z]{2,} [A-Za-z`{“(]|[a-z`}”)] [A-Za-z]{2,}")
PYTHON_NAMES = re.compile(r"%\((\w+)\)[sd]")
BRACE_NAMES = re.compile(r"\{(\w+)\}")
CALLS = re.compile(
    r"\b(ngettext|pgettext|gettext|_)\(\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))?"
)

NOTICE = (
    "# Written by hand. `python docs/catalog.py` adds new texts without a translation, and compiles it.\n"
)
MO_MAGIC, MO_HEADER_BYTES, MO_ENTRY_BYTES = 0x950412DE, 28, 8

CONTEXT = "\4"
"""What stands between where a text is said and the text, as in GNU's format."""

Key = tuple[str, str]
"""A text, after its context where it has one, and its plural; "" where it has none."""


@dataclass
class Found:
    """Where a text stands, and whether it is a sentence that is translated by its pattern."""

    places: set[str] = field(default_factory=set)
    pattern: bool = False


def collected() -> dict[Key, Found]:
    """Return every text that people read, in the order of the files."""
    found: dict[Key, Found] = {}
    for path in sorted((SOURCE / "conduct").rglob("*")):
        where = path.relative_to(SOURCE).as_posix()
        if path.suffix == ".py" and "/migrations/" not in where:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for key in marked(tree):
                found.setdefault(key, Found()).places.add(where)
            if not where.startswith(WITHOUT_PAGES):
                _add_sentences(found, tree, where)
        elif path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            for key in compiled(text) if "/jinja2/" in where else drawn(text):
                found.setdefault(key, Found()).places.add(where)
    for where in CORE:
        _add_sentences(found, ast.parse((SOURCE / where).read_text(encoding="utf-8")), where)
    return found


def _add_sentences(found: dict[Key, Found], tree: ast.Module, where: str) -> None:
    for text in sentences(tree):
        one = found.setdefault((text, ""), Found())
        one.places.add(where)
        one.pattern = one.pattern or bool(BRACE_NAMES.search(text))


def marked(tree: ast.Module) -> Iterator[Key]:
    """Yield the texts a module hands to gettext."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in GETTEXT | CONTEXTUAL:
            texts = [
                one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if texts and _name(node) in CONTEXTUAL:
                yield CONTEXT.join(texts), ""
            elif texts:
                yield texts[0], texts[1] if _name(node).startswith("ngettext") else ""


def drawn(text: str) -> Iterator[Key]:
    """Yield the texts a template marks."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    for call, first, second in CALLS.findall(templatize(text)):
        texts = ast.literal_eval(first), ast.literal_eval(second) if second else ""
        yield (CONTEXT.join(texts), "") if call in CONTEXTUAL else texts


def compiled(text: str) -> Iterator[Key]:
    """Yield the texts a compiled template marks."""
    for call in Environment(autoescape=True).parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT and call.args:
            first = call.args[0]
            if isinstance(first, nodes.Const):
                yield first.value, ""


def sentences(tree: ast.Module) -> Iterator[str]:
    """Yield the sentences of a module that gettext does not see: problems, as patterns with named places."""
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    notes = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr) or id(node) in notes:
            continue
        if isinstance(above.get(node), ast.JoinedStr | ast.FormattedValue):
            continue
        text = pattern(node)
        if PROSE.search(text) and not CODE.search(text) and not _is_silent(node, above):
            yield text


def pattern(node: ast.AST) -> str:
    """Return a text with a named place for each value in it; "" for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    taken: dict[str, str] = {}
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            parts.append("{" + _place(part.value, taken) + "}")
        elif isinstance(part, ast.Constant):
            parts.append(str(part.value))
    return "".join(parts)


def _place(value: ast.expr, taken: dict[str, str]) -> str:
    """Return a name for a value, the same for the same value, another for another."""
    plain, code = _called(value), ast.dump(value)
    name, number = plain, 1
    while taken.setdefault(name, code) != code:
        number += 1
        name = f"{plain}{number}"
    return name


def _called(value: ast.expr) -> str:
    if isinstance(value, ast.Call):
        of_text = isinstance(value.func, ast.Attribute) and value.func.attr in ("join", "strip", "lower")
        inner = value.func.value if of_text and isinstance(value.func, ast.Attribute) else value.func
        return _called(value.args[0] if of_text and value.args else inner)
    if isinstance(value, ast.Subscript | ast.Starred):
        return _called(value.value)
    if isinstance(value, ast.GeneratorExp | ast.ListComp):
        return _called(value.elt)
    name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
    return name.strip("_").lower() or "value"


def _is_silent(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether a text goes to gettext already, or to nobody who reads a page."""
    first = True
    while node in above and not isinstance(node, ast.stmt):
        node = above[node]
        if isinstance(node, ast.Call):
            name = _name(node)
            if name in GETTEXT | CONTEXTUAL | SILENT or (first and TITLES.fullmatch(name)):
                return True
            first = False
    return False


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def catalog(language: str) -> Catalog:
    """Return a language's catalog as it stands."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def problems(held: Catalog, wanted: dict[Key, Found]) -> Iterator[str]:
    """Yield everything wrong with a catalog, as what to write into it."""
    known = {_key(one): one for one in held if one.id}
    for key, found in wanted.items():
        if key not in known:
            yield f"missing, from {', '.join(sorted(found.places))}:\n{_entry(key)}"
    for key, one in known.items():
        if key not in wanted:
            yield f"no longer in the source, remove it:\n{_entry(key)}"
        elif one.fuzzy:
            yield f"marked fuzzy, look at it and take the mark away:\n{_entry(key)}"
        elif not all(_said(one)):
            yield f"without a translation:\n{_entry(key)}"
        elif wrong := _places_differ(key, one):
            yield f"{wrong}:\n{_entry(key)}"


def _key(one: Message) -> Key:
    text, plural = (one.id, "") if isinstance(one.id, str) else (one.id[0], one.id[1])
    return f"{one.context}{CONTEXT}{text}" if one.context else text, plural


def _said(one: Message) -> tuple[str, ...]:
    return (one.string,) if isinstance(one.string, str) else tuple(one.string)


def _places_differ(key: Key, one: Message) -> str:
    """Return how the places of a translation differ from the text's; "" when they are the same."""
    for names in (PYTHON_NAMES, BRACE_NAMES):
        ours = {name for text in key for name in names.findall(text)}
        for said in _said(one):
            # A plural may say "one" instead of its number.
            if set(names.findall(said)) != ours and not (key[1] and set(names.findall(said)) <= ours):
                return f"other places than {sorted(ours)}"
    ends = [(text.startswith("\n"), text.endswith("\n")) for text in (key[0], _said(one)[0])]
    return "" if ends[0] == ends[1] else "other line breaks at its ends"


def _entry(key: Key) -> str:
    (context, text), plural = _apart(key[0]), key[1]
    lines = [f"msgctxt {_quoted(context)}"] if context else []
    lines += [f"msgid {_quoted(text)}"]
    lines += [f"msgid_plural {_quoted(plural)}", 'msgstr[0] ""', 'msgstr[1] ""'] if plural else ['msgstr ""']
    return "\n".join(lines) + "\n"


def _apart(text: str) -> tuple[str, str]:
    """Return where a text stands, "" mostly, and the text."""
    context, _, bare = text.rpartition(CONTEXT)
    return context, bare


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


def updated(held: Catalog, wanted: dict[Key, Found], *, language: str) -> Catalog:
    """Return the catalog with exactly the texts of the source, in their order, keeping what is translated."""
    known = {_key(one): one for one in held if one.id}
    made = Catalog(locale=language, fuzzy=False)
    for key, found in wanted.items():
        before = known.get(key)
        nothing: str | tuple[str, str] = ("", "") if key[1] else ""
        context, text = _apart(key[0])
        made.add(
            (text, key[1]) if key[1] else text,
            before.string if before else nothing,
            locations=[(place, None) for place in sorted(found.places)],
            flags=(),
            context=context or None,
        )
    return made


def text_of(held: Catalog) -> bytes:
    """Return a catalog as it is committed: nothing in it says when or where it was made."""
    kept = io.BytesIO()
    write_po(kept, held, width=100, omit_header=True, include_lineno=False)
    lines = "".join(f"{_quoted(line)}\n" for line in headers(held))
    return f'{NOTICE}msgid ""\nmsgstr ""\n{lines}\n'.encode() + kept.getvalue()


def headers(held: Catalog) -> list[str]:
    """Return what a catalog says of itself."""
    return [
        f"Language: {held.locale}\n",
        "Content-Type: text/plain; charset=utf-8\n",
        "Content-Transfer-Encoding: 8bit\n",
        f"Plural-Forms: {held.plural_forms}\n",
    ]


def machine_text(held: Catalog) -> bytes:
    """Return a catalog as Django reads it: GNU's MO format, the same bytes for the same catalog."""
    texts = {"": "".join(headers(held))}
    texts |= {"\0".join(filter(None, _key(one))): "\0".join(_said(one)) for one in held if one.id}
    pairs = [(key.encode(), texts[key].encode()) for key in sorted(texts)]
    count, place = len(pairs), MO_HEADER_BYTES + 2 * len(pairs) * MO_ENTRY_BYTES
    tables, body = [], b""
    for column in range(2):
        for pair in pairs:
            tables += [len(pair[column]), place + len(body)]
            body += pair[column] + b"\0"
    second = MO_HEADER_BYTES + count * MO_ENTRY_BYTES
    head = (MO_MAGIC, 0, count, MO_HEADER_BYTES, second, 0, 0)
    return struct.pack(f"<{len(head) + len(tables)}I", *head, *tables) + body


def languages() -> list[str]:
    """Return every language there is a catalog of."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def wrong(wanted: dict[Key, Found]) -> Iterator[str]:
    """Yield everything wrong with any catalog, or with what is compiled of it."""
    for language in languages():
        held = catalog(language)
        yield from (f"{language}: {one}" for one in problems(held, wanted))
        path = LOCALE / language / "LC_MESSAGES" / "django.mo"
        if not path.is_file() or path.read_bytes() != machine_text(held):
            yield f"{language}: django.mo is not what django.po says: run `python docs/catalog.py`\n"


def main(arguments: Iterable[str]) -> int:
    """Write the catalogs again, or only say what they lack."""
    wanted = collected()
    if "--check" not in arguments:
        for language in languages():
            made = updated(catalog(language), wanted, language=language)
            folder = LOCALE / language / "LC_MESSAGES"
            (folder / "django.po").write_bytes(text_of(made))
            (folder / "django.mo").write_bytes(machine_text(catalog(language)))
    found = list(wrong(wanted))
    for one in found:
        print(one)
    if found:
        print(
            f"{len(found)} texts to translate: write them into the catalog, then run `python docs/catalog.py`"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
