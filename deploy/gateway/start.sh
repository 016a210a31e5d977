#!/bin/sh
# Starts the gateway; it traces where OTLP_ENDPOINT says, as the services do, and nowhere when that is empty.
set -eu
cp /etc/traefik/traefik.yml "${SETTINGS:=/tmp/traefik.yml}"
if [ -n "${OTLP_ENDPOINT:-}" ]; then
  cat >>"$SETTINGS" <<YAML
tracing:
  serviceName: gateway
  otlp:
    http:
      endpoint: ${OTLP_ENDPOINT%/}/v1/traces
YAML
fi
exec traefik --configFile="$SETTINGS"
