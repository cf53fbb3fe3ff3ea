#!/usr/bin/env bash
# Runs inside the finished image, as its user: try_server.sh EXPECTED_BACKEND
# Starts the server, asks it for a page and for its backend, checks its health, stops it.
set -euo pipefail
expected=$1
fail() {
  echo "try_server: FAILED: $*" >&2
  exit 1
}

[[ $(id -u) -eq 10001 ]] || fail "we run as user $(id -u)"
for compiler in cc gcc g++ clang clang-19; do
  ! command -v "$compiler" >/dev/null || fail "there is a compiler: $compiler"
done

# The network is the host's: the kernel chooses a port that is free.
port_file=$(mktemp)
rm "$port_file"
jackdaw serve --http 127.0.0.1:0 --port-file "$port_file" &
server=$!
trap 'kill -KILL $server 2>/dev/null || true; rm -f "$port_file"' EXIT
for ((attempt = 0; attempt < 100; ++attempt)); do
  [[ ! -s $port_file ]] || break
  kill -0 $server 2>/dev/null || fail "the server ended"
  sleep 0.1
done
address=$(cat "$port_file")

# The image has no curl, but bash speaks enough HTTP.
get() {
  exec 3<>"/dev/tcp/${address%:*}/${address##*:}" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
}

jackdaw load --check "http://$address/" || fail "the health check says it is ill"
page=$(get /)
[[ $page == "HTTP/1.1 200 "* ]] || fail "GET / answered: $page"
stats=$(get /stats)
[[ $stats =~ \"backend\":\ ?\"$expected\" ]] || fail "expected backend $expected, /stats says: $stats"

kill -TERM $server
wait $server || fail "status $? after SIGTERM"
! jackdaw load --check "http://$address/" 2>/dev/null || fail "the health check sees a dead server"
echo "try_server: OK, backend $expected"
