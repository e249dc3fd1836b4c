// etcd over its gRPC API: several endpoints, of which one is asked at a time.
//
// A call goes to the endpoint that answered last. One that cannot be reached, does not answer in time or has no leader
// makes the next call go to the next endpoint. With client certificates these say who calls; with a user, a token that
// is fetched with the first call and again when it has run out. Files of keys are looked at again every few seconds.
//
// Threads: as Etcd.

#ifndef DUBAN_COMMON_REPLICATION_GRPC_ETCD_H_
#define DUBAN_COMMON_REPLICATION_GRPC_ETCD_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/replication/etcd.h"

namespace duban {

struct GrpcEtcdOptions {
  // HOST:PORT of each member.
  std::vector<std::string> endpoints;
  // PEM files. Without `ca_file` connections are plaintext, which is for loopback alone. `certificate_file` and
  // `key_file` go together, and are for a cluster that asks its clients for certificates.
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  // Empty: nobody signs in.
  std::string user = {};
  std::string password = {};
  Clock* clock = &RealClock();
};

// Connects at the first call. Errors: INVALID_ARGUMENT, which names what is wrong with the options.
absl::StatusOr<std::unique_ptr<Etcd>> MakeGrpcEtcd(GrpcEtcdOptions options);

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_GRPC_ETCD_H_
