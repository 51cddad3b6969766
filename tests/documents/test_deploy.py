"""The page on deploying is true: from an empty database to a study behind TLS, upgraded, with every command run.

What is real and what is a stand-in `deployment` says.
"""

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the web system is not installed")

import psycopg
from tests.conduct import certificates
from tests.conduct.conftest import PROGRAMS, PROTOCOL, start_server, stop_server
from tests.conduct.safe_post_office import Kept, opened
from tests.documents.deployment import NAME, Block, Stage, blocks, free_port, stage

PHRASE = "correct horse battery 9"
SERVER = "postgresql15"
HBA = "local all postgres trust\nlocal all all scram-sha-256\n"


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[Path, str]]:
    """A server that asks everybody but its administrator for a password."""
    folder = Path(tempfile.mkdtemp(prefix="equipoise-deploy-"))
    address = start_server(PROGRAMS[SERVER], folder)
    (folder / "data" / "pg_hba.conf").write_text(HBA)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")
    yield folder, address
    stop_server(PROGRAMS[SERVER], folder)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with opened(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture(scope="module")
def machine(
    database: tuple[Path, str], office: Kept, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("machine")
    server, address = database
    made = stage(
        folder,
        PATH=f"{PROGRAMS[SERVER]}:{os.environ['PATH']}",
        PGHOST=str(server),
        PGUSER="postgres",
        PGDATABASE="postgres",
        ADMINISTRATOR=address,
        SSL_CERT_FILE=str(folder / "media" / "authority.pem"),
        CURL_CA_BUNDLE=str(folder / "media" / "authority.pem"),
    )
    study, secure, plain = free_port(), free_port(), free_port()
    made.words |= {
        "postgresql://setup:only-for-init@localhost/postgres": f"postgresql://setup:only-for-init@/postgres?host={server}",
        "listen 443 ssl": f"listen {NAME}:{secure} ssl",
        "listen 80;": f"listen {NAME}:{plain};",
        "https://study.example.org": f"https://{NAME}:{secure}",
        'mail_from = "study@example.org"': (
            f'mail_from = "study@example.org"\npublic_url = "https://{NAME}:{secure}"\n'
            f'mail_certificates = "{office.authority}"'
        ),
        "@example.org": "@example.org",
        "study.example.org": NAME,
        "mail.example.org:587": office.address,
        ":8000": f":{study}",
        "--port 8000": f"--port {study}",
    }
    authority, certificate, key = certificates.make(folder / "tls", names=(NAME,), days=90)
    shutil.copy(authority, folder / "media" / "authority.pem")
    shutil.copy(certificate, folder / "etc/ssl/study/fullchain.pem")
    shutil.copy(key, folder / "etc/ssl/study/privkey.pem")
    sites = folder / "etc/nginx/sites-enabled"
    (folder / "etc/nginx/nginx.conf").parent.mkdir(parents=True)
    (folder / "etc/nginx/nginx.conf").write_text(
        f"user root;\npid {folder}/run/nginx.pid;\nerror_log {folder}/run/nginx.log;\nevents {{}}\n"
        f"http {{ access_log off; include {sites}/*; }}\n"
        if os.geteuid() == 0
        else f"pid {folder}/run/nginx.pid;\nerror_log {folder}/run/nginx.log;\nevents {{}}\n"
        f"http {{ access_log off; include {sites}/*; }}\n"
    )
    for name, text in (("password", PHRASE), ("mail-password", "right")):
        (folder / "work" / name).write_text(f"{text}\n")
    shutil.copy(PROTOCOL, folder / "work" / "frontline.yaml")
    yield made
    made.stop()


def played(machine: Stage, block: Block) -> None:
    """Do what a reader does with a block."""
    if block.kind == "sh":
        machine.run(block.body)
    elif block.kind == "toml":
        with machine.place("/srv/equipoise/study/settings.toml").open("a") as file:
            file.write(machine.told(block.body))
    elif block.kind in ("ini", "nginx"):
        machine.write(block)


@pytest.fixture(scope="module")
def deployed(machine: Stage, office: Kept) -> Stage:
    """The page played from its beginning to its end."""
    for block in blocks():
        if "equipoise upgrade" in block.body and block.kind == "sh":
            older(machine)
        played(machine, block)
    return machine


BACK = """
import sys
from pathlib import Path
from equipoise.conduct.config import boot
study = boot.start(Path(sys.argv[1]))
from django.core.management import call_command
from equipoise.conduct.stores import ownership
from equipoise.conduct.stores.names import ALIASES
with ownership.as_owner(study.keys):
    for alias in ALIASES.values():
        for app in ("capture", "accounts"):
            call_command("migrate", app, "0001", database=alias, verbosity=0)
"""
"""Takes back what later migrations made, as its owner: the tables an older release had."""


def older(machine: Stage) -> None:
    """Leave tables as an older release left them; see that nothing serves so, and that the command is named."""
    machine.run("systemctl stop equipoise.service")
    (machine.folder / "work" / "back.py").write_text(BACK)
    machine.run(f"{sys.executable} back.py $EQUIPOISE_HOME")
    refused = subprocess.run(
        [str(machine.place("/opt/equipoise/bin/equipoise")), "serve"],
        env={**machine.environment, "EQUIPOISE_HOME": str(machine.place("/srv/equipoise/study"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "not applied: accounts.0002_entry_link" in refused.stderr
    assert "capture.0002_assigned_kit" in refused.stderr
    assert "equipoise upgrade --home" in refused.stderr
    machine.run("systemctl start equipoise.service")


def answer(machine: Stage, address: str) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=str(machine.folder / "media" / "authority.pem"))
    try:
        with urllib.request.urlopen(machine.told(address), context=context, timeout=20) as found:  # noqa: S310
            return found.status, str(found.headers)
    except urllib.error.HTTPError as error:
        return error.code, str(error.headers)


def test_the_page_is_played_to_its_end_and_browsers_reach_the_study_through_tls(deployed: Stage) -> None:
    status, headers = answer(deployed, "https://study.example.org/sign-in/")
    assert status == HTTPStatus.OK
    assert "Strict-Transport-Security" in headers
    assert "; Secure" in headers


def test_doctor_has_nothing_worse_than_warnings_to_say(deployed: Stage) -> None:
    (*_, said) = [one for one in deployed.said if " warnings" in one]
    assert "\n0 errors, " in said
    assert "SEA: has no approved consent form" in said


def test_anchors_arrived_by_folder_and_by_mail(deployed: Stage, office: Kept) -> None:
    assert deployed.place("/mnt/elsewhere/anchors/anchors.jsonl").read_text().count("trial") >= 1
    assert "To: trial-master-file@example.org" in office.lines
    assert set(office.logins) == {"study/right"}


def test_the_log_is_json_and_names_nobody(deployed: Stage) -> None:
    lines = (deployed.folder / "run" / "equipoise.service.log").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    assert any(one.get("route") == "/health/" and one["status"] == HTTPStatus.OK for one in entries)
    assert not any("ana@example.org" in line or "Ruiz" in line for line in lines)


def test_keys_were_replaced_and_the_databases_password_too(deployed: Stage) -> None:
    former = {path.name.partition("-")[0] for path in deployed.place("/etc/equipoise/keys/former").iterdir()}
    assert former == {"web", "trial", "allocation", "identity"}
    assert deployed.place("/etc/equipoise/keys/codes.key").exists()


def test_every_block_is_played_or_known_not_to_be() -> None:
    assert {block.kind for block in blocks()} == {"sh", "toml", "ini", "nginx", "text"}
    assert [block.path for block in blocks() if block.kind == "text"] == ["/etc/caddy/Caddyfile"]
    assert all(block.path for block in blocks() if block.kind in ("ini", "nginx"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_units_are_what_systemd_understands(tmp_path: Path) -> None:
    machine = stage(tmp_path, PATH=os.environ["PATH"])
    machine.run("python3 -m venv /opt/equipoise")
    units = [block for block in blocks() if block.kind == "ini"]
    for block in units:
        machine.write(block)
    names = [machine.place(block.path).name for block in units]
    assert names == ["equipoise.service", "equipoise-backup.service", "equipoise-backup.timer"]
    words = ["systemd-analyze", "verify", *(machine.place(block.path) for block in units)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "equipoise" in line] == []
    # What systemd does not understand it would say.
    planted = machine.place(units[0].path)
    planted.write_text(planted.read_text().replace("Restart=", "Restrat="))
    done = subprocess.run(words[:3], capture_output=True, text=True, check=False)
    assert "Restrat" in done.stderr


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed")
def test_the_other_proxy_understands_its_file(tmp_path: Path) -> None:
    (block,) = (one for one in blocks() if one.kind == "text")
    (tmp_path / "Caddyfile").write_text(block.body)
    done = subprocess.run(
        ["caddy", "adapt", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1:8000" in done.stdout
