#!/bin/bash
# Makes a clone ready to run: Debian packages, .venv, every library at its locked version, the broker's jars.
# Does nothing, quickly, when all of it is there. Needs only /usr/bin and /bin in PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."

source deploy/local/saying.sh

# -- Debian packages: each is looked for by what it brings --------------------------------------------------

has_library() { [ -n "$(find /usr/lib /lib /usr/local/lib -name "$1*" -print -quit 2>/dev/null)" ]; }
has_chinese_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; }

missing=()
/usr/bin/python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
  || fail "Python 3.11 is needed as /usr/bin/python3: Debian 12 brings it (apt install python3)."
/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
command -v mvn >/dev/null && command -v java >/dev/null || missing+=(maven)
command -v fc-list >/dev/null || missing+=(fontconfig)
has_chinese_font || missing+=(fonts-noto-cjk)
has_library libpango-1.0.so.0 || missing+=(libpango-1.0-0)
has_library libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
has_library libharfbuzz.so.0 || missing+=(libharfbuzz0b)
has_library libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
[ -e /usr/share/zoneinfo/Asia/Shanghai ] || missing+=(tzdata)
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)

if [ ${#missing[@]} -gt 0 ]; then
  root=()
  if [ "$(id -u)" != 0 ]; then
    { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } || { command -v sudo >/dev/null && [ -t 0 ]; } \
      || fail "Packages are missing and there is neither root nor sudo to install them: apt install ${missing[*]}"
    root=(sudo)
  fi
  command -v apt-get >/dev/null || fail "Packages are missing and this is no Debian: install what brings ${missing[*]}."
  say "installing ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  { "${root[@]}" apt-get update -q && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 \
    || fail "apt could not install ${missing[*]}: $(grep -m1 -E '^(E|Err):?' "$log" || tail -n 1 "$log")"
fi

# -- Python: Debian's own interpreter, uv inside .venv, everything at its locked version -------------------

# The machine's own certificates, as pip and Maven use them: a company may stand in between.
export UV_SYSTEM_CERTS=1 UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export VIRTUAL_ENV="$PWD/.venv"
python=.venv/bin/python

if ! $python -c 'import pip' 2>/dev/null; then
  say "creating .venv"
  /usr/bin/python3 -m venv --clear .venv || fail "Python could not create .venv in $PWD."
fi
[ -x .venv/bin/uv ] || $python -m pip install -q uv || fail "pip could not install uv: is the network there?"

members=(libs/*/ services/*/ deploy/local/)
mark=.venv/.installed
wanted=$(cat requirements.lock "${members[@]/%/pyproject.toml}" | sha256sum)
if [ "$(cat "$mark" 2>/dev/null)" != "$PWD $wanted" ]; then
  say "installing libraries"
  .venv/bin/uv pip install -q --require-hashes -r requirements.lock \
    || fail "The libraries of requirements.lock could not be installed: the lines above say why."
  editable=()
  for member in "${members[@]}"; do editable+=(-e "./$member"); done
  .venv/bin/uv pip install -q --no-deps --no-build-isolation "${editable[@]}" \
    || fail "The members of the workspace could not be installed: the lines above say why."
  printf '%s' "$PWD $wanted" >"$mark"
fi

# -- Kafka ---------------------------------------------------------------------------------------------------

exec .venv/bin/zc fetch
