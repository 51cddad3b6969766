"""The operation that exports the study's records, without what is hidden from anybody."""

import os
import subprocess  # nosec B404 - runs our own command, with words of ours and the id of a person
import sys
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.http import HttpResponse
from ninja import Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api.operation import operation

router = Router(tags=["Data"])
EVERYWHERE = ""
FOLDER = "records"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file of an archive: the same data give the same bytes."""
Export = Callable[[Path, str, datetime], None]


def by_itself(folder: Path, person: str, _at: datetime) -> None:
    """Export in a process of its own: tables are large, and no process that serves pages holds them."""
    words = ["-m", "equipoise", "export", "--home", os.environ["EQUIPOISE_HOME"], "--out", str(folder)]
    subprocess.run([sys.executable, *words, "--by", person], check=True, capture_output=True)  # noqa: S603 # nosec B603


class Exporter:
    """Who exports; tests that hold the clock put another in its place."""

    export: Export = staticmethod(by_itself)


@operation(
    router,
    "POST",
    "/datasets",
    action="data.export",
    name="datasets",
    gives=None,
    media="application/zip",
    kept=False,
)
def export_dataset(request: ProgramRequest) -> HttpResponse:
    """Export the whole study's records as a ZIP archive of a dataset folder, fit for blinded people.

    What is hidden from any role is left out, and arms are not in it. The audit trail tells of the export.
    """
    request.viewer.require("data.export", site=EVERYWHERE)
    with TemporaryDirectory() as folder:
        Exporter.export(Path(folder) / FOLDER, request.viewer.person, request.at)
        content = _archive(Path(folder) / FOLDER)
    name = f"records-{request.at:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)


def _archive(folder: Path) -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            one = ZipInfo(f"{FOLDER}/{path.name}", EARLIEST)
            archive.writestr(one, path.read_bytes(), ZIP_DEFLATED)
    return stream.getvalue()
