#include "common/replication/etcd.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/pause.h"
#include "common/base/strings.h"

namespace duban {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RequestOp;

constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

// How etcd begins what it says itself; a status of gRPC's own says nothing of what the server did.
constexpr std::string_view kSaidByEtcd = "etcdserver: ";

bool SaidByEtcd(const absl::Status& status) {
  return ToStd(status.message()).starts_with(kSaidByEtcd);
}

// More was asked of etcd than it has come to: it is turned down before it takes effect, and only for now.
bool IsTooBusy(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && status.message() == "etcdserver: too many requests";
}

Compare VersionIs(Compare::Result result, std::string key) {
  Compare compare;
  compare.set_result(result);
  compare.set_target(Compare::VERSION);
  compare.set_key(std::move(key));
  compare.set_version(0);
  return compare;
}

Compare CompareValue(Compare::Result result, std::string key, std::string value) {
  Compare compare;
  compare.set_result(result);
  compare.set_target(Compare::VALUE);
  compare.set_key(std::move(key));
  compare.set_value(std::move(value));
  return compare;
}

}  // namespace

bool CertainlyNotDone(const absl::Status& status) {
  switch (status.code()) {
    // These have no other meaning: etcd looks at a request before it hands it on.
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return true;
    // An answer that is too large for us has this code, too.
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kNotFound:
      return SaidByEtcd(status);
    default:
      return false;
  }
}

bool IsFull(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && status.message() == "etcdserver: mvcc: database space exceeded";
}

bool IsTooLarge(const absl::Status& status) {
  return absl::IsInvalidArgument(status) && status.message() == "etcdserver: request is too large";
}

Patience Until(absl::Duration end, Clock& clock, Patience patience) {
  patience.within = std::min(patience.within, end - clock.Steady());
  return patience;
}

absl::Status Insist(const Patience& patience, Clock& clock, absl::FunctionRef<absl::Status(absl::Duration)> attempt) {
  const absl::Duration end = clock.Steady() + patience.within;
  absl::Duration pause = patience.first_pause;
  absl::Status status = absl::UnavailableError("no time was left to ask etcd");
  while (true) {
    const absl::Duration left = end - clock.Steady();
    if (left <= absl::ZeroDuration()) return status;
    status = attempt(std::min(patience.attempt_within, left));
    const bool final = CertainlyNotDone(status) && !IsTooBusy(status);
    if (status.ok() || final || clock.Steady() + pause >= end) return status;
    Pause(clock, pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

absl::StatusOr<etcdserverpb::TxnResponse> InsistTxn(Etcd& etcd, const Patience& patience, Clock& clock,
                                                    const etcdserverpb::TxnRequest& request) {
  etcdserverpb::TxnResponse response;
  const absl::Status done = Insist(patience, clock, [&](absl::Duration within) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(response, etcd.Txn(request, within));
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return response;
}

absl::StatusOr<etcdserverpb::RangeResponse> InsistRange(Etcd& etcd, const Patience& patience, Clock& clock,
                                                        const etcdserverpb::RangeRequest& request) {
  etcdserverpb::RangeResponse response;
  const absl::Status done = Insist(patience, clock, [&](absl::Duration within) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(response, etcd.Range(request, within));
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return response;
}

absl::StatusOr<std::optional<std::string>> InsistGet(Etcd& etcd, const Patience& patience, Clock& clock,
                                                     const std::string& key) {
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  DUBAN_ASSIGN_OR_RETURN(const etcdserverpb::RangeResponse response, InsistRange(etcd, patience, clock, request));
  if (response.kvs().empty()) return std::optional<std::string>();
  return std::optional<std::string>(response.kvs(0).value());
}

Compare ValueIs(std::string key, std::string value) {
  return CompareValue(Compare::EQUAL, std::move(key), std::move(value));
}

Compare ValueIsAbove(std::string key, std::string value) {
  return CompareValue(Compare::GREATER, std::move(key), std::move(value));
}

Compare IsThere(std::string key) {
  return VersionIs(Compare::GREATER, std::move(key));
}

Compare IsNotThere(std::string key) {
  return VersionIs(Compare::EQUAL, std::move(key));
}

RequestOp Put(std::string key, std::string value, int64_t lease) {
  RequestOp op;
  op.mutable_put()->set_key(std::move(key));
  op.mutable_put()->set_value(std::move(value));
  op.mutable_put()->set_lease(lease);
  return op;
}

RequestOp Get(std::string key) {
  RequestOp op;
  op.mutable_range()->set_key(std::move(key));
  return op;
}

RequestOp Delete(std::string begin, std::string end) {
  RequestOp op;
  op.mutable_delete_range()->set_key(std::move(begin));
  op.mutable_delete_range()->set_range_end(std::move(end));
  return op;
}

}  // namespace duban
