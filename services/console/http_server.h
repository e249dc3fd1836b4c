// HTTP/1.1 for browsers, in the clear or over TLS 1.3: thousands of connections on two threads (Boost.Asio), none of
// which has a thread of its own.
//
// What a browser may cost is bounded: a connection has so long for its headers, its body, and to take what is sent; so
// many may come from one address; bodies that are on their way may take so much memory together. A request that breaks
// a limit is answered with 400, 413, 431, 503 or 505 where that is possible, and its connection is closed. What a
// reader does not take is not piled up: HttpExchange::Write says when there is room again.
//
// Thread-safe. Handler and clock outlive the server; the clock is a real one: browsers wait in real time.

#ifndef DUBAN_SERVICES_CONSOLE_HTTP_SERVER_H_
#define DUBAN_SERVICES_CONSOLE_HTTP_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/console/http.h"

namespace duban::console {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  // 0: a free one.
  int port = 0;
  // PEM files of the certificate, with those that it hangs by, and of its key; empty: no TLS. Looked at again for new
  // connections, at most every two seconds.
  std::string tls_certificate = "", tls_key = "";
  // Largest body. One that says it is larger, or becomes it, is refused with 413.
  size_t max_body_bytes = 4 << 20;
  size_t max_header_bytes = 16 << 10;
  int max_connections = 4096;
  // Of one address; those of `uncounted`, proxies, are as many as they like.
  int max_connections_of_address = 256;
  std::vector<std::string> uncounted = {};
  // Of bodies on their way in, and of answers on their way out, together.
  size_t max_memory_bytes = 256 << 20;
  // For the TLS handshake and the first headers; later ones have the same from their first byte on.
  absl::Duration header_time = absl::Seconds(10);
  absl::Duration body_time = absl::Seconds(60);
  // Between two requests.
  absl::Duration idle_time = absl::Seconds(75);
  // For a reader to take something of what is sent.
  absl::Duration write_time = absl::Seconds(30);
};

// What the server has seen.
struct HttpServerCounts {
  int connections = 0;
  // Connections closed at once: too many, of all or of one address.
  int64_t turned_away = 0;
  // Connections closed because their time was over.
  int64_t late = 0;
  // Requests refused for the memory that they would have taken.
  int64_t no_room = 0;
  size_t memory_bytes = 0;
};

class HttpServer {
 public:
  // Listens and serves. Errors: UNAVAILABLE where the port cannot be taken, INVALID_ARGUMENT where certificate or key
  // cannot be used.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options, HttpHandler* handler,
                                                           Clock* clock);
  // Stops at once.
  virtual ~HttpServer() = default;

  virtual int port() const = 0;
  virtual HttpServerCounts counts() const = 0;
  // Takes no more connections, closes those that ask nothing, lets the others finish what they have for at most
  // `time`, and closes them. Again: nothing.
  virtual void Drain(absl::Duration time) = 0;
};

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_HTTP_SERVER_H_
