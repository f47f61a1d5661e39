#!/bin/sh
# Install the system packages that the tests need, if they are not there: a browser, to open the
# map as a planner would, and Chinese fonts, to see its words. Does nothing where both are there.
set -eu

packages=""
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
fc-list 2>/dev/null | grep -qi "noto sans cjk" || packages="$packages fonts-noto-cjk fontconfig"
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
