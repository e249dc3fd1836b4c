#include "services/console/connect_protocol.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/console/envelope.h"
#include "services/console/refusal.h"

namespace duban::console {
namespace {

constexpr char kVersionHeader[] = "connect-protocol-version";
constexpr char kTimeoutHeader[] = "connect-timeout-ms";
constexpr size_t kMaxTimeoutDigits = 10;

struct CodeRow {
  absl::StatusCode code;
  std::string_view name;
  int http;
};
constexpr CodeRow kCodes[] = {
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
};

const CodeRow& RowOf(absl::StatusCode code) {
  const auto* row =
      std::find_if(std::begin(kCodes), std::end(kCodes), [&](const CodeRow& r) { return r.code == code; });
  return row == std::end(kCodes) ? kCodes[1] : *row;
}

absl::Status NotSpoken(std::string_view where, std::string_view coding) {
  const std::string shown = JsonString(coding);
  return Refusal(absl::StatusCode::kUnimplemented,
                 StrCat("`", where, "` is ", shown, ", which is not spoken here; use gzip or identity"),
                 StrCat("不支持“", where, "”的取值", shown, "，请用 gzip 或 identity"));
}

// What a coding says: gzip or not.
absl::StatusOr<bool> IsGzip(std::string_view where, std::string_view coding) {
  if (coding == "gzip") return true;
  if (coding.empty() || coding == "identity") return false;
  return NotSpoken(where, coding);
}

absl::Status ReadVersion(std::string_view where, std::string_view said, std::string_view wanted) {
  if (said == wanted) return absl::OkStatus();
  return InvalidField(where, StrCat("has to be ", wanted), StrCat("须为 ", wanted));
}

absl::Status ReadTimeout(const HttpHeaders& headers, ConnectCall* call) {
  if (headers.Count(kTimeoutHeader) == 0) return absl::OkStatus();
  const std::string_view said = headers.Get(kTimeoutHeader);
  const bool digits = std::all_of(said.begin(), said.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  int64_t millis = 0;
  if (!digits || said.size() > kMaxTimeoutDigits || !ParseNumber(said, &millis)) {
    return InvalidField(kTimeoutHeader, "has to be a number of milliseconds, of at most ten digits",
                        "须为毫秒数，最多十位数字");
  }
  call->timeout = absl::Milliseconds(millis);
  return absl::OkStatus();
}

// One part of a query.
struct QueryPart {
  std::string name, value;
};

absl::StatusOr<std::vector<QueryPart>> SplitQuery(std::string_view query) {
  std::vector<QueryPart> parts;
  for (const absl::string_view text : absl::StrSplit(ToAbsl(query), '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> both = absl::StrSplit(text, absl::MaxSplits('=', 1));
    QueryPart part;
    if (!DecodePercent(ToStd(both.first), true, &part.name) || !DecodePercent(ToStd(both.second), true, &part.value)) {
      return InvalidField("query", "has a broken escape", "转义有误");
    }
    const auto same = [&](const QueryPart& other) { return other.name == part.name; };
    if (std::any_of(parts.begin(), parts.end(), same)) {
      return InvalidField("query", "says something twice", "有重复的参数");
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string_view ValueOf(const std::vector<QueryPart>& parts, std::string_view name) {
  for (const QueryPart& part : parts) {
    if (part.name == name) return part.value;
  }
  return {};
}

// Base64 of either alphabet, with its padding or without.
bool DecodeBase64(std::string text, std::string* bytes) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return absl::WebSafeBase64Unescape(text, bytes);
}

std::string UnpaddedBase64(absl::string_view bytes) {
  std::string text;
  absl::Base64Escape(bytes, &text);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

bool ReadContentType(std::string_view content_type, ConnectCall* call) {
  const std::string type = absl::AsciiStrToLower(ToAbsl(TrimSpaces(content_type.substr(0, content_type.find(';')))));
  struct Row {
    std::string_view type;
    Codec codec;
    bool enveloped;
  };
  static constexpr Row kRows[] = {{"application/json", Codec::kJson, false},
                                  {"application/proto", Codec::kProto, false},
                                  {"application/connect+json", Codec::kJson, true},
                                  {"application/connect+proto", Codec::kProto, true}};
  for (const Row& row : kRows) {
    if (type != row.type) continue;
    call->codec = row.codec;
    call->enveloped = row.enveloped;
    return true;
  }
  return false;
}

std::string_view ContentTypeOf(const ConnectCall& call) {
  const bool json = call.codec == Codec::kJson;
  if (call.enveloped) return json ? "application/connect+json" : "application/connect+proto";
  return json ? "application/json" : "application/proto";
}

absl::StatusOr<ConnectCall> ReadPost(const HttpHeaders& headers) {
  ConnectCall call;
  if (!ReadContentType(headers.Get("content-type"), &call)) {
    return Refusal(absl::StatusCode::kUnimplemented, StrCat("`content-type` has to be one of ", kContentTypes),
                   StrCat("“content-type”须为以下之一：", kContentTypes));
  }
  DUBAN_RETURN_IF_ERROR(ReadVersion(kVersionHeader, headers.Get(kVersionHeader), "1"));
  // Of a stream, `content-encoding` would be of the whole body, which nobody reads as one.
  if (call.enveloped && !headers.Get("content-encoding").empty() && headers.Get("content-encoding") != "identity") {
    return NotSpoken("content-encoding", headers.Get("content-encoding"));
  }
  const char* const coding = call.enveloped ? "connect-content-encoding" : "content-encoding";
  const char* const accepted = call.enveloped ? "connect-accept-encoding" : "accept-encoding";
  DUBAN_ASSIGN_OR_RETURN(call.gzip, IsGzip(coding, headers.Get(coding)));
  call.takes_gzip = TakesCoding(headers.List(accepted), "gzip");
  DUBAN_RETURN_IF_ERROR(ReadTimeout(headers, &call));
  return call;
}

absl::StatusOr<ConnectGet> ReadGet(std::string_view query, const HttpHeaders& headers) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueryPart> parts, SplitQuery(query));
  DUBAN_RETURN_IF_ERROR(ReadVersion("connect", ValueOf(parts, "connect"), "v1"));
  ConnectGet get;
  const std::string_view encoding = ValueOf(parts, "encoding");
  if (encoding != "json" && encoding != "proto") {
    return InvalidField("encoding", "has to be json or proto", "须为 json 或 proto");
  }
  get.call.codec = encoding == "json" ? Codec::kJson : Codec::kProto;
  DUBAN_ASSIGN_OR_RETURN(get.call.gzip, IsGzip("compression", ValueOf(parts, "compression")));
  get.message = std::string(ValueOf(parts, "message"));
  const std::string_view base64 = ValueOf(parts, "base64");
  if (!base64.empty() && base64 != "1") return InvalidField("base64", "has to be 1", "须为 1");
  if (base64 == "1" && !DecodeBase64(std::string(get.message), &get.message)) {
    return InvalidField("message", "is no base64", "不是 base64");
  }
  get.call.takes_gzip = TakesCoding(headers.List("accept-encoding"), "gzip");
  DUBAN_RETURN_IF_ERROR(ReadTimeout(headers, &get.call));
  return get;
}

std::string_view CodeName(absl::StatusCode code) {
  return RowOf(code).name;
}

int HttpStatusOf(absl::StatusCode code) {
  return RowOf(code).http;
}

std::string ErrorJson(const absl::Status& status) {
  std::string json =
      StrCat("{\"code\":\"", CodeName(status.code()), "\",\"message\":", JsonString(ToStd(status.message())));
  std::string details;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    const std::string_view type = ToStd(url.substr(url.rfind('/') + 1));
    StrAppend(&details, details.empty() ? "" : ",", "{\"type\":", JsonString(type), ",\"value\":\"",
              UnpaddedBase64(std::string(payload)), "\"}");
  });
  if (!details.empty()) StrAppend(&json, ",\"details\":[", details, "]");
  return json + "}";
}

std::string EndOfStream(const absl::Status& status) {
  return Envelope(kEndStreamFlag, status.ok() ? "{}" : StrCat("{\"error\":", ErrorJson(status), "}"));
}

}  // namespace duban::console
