// Any bytes as a browser's request: what the gateway reads of it is within its limits or refused with words, means the
// same when it is written again, and what a browser says of itself never becomes more than it is.

#include <google/protobuf/stubs/logging.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "common/base/errors.h"
#include "common/base/text.h"
#include "duban/v1/directory_service.pb.h"
#include "services/console/browser_guard.h"
#include "services/console/compression.h"
#include "services/console/connect_protocol.h"
#include "services/console/envelope.h"
#include "services/console/http.h"
#include "services/console/static_pages.h"
#include "services/console/transcoding.h"
#include "tests/fuzz/bytes.h"

namespace duban::console {
namespace {

constexpr size_t kLimit = 10'000;

// An error says which code, which words, in both languages, and nothing of the server's own is broken.
void CheckRefused(const absl::Status& status) {
  assert(!status.ok() && !status.message().empty() && !ChineseMessage(status).empty());
  assert(!absl::IsInternal(status) && !absl::IsUnknown(status));
  const std::string json = ErrorJson(status);
  assert(json.starts_with("{\"code\":\"") && json.ends_with("}") && CodePoints(json).has_value());
  assert(HttpStatusOf(status.code()) >= 400);
}

HttpRequest Request(fuzz::Bytes& bytes) {
  static constexpr const char* kNames[] = {"content-type",
                                           "connect-protocol-version",
                                           "connect-timeout-ms",
                                           "content-encoding",
                                           "accept-encoding",
                                           "cookie",
                                           "connect-content-encoding",
                                           "origin",
                                           "sec-fetch-site",
                                           "host",
                                           "x-forwarded-for",
                                           "x-forwarded-proto",
                                           "if-none-match",
                                           "accept",
                                           "authorization",
                                           "connect-accept-encoding"};
  HttpRequest request;
  request.method = bytes.Below(2) == 0 ? "GET" : "POST";
  request.target = "/" + bytes.Text();
  request.peer = bytes.Below(2) == 0 ? "10.1.1.1" : "10.0.0.9";
  const int headers = bytes.Below(8);
  for (int i = 0; i < headers; ++i) {
    const int name = bytes.Below(static_cast<int>(std::size(kNames)));
    request.headers.Add(kNames[name], bytes.Text());
  }
  // Parsing begins where most bytes would not get to.
  if (bytes.Below(2) == 0) request.headers.Add("connect-protocol-version", "1");
  if (bytes.Below(2) == 0) request.headers.Add("content-type", "application/json");
  request.body = bytes.Rest();
  return request;
}

void CheckMessage(const ConnectCall& call, const std::string& body) {
  absl::StatusOr<std::string> message = body;
  if (call.enveloped) {
    message = OnlyMessage(body, call.gzip, kLimit);
  } else if (call.gzip) {
    message = Gunzip(body, kLimit);
  }
  if (!message.ok()) return CheckRefused(message.status());
  assert(call.enveloped || call.gzip ? message->size() <= kLimit : *message == body);
  assert(*OnlyMessage(Envelope(0, *message), false, message->size()) == *message);
  assert(*Gunzip(Gzip(*message), message->size()) == *message);
  if (call.codec != Codec::kJson) return;
  const absl::StatusOr<std::string> packed = JsonToBytes(*v1::ListUnitsResponse::descriptor(), *message);
  if (!packed.ok()) return CheckRefused(packed.status());
  const absl::StatusOr<std::string> json = BytesToJson(*v1::ListUnitsResponse::descriptor(), *packed);
  assert(json.ok());
  assert(*JsonToBytes(*v1::ListUnitsResponse::descriptor(), *json) == *packed);
}

void CheckGuard(const HttpRequest& request) {
  static const BrowserGuard guard = *BrowserGuard::Of({"https://console.example"}, {"10.1.1.1"});
  if (const absl::Status host = guard.CheckHost(request); !host.ok()) CheckRefused(host);
  const absl::Status origin = guard.CheckOrigin(request);
  if (!origin.ok()) CheckRefused(origin);
  const std::string_view said = request.headers.Get("origin");
  if (origin.ok() && request.headers.Count("origin") > 0) assert(said == "https://console.example");
  const std::string client = guard.ClientOf(request);
  if (request.peer != "10.1.1.1") assert(client == request.peer && !guard.IsSecure(request));
  assert(client.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos);
  const std::string_view cookie = CookieOf(request.headers.List("cookie"), "__Host-duban");
  assert(cookie.find(';') == std::string_view::npos);
}

void CheckPage(const HttpRequest& request) {
  static const StaticPages pages(PageFiles{{"index.html", "<html>"}, {"assets/a-12345678.js", "js"}});
  const HttpResponse response = pages.Answer(request);
  assert(response.status == 200 || response.status == 304 || response.status == 404);
  if (response.status == 200) assert(*response.body == "<html>" || *response.body == "js");
}

}  // namespace
}  // namespace duban::console

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool quiet = google::protobuf::SetLogHandler(nullptr) != nullptr;
  assert(quiet);
  duban::fuzz::Bytes bytes(data, size);
  const duban::console::HttpRequest request = duban::console::Request(bytes);
  duban::console::CheckGuard(request);
  duban::console::CheckPage(request);
  if (request.method == "GET") {
    const auto get = duban::console::ReadGet(request.query(), request.headers);
    get.ok() ? duban::console::CheckMessage(get->call, get->message) : duban::console::CheckRefused(get.status());
  } else {
    const auto call = duban::console::ReadPost(request.headers);
    call.ok() ? duban::console::CheckMessage(*call, request.body) : duban::console::CheckRefused(call.status());
  }
  return 0;
}
