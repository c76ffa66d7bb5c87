#!/bin/bash
# Makes the services' schemas and roles in an empty Postgres; a script of the
# official image's docker-entrypoint-initdb.d. Again is harmless: it sets the
# passwords anew.
#
# In:  POSTGRES_USER (a superuser), POSTGRES_DB, and for each service <NAME>_PASSWORD
#      and <NAME>_OWNER_PASSWORD. SERVICES: their names, the product's unless set.
# Out: a schema a service. <service>_owner owns it and migrates; <service> reads and
#      writes rows of the owner's tables, and nothing else anywhere.

( # a shell of its own: the image runs a script that is not executable in its own shell
set -euo pipefail
services=${SERVICES:-suppliers recipes restaurant}

missing=""
for service in $services; do
  for name in "${service^^}_PASSWORD" "${service^^}_OWNER_PASSWORD"; do
    if [ -z "${!name:-}" ]; then missing="$missing $name"; fi
  done
done
if [ -n "$missing" ]; then
  echo "init.sh: these variables are not set:$missing" >&2
  exit 1
fi

identifier() { printf '"%s"' "${1//\"/\"\"}"; }
text() { printf "'%s'" "${1//\'/\'\'}"; } # right as long as standard_conforming_strings is on

role() { # name password: may log in, and nothing that is not granted to it
  cat <<SQL
DO \$\$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$1') THEN CREATE ROLE $1; END IF;
END \$\$;
ALTER ROLE $1 LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD $(text "$2");
SQL
}

database=$(identifier "$POSTGRES_DB")
{
  # Passwords stand in these statements: keep them out of the server's log.
  echo "SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1; SET standard_conforming_strings = on;"
  echo "REVOKE ALL ON DATABASE $database FROM PUBLIC;"
  echo "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
  for service in $services; do
    password="${service^^}_PASSWORD" owner_password="${service^^}_OWNER_PASSWORD"
    role "$service" "${!password}"
    role "${service}_owner" "${!owner_password}"
    cat <<SQL
GRANT CONNECT ON DATABASE $database TO $service, ${service}_owner;
CREATE SCHEMA IF NOT EXISTS $service AUTHORIZATION ${service}_owner;
REVOKE ALL ON SCHEMA $service FROM PUBLIC;
GRANT USAGE ON SCHEMA $service TO $service;
ALTER DEFAULT PRIVILEGES FOR ROLE ${service}_owner IN SCHEMA $service GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO $service;
ALTER ROLE $service IN DATABASE $database SET search_path = $service;
ALTER ROLE ${service}_owner IN DATABASE $database SET search_path = $service;
SQL
  done
} | psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --single-transaction --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
)
