"""The dataset folder: one CSV file a table and a manifest with every file's rows and SHA-256.

Holds writing and reading. Refuses to write what it would refuse to read, to keep an allocation in the folder,
and to hand out records of which one byte differs from the manifest.
"""

import hashlib
import importlib.util
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from equipoise.errors import IntegrityError, Problem, RecordError, TrialError
from equipoise.records import manifest as manifests
from equipoise.records import table_text
from equipoise.records.dataset import Records
from equipoise.records.manifest import MANIFEST, File, Manifest
from equipoise.records.tables import NUMERIC, TABLES, Table

CSV, PARQUET = ".csv", ".parquet"
DATA_FILE = re.compile(
    r"\.(csv|tsv|parquet|feather|arrow|xlsx?|ods|sas7bdat|xpt|sqlite3?|db)$", re.IGNORECASE
)
ALLOCATION_FILE = re.compile(r"allocation|randomi[sz]ation|unblind", re.IGNORECASE)


def write(records: Records, folder: str | Path, *, parquet: bool = False) -> Path:
    """Write a dataset folder: all of it or nothing, the manifest last.

    folder    its parent exists; a dataset already there is replaced, anything else there is refused
    parquet   True to write each table as Parquet as well
    Raises    RecordError with every cell that could not be read back, or when the folder holds other files;
              IntegrityError when an allocation lies in the folder; TrialError when Parquet is not installed
    """
    folder = Path(folder)
    _refuse_foreign(folder)
    if parquet and importlib.util.find_spec("pyarrow") is None:
        raise TrialError("Parquet needs a further package: install `equipoise[parquet]`")
    texts = _texts(records)
    staging = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    staging.mkdir()
    try:
        files = _fill(staging, records, texts, parquet=parquet)
        data = replace(records.manifest, files=files).to_json().encode()
        manifests.parse(data)
        (staging / MANIFEST).write_bytes(data)
        _put(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def digests(records: Records) -> dict[str, File]:
    """Return rows and SHA-256 of each CSV file as `write` would write it.

    Raises    RecordError with every cell that could not be read back
    """
    return {
        name: File(len(records.table(name.removesuffix(CSV))), _sha256(data))
        for name, data in _texts(records).items()
    }


def read(folder: str | Path) -> Records:
    """Read a dataset folder.

    Raises    IntegrityError when a file is altered, added or gone, or an arm lies among the records;
              RecordError with every cell that is wrong, by file, row and column, or when there is no dataset
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    contents = _verified(folder, manifest)
    problems: list[Problem] = []
    frames = {}
    for name, table in TABLES.items():
        frames[name], found = table_text.read(contents[name + CSV], table, name=name + CSV)
        problems += found
    if problems:
        raise RecordError(f"the dataset {folder} cannot be used", problems)
    _refuse_miscounted(frames, manifest)
    return Records(manifest=manifest, **frames)


def _refuse_foreign(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RecordError(f"{folder} is a file", [Problem("a dataset is a folder", "name another place")])
    names = sorted(path.name for path in folder.iterdir())
    _refuse_allocation(folder, names)
    known = {MANIFEST, *(name + suffix for name in TABLES for suffix in (CSV, PARQUET))}
    hint = "name another folder, or move it away"
    found = [
        Problem("no part of a dataset, and would be lost", hint, "", name)
        for name in names
        if name not in known
    ]
    if found:
        raise RecordError(f"{folder} holds other files", found)


def _refuse_allocation(folder: Path, names: Iterable[str]) -> None:
    found = [name for name in sorted(names) if DATA_FILE.search(name) and ALLOCATION_FILE.search(name)]
    if found:
        hint = "keep it beside the folder, not in it, and ask who has seen it"
        problems = [Problem("an allocation lies among the records", hint, "", name) for name in found]
        raise IntegrityError(f"{folder} is not blind", problems)


def _texts(records: Records) -> dict[str, bytes]:
    problems: list[Problem] = []
    files = {}
    for name, table in TABLES.items():
        files[name + CSV], found = table_text.write(records.table(name), table, name=name + CSV)
        problems += found
    if problems:
        raise RecordError("these records cannot be written", problems)
    return files


def _fill(folder: Path, records: Records, texts: dict[str, bytes], *, parquet: bool) -> dict[str, File]:
    files = {}
    for name, data in texts.items():
        table = name.removesuffix(CSV)
        (folder / name).write_bytes(data)
        files[name] = File(len(records.table(table)), _sha256(data))
        if parquet:
            path = folder / (table + PARQUET)
            _typed(records.table(table), TABLES[table]).to_parquet(path, engine="pyarrow", index=False)
            files[path.name] = File(len(records.table(table)), _sha256(path.read_bytes()))
    return files


def _typed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Type the texts for Parquet, so that a column without any value is still one of texts."""
    return frame.astype({column.name: "string" for column in table.columns if column.kind not in NUMERIC})


def _put(staging: Path, folder: Path) -> None:
    if not folder.exists():
        staging.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(old)
    try:
        staging.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        hint = "a dataset is a folder with a manifest; one CSV file is read through the protocol's `import:`"
        raise RecordError(
            f"{folder} is no dataset", [Problem(f"there is no {MANIFEST}", hint, "", str(path))]
        )
    return manifests.parse(path.read_bytes())


def _verified(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """Return the bytes of every listed file once each is known to be the one that was written."""
    names = [path.name for path in folder.iterdir()]
    _refuse_allocation(folder, [*names, *manifest.files])
    problems = [
        Problem("the manifest does not list this file", "ask where it came from", "", name)
        for name in sorted({name for name in names if DATA_FILE.search(name)} - manifest.files.keys())
    ]
    problems += [
        Problem("the manifest does not list this table", "restore the dataset", "", name + CSV)
        for name in TABLES
        if name + CSV not in manifest.files
    ]
    contents = {}
    for name, file in manifest.files.items():
        contents[name] = (folder / name).read_bytes() if name in names else b""
        if name not in names:
            problems.append(Problem("the file is gone", "restore the dataset", "", name))
        elif _sha256(contents[name]) != file.sha256:
            hint = "restore it, or export the dataset again"
            problems.append(Problem("the file is not the one that was written", hint, "", name))
    if problems:
        raise IntegrityError(f"the dataset {folder} was altered after it was written", problems)
    return contents


def _refuse_miscounted(frames: dict[str, pd.DataFrame], manifest: Manifest) -> None:
    problems = [
        Problem(f"the file has {len(frame)} rows, the manifest says {rows}", "restore both", "", name + CSV)
        for name, frame in frames.items()
        if len(frame) != (rows := manifest.files[name + CSV].rows)
    ]
    if problems:
        raise IntegrityError("the manifest does not fit its files", problems)
