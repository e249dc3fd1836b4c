// etcd as a port: the few calls that replication makes. GrpcEtcd (grpc_etcd.h) is the real one; tests have others.
//
// Each call is one attempt, at one member. Where it fails, CertainlyNotDone tells what is known of it; everything else
// may have taken effect, or may yet: only what is safe to repeat is repeated, by whoever called.
//
// Threads: implementations are thread-safe.

#ifndef DUBAN_COMMON_REPLICATION_ETCD_H_
#define DUBAN_COMMON_REPLICATION_ETCD_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "etcdserverpb/etcd_service.pb.h"

namespace duban {

class Etcd {
 public:
  virtual ~Etcd() = default;

  virtual absl::StatusOr<etcdserverpb::RangeResponse> Range(const etcdserverpb::RangeRequest& request,
                                                            absl::Duration within) = 0;
  virtual absl::StatusOr<etcdserverpb::TxnResponse> Txn(const etcdserverpb::TxnRequest& request,
                                                        absl::Duration within) = 0;
  // Forgets what keys held before `revision`.
  virtual absl::Status Compact(int64_t revision, absl::Duration within) = 0;

  virtual absl::StatusOr<etcdserverpb::LeaseGrantResponse> GrantLease(absl::Duration ttl, absl::Duration within) = 0;
  // How long the lease holds from when this was called; zero where it has ended.
  virtual absl::StatusOr<absl::Duration> KeepLeaseAlive(int64_t lease, absl::Duration within) = 0;
  virtual absl::Status RevokeLease(int64_t lease, absl::Duration within) = 0;

  virtual absl::StatusOr<etcdserverpb::StatusResponse> Status(absl::Duration within) = 0;
  virtual absl::StatusOr<etcdserverpb::AlarmResponse> Alarms(absl::Duration within) = 0;

  // Calls `ring`, on a thread of its own, soon after the key changed; it may be late, come twice or not at all. Lasts
  // until the returned object is destroyed, which waits for a call under way.
  virtual std::shared_ptr<void> Watch(const std::string& key, std::function<void()> ring) = 0;
};

// Whether a call that failed so was turned down before it took effect.
bool CertainlyNotDone(const absl::Status& status);

// Whether a call failed because the cluster has no room (alarm NOSPACE): it still reads and deletes.
bool IsFull(const absl::Status& status);

// Whether a call was turned down because it is larger than the cluster takes (--max-request-bytes).
bool IsTooLarge(const absl::Status& status);

// How a call is repeated where that is safe.
struct Patience {
  // For all attempts together.
  absl::Duration within = absl::Seconds(5);
  // For each; less than the whole, so that a member that does not answer leaves time for the others.
  absl::Duration attempt_within = absl::Seconds(2);
  // Between two; doubles up to half a second.
  absl::Duration first_pause = absl::Milliseconds(20);
};

// The same patience, but no longer than until `end`, in steady time.
Patience Until(absl::Duration end, Clock& clock, Patience patience);

// Runs `attempt` with the time that it has, again after a pause while it returns an error that may pass (not
// CertainlyNotDone, or etcd has too much to do) and there is time left. Returns the last outcome; UNAVAILABLE where
// there was no time at all.
absl::Status Insist(const Patience& patience, Clock& clock, absl::FunctionRef<absl::Status(absl::Duration)> attempt);

// Calls that Insist. A Txn is safe to repeat where its comparisons fail once it has taken effect, or where taking
// effect twice is the same.
absl::StatusOr<etcdserverpb::TxnResponse> InsistTxn(Etcd& etcd, const Patience& patience, Clock& clock,
                                                    const etcdserverpb::TxnRequest& request);
absl::StatusOr<etcdserverpb::RangeResponse> InsistRange(Etcd& etcd, const Patience& patience, Clock& clock,
                                                        const etcdserverpb::RangeRequest& request);
// The value of one key; nothing where it is not there.
absl::StatusOr<std::optional<std::string>> InsistGet(Etcd& etcd, const Patience& patience, Clock& clock,
                                                     const std::string& key);

// What Txns are made of.
etcdserverpb::Compare ValueIs(std::string key, std::string value);
// By bytes. A key that is not there is not above anything.
etcdserverpb::Compare ValueIsAbove(std::string key, std::string value);
etcdserverpb::Compare IsThere(std::string key);
etcdserverpb::Compare IsNotThere(std::string key);
etcdserverpb::RequestOp Put(std::string key, std::string value, int64_t lease = 0);
etcdserverpb::RequestOp Get(std::string key);
// Keys from `begin` up to `end`, without that.
etcdserverpb::RequestOp Delete(std::string begin, std::string end);

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_ETCD_H_
