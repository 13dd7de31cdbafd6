#!/bin/sh
# Usage: sh examples/install-packages.sh PACKAGE...
# Installs with apt-get those of the packages that are missing, on Debian, Ubuntu and what derives from them.
set -eu

fail() {
  echo "install-packages: $1" >&2
  exit 1
}

missing=
if command -v dpkg-query >/dev/null 2>&1; then
  for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
  done
else
  missing=" $*"
fi
[ -n "$missing" ] || exit 0

# shellcheck disable=SC1091  # a file of the system
system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || system=
case " $system " in
  *" debian "* | *" ubuntu "*) ;;
  *) fail "this is neither Debian nor Ubuntu; install what these packages hold and start again:$missing" ;;
esac

if [ "$(id -u)" -eq 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1; then
  as_root=sudo
else
  fail "missing packages, and neither root nor sudo to install them; run as root: apt-get install$missing"
fi

echo "Installing$missing"
apt() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}
# A list that is not quite fresh (no network for one of the sources) may still do; the installation tells.
apt update >&2 || echo "install-packages: apt-get update failed; going on with the lists at hand" >&2
# shellcheck disable=SC2086  # one word a package
apt install -y --no-install-recommends $missing >&2 || fail "apt-get could not install$missing"
