#!/bin/sh
# Prints the /stats page of the proxy, which answers to 127.0.0.1 in its own network namespace only. Takes whichever client the
# image has. Exit code 1: no answer; 3: the image has no client at all.
#
# usage: stats.sh PORT
set -u
port=$1
has() { command -v "$1" >/dev/null 2>&1; }
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

if has curl; then
  exec curl --silent --fail --max-time 5 --noproxy '*' "http://127.0.0.1:$port/stats"
elif has wget; then
  # Not -T: Debian's busybox crashes on it (1.35).
  limit=
  has timeout && limit="timeout 5"
  exec $limit wget -q -O - "http://127.0.0.1:$port/stats"
elif has perl; then
  exec perl -e '
    use IO::Socket::INET;
    alarm 5;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Timeout => 5) or exit 1;
    print $socket "GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    my $page = join "", <$socket>;
    my ($head, $body) = split /\r?\n\r?\n/, $page, 2;
    $head =~ m{^HTTP/1\.. 200 } or exit 1;
    print $body;' "$port"
elif has python3; then
  exec python3 -c '
import sys, http.client
try:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    connection.request("GET", "/stats")
    answer = connection.getresponse()
    sys.stdout.write(answer.read().decode("latin-1"))
    sys.exit(0 if answer.status == 200 else 1)
except OSError:
    sys.exit(1)' "$port"
elif has node; then
  exec node -e '
    const request = require("node:http").get({ port: process.argv[1], host: "127.0.0.1", path: "/stats", timeout: 5000 });
    const fail = () => process.exit(1);
    request.on("error", fail).on("timeout", fail).on("response", (answer) => {
      if (answer.statusCode !== 200) fail();
      answer.pipe(process.stdout);
    });' "$port"
elif has bash; then
  exec bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" >&3
    read -r -t 5 _ status _ <&3 && [ "$status" = 200 ] || exit 1
    while read -r -t 5 line <&3 && [ "${line%?}" != "" ]; do :; done
    while read -r -t 5 line <&3 || [ -n "$line" ]; do printf "%s\n" "$line"; done' bash "$port" 2>/dev/null
elif has busybox; then
  exec busybox timeout 5 busybox wget -q -O - "http://127.0.0.1:$port/stats"
fi
echo "no program here can ask for /stats: none of curl, wget, perl, python3, node, bash, busybox" >&2
exit 3
