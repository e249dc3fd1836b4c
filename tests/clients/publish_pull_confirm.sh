#!/usr/bin/env bash
# A client in a shell: `buf curl`, which knows Duban by its .proto files alone, and jq for its answers.
#
#   publish_pull_confirm.sh DUBAN DUBAN-NODE PROTOS SCRATCH
#
# It makes an office from nothing, starts its node, fills the directory, makes a plan, publishes it and waits until it
# is issued, pulls, signs, reports, hands in and accepts, with the certificate of who does each; and it reads the
# details of an error. Exits 0 if every claim held. The same in Python and Node.js stands beside it.
set -euo pipefail

duban=$1 node=$2 protos=$3 scratch=$4
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../tools" && pwd)
buf=$(compgen -G "$tools/npm/node_modules/@bufbuild/buf-linux-*/bin/buf" | head -n 1)
patience=$((20 * ${DUBAN_TEST_SLOWNESS:-1})) # seconds to wait for anything that happens by itself
domain=duban.example
office=$scratch/office

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

request_id() { cat /proc/sys/kernel/random/uuid; }

# call WHO METHOD BODY: calls as WHO (`office`, or a unit), prints the answer as JSON.
call() {
  local keys=$scratch/$1/current
  [ "$1" = office ] && keys=$office/keys/current
  # The certificate has the name of the node, not of the machine that it runs on.
  "$buf" curl --protocol grpc --schema "$protos" --servername "district.$domain" --cacert "$keys/ca.pem" \
    --cert "$keys/certificate.pem" --key "$keys/key.pem" --timeout "${patience}s" --data "$3" \
    "https://127.0.0.1:$port/duban.v1.$2"
}

# error_of WHO METHOD BODY: the same for a call that has to fail; prints its error as JSON.
error_of() {
  if call "$@" >"$scratch/answer" 2>"$scratch/error"; then fail "$2 is refused"; fi
  cat "$scratch/error"
}

