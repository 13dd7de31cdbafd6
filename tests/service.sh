#!/bin/sh
# Usage: sh tests/service.sh LECTERN
# The systemd unit is one that systemd takes, with what makes it safe. The packages of the container file exist and
# hold all that the program is linked with, and its health check tells a server that runs from one that does not.
set -eu
program=$1
examples=$(dirname "$0")/../examples
unit=$examples/lectern.service
container=$examples/Containerfile

fail() {
  echo "tests/service.sh: $1" >&2
  exit 1
}

scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT

for line in DynamicUser=yes NoNewPrivileges=yes ProtectSystem=strict PrivateTmp=yes PrivateDevices=yes \
  CapabilityBoundingSet= SystemCallFilter=@system-service MemoryDenyWriteExecute=yes StateDirectory=lectern \
  Restart=on-failure 'ExecReload=/bin/kill -HUP $MAINPID' "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK"; do
  grep -qx "$line" "$unit" || fail "$unit lacks $line"
done
grep -q '^LimitNOFILE=[0-9]*$' "$unit" || fail "$unit lacks LimitNOFILE="

if command -v systemd-analyze >/dev/null 2>&1; then
  # The program is not installed here.
  sed 's|^ExecStart=/usr/local/bin/lectern|ExecStart=/bin/true|' "$unit" >"$scratch/lectern.service"
  systemd-analyze verify --man=no "$scratch/lectern.service" >"$scratch/verify" 2>&1 || :
  [ ! -s "$scratch/verify" ] || fail "systemd-analyze verify: $(cat "$scratch/verify")"
  # 0 is the safest; 2.0 is what systemd still calls OK.
  systemd-analyze security --offline=true --threshold=20 "$scratch/lectern.service" >"$scratch/security" ||
    fail "the unit is open to more than it need be: $(tail -n 1 "$scratch/security")"
fi

# shellcheck disable=SC1091  # a file of the system
if [ "$(. /etc/os-release && echo "$ID$VERSION_ID")" = debian12 ]; then
  packages=$(sed -n '/^FROM debian:12-slim/,$ s/^      \([a-z0-9.+-]*\) \\$/\1/p' "$container")
  [ -n "$packages" ] || fail "$container names no packages"
  for package in $packages; do
    dpkg-query -W "$package" >/dev/null 2>&1 || apt-cache show "$package" >/dev/null 2>&1 ||
      fail "$container: there is no package $package"
  done
  # In every image of Debian.
  packages="$packages libc6 libgcc-s1 libstdc++6"
  for library in $(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    case $library in ld-*) continue ;; esac # the loader itself, which libc6 brings
    file=$(ldd "$program" | awk -v name="$library" '$1 == name { print $3 }')
    [ -n "$file" ] || fail "$library of $program is not found"
    # Merged /usr: dpkg knows it under the other name.
    file=$(readlink -f "$file")
    owner=$(dpkg -S "$file" "${file#/usr}" 2>/dev/null | head -n 1 | cut -d: -f1)
    echo " $(echo "$packages" | tr '\n' ' ') " | grep -qF " $owner " ||
      fail "$container lacks ${owner:-the package of $library}, which $library is in"
  done
fi

check=$(sed -n 's/^HEALTHCHECK .* CMD //p' "$container")
[ -n "$check" ] || fail "$container has no HEALTHCHECK"
port=$((20000 + $$ % 10000))
echo "$check" | sed "s/^\[\"bash\", \"-c\", \"\(.*\)\"\]$/\1/; s/8554/$port/; s/\\\\\\\\/\\\\/g" >"$scratch/check"
! bash "$scratch/check" 2>/dev/null || fail "the health check finds a server where none is"
STATE_DIRECTORY=$scratch "$program" serve "$scratch" --listen "127.0.0.1:$port" >"$scratch/log" 2>&1 &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  if bash "$scratch/check" 2>/dev/null; then
    # As systemctl reload does.
    kill -HUP "$server"
    sleep 0.25
    bash "$scratch/check" 2>/dev/null || fail "SIGHUP has ended the server: $(cat "$scratch/log")"
    exit 0
  fi
  kill -0 "$server" 2>/dev/null || { server=; fail "the server ended: $(cat "$scratch/log")"; }
  sleep 0.25
done
fail "the health check finds no server where one is: $(cat "$scratch/log")"
