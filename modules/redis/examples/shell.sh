#!/bin/sh
# Runs a command on a new empty server, and one on a server of this machine.
set -eu
dagger -m modules/redis call exec --args=ping
dagger -m modules/redis call exec --service tcp://127.0.0.1:6379 --args=dbsize
