"""The settings of one installation as one typed value, from its settings file and the environment.

Holds what may differ between installations, and what each setting means. Refuses secrets: they lie in the
keys folder, whose place is a setting; the mail server's password may come from the environment instead.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from equipoise.conduct.stores.keys import account
from equipoise.errors import Problem, TrialError

HOME = "EQUIPOISE_HOME"
PREFIX = "EQUIPOISE_"
FILE = "settings.toml"
OTHERS = 0o077
"""Rights of everybody but a file's owner."""
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
Mode = Literal["production", "simulated", "test"]
MailTls = Literal["none", "starttls", "tls"]
LogFormat = Literal["text", "json"]
MAIL_PORTS: dict[str, int] = {"none": 25, "starttls": 587, "tls": 465}
MAIL_PASSWORD = f"{PREFIX}MAIL_PASSWORD"
SECRET = "mail_password"  # noqa: S105 # nosec B105 - a name that no setting has
MAIL_PASSWORD_FILE = "mail.password"  # noqa: S105 # nosec B105 - the name of a file


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
    mail_tls          starttls (usual on port 587), tls (from the first byte, usual on port 465), or none; the
                      server's certificate must be trusted and in its name
    mail_certificates file with certificates, PEM, of authorities trusted for the mail server instead of the
                      system's; empty for the system's
    mail_user         name to sign in to the mail server with; none when empty. The password lies in the file
                      mail.password in the keys folder, or in the variable EQUIPOISE_MAIL_PASSWORD
    mail_from         sender of mails
    public_url        address under which people reach the study, which mails link to, such as
                      "https://study.example.org"; made from the first of `hosts` when empty
    protocol_file     the file the study was set up from; `serve` says when it was changed since. Its text is
                      stored, so what the file says later changes nothing
    backup_folder     folder that `backup` writes into when none is named, and in which `doctor` looks for
                      the newest; empty for none
    backup_days       `doctor` complains when the newest backup is older
    anchor_folder     a folder on another machine (mounted) to which anchors are written; empty for none
    anchor_mail       address to which anchors are mailed; empty for none
    language          default language of pages
    help_text         what the page "I need help now" says first: whom participants call, one number a line
    on_call           number that a rater calls to reach the site about an alert; the coordinator when empty
    postgresql_programs   folder of pg_dump and pg_restore, which must be as new as the server; empty to look
                      where programs are looked for
    log_format        text, or json: one object a line, with a line for each request. Neither holds arms,
                      answers, names or addresses
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
    mail_tls: MailTls = "none"
    mail_certificates: str = ""
    mail_user: str = ""
    mail_from: str = "equipoise@localhost"
    public_url: str = ""
    protocol_file: str = ""
    backup_folder: str = ""
    backup_days: int = 2
    anchor_folder: str = ""
    anchor_mail: str = ""
    language: str = "en"
    help_text: str = ""
    on_call: str = ""
    postgresql_programs: str = ""
    log_format: LogFormat = "text"

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
    def mail_host(self) -> str:
        """Name of the mail server, without its port; empty where none is set."""
        return self.mail_server.rpartition(":")[0] or self.mail_server

    @property
    def mail_port(self) -> int:
        """Port of the mail server: the one named, else the usual one."""
        host, _, port = self.mail_server.rpartition(":")
        return int(port) if host else MAIL_PORTS[self.mail_tls]

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
    try:
        given: dict[str, Any] = tomllib.loads(_text(path))
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


def _text(path: Path) -> str:
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    except PermissionError as error:
        hint = "call this as the account that the study belongs to: `sudo -u ACCOUNT equipoise ...`"
        problem = Problem(f"{account()} may not read {path}", hint, "home")
        raise SettingsError("the settings cannot be read", [problem]) from error
    raise SettingsError(
        f"no study is set up in {path.parent}",
        [Problem(f"there is no {FILE}", "run `equipoise init` first", "home")],
    )


