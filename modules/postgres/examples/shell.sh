#!/bin/sh
# Runs SQL on a new empty server, and psql on a server of this machine.
set -eu
dagger -m modules/postgres call query-sql --sql "select 40 + 2"
dagger -m modules/postgres call with-login --username shop --password env://PGPASSWORD \
  exec --service tcp://127.0.0.1:5432 --database shop --args=--list
