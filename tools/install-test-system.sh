#!/bin/sh
# Install the system packages that the tests need, if they are not there: a browser, to open the
# map as a planner would, Chinese fonts, to see its words, and PostgreSQL with PostGIS, of which the
# tests start a server of their own. Does nothing where all are there.
set -eu

has_postgis() {
    bin=$(pg_config --bindir 2>/dev/null || true)
    for initdb in "$bin"/initdb /usr/lib/postgresql/*/bin/initdb; do
        if [ -x "$initdb" ]; then
            share=$("$(dirname "$initdb")/pg_config" --sharedir 2>/dev/null) ||
                share="/usr/share/postgresql/$(basename "${initdb%/bin/initdb}")"
            [ -e "$share/extension/postgis.control" ] && return 0
        fi
    done
    return 1
}

packages=""
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
fc-list 2>/dev/null | grep -qi "noto sans cjk" || packages="$packages fonts-noto-cjk fontconfig"
# The package postgis alone brings client programs; this one, the server of the distribution's
# version with its extension.
has_postgis || packages="$packages postgresql postgresql-postgis"
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need:$packages. Install them with your system's package manager." >&2
    exit 1
fi
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
echo "Installing for the tests:$packages"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of packages
$as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null
