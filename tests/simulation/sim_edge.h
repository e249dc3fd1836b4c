// The edge of a simulated node: who calls is what their certificate says, and the rule in the contract decides what
// they may, by the same functions as in a server. What is refused is noted for the audit.

#ifndef DUBAN_TESTS_SIMULATION_SIM_EDGE_H_
#define DUBAN_TESTS_SIMULATION_SIM_EDGE_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/identity.h"
#include "common/access/refusal_book.h"
#include "common/store/store.h"
#include "google/protobuf/message.h"

namespace duban::simulation {

// The domain of all nodes, and the certificate of one.
inline constexpr char kDomain[] = "sim.example";
Identity CertificateOf(std::string_view node);

// What became of the refusals of one caller at one node.
struct Refusals {
  // Calls that were refused; those that a process took along that ended before it had written them; and those of which
  // nobody knows, because the write that had them failed.
  int64_t refused = 0, lost = 0, unknown = 0;
};

// By node and by the caller's name in the audit.
using RefusalCounts = std::map<std::pair<std::string, std::string>, Refusals>;

// Of one process. Not thread-safe.
class SimEdge {
 public:
  // `counts` outlives it.
  SimEdge(std::string node, RefusalCounts* counts) : node_(std::move(node)), counts_(*counts) {}
  // What was not written yet is lost.
  ~SimEdge();

  // OK where whoever has the certificate may make the call; else NOT_ALLOWED, which is noted as of `now`, any steady
  // time.
  absl::Status Admit(const Identity& certificate, std::string_view method, const google::protobuf::Message& request,
                     absl::Duration now);

  // Writes what was noted into the audit of a store.
  void Write(Store* store, absl::Duration now);

 private:
  const std::string node_;
  RefusalCounts& counts_;
  RefusalBook book_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SIM_EDGE_H_
