// An etcd in this process, on loopback: one member with the keys in memory, which loses answers, is late, stale or full
// when a test says so. What it promises otherwise is what etcd does: Txns happen one after the other, whole.
//
// Threads: every method may be called from any thread. Errors: none; a request that it does not know ends the process.

#ifndef DUBAN_TESTS_SUPPORT_FAKE_ETCD_H_
#define DUBAN_TESTS_SUPPORT_FAKE_ETCD_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "etcdserverpb/etcd_service.grpc.pb.h"

namespace duban::testing {

// What becomes of a Txn.
enum class Fate {
  kAnswered,
  // It takes effect, and nobody hears of it.
  kAppliedAnswerLost,
  // It never arrives.
  kLost,
  // Nobody hears of it, and it takes effect when the test says so (ApplyLate).
  kLate,
  // It is answered, and right before it those that are late take effect.
  kBehindLate,
  // It is turned down: there is too much to do, or it is too large.
  kTooBusy,
  kTooLarge,
};

class FakeEtcd {
 public:
  FakeEtcd();
  ~FakeEtcd();
  FakeEtcd(const FakeEtcd&) = delete;
  FakeEtcd& operator=(const FakeEtcd&) = delete;

  // HOST:PORT.
  const std::string& address() const { return address_; }

  // Of the next Txns, one after the other; behind these, all are answered.
  void NextTxns(std::initializer_list<Fate> fates);
  // From now on all have this one.
  void AllTxns(Fate fate);
  void ApplyLate();
  // From now on Ranges that are no part of a Txn tell what the keys are now; until Thaw.
  void Freeze();
  void Thaw();
  // From now on what puts is turned down for want of room, or no more.
  void SetFull(bool full);
  // From now on keys are for who signed in with this name and password; who did so before has to do it again.
  void RequireUser(const std::string& name, const std::string& password);
  // From now on a call is answered after so long.
  void SetDelay(absl::Duration delay);
  // From now on it is another cluster.
  void SetClusterId(uint64_t id);
  // Every lease ends, with its keys.
  void EndLeases();

  // Puts or deletes a key as nobody in particular.
  void SetKey(const std::string& key, const std::string& value);
  void RemoveKey(const std::string& key);
  std::optional<std::string> Key(const std::string& key) const;
  std::vector<std::string> KeysBegin(const std::string& prefix) const;
  // Of Txns that came here, lost ones included.
  int64_t txns() const;

 private:
  struct Value {
    std::string value;
    int64_t lease = 0;
  };
  using Keys = std::map<std::string, Value>;
  struct Service;
  friend struct Service;

  // OK, or why a call is turned down.
  grpc::Status CheckToken(const grpc::ServerContext& context) const ABSL_LOCKS_EXCLUDED(mu_);
  bool Holds(const etcdserverpb::Compare& compare) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void Range(const Keys& keys, const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse* response);
  void Wait() const ABSL_LOCKS_EXCLUDED(mu_);
  void ApplyAllLate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Apply(const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse* response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  grpc::Status Txn(const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse* response);

  mutable Mutex mu_;
  Keys keys_ ABSL_GUARDED_BY(mu_);
  std::optional<Keys> frozen_ ABSL_GUARDED_BY(mu_);
  std::deque<Fate> fates_ ABSL_GUARDED_BY(mu_);
  Fate fate_of_all_ ABSL_GUARDED_BY(mu_) = Fate::kAnswered;
  std::vector<etcdserverpb::TxnRequest> late_ ABSL_GUARDED_BY(mu_);
  std::map<int64_t, int64_t> leases_ ABSL_GUARDED_BY(mu_);
  int64_t next_lease_ ABSL_GUARDED_BY(mu_) = 1;
  int64_t revision_ ABSL_GUARDED_BY(mu_) = 1;
  int64_t txns_ ABSL_GUARDED_BY(mu_) = 0;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  absl::Duration delay_ ABSL_GUARDED_BY(mu_);
  uint64_t cluster_id_ ABSL_GUARDED_BY(mu_) = 1;
  // Empty: nobody has to sign in.
  std::string user_ ABSL_GUARDED_BY(mu_), password_ ABSL_GUARDED_BY(mu_), token_ ABSL_GUARDED_BY(mu_);

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_FAKE_ETCD_H_
