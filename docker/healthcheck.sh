#!/bin/sh
# Healthy means connected to Telegram: with an open port and no ready target no client works (and the proxy says nothing).
#
# usage: healthcheck.sh STATS_PORT
set -uf
page=$(/bin/sh "${0%/*}/stats.sh" "$1") || {
  echo "no answer from /stats on port $1"
  exit 1
}
ready=0
declared=0
previous=
for word in $page; do
  case $previous in
    total_ready_targets) ready=$word ;;
    total_declared_targets) declared=$word ;;
  esac
  previous=$word
done
echo "$ready of $declared targets ready"
[ "$ready" -gt 0 ]
