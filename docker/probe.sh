#!/bin/sh
# Runs in a throwaway container of an image: says what its binary is, then starts it through our own entrypoint, with a key that
# nothing else knows and a Telegram side that refuses at once, so that what it does can be watched.
#
# usage: probe.sh KEY CLIENT_PORT STATS_PORT COVER_DOMAIN ENTRYPOINT   (the last is the text of entrypoint.sh)
set -u
key=$1 client_port=$2 stats_port=$3 domain=$4 entrypoint=$5

echo "probe: open files $(ulimit -Hn)"
binary=$(/bin/sh -c "$entrypoint" entrypoint.sh --which) || exit 0
echo "probe: binary $binary"
help=$("$binary" --help 2>&1)
echo "probe: help exit $?"
echo "$help"

cd /tmp || exit 0
echo "$key" >keys
echo "probe probe probe probe probe probe probe" >proxy-secret
echo "default 2; proxy_for 2 127.0.0.1:1;" >proxy-multi.conf
printf '%s\n' -M 0 -H "$client_port" -p "$stats_port" --http-stats -c 200 --nat-info own:203.0.113.1 >arguments
case $help in *--domain*) printf '%s\n' -D "$domain" >>arguments ;; esac
echo "probe: started"
exec /bin/sh -c "$entrypoint" entrypoint.sh /tmp