# detail ERROR TYPE: one of the google.rpc details of an error, as JSON.
detail() {
  local packed
  packed=$(jq -r --arg type "google.rpc.$2" '.details[] | select(.type == $type) | .value' <<<"$1")
  while [ $((${#packed} % 4)) -ne 0 ]; do packed+='='; done
  base64 -d <<<"$packed" |
    "$buf" convert "$protos" --type "google.rpc.$2" --from '-#format=binpb' --to '-#format=json'
}

# eventually CLAIM COMMAND...: repeats the command until it succeeds.
eventually() {
  local claim=$1 end=$((SECONDS + patience))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "within $patience s: $claim"
    sleep 0.1
  done
}

"$duban" node init "$office" --node=district --domain=$domain --officer=an >/dev/null
for unit in government education; do
  "$duban" keys issue "node/district/unit/$unit" --authority="$office/authority" --out="$scratch/$unit" >/dev/null
done

"$node" --node=district --data-dir="$scratch/data" --listen=127.0.0.1:0 --keys="$office/keys" \
  --port-file="$scratch/port" --development --pretend-date=2024-03-01 >"$scratch/log" 2>&1 &
served=$!
trap 'kill $served 2>/dev/null || true' EXIT
serves() {
  kill -0 $served 2>/dev/null || fail "the node runs: $(tail -n 1 "$scratch/log")"
  [ -s "$scratch/port" ]
}
eventually "the node serves" serves
port=$(cat "$scratch/port")

# A government and a department below it.
call office DirectoryService/CreateUnit "{\"request_id\": \"$(request_id)\", \"unit_id\": \"government\",
  \"unit\": {\"display_name\": \"区人民政府\", \"kind\": \"GOVERNMENT\"}}" >/dev/null
creating="{\"request_id\": \"$(request_id)\", \"unit_id\": \"education\", \"unit\": {\"display_name\": \"区教育局\",
  \"kind\": \"DEPARTMENT\", \"superiors\": [{\"unit\": \"units/government\"}]}}"
first=$(call office DirectoryService/CreateUnit "$creating")
again=$(call office DirectoryService/CreateUnit "$creating")
expect "the same request id gives the first answer again" "$again" "$first"

# What is wrong says which field, and why, for programs and for people.
error=$(error_of office DirectoryService/GetUnit '{}')
expect "a request without a name is refused" "$(jq -r .code <<<"$error")" invalid_argument
expect "and the field is named" "$(detail "$error" BadRequest | jq -r '.fieldViolations[0].field')" name
expect "for people, too" "$(detail "$error" LocalizedMessage | jq -r .locale)" zh-CN

# A plan of one task, published. The assignment service issues it a moment later.
call government PlanService/CreatePlan "{\"request_id\": \"$(request_id)\", \"plan_id\": \"p2024\",
  \"unit\": \"units/government\", \"plan\": {\"title\": \"2024年校园开放工作要点\", \"year\": 2024, \"tasks\": [{
    \"task_id\": \"body-1\", \"table\": \"body\", \"number\": 1, \"text\": \"开放第1批学校操场\",
    \"printed_units\": \"区教育局\",
    \"responsibilities\": [{\"printed\": \"区教育局\", \"unit\": \"区教育局\", \"role\": \"LEAD\"}],
    \"deadline\": {\"printed\": \"3月8日前\", \"kind\": \"BY_DATE\", \"due\": \"2024-03-08\"}}]}}" >/dev/null
call government PlanService/PublishPlan "{\"request_id\": \"$(request_id)\", \"name\": \"plans/p2024\",
  \"issuer\": \"units/government\"}" >"$scratch/published"
expect "the plan is published" "$(jq -r .state "$scratch/published")" PUBLISHED
asking='{"plan": "plans/p2024", "issuer": "units/government"}'
is_issued() { [ "$(call government AssignmentService/GetIssuance "$asking" | jq -r .revision)" = 1 ]; }
eventually "the plan is issued" is_issued

# The department pulls and signs, reports and hands in.
pulled=$(call education AssignmentService/PullAssignments \
  "{\"request_id\": \"$(request_id)\", \"unit\": \"units/education\"}")
name=$(jq -r '.assignments[0].name' <<<"$pulled")
expect "the department pulls its assignment" "$name" plans/p2024/tasks/body-1/assignments/education
signed=$(call education AssignmentService/ReceiveAssignment "{\"request_id\": \"$(request_id)\", \"name\": \"$name\",
  \"lease_token\": $(jq .leaseToken <<<"$pulled"), \"signer\": \"王敏\"}")
expect "and signs for it" "$(jq -r .state <<<"$signed")" RECEIVED
reported=$(call education AssignmentService/ReportProgress "{\"request_id\": \"$(request_id)\", \"name\": \"$name\",
  \"report\": {\"text\": \"已开放两所\", \"percent\": 40, \"reporter\": \"王敏\"}}")
expect "and reports" "$(jq -r .state <<<"$reported")" IN_PROGRESS
submitted=$(call education AssignmentService/SubmitResult "{\"request_id\": \"$(request_id)\", \"name\": \"$name\",
  \"submission\": {\"text\": \"操场已全部开放\", \"submitter\": \"王敏\"}}")
expect "and hands in" "$(jq -r .state <<<"$submitted")" UNDER_REVIEW

# Nobody but who issued it accepts.
reviewing="{\"request_id\": \"$(request_id)\", \"name\": \"$name\", \"verdict\": \"ACCEPTED\", \"reviewer\": \"李强\",
  \"submission_id\": $(jq '.execution.submissions[0].submissionId' <<<"$submitted")}"
error=$(error_of education AssignmentService/ReviewSubmission "$reviewing")
expect "the department does not accept its own result" "$(jq -r .code <<<"$error")" permission_denied
expect "for a reason that programs know" "$(detail "$error" ErrorInfo | jq -r .reason)" NOT_ALLOWED
accepted=$(call government AssignmentService/ReviewSubmission "$reviewing")
expect "the government does" "$(jq -r .state <<<"$accepted")" DONE

kill -TERM $served
trap - EXIT
wait $served || fail "the node drains and ends with 0"
printf 'ok: the node drains and ends with 0\n'
