#!/bin/sh
# Starts mtproto-proxy with the keys and arguments of one shard. Works in a POSIX shell without any other program.
#
# usage: entrypoint.sh FOLDER | --which
#   FOLDER/keys             one key a line, 32 hex digits: they go into argv here and nowhere else
#   FOLDER/arguments        the other arguments, one a line; "own" after --nat-info stands for this container's address
#   FOLDER/proxy-secret     Telegram's two files
#   FOLDER/proxy-multi.conf
#   --which                 prints where the binary is
set -uf

fail() {
  echo "familytraffic: $*" >&2
  exit 78
}

# Where the known images keep it: ours and Telegram's own, GetPageSpeed's, a distribution's, teleproxy's.
find_binary() {
  for binary in /usr/local/bin/mtproto-proxy /opt/mtproxy/mtproto-proxy /usr/bin/mtproto-proxy \
    /opt/teleproxy/mtproto-proxy /mtproto-proxy; do
    [ -f "$binary" ] && [ -x "$binary" ] && return
  done
  binary=$(command -v mtproto-proxy) || fail "there is no mtproto-proxy in this image"
}

is_ipv4() {
  case $1 in
    *[!0-9.]* | *.*.*.*.* | *..* | .* | *.) return 1 ;;
    127.*) return 1 ;;
    *.*.*.*) return 0 ;;
    *) return 1 ;;
  esac
}

# Docker writes "ADDRESS HOSTNAME" into /etc/hosts; names pinned by extra_hosts stand there too, so the name must be ours.
address_from_hosts() {
  host=${HOSTNAME:-}
  [ -n "$host" ] || read -r host </etc/hostname || return 1
  while read -r address names; do
    is_ipv4 "$address" || continue
    for name in $names; do
      [ "$name" = "$host" ] && own=$address && return 0
    done
  done </etc/hosts
  return 1
}

# The first address of "hostname -i", or the one behind "src" that "ip route get" names.
address_from_tools() {
  for word in $(hostname -i 2>/dev/null); do
    is_ipv4 "$word" && own=$word && return 0
  done
  previous=
  for word in $(ip -4 route get 203.0.113.1 2>/dev/null); do
    [ "$previous" = src ] && is_ipv4 "$word" && own=$word && return 0
    previous=$word
  done
  return 1
}

# Without a true --nat-info no client works behind NAT and nothing says so: better not to start.
find_own_address() {
  address_from_hosts || address_from_tools || fail "cannot find out this container's own IPv4 address"
}

# Over-counting is harmless, so an address that is listed for several datacenters counts each time it is.
count_targets() {
  targets=0
  while read -r line || [ -n "$line" ]; do
    for word in ${line%%#*}; do
      case $word in *:[0-9]*) targets=$((targets + 1)) ;; esac
    done
  done <"$folder/proxy-multi.conf"
}

# The proxy stops at start, or silently takes less, when -c needs more files than it may open: c + 16, and some to spare.
# Clients get fewer than that (-C), so that Telegram's connections (4 a target) and /stats keep theirs under full load.
fit_connections() {
  connections=$1
  files=$(ulimit -n)
  if [ "$files" != unlimited ] && [ "$connections" -gt $((files - 19)) ]; then
    connections=$((files - 19))
    echo "familytraffic: $1 connections wanted, $connections fit the limit of $files open files" >&2
  fi
  count_targets
  clients=$((connections - 4 * targets - 32))
  [ "$clients" -gt 0 ] || fail "a limit of $files open files leaves none for clients: $targets targets need 4 each"
}

[ $# -eq 1 ] || fail "usage: entrypoint.sh FOLDER | --which"
find_binary
[ "$1" != --which ] || { echo "$binary" && exit 0; }
folder=$1
for file in keys arguments proxy-secret proxy-multi.conf; do
  [ -r "$folder/$file" ] || fail "cannot read $folder/$file: it must belong to this container's user"
done

set --
previous=
while read -r token || [ -n "$token" ]; do
  case $token in '' | '#'*) continue ;; esac
  case $previous in
    --nat-info)
      find_own_address
      set -- "$@" "$own:${token#own:}"
      ;;
    -c)
      fit_connections "$token"
      set -- "$@" "$connections" -C "$clients"
      ;;
    *) set -- "$@" "$token" ;;
  esac
  previous=$token
done <"$folder/arguments"

keys=0
while read -r key || [ -n "$key" ]; do
  case $key in '' | '#'*) continue ;; esac
  set -- "$@" -S "$key"
  keys=$((keys + 1))
done <"$folder/keys"
key=
# Without a key the proxy would serve everybody.
[ "$keys" -gt 0 ] || fail "$folder/keys holds no key"

exec "$binary" --aes-pwd "$folder/proxy-secret" "$@" "$folder/proxy-multi.conf"
