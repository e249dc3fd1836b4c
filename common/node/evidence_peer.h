// The files of a node above, as the node below hands them up. Implementations are thread-safe.

#ifndef DUBAN_COMMON_NODE_EVIDENCE_PEER_H_
#define DUBAN_COMMON_NODE_EVIDENCE_PEER_H_

#include "absl/status/statusor.h"
#include "duban/v1/evidence_service.pb.h"

namespace duban {

class EvidencePeer {
 public:
  virtual ~EvidencePeer() = default;
  // Blocks until it is answered, cancelled or timed out.
  virtual absl::StatusOr<v1::HandUpEvidenceResponse> HandUp(const v1::HandUpEvidenceRequest& request) = 0;
  // Ends calls that are under way and refuses new ones, for stopping.
  virtual void Cancel() = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_NODE_EVIDENCE_PEER_H_
