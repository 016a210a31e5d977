#!/bin/bash
# Installs what `zc up --servers real` needs beside the small set: MinIO, built from source, and Keycloak, by Maven;
# with names, only these. Each lies in the cache under its version and is installed once; says what that took.
set -euo pipefail
cd "$(dirname "$0")/../.."
source deploy/local/saying.sh

# The last source that MinIO's community published.
minio=v0.0.0-20260212201848-7aac2a2c5b7c
keycloak=26.4.0

cache=${ZC_CACHE:-$HOME/.cache/title-review}
mkdir -p "$cache" && cache=$(cd "$cache" && pwd)
export GOFLAGS="${GOFLAGS:-} -mod=mod" CGO_ENABLED=0


# Everything is made in a scratch folder beside its place, so that a death leaves nothing half made there.
scratch=$(mktemp -d "$cache/.installing.XXXXXX")
trap 'chmod -R u+w "$scratch" && rm -rf "$scratch"' EXIT

source deploy/local/go.sh

install_minio() {
  local place=$cache/minio-$minio started=$SECONDS
  if [ -x "$place" ]; then say "MinIO is there: $place"; return; fi
  find_go 24 "$cache" # MinIO's source wants Go 1.24
  say "building MinIO $minio (some minutes of all cores) with $("$go" env GOVERSION)"
  GOBIN=$scratch nice "$go" install -trimpath -ldflags '-s -w' "github.com/minio/minio@$minio" >"$scratch/log" 2>&1 \
    || fail "MinIO could not be built: $(last_words "$scratch/log")"
  mv "$scratch/minio" "$place"
  say "MinIO: $((SECONDS - started)) s, $(du -h "$place" | cut -f1)"
}

install_keycloak() {
  local place=$cache/keycloak-$keycloak started=$SECONDS
  if [ -d "$place" ]; then say "Keycloak is there: $place"; return; fi
  command -v mvn >/dev/null || fail "Maven is missing, which fetches Keycloak: install it (Debian: apt install maven)."
  say "fetching Keycloak $keycloak"
  # Java looks for the home directory in the account's entry and not in HOME, unless it is told.
  MAVEN_OPTS="${MAVEN_OPTS:-} -Duser.home=$HOME" mvn -q -B -Dstyle.color=never \
    dependency:copy "-Dartifact=org.keycloak:keycloak-quarkus-dist:$keycloak:zip" -DoutputDirectory="$scratch" \
    >"$scratch/log" 2>&1 || fail "Keycloak could not be fetched: $(last_words "$scratch/log")"
  (cd "$scratch" && /usr/bin/python3 -m zipfile -e "keycloak-quarkus-dist-$keycloak.zip" .)
  # Built ahead, as in its image, so that every start is short and writes nothing here.
  /bin/bash "$scratch/keycloak-$keycloak/bin/kc.sh" build --db=dev-file \
    >"$scratch/log" 2>&1 || fail "Keycloak could not be built ahead: $(last_words "$scratch/log")"
  mv "$scratch/keycloak-$keycloak" "$place"
  say "Keycloak: $((SECONDS - started)) s, $(du -sh "$place" | cut -f1)"
}

[ $# -gt 0 ] || set -- keycloak minio
for name in "$@"; do
  case $name in
    keycloak) install_keycloak ;;
    minio) install_minio ;;
    *) fail "There is no server $name: keycloak, minio." ;;
  esac
done
