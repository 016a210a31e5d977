#!/bin/bash
# Runs once, when the volume of PostgreSQL is empty: a database, its owner and an app role that owns nothing,
# for each service.
set -euo pipefail

secrets=${SECRETS:-/run/secrets}

password_in() { # the password of the address in a secret
  local address
  address=$(<"$secrets/$1")
  address=${address#*://*:}
  echo "${address%%@*}"
}

for name in $SERVICES; do
  prefix=${name^^}
  app_password=$(password_in "${prefix}_DATABASE_URL")
  owner_password=$(password_in "${prefix}_OWNER_DATABASE_URL")
  psql -v ON_ERROR_STOP=1 -U postgres -v name="$name" -v owner="${name}_owner" -v app="${name}_app" \
    -v owner_password="$owner_password" -v app_password="$app_password" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN PASSWORD :'app_password';
CREATE DATABASE :"name" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'
  LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"owner", :"app";
\connect :"name"
ALTER SCHEMA public OWNER TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE ON TYPES TO :"app";
SQL
done

# For the profile `sso`; nobody uses it otherwise.
psql -v ON_ERROR_STOP=1 -U postgres -v password="$(<"$secrets/KEYCLOAK_DB_PASSWORD")" <<'SQL'
CREATE ROLE keycloak LOGIN PASSWORD :'password';
CREATE DATABASE keycloak OWNER keycloak TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE keycloak FROM PUBLIC;
SQL
