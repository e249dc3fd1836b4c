// The Connect protocol, version 1, as a browser's side of it comes in and ours goes out: what headers and queries say,
// what codes and errors look like. No message is read here (transcoding.h), no socket, no service.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_CONSOLE_CONNECT_PROTOCOL_H_
#define DUBAN_SERVICES_CONSOLE_CONNECT_PROTOCOL_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/console/http.h"

namespace duban::console {

enum class Codec { kJson, kProto };

// How a call is made, whatever is called.
struct ConnectCall {
  Codec codec = Codec::kJson;
  // Messages come and go in envelopes: `application/connect+json` and its like.
  bool enveloped = false;
  // The message, or what its envelope says is compressed, is gzip.
  bool gzip = false;
  // So may the answer be.
  bool takes_gzip = false;
  // Not set: the call says none.
  std::optional<absl::Duration> timeout;
};

// A call by GET: everything is in the query.
struct ConnectGet {
  ConnectCall call;
  std::string message;
};

// What a POST says. Errors: UNIMPLEMENTED for a content type (then the answer is 415, and no call) or a coding that is
// not spoken; INVALID_FIELD for the rest, naming the header. A call without `connect-protocol-version` is refused: a
// page of another origin cannot send it without asking first, which is never granted.
absl::StatusOr<ConnectCall> ReadPost(const HttpHeaders& headers);

// What a GET says. Errors as above, naming the part of the query.
absl::StatusOr<ConnectGet> ReadGet(std::string_view query, const HttpHeaders& headers);

// Whether a content type is one of the four that calls are made with; sets what it says.
bool ReadContentType(std::string_view content_type, ConnectCall* call);
// The content type of answers to a call.
std::string_view ContentTypeOf(const ConnectCall& call);
// The four, as `accept-post` has them.
inline constexpr char kContentTypes[] =
    "application/json, application/proto, application/connect+json, application/connect+proto";

// `not_found` of NOT_FOUND.
std::string_view CodeName(absl::StatusCode code);
// The status that a unary call that failed is answered with.
int HttpStatusOf(absl::StatusCode code);

// An error as the protocol has it: code, message, and the details that the status carries, in base64.
std::string ErrorJson(const absl::Status& status);
// The last message of a stream, within its envelope; `status`: how it ended.
std::string EndOfStream(const absl::Status& status);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_CONNECT_PROTOCOL_H_
