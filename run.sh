#!/usr/bin/env bash
# Every chore of this project, one function each. `./run.sh` alone lists them.
# The first chore that needs Python makes .venv; nothing is installed outside it.
set -euo pipefail
cd "$(dirname "$0")"
VENV=${BIOWIRE_VENV:-.venv}

venv() {  ## make or refresh the virtual environment (done by itself when needed)
    local stamp="$VENV/.biowire" want
    want=$(cksum < pyproject.toml)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
    [ -x "$VENV/bin/python" ] || "$(find_python)" -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".[distributed]" --group dev
    printf '%s' "$want" > "$stamp"
}

find_python() {
    local python
    for python in python3.13 python3.12 python3.11 python3; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    echo "biowire needs Python 3.11, 3.12 or 3.13; none of them was found." >&2
    exit 2
}

demo() {  ## run the whole path on the sample world, offline: ./run.sh demo [--once] [--json]
    venv
    exec "$VENV/bin/biowire" demo "$@"
}

start() {  ## monitor your feeds continuously: ./run.sh start [--feeds FILE.opml]
    venv
    exec "$VENV/bin/biowire" run "$@"
}

biowire() {  ## any command of the program: ./run.sh biowire search "facial recognition"
    venv
    exec "$VENV/bin/biowire" "$@"
}

servers() {  ## fetch the Kafka and Elasticsearch that tests start; BIOWIRE_SERVERS=off|required in tests
    venv
    PYTHONPATH=tests "$VENV/bin/python" -m servers "$@"
}

browser() {  ## install the Chromium and the fonts that tests of the web UI need (Debian, Ubuntu)
    [[ -n ${BIOWIRE_CHROMIUM:-} ]] || command -v chromium >/dev/null || command -v google-chrome >/dev/null && return
    command -v apt-get >/dev/null || { echo "Install Chromium, or set BIOWIRE_CHROMIUM to one." >&2; return 1; }
    local root=()
    [[ $(id -u) == 0 ]] || root=(sudo -n)
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        chromium fonts-noto-core fonts-noto-cjk >/dev/null
}

test() {  ## run the tests: ./run.sh test [pytest arguments]; pictures of pages: artifacts/screenshots
    venv
    export BIOWIRE_SCREENSHOTS=${BIOWIRE_SCREENSHOTS:-$PWD/artifacts/screenshots}
    case ${BIOWIRE_BROWSER:-} in
        off) ;;
        required) browser ;;
        *) browser || echo "Tests that need a browser are skipped." >&2 ;;
    esac
    case ${BIOWIRE_SERVERS:-} in
        off) ;;
        required) servers ;;
        *) servers || echo "Tests that need them are skipped." >&2 ;;
    esac
    if (($#)); then
        "$VENV/bin/python" -m pytest "$@"
        return
    fi
    # What reckons and looks, on all cores at once; then what kills, waits and times, by itself.
    local at_once=(tests/unit tests/quality tests/web) failed=0
    "$VENV/bin/python" -m pytest -n logical --maxprocesses 4 --dist loadfile "${at_once[@]}" || failed=$?
    "$VENV/bin/python" -m pytest "${at_once[@]/#/--ignore=}" || failed=$?
    return "$failed"
}

chaos() {  ## kill everything at random while 20,000 articles flow: ./run.sh chaos [--seeds 1,2,3]
    venv
    servers
    PYTHONPATH=.:tests "$VENV/bin/python" -m tests.distributed.chaos "$@"
}

texts() {  ## collect the texts of the web UI for translators: dashboards/web/locale/biowire.pot
    venv
    "$VENV/bin/python" tools/web_texts.py
}

kibana() {  ## write dashboards/kibana/ndjson anew from the definitions, and check it
    venv
    "$VENV/bin/python" -m dashboards.kibana
}

lint() {  ## style, and the direction of imports
    venv
    "$VENV/bin/ruff" check .
    "$VENV/bin/ruff" format --check .
    "$VENV/bin/lint-imports" --no-cache
}

format() {  ## rewrite the style faults that can be mended
    venv
    "$VENV/bin/ruff" check --fix .
    "$VENV/bin/ruff" format .
}

type() {  ## strict types
    venv
    "$VENV/bin/mypy"
}

bench() {  ## ratios against peers, measured in one run: ./run.sh bench [name ...]
    venv
    "$VENV/bin/python" -m benchmarks "$@"
}

cover() {  ## tests with branch coverage
    venv
    "$VENV/bin/coverage" run -m pytest "$@"
    "$VENV/bin/coverage" report --skip-covered
}

build() {  ## wheel and source archive in dist/
    venv
    "$VENV/bin/python" -m pip wheel --quiet --no-deps --wheel-dir dist .
}

help() {
    echo "Usage: ./run.sh CHORE [ARGUMENTS]"
    sed -n 's/^\([a-z_]*\)() {  ## \(.*\)/  \1\t\2/p' "$0" | expand -t 12
}

chore=${1:-help}
shift || true
if ! declare -F "$chore" > /dev/null; then
    echo "run.sh: there is no chore called '$chore'." >&2
    help >&2
    exit 2
fi
"$chore" "$@"
