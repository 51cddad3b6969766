"""The scales that come with Equipoise, one file each.

Holds finding and remembering them. Refuses to list them by hand: a file in `scales/` is a scale.
"""

from difflib import get_close_matches
from functools import cache
from importlib import resources

from equipoise.errors import Problem, ProtocolError
from equipoise.instruments.instrument import Instrument
from equipoise.instruments.scale_file import parse

SUFFIX = ".yaml"
FOLDER = resources.files("equipoise.instruments") / "scales"


@cache
def names() -> tuple[str, ...]:
    """Return the ids of all scales, sorted."""
    return tuple(
        sorted(entry.name.removesuffix(SUFFIX) for entry in FOLDER.iterdir() if entry.name.endswith(SUFFIX))
    )


@cache
def load(name: str) -> Instrument:
    """Return one scale, read once.

    Raises  ProtocolError with the nearest name when there is no such scale
    """
    return parse(text(name), f"{name}{SUFFIX}")


def text(name: str) -> str:
    """Return the text of a scale's file.

    Raises  ProtocolError with the nearest name when there is no such scale
    """
    if name not in names():
        near = get_close_matches(name.lower(), names(), n=1)
        hint = f"did you mean `{near[0]}`?" if near else "there are " + ", ".join(names())
        raise ProtocolError("unknown scale", [Problem(f"there is no scale `{name}`", hint, name)])
    return (FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8")
