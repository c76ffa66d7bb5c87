#!/bin/sh
# Posts a message, and goes on when Slack refuses it.
set -eu
dagger -m modules/slack call post --message message.json --webhook env://SLACK_WEBHOOK reason
