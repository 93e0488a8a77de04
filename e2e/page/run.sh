#!/bin/sh
# Every test of the page and of the JavaScript client, with one command. Chromium must be installed; the server is
# ROOMCAST_BIN, or target/debug/roomcast. Ends with one line: N passed, N failed.
#   run.sh        all of them
#   run.sh unit   without the browser and the server
set -u
cd "$(dirname "$0")" || exit 1
root=$(cd ../.. && pwd)
here=$(pwd)
: "${ROOMCAST_BIN:=$root/target/debug/roomcast}"
export ROOMCAST_BIN
passed=0
failed=0

# step NAME COMMAND...: counts as one test.
step() {
  name=$1
  shift
  if out=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok   $name"
  else
    failed=$((failed + 1))
    echo "FAIL $name"
    echo "$out" | tail -40
  fi
}

# tests NAME FOLDER: what node:test counted there.
tests() {
  log=$(mktemp)
  timeout --kill-after=10 900 node --test --test-concurrency=1 --test-reporter=tap "$2"/*.test.mjs >"$log" 2>&1
  code=$?
  ok=$(sed -n 's/^# pass //p' "$log")
  bad=$(sed -n 's/^# fail //p' "$log")
  cancelled=$(sed -n 's/^# cancelled //p' "$log")
  bad=$((${bad:-0} + ${cancelled:-0}))
  # A run that broke off, or found no test, failed whatever it counted.
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] || [ "${ok:-0}" -eq 0 ]; then bad=$((bad + 1)); fi
  passed=$((passed + ${ok:-0}))
  failed=$((failed + bad))
  echo "$1: ${ok:-0} passed, $bad failed"
  if [ "$bad" -gt 0 ]; then grep -A 25 '^not ok' "$log" || tail -40 "$log"; fi
  rm -f "$log"
}

step "npm ci" npm ci --no-audit --no-fund --loglevel=error
step "types" "$here/node_modules/.bin/tsc" -p "$root/web/tsconfig.json"
step "the client is at most 9 kB" node "$here/size.mjs"
step "vendored files are npm's" node "$root/web/vendor.mjs" --check
tests "sdk" "$root/sdk/js/test"
tests "web" "$root/web/test"
if [ "${1:-all}" != unit ]; then tests "page" "$here"; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
