// HTTP as the gateway speaks of it: what a browser asks, and how it is answered. The server (http_server.h) makes the
// one and takes the other; everything between is values and knows no socket.
//
// Values are thread-safe as such; HttpExchange says what threads may do with it.

#ifndef DUBAN_SERVICES_CONSOLE_HTTP_H_
#define DUBAN_SERVICES_CONSOLE_HTTP_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duban::console {

// The headers of a message, in their order.
class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> all) : all_(all) {}

  // `name` in any case; kept in lower case.
  void Add(std::string_view name, std::string value);
  // The only value of a header, `name` in lower case; empty where it is not there or comes more than once, which no
  // header that is asked for may.
  std::string_view Get(std::string_view name) const;
  // How often it is there.
  int Count(std::string_view name) const;
  // All values of a header that is a list, such as `x-forwarded-for`, joined by commas.
  std::string List(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

struct HttpRequest {
  // In capitals.
  std::string method;
  // As it came: the path and, behind a `?`, the query.
  std::string target;
  HttpHeaders headers;
  std::string body;
  // The address of the other end of the connection, without its port.
  std::string peer;
  // It came over TLS of ours.
  bool tls = false;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // Without the `?`; empty where there is none.
  std::string_view query() const {
    const size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  }
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  // Shared, so that a page that many read is in memory once; null: empty.
  std::shared_ptr<const std::string> body;

  void SetBody(std::string text) { body = std::make_shared<const std::string>(std::move(text)); }
};

// One request that is being answered: whole by Respond, or piece by piece by Begin, Write and End. Whatever is said
// once the browser is gone, or after the answer has ended, is dropped.
//
// Thread-safe. Kept by whoever still has something to say.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  // The answer as a whole.
  virtual void Respond(HttpResponse response) = 0;
  // The beginning of an answer whose length is not known; `response` has no body.
  virtual void Begin(HttpResponse response) = 0;
  // The next piece. `written` is called once it has left for the browser: who waits for it before the next piece never
  // piles up more than one. It is not called where the browser is gone.
  virtual void Write(std::string piece, std::function<void()> written) = 0;
  virtual void End() = 0;
  // Called once if the browser goes before the answer has ended; at once where it is gone already.
  virtual void OnGone(std::function<void()> gone) = 0;
};

// Answers requests. Thread-safe; outlives the server that calls it.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Must not block; `exchange` may be answered before it returns, or later by any thread.
  virtual void Handle(HttpRequest request, std::shared_ptr<HttpExchange> exchange) = 0;
  // What is said to a request that the server refuses by itself, with 400, 413, 431, 503 or 505.
  virtual HttpResponse Refuse(int status) = 0;
};

// The words of a status line: `Not Found` of 404.
std::string_view HttpStatusWords(int status);

// A text with its percent escapes taken away; false where one is broken. `plus`: a `+` is a space, as in queries.
bool DecodePercent(std::string_view text, bool plus, std::string* decoded);

// The value of a cookie in a `cookie` header; empty where it is not there, or there twice with different values.
std::string_view CookieOf(std::string_view header, std::string_view name);

// Whether a header that lists codings with weights, such as `accept-encoding`, takes `coding`.
bool TakesCoding(std::string_view header, std::string_view coding);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_HTTP_H_
