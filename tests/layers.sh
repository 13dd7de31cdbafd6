#!/bin/sh
# The rule of the house: protocol <- media <- server. Fails with each include that breaks it.
set -eu
cd "$(dirname "$0")/.."

broken=0
forbid() { # FOLDER PATTERN
  if grep -rnE --include='*.h' --include='*.cpp' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" "$1"; then
    echo "tests/layers.sh: $1 must not include these" >&2
    broken=1
  fi
}

# No socket, clock, thread, log or FFmpeg in protocol/.
forbid protocol 'uv\.h|uv/|libav|libsw|spdlog/|fmt/|openssl/ssl|sys/socket|netinet/|arpa/|netdb|sys/un\.h|thread>|mutex>|media/|server/'
forbid media 'uv\.h|uv/|sys/socket|netinet/|server/'
exit "$broken"
