#!/bin/sh
# Makes .venv and installs the pinned requirements of one set (core, web or dev) and Equipoise itself:
# with uv where it is installed, with venv and pip otherwise.
set -eu
set_name=$1
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Equipoise needs Python 3.11 or newer; there is no $python here. Install it, or: make PYTHON=/path/to/python" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Equipoise needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Try: make PYTHON=python3.12" >&2
    exit 1
fi

echo "Setting up .venv ($set_name): a minute the first time, nothing afterwards" >&2
if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
    uv pip install --python .venv/bin/python -r "requirements/$set_name.txt"
    if [ "$set_name" = dev ]; then
        uv pip install --quiet --python .venv/bin/python --no-deps -r requirements/data.txt
    fi
    uv pip install --quiet --python .venv/bin/python --no-deps -e .
else
    if [ ! -x .venv/bin/python ] && ! "$python" -m venv .venv; then
        echo "Python's venv module is incomplete. On Debian or Ubuntu: apt-get install python3-venv" >&2
        rm -rf .venv
        exit 1
    fi
    # One line a package is progress enough; what pip says of files already there is not news.
    .venv/bin/python -m pip install --disable-pip-version-check -r "requirements/$set_name.txt" |
        grep -E '^(Collecting|Installing|Successfully|ERROR)' | cut -c1-110 || true
    if [ "$set_name" = dev ]; then
        .venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps -r requirements/data.txt
    fi
    .venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps -e .
fi
.venv/bin/python -c 'import click, equipoise, numpy, pandas, pydantic, scipy' || {
    echo "The installation is not complete; the lines above say why. Run the same command again." >&2
    exit 1
}
