// What a node's status says, as numbers for Prometheus: one place that knows, two ways to look at it. Pure and
// thread-safe.

#ifndef DUBAN_COMMON_RPC_STATUS_SAMPLES_H_
#define DUBAN_COMMON_RPC_STATUS_SAMPLES_H_

#include <vector>

#include "common/rpc/metrics.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// Stores, hops, followers and the machine.
std::vector<Sample> SamplesOf(const v1::NodeStatus& status);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_STATUS_SAMPLES_H_
