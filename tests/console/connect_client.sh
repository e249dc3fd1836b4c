#!/usr/bin/env bash
# A client in a shell: `buf curl --protocol connect`, which knows Duban by its .proto files alone, and jq.
#
#   connect_client.sh DUBAN-NODE PROTOS SCRATCH
#
# It starts a node with a console, without TLS and callers, makes a unit and reads it, reads the details of an
# error, and watches. Exits 0 if every claim held.
set -euo pipefail

node=$1 protos=$2 scratch=$3
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../tools" && pwd)
buf=$(compgen -G "$tools/npm/node_modules/@bufbuild/buf-linux-*/bin/buf" | head -n 1)
patience=$((20 * ${DUBAN_TEST_SLOWNESS:-1})) # seconds to wait for anything that happens by itself

rm -rf "$scratch"
mkdir -p "$scratch"
export HOME=$scratch # where buf keeps what it remembers

fail() {
  printf 'NOT SO: %s\n' "$*" >&2
  exit 1
}

# expect CLAIM ACTUAL WANTED
expect() {
  [ "$2" = "$3" ] || fail "$1"$'\n'"  got    $2"$'\n'"  wanted $3"
  printf 'ok: %s\n' "$1"
}

# call METHOD BODY: prints the answer as JSON.
call() {
  "$buf" curl --protocol connect --schema "$protos" --timeout "${patience}s" --data "$2" \
    "http://127.0.0.1:$port/duban.v1.$1"
}

"$node" --node=district --insecure --data-dir="$scratch/data" --listen=127.0.0.1:0 --admin-listen=none \
  --console-listen=127.0.0.1:0 --port-file="$scratch/port" >"$scratch/log" 2>&1 &
served=$!
trap 'kill $served 2>/dev/null || true' EXIT
end=$((SECONDS + patience))
until [ -s "$scratch/port" ]; do
  kill -0 $served 2>/dev/null || fail "the node runs: $(tail -n 1 "$scratch/log")"
  [ $SECONDS -lt $end ] || fail "the node serves"
  sleep 0.1
done
port=$(jq -r 'select(.event == "console.serving") | .port' "$scratch/log")

creating="{\"request_id\": \"$(cat /proc/sys/kernel/random/uuid)\", \"unit_id\": \"education\",
  \"unit\": {\"display_name\": \"区教育局\", \"kind\": \"DEPARTMENT\"}}"
first=$(call DirectoryService/CreateUnit "$creating")
expect "a unit is made" "$(jq -r .name <<<"$first")" units/education
expect "the same request id gives the first answer again" "$(call DirectoryService/CreateUnit "$creating")" "$first"
expect "and it is read" "$(call DirectoryService/GetUnit '{"name": "units/education"}' | jq -r .displayName)" 区教育局

call DirectoryService/GetUnit '{}' >"$scratch/answer" 2>"$scratch/error" && fail "GetUnit without a name is refused"
expect "a request without a name is refused" "$(jq -r .code "$scratch/error")" invalid_argument
types=$(jq -r '[.details[].type] | sort | join(" ")' "$scratch/error")
expect "with its details" "$types" "google.rpc.BadRequest google.rpc.ErrorInfo google.rpc.LocalizedMessage"

# What changes shows by itself, as long as the call lasts.
touch "$scratch/watched"
"$buf" curl --protocol connect --schema "$protos" --timeout "${patience}s" --data '{}' \
  "http://127.0.0.1:$port/duban.v1.WatchService/Watch" >"$scratch/watched" 2>"$scratch/watching" &
watching=$!
until_watched() {
  until grep -q "$1" "$scratch/watched"; do
    kill -0 $watching 2>/dev/null || fail "$2: $(cat "$scratch/watching")"
    sleep 0.1
  done
  printf 'ok: %s\n' "$2"
}
until_watched '"sequence"' "a watcher is told where it stands"
call DirectoryService/CreateUnit "{\"request_id\": \"$(cat /proc/sys/kernel/random/uuid)\", \"unit_id\": \"archive\",
  \"unit\": {\"display_name\": \"区档案馆\", \"kind\": \"DEPARTMENT\"}}" >/dev/null
until_watched '"units/archive"' "and what has changed"
kill $watching
wait $watching || true

kill -TERM $served
trap - EXIT
wait $served || fail "the node drains and ends with 0"
printf 'ok: the node drains and ends with 0\n'