def current() -> Settings:
    """Return the settings of the installation that EQUIPOISE_HOME names; SettingsError when it names none."""
    home = os.environ.get(HOME)
    if not home:
        raise SettingsError(
            f"{HOME} is not set", [Problem("no study was named", f"set {HOME} to its folder")]
        )
    return _read_once(Path(home))


def mail_password(study: Settings, environment: Mapping[str, str] | None = None) -> str:
    """Return the password of `mail_user`: the environment's, else the one in the keys folder.

    It is read whenever it is needed and kept nowhere, so that it can be changed while the study is served.
    Raises  SettingsError when there is none, or others can read it
    """
    found = (os.environ if environment is None else environment).get(MAIL_PASSWORD, "")
    if found:
        return found
    path = study.keys / MAIL_PASSWORD_FILE
    if not path.is_file() or not (text := path.read_text(encoding="utf-8").strip()):
        hint = f"write it into {path} (chmod 600), or set {MAIL_PASSWORD}"
        problem = Problem(f"`{study.mail_user}` has no password", hint, "mail_user")
        raise SettingsError("no mail can be sent", [problem])
    if path.stat().st_mode & OTHERS:
        problem = Problem(f"others can read {path}", f"chmod 600 {path}", "mail_user")
        raise SettingsError("the mail server's password is not secret", [problem])
    return text


@cache
def _read_once(home: Path) -> Settings:
    """A running system keeps the settings it started with."""
    return read(home)


def _problems(given: Mapping[str, Any], names: set[str], *, source: str) -> Iterator[Problem]:
    yield from _mail_problems(given, source=source)
    for name in sorted(set(given) - names - {SECRET}):
        yield Problem(f"there is no setting `{name}`", f"one of {', '.join(sorted(names))}", name, source)
    if "keys" not in given:
        yield Problem("the keys folder is missing", "give `keys`", "keys", source)
    mode = given.get("mode", "production")
    if mode not in get_args(Mode):
        yield Problem(f"`{mode}` is no mode", f"one of {', '.join(get_args(Mode))}", "mode", source)
    shape = given.get("log_format", "text")
    if shape not in get_args(LogFormat):
        yield Problem(
            f"`{shape}` is no format", f"one of {', '.join(get_args(LogFormat))}", "log_format", source
        )
    for name in ("trial_database", "allocation_database", "identity_database"):
        address = str(given.get(name, "sqlite"))
        if address != "sqlite" and not address.startswith("postgresql://"):
            yield Problem(
                "not a database", "`sqlite` or `postgresql://name:password@host:port/database`", name, source
            )
    for name, unit in (("session_minutes", "minutes"), ("backup_days", "days")):
        count = str(given.get(name, 1))
        if not count.isdecimal() or int(count) < 1:
            yield Problem(f"`{count}` is no number of {unit}", "give a whole number from 1", name, source)


def _mail_problems(given: Mapping[str, Any], *, source: str) -> Iterator[Problem]:
    if SECRET in given:
        hint = f"write it into {MAIL_PASSWORD_FILE} in the keys folder (chmod 600), or set {MAIL_PASSWORD}"
        yield Problem("a password does not belong among the settings", hint, SECRET, source)
    tls, server = str(given.get("mail_tls", "none")), str(given.get("mail_server", ""))
    if tls not in get_args(MailTls):
        yield Problem(
            f"`{tls}` is no way to encrypt", f"one of {', '.join(get_args(MailTls))}", "mail_tls", source
        )
    host, _, port = server.rpartition(":")
    if host and not port.isdecimal():
        yield Problem(f"`{server}` names no port", "such as mail.example.org:587", "mail_server", source)
    if given.get("mail_user") and tls == "none" and (host or server) not in LOOPBACK:
        hint = "set `mail_tls` to starttls or tls"
        yield Problem("the password would travel in plain text", hint, "mail_user", source)


def _typed(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if name != "keys"}
    if "hosts" in values:
        hosts = values["hosts"]
        values["hosts"] = tuple(hosts.split(",") if isinstance(hosts, str) else hosts)
    values |= {name: int(values[name]) for name in ("session_minutes", "backup_days") if name in values}
    return values
