"""Mails go through real TLS, to a server whose certificate is trusted, with a password kept apart; or are not sent."""

import socket
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.conduct.safe_post_office import Kept, opened

from equipoise.conduct.config import restoration, settings
from equipoise.conduct.config.operations import mailing
from equipoise.conduct.config.operations.mailing import MailServerError


@pytest.fixture
def installed(study: Path, tmp_path: Path) -> settings.Settings:
    """The study with a keys folder of its own, and the mail server's password in it."""
    keys = tmp_path / "device"
    keys.mkdir()
    found = replace(settings.read(study), keys=keys, mail_user="study", mail_from="study@example.org")
    write_password(found, "right")
    return found


def write_password(study: settings.Settings, text: str, mode: int = 0o600) -> None:
    path = study.keys / settings.MAIL_PASSWORD_FILE
    path.write_text(f"{text}\n")
    path.chmod(mode)


def to(study: settings.Settings, office: Kept, tls: settings.MailTls = "starttls") -> settings.Settings:
    return replace(study, mail_server=office.address, mail_tls=tls, mail_certificates=str(office.authority))


def post(study: settings.Settings) -> dict[str, str]:
    def write(letter: str) -> EmailMessage:
        return mailing.written(study, to=f"{letter}@example.org", subject="A letter", text="Sign in.\n")

    return mailing.post(study, ["ana", "ben"], write=write)


def refusal(study: settings.Settings) -> str:
    with pytest.raises(MailServerError) as caught, mailing.connected(study):
        pass
    return str(caught.value)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_letters_arrive_encrypted_and_signed_in(
    installed: settings.Settings, tmp_path: Path, tls: settings.MailTls
) -> None:
    with opened(tmp_path / "office", implicit=tls == "tls") as office:
        assert post(to(installed, office, tls)) == {"ana": "", "ben": ""}
    assert office.logins == ["study/right"]
    assert [line for line in office.lines if line.startswith("To: ")] == [
        "To: ana@example.org",
        "To: ben@example.org",
    ]


def test_a_certificate_of_an_unknown_authority_is_refused_and_no_password_is_told(
    installed: settings.Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path / "office") as office:
        unknown = replace(to(installed, office), mail_certificates="")
        assert "its certificate cannot be trusted" in refusal(unknown)
        assert "mail_certificates" in refusal(unknown)
        assert post(unknown) == {"ana": "unreachable", "ben": "unreachable"}
    assert (office.logins, office.lines) == ([], [])
    assert "mails wait: localhost" in caplog.text
    assert "ana" not in caplog.text


def test_a_certificate_in_another_name_is_refused(installed: settings.Settings, tmp_path: Path) -> None:
    with opened(tmp_path / "office", names=("mail.example.org",)) as office:
        said = refusal(to(installed, office))
    assert "its certificate cannot be trusted" in said
    assert "name in the certificate" in said
    assert office.logins == []


def test_a_certificate_that_ended_is_refused(installed: settings.Settings, tmp_path: Path) -> None:
    with opened(tmp_path / "office", days=-1) as office:
        assert "has expired" in refusal(to(installed, office))
    assert office.logins == []


def test_another_password_is_refused_without_repeating_it(
    installed: settings.Settings, tmp_path: Path
) -> None:
    write_password(installed, "wrong-and-secret")
    with opened(tmp_path / "office") as office:
        said = refusal(to(installed, office))
    assert "refuses the name in `mail_user` or its password" in said
    assert "secret" not in said


def test_a_server_without_the_encryption_asked_for_gets_nothing(
    installed: settings.Settings, tmp_path: Path, post_office: tuple[str, list[str]]
) -> None:
    address, kept = post_office
    plain = replace(installed, mail_server=address)
    assert "does not offer what `mail_tls`" in refusal(replace(plain, mail_tls="starttls"))
    assert "whether `mail_tls` and the port go together" in refusal(replace(plain, mail_tls="tls"))
    assert kept == []
    with opened(tmp_path / "office", login="") as office:
        assert "does not offer what `mail_tls`" in refusal(to(installed, office))


def test_a_server_that_is_away_is_said_by_its_address(installed: settings.Settings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
        assert (
            refusal(replace(installed, mail_server=nobody))
            == f"{nobody}: it does not answer: Connection refused"
        )


def test_the_password_comes_from_the_environment_or_a_file_that_others_cannot_read(
    installed: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.mail_password(installed, {}) == "right"
    assert settings.mail_password(installed, {settings.MAIL_PASSWORD: "other"}) == "other"
    write_password(installed, "right", mode=0o644)
    with opened(tmp_path / "office") as office:
        assert "others can read" in refusal(to(installed, office))
        (installed.keys / settings.MAIL_PASSWORD_FILE).unlink()
        assert "`study` has no password" in refusal(to(installed, office))
        monkeypatch.setenv(settings.MAIL_PASSWORD, "right")
        assert post(to(installed, office)) == {"ana": "", "ben": ""}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('mail_password = "right"', "a password does not belong among the settings"),
        ('mail_tls = "ssl"', "`ssl` is no way to encrypt"),
        ('mail_server = "mail.example.org:smtp"', "names no port"),
        ('mail_server = "mail.example.org"\nmail_user = "study"', "would travel in plain text"),
    ],
)
def test_settings_that_would_tell_a_password_or_mean_nothing_are_refused(
    study: Path, line: str, said: str
) -> None:
    with (study / settings.FILE).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(settings.SettingsError, match=said):
        settings.read(study)


@pytest.mark.parametrize(
    ("server", "tls", "expected"),
    [
        ("mail.example.org", "none", ("mail.example.org", 25)),
        ("mail.example.org", "starttls", ("mail.example.org", 587)),
        ("mail.example.org", "tls", ("mail.example.org", 465)),
        ("mail.example.org:2525", "tls", ("mail.example.org", 2525)),
    ],
)
def test_a_port_that_is_not_named_is_the_usual_one(
    installed: settings.Settings, server: str, tls: settings.MailTls, expected: tuple[str, int]
) -> None:
    found = replace(installed, mail_server=server, mail_tls=tls)
    assert (found.mail_host, found.mail_port) == expected


def test_no_backup_and_no_repr_carries_the_password(
    installed: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.MAIL_PASSWORD, "right")
    assert "right" not in f"{restoration.carried(installed)} {installed!r}"
    assert restoration.carried(installed)["mail_user"] == "study"
