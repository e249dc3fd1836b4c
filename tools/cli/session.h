// One run of the CLI, as its commands see it: the options all commands share, the servers, and the way to say things.
//
// Not thread-safe. What an Environment points to outlives the Session.

#ifndef DUBAN_TOOLS_CLI_SESSION_H_
#define DUBAN_TOOLS_CLI_SESSION_H_

#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/feed/hop.h"
#include "google/protobuf/message.h"
#include "tools/cli/connection.h"
#include "tools/cli/printer.h"
#include "tools/cli/session_file.h"

namespace duban::cli {

// What the world gives to a run: handed in, so that a test can be the world.
struct Environment {
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  std::istream* in = nullptr;
  // A person sits at the other end of input, of output.
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  // Columns of the terminal; 0 where there is none.
  size_t width = 0;
  // And of errors and hints: there, work that takes long shows how far it has come.
  bool err_is_terminal = false;
  // Whether the person has asked to leave (Ctrl-C) since the first time it was called; null: nobody can. Before the
  // first call Ctrl-C ends the program as usual.
  std::function<bool()> interrupted = nullptr;
  // Asks the person for a secret, without showing what they type; null: nobody is there to ask.
  std::function<absl::StatusOr<std::string>(const std::string& prompt)> ask_secret = nullptr;
  // Value of an environment variable; empty where it is not set.
  std::function<std::string(const std::string&)> variable;
  Clock* clock = nullptr;
  IdSource* ids = nullptr;
  Connector connect;
  // The feeds of the node `node` at HOST:PORT; null where nodes are not called.
  std::function<absl::StatusOr<std::shared_ptr<FeedPeer>>(const std::string& address, const std::string& node,
                                                          const Transport& transport)>
      feed_peer = nullptr;
};

// Options that every command takes.
struct Options {
  std::string server;
  std::string plan_server;
  std::string assignment_server;
  std::string notification_server;
  std::string keys;
  bool insecure = false;
  // Calls as the keys alone, whoever is signed in.
  bool as_keys = false;
  bool json = false;
  Language language = Language::kChinese;
  // How long one call may take.
  absl::Duration timeout = absl::Seconds(10);
};

class Session {
 public:
  Session(const Environment& environment, const Options& options, Printer* printer)
      : environment_(environment), options_(options), printer_(*printer) {}

  const Environment& environment() const { return environment_; }
  Printer& printer() { return printer_; }
  std::string Say(const Phrase& phrase) const { return printer_.Say(phrase); }

  // Calls `method`, such as `PlanService/GetPlan`, at the server that has the service.
  // Gives a request without a request id a random one (UUID version 4), which is in the error where the outcome is
  // unknown. `at_least`: for calls that take long; --timeout can make it longer.
  template <typename Response>
  absl::StatusOr<Response> Call(std::string_view method, google::protobuf::Message& request,
                                absl::Duration at_least = absl::ZeroDuration()) {
    Response response;
    absl::Status status = DoCall(PeerOf(method), method, &request, &response, at_least);
    if (!status.ok()) return status;
    return response;
  }
  // The same at a server of the caller's choice. `at_least`: for calls that take long; --timeout can make it longer.
  absl::Status CallAt(Peer peer, std::string_view method, google::protobuf::Message* request,
                      google::protobuf::Message* response, absl::Duration at_least = absl::ZeroDuration()) {
    return DoCall(peer, method, request, response, at_least);
  }
  // How long a call, or something that is waited for, may take.
  absl::Duration patience() const { return options_.timeout; }
  // Waits; false where the person wants to leave.
  bool Pause(absl::Duration time);
  // Puts a question to the person at the terminal; what they typed, or nothing where they are gone. REQUIRES: a person
  // sits there.
  std::optional<std::string> AskPerson(const Phrase& question);

  // Where the services are: what the command line says, then the environment; the service's own address before the
  // common one; 127.0.0.1:7100, a node on this machine, where nothing says it.
  Addresses Servers() const;
  // What calls are made with: what the command line says, then the environment.
  Transport Keys() const;
  // Where the session of whoever is signed in at the servers is kept; nothing where there is no folder for it, calls
  // are made as the keys alone, or without TLS.
  std::optional<SessionFile> SignedIn() const;
  // A secret: the one line of a file, where one is named, else what the person types. Error: a usage error where there
  // is neither.
  absl::StatusOr<std::string> Secret(const std::string& file, const Phrase& prompt);

  // `units/{unit}` whose client the keys are of; empty where they are of no unit, or there are none.
  std::string OwnUnit() const;

  // `units/{unit}` for what a person wrote: a resource name or an id as it is, anything else by the directory. Empty
  // stays empty. Error: NOT_FOUND that names the nearest; a usage error where it is a group.
  absl::StatusOr<std::string> UnitName(std::string_view text);
  // The same for `groups/{group}`.
  absl::StatusOr<std::string> GroupName(std::string_view text);

  // What people call `units/{unit}` or `groups/{group}`: its full name; the id at its end where that cannot be found
  // out. Each is asked for once.
  std::string NameOf(const std::string& entry);
  // Notes a name that was seen anyway.
  void KnowName(const std::string& entry, const std::string& display_name) { names_[entry] = display_name; }

  // Names the command whose calls follow: `given`, or a random id. Errors name it from now on as the id to repeat with,
  // instead of that of the call that failed.
  std::string BeginCommand(const std::string& given);
  // The request id for one of several calls of a command: made from the command's own id (empty: random) and `part`,
  // so that repeating the command with its id repeats every call with the same one.
  std::string RequestIdFor(std::string_view command_id, std::string_view part);
  // A random UUID, version 4.
  std::string NewRequestId();

  // The bytes of a file; `-` is standard input. Error: a usage error that names the file, where it cannot be read or
  // has more than `max_bytes`.
  absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

  // Who acts: `person` or, where it is empty, whoever is signed in (then the answer is empty, and the server knows), or
  // the environment's DUBAN_PERSON. Error: a usage error where there is none of these: nobody signs without a name.
  absl::StatusOr<std::string> Person(const std::string& person) const;

 private:
  static Peer PeerOf(std::string_view method);
  absl::Status DoCall(Peer peer, std::string_view method, google::protobuf::Message* request,
                      google::protobuf::Message* response, absl::Duration at_least = absl::ZeroDuration());
  // The token to call with; refreshed where it has ended, or `refused` is the one that a server just refused. Empty:
  // nobody is signed in, or not any more.
  absl::StatusOr<std::string> Token(std::string_view refused = "");
  absl::StatusOr<std::string> RefreshedToken(const SessionFile& file, std::string_view refused);
  absl::Status CallOnce(Peer peer, const std::string& method, const google::protobuf::Message& request,
                        google::protobuf::Message* response, absl::Duration timeout);
  absl::StatusOr<std::string> Resolve(std::string_view text, std::string_view collection);

  const Environment& environment_;
  const Options& options_;
  Printer& printer_;
  std::unique_ptr<Connection> connection_;
  Addresses addresses_;
  std::string command_id_;
  std::map<std::string, std::string> names_;
};

// `plans/x` for `x` and for `plans/x`: ids are accepted wherever a resource name is.
std::string FullName(std::string_view collection, std::string_view text);

// The id at the end of a resource name, for tables.
std::string ShortName(std::string_view name);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_SESSION_H_
