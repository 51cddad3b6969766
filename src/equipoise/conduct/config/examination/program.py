"""The program itself: whether every package that the web system needs is there."""

from importlib import import_module

from django.conf import settings as django

from equipoise.errors import Problem


def problems() -> list[Problem]:
    """Return a problem when a package is missing, as after an upgrade of `equipoise` without `[web]`."""
    try:
        import_module(django.ROOT_URLCONF)
    except ModuleNotFoundError as error:
        hint = "with this program's own pip: `pip install 'equipoise[web]'`"
        return [Problem(f"the package {error.name} is missing", hint, "program")]
    return []
