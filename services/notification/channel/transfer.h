// One transfer by libcurl: a POST, or a mail. What it calls was configured; it follows no redirect, uses no proxy,
// takes no other protocol, and gives up in time.
//
// Thread-safe, but for one Transfer on several threads; Cancel may come from any.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_TRANSFER_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_TRANSFER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace duban {

// An address, taken apart.
struct Place {
  std::string scheme;
  std::string host_and_port;
  // Behind host and port, empty or from its slash on.
  std::string path;
  // It only reaches this machine.
  bool loopback = false;
};
// Nothing where the text is no such address, or names a user.
std::optional<Place> ParsePlace(std::string_view url);

// What an HTTP server answered.
struct HttpAnswer {
  int64_t status = 0;
  // The first 64 KiB.
  std::string body;
};

// A mail as it goes to the server.
struct Mail {
  std::string sender;
  std::string recipient;
  // With its header, lines ended by CR LF.
  std::string text;
};

class Transfer {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Whom to believe, in PEM; empty: whom the machine believes.
  explicit Transfer(std::string authorities) : authorities_(std::move(authorities)) {}

  // Errors: UNAVAILABLE with the cause; CANCELLED.
  absl::StatusOr<HttpAnswer> Post(const std::string& url, const Headers& headers, const std::string& body);
  // `server`: HOST:PORT. Without TLS nothing is said. Errors: FAILED_PRECONDITION where the server refused for good;
  // else UNAVAILABLE; CANCELLED.
  absl::Status Send(const Mail& mail, const std::string& server, bool tls_at_once, const std::string& user,
                    const std::string& password);
  void Cancel() { cancelled_ = true; }

 private:
  const std::string authorities_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_TRANSFER_H_
