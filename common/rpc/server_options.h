// What a server process is told: flags, environment and a configuration file.
//
// A flag wins over the environment (DUBAN_NODE for --node), the environment over the file. A value out of range is
// refused, never moved into it. Pure data; ParseServerOptions reads the environment and the file and changes nothing.

#ifndef DUBAN_COMMON_RPC_SERVER_OPTIONS_H_
#define DUBAN_COMMON_RPC_SERVER_OPTIONS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/access/call_budget.h"
#include "common/base/log.h"
#include "common/rpc/address.h"

namespace duban {

class Companion;

// A node above this one, and where it listens.
struct UpstreamOptions {
  std::string node;
  // Address of each service (`plan`, `assignment`, `notification`); the empty name stands for all others.
  std::map<std::string, std::string> addresses;
};

// One of several replicas of a node.
struct ReplicationOptions {
  // HOST:PORT of each member of the etcd that has the log; empty: there is no log, and no replica.
  std::vector<std::string> endpoints;
  // Id of this replica, and HOST:PORT where clients reach it. Required where there are endpoints.
  std::string replica;
  std::string advertise;
  // MiB of the log that are kept at most for replicas that come back. 16 to 65,536.
  int log_max_mib = 512;
  // For etcd: PEM files, and who signs in. Without `ca_file` there is no TLS, on loopback alone.
  std::string ca_file, certificate_file, key_file;
  std::string user, password_file;
};

struct ServerOptions {
  // Such as `duban-node`; for messages.
  std::string program;
  // Id of this node. Required.
  std::string node;
  // Folder of the stores, one sub-folder a service. Required.
  std::string data_dir;
  // HOST:PORT; port 0 takes a free one. Only loopback where `insecure`.
  std::string listen = "127.0.0.1:0";
  // Folder of the keys of this process (common/access/key_folder.h); empty: none, then `insecure` has to be set.
  std::string keys;
  // No TLS: whoever reaches the port may do everything, so that it is on loopback. Not together with `keys`.
  bool insecure = false;
  // HOST:PORT of the HTTP page for operators; empty: none. Only loopback unless `admin_remote`.
  std::string admin_listen = "127.0.0.1:0";
  // File that gets the port, written when the server serves; empty: none.
  std::string port_file;
  // File that the built-in log channel appends due reminders to, a JSON object a line; empty: none. Only where the
  // notification service is hosted.
  std::string log_channel_file;
  // Settings of the mail server and the webhooks that digests of reminders go out over; empty: none. Only where the
  // notification service is hosted.
  std::string channels_file;
  // Folder that backups are made in, one sub-folder a backup; empty: none are made. Not within `data_dir`.
  std::string backup_dir;
  // So many backups of this process are kept. 1 to 1,000.
  int keep_backups = 7;
  // No backup is begun so soon after the last. 0 to a week. Shorter: whoever may ask for backups drives good ones out
  // sooner.
  absl::Duration backup_interval = absl::Minutes(30);
  std::vector<UpstreamOptions> upstreams;
  // Addresses of services of this node that run in processes of their own.
  std::map<std::string, std::string> local_services;
  // Lets other machines read the HTTP page, which knows no certificates.
  bool admin_remote = false;
  // Allows `pretend_date`.
  bool development = false;
  // The clock is shifted so that this day's 08:00 in Asia/Shanghai is now.
  std::optional<absl::CivilDay> pretend_date;
  LogLevel log_level = LogLevel::kInfo;
  // Largest request. 64 KiB to 64 MiB. More: larger plans in one call, more memory a caller can hold.
  int max_message_bytes = 4 << 20;
  // MiB of the disk that stay free: with less left, changes are refused and reading goes on. 0 to 1,048,576.
  int keep_free_mib = 128;
  // How long commits are kept at least, in days; what is older goes once everybody has it (Store::Trim). 180 to 3,650.
  int history_days = 180;
  // MiB of blocks of each store's files that are kept in memory. 1 to 65,536. More: fewer reads from files.
  int block_cache_mib = 32;
  // Most ordinary calls worked on at once, a thread each. 4 to 1,024. As many again wait; what is beyond is refused
  // with OVERLOADED. What neighbours and operators call has places of its own (edge.h).
  int threads = 64;
  // Most calls at once that read a whole document. 1 to 64. None waits. More: more memory, 100 MiB a call at worst.
  int expensive_threads = 2;
  // Calls a second of each unit's client and each job.
  int calls_per_second = 200;
  // Of one address; see call_budget.h.
  int sign_ins_per_minute = kSignInsPerMinute;
  // File with the issuers of single sign-on (storage::v1::SingleSignOn as JSON); empty: none.
  std::string single_sign_on;
  // Memory for messages in flight, in MiB. 16 to 65,536.
  int memory_mib = 256;
  // Most connections. 64 to 100,000. One more is closed at once.
  int max_connections = 16'384;
  // Most Fetch calls that wait. 1 to 100,000. A waiting call has no thread, and takes about 40 KiB with its connection,
  // nearly all of it gRPC's: 12,000 take 480 MiB.
  int max_waiting_fetches = 12'000;
  // Threads that read pages for waiting calls. 1 to 64. More: a change that concerns many reaches the last of them
  // sooner, where there are processors for it.
  int fetch_threads = 2;
  // Calls that take longer are cancelled. 1 s to 1 h.
  absl::Duration max_call_time = absl::Seconds(60);
  // Connections are renewed after this time. 1 min to 1 day. Shorter: new addresses are seen sooner, more handshakes.
  absl::Duration max_connection_age = absl::Minutes(30);

  ReplicationOptions replication;

  // Address of `service` at an upstream; empty where it has none.
  static std::string AddressOf(const UpstreamOptions& upstream, std::string_view service);
};

// What parsing came to: options, or a text for the user and an exit code (0 after --help and --version).
struct ParsedOptions {
  std::optional<ServerOptions> options;
  std::string message;
  int exit_code = 0;
};

// Parses a command line. `services` are the ones the program hosts; they choose the default ports: 7100 for all three
// in one process, 7101 plan, 7102 assignment, 7103 notification. The admin page is 90 above the port that was chosen,
// or on a free port where that is 0. `companion`: adds flags of its own; null: there is none.
ParsedOptions ParseServerOptions(std::string_view program, const std::vector<std::string>& services, int argc,
                                 const char* const* argv, Companion* companion = nullptr);

// OK, or why the options contradict each other: INVALID_ARGUMENT.
absl::Status CheckServerOptions(const ServerOptions& options);

// `NODE=HOST:PORT` or `NODE=plan:HOST:PORT,assignment:HOST:PORT`.
absl::StatusOr<UpstreamOptions> ParseUpstream(std::string_view text);

// Every option and its value, for the log at start.
std::vector<std::pair<std::string, std::string>> DescribeOptions(const ServerOptions& options);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_SERVER_OPTIONS_H_
