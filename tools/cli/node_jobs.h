// Jobs of the servers (long work: backups, verifications) as commands follow them. Not thread-safe.

#ifndef DUBAN_TOOLS_CLI_NODE_JOBS_H_
#define DUBAN_TOOLS_CLI_NODE_JOBS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "duban/v1/backup.pb.h"
#include "duban/v1/job.pb.h"
#include "duban/v1/node_service.pb.h"
#include "duban/v1/verification.pb.h"
#include "tools/cli/session.h"

namespace duban::cli {

// One of the services at each address, in the order of `peers`: a process is asked once.
std::vector<Peer> DistinctPeers(const Addresses& servers, const std::vector<Peer>& peers);
// What follows before what it follows, so that no backup holds what came from something another one lacks.
std::vector<Peer> DistinctPeers(const Addresses& servers);

// Waits until a job has ended, and shows how far it has come meanwhile. Returns it where it is DONE. Errors: why it
// failed; exit code 3 where the server was stopped, 4 where somebody cancelled it; where the person leaves by Ctrl-C or
// the server is not reached any more, exit code 3, with how to find it again.
absl::StatusOr<v1::Job> FollowJob(Session& session, Peer peer, v1::Job job);

// Says that a job goes on by itself, and how to find it again.
void HintDetached(Session& session, const v1::Job& job);

// What commands print of a result; `Print` of a verification returns its verdict, exit code 7 where something is wrong
// and 3 where something could not be looked at.
void PrintBackups(Session& session, const v1::ListBackupsResponse& list);
absl::Status PrintVerification(Session& session, const v1::Verification& all);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_NODE_JOBS_H_
