// The other side of a hop in another process or at another level, over gRPC.

#ifndef DUBAN_COMMON_RPC_GRPC_PEER_H_
#define DUBAN_COMMON_RPC_GRPC_PEER_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/feed/hop.h"
#include "common/node/evidence_peer.h"

namespace duban {

// A peer at HOST:PORT, reached with `credentials` as ChannelOptions has them. Thread-safe. Each call has a deadline:
// the wait it asks for and 10 s. A broken connection is built anew at the next call, with growing pauses between
// attempts. Errors carry the server's details.
std::shared_ptr<FeedPeer> MakeGrpcPeer(const std::string& address,
                                       std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr);

// The same for handing files up; a call has 30 s.
std::shared_ptr<EvidencePeer> MakeGrpcEvidencePeer(const std::string& address,
                                                   std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_GRPC_PEER_H_
