"""The settings of one installation as one typed value, from its settings file and the environment.

Holds what may differ between installations, and what each setting means. Refuses secrets: they lie in the
keys folder, whose place is a setting.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from equipoise.errors import Problem, TrialError

HOME = "EQUIPOISE_HOME"
PREFIX = "EQUIPOISE_"
FILE = "settings.toml"
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
Mode = Literal["production", "simulated", "test"]


class SettingsError(TrialError):
    """The installation is set up wrongly. Next: mend the setting it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation.

    home              its data folder
    keys              folder of its keys, never inside or beside the data folder
    mode              production; simulated (invented data: marked on every page, loopback only); test
    trial_database, allocation_database, identity_database
                      "sqlite" for a file in the data folder, or a PostgreSQL address of the runtime role,
                      "postgresql://name:password@host:port/database"
    hosts             names under which it may be reached
    trusted_proxy     address of the proxy whose forwarded headers count; none when empty
    session_minutes   a session ends after so many minutes without a request
    mail_server       "host:port" of the mail server; no mail is sent when empty, and pages of alerts say so
    mail_from         sender of mails
    public_url        address under which people reach the study, which mails link to, such as
                      "https://study.example.org"; made from the first of `hosts` when empty
    protocol_file     the file the study was set up from; `serve` says when it was changed since. Its text is
    stored:
                      what the file says later changes nothing
    anchor_folder     a folder on another machine (mounted) to which anchors are written; empty for none
    anchor_mail       address to which anchors are mailed; empty for none
    language          default language of pages
    help_text         what the page "I need help now" says first: whom participants call, one number a line
    on_call           number that a rater calls to reach the site about an alert; the coordinator when empty
    postgresql_programs   folder of pg_dump and pg_restore, which must be as new as the server; empty to look
                      where programs are looked for
    """

    home: Path
    keys: Path
    mode: Mode = "production"
    trial_database: str = "sqlite"
    allocation_database: str = "sqlite"
    identity_database: str = "sqlite"
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    trusted_proxy: str = ""
    session_minutes: int = 30
    mail_server: str = ""
    mail_from: str = "equipoise@localhost"
    public_url: str = ""
    protocol_file: str = ""
    anchor_folder: str = ""
    anchor_mail: str = ""
    language: str = "en"
    help_text: str = ""
    on_call: str = ""
    postgresql_programs: str = ""

    @property
    def simulated(self) -> bool:
        """Whether its data are invented."""
        return self.mode == "simulated"

    @property
    def public(self) -> bool:
        """Whether it can be reached from elsewhere, and therefore only through TLS."""
        return not set(self.hosts) <= LOOPBACK

    @property
    def link(self) -> str:
        """Address that links in mails begin with."""
        scheme = "https" if self.public else "http"
        return self.public_url.rstrip("/") or f"{scheme}://{self.hosts[0]}"

    @property
    def databases(self) -> dict[str, str]:
        """Store to database address."""
        return {
            "trial": self.trial_database,
            "allocation": self.allocation_database,
            "identity": self.identity_database,
        }


def read(home: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the installation in a folder; variables EQUIPOISE_NAME override the file.

    Raises  SettingsError with everything that is wrong
    """
    environment = os.environ if environment is None else environment
    path = home / FILE
    if not path.is_file():
        raise SettingsError(
            f"no study is set up in {home}",
            [Problem(f"there is no {FILE}", "run `equipoise init` first", "home")],
        )
    try:
        given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("the settings cannot be read", [Problem(str(error), source=str(path))]) from error
    names = {field.name for field in fields(Settings)} - {"home"}
    given |= {
        name: environment[PREFIX + name.upper()]
        for name in sorted(names)
        if PREFIX + name.upper() in environment
    }
    problems = list(_problems(given, names, source=str(path)))
    if problems:
        raise SettingsError("the settings are wrong", problems)
    return replace(Settings(home=home, keys=Path(str(given["keys"]))), **_typed(given))


def current() -> Settings:
    """Return the settings of the installation that EQUIPOISE_HOME names; SettingsError when it names none."""
    home = os.environ.get(HOME)
    if not home:
        raise SettingsError(
            f"{HOME} is not set", [Problem("no study was named", f"set {HOME} to its folder")]
        )
    return _read_once(Path(home))


@cache
def _read_once(home: Path) -> Settings:
    """A running system keeps the settings it started with."""
    return read(home)


def _problems(given: Mapping[str, Any], names: set[str], *, source: str) -> Iterator[Problem]:
    for name in sorted(set(given) - names):
        yield Problem(f"there is no setting `{name}`", f"one of {', '.join(sorted(names))}", name, source)
    if "keys" not in given:
        yield Problem("the keys folder is missing", "give `keys`", "keys", source)
    mode = given.get("mode", "production")
    if mode not in get_args(Mode):
        yield Problem(f"`{mode}` is no mode", f"one of {', '.join(get_args(Mode))}", "mode", source)
    for name in ("trial_database", "allocation_database", "identity_database"):
        address = str(given.get(name, "sqlite"))
        if address != "sqlite" and not address.startswith("postgresql://"):
            yield Problem(
                "not a database", "`sqlite` or `postgresql://name:password@host:port/database`", name, source
            )
    minutes = str(given.get("session_minutes", 30))
    if not minutes.isdecimal() or int(minutes) < 1:
        yield Problem(
            f"`{minutes}` is no number of minutes", "give a whole number from 1", "session_minutes", source
        )


def _typed(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if name != "keys"}
    if "hosts" in values:
        hosts = values["hosts"]
        values["hosts"] = tuple(hosts.split(",") if isinstance(hosts, str) else hosts)
    if "session_minutes" in values:
        values["session_minutes"] = int(values["session_minutes"])
    return values
