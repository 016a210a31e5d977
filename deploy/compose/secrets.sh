#!/bin/sh
# Draws one file for each secret that docker-compose.yml mounts, and leaves those that exist: run it again after
# an upgrade. The folder keeps strangers out; the files inside are readable, for every container has its own user.
set -eu

folder=${1:-$(dirname "$0")/secrets}
services="identity units applications committees meetings certificates notices"
mkdir -p "$folder"
chmod 700 "$folder"

drawn() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

keep() { # NAME VALUE
  if [ ! -e "$folder/$1" ]; then
    printf '%s' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
    echo "drew $1"
  fi
}

# IDENTITY_PLATFORM_CLIENT_SECRET is Keycloak's in profile sso; for another platform write its secret into the file.
for name in POSTGRES_PASSWORD MINIO_ROOT_PASSWORD PERSON_REF_KEY SEAL_KEY IDENTITY_PLATFORM_CLIENT_SECRET \
  KEYCLOAK_DB_PASSWORD KEYCLOAK_ADMIN_PASSWORD GRAFANA_ADMIN_PASSWORD TOPICS_KAFKA_PASSWORD; do
  keep "$name" "$(drawn)"
done

# Empty until the sealing key is changed: docs/operations/keys.md.
keep SEAL_KEYS_OTHER ""

for service in $services; do
  prefix=$(echo "$service" | tr '[:lower:]' '[:upper:]')
  keep "${prefix}_DATABASE_URL" "postgresql://${service}_app:$(drawn)@postgres:5432/$service"
  keep "${prefix}_OWNER_DATABASE_URL" "postgresql://${service}_owner:$(drawn)@postgres:5432/$service"
  keep "${prefix}_S3_SECRET_KEY" "$(drawn)"
  keep "${prefix}_KAFKA_PASSWORD" "$(drawn)"
done
