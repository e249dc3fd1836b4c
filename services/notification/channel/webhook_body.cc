#include "services/notification/channel/webhook_body.h"

#include <set>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/notification/channel/digest_text.h"
#include "services/notification/channel/webhook_signature.h"

namespace duban {
namespace {

// What robots take in one message: 政务微信 2,048 bytes of text; 钉钉 and 飞书 20,000 of the whole.
constexpr size_t kWecomBytes = 2048;
constexpr size_t kRobotBytes = 15'000;
// Of an answer, in a delivery's `last_error`.
constexpr size_t kQuotedBytes = 300;
// A robot that counts its messages: later. 政务微信, 钉钉 (old and new), 飞书 (old and new).
const std::set<int64_t>& BusyCodes() {
  static const auto* codes = new std::set<int64_t>{-1, 45009, 130101, 660026, 9499, 11232, 99991400};
  return *codes;
}

google::protobuf::Value Text(std::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return value;
}

google::protobuf::Value Object(std::string_view field, google::protobuf::Value inside) {
  google::protobuf::Value value;
  (*value.mutable_struct_value()->mutable_fields())[std::string(field)] = std::move(inside);
  return value;
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Nothing here holds what JSON cannot say.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

// The words for a robot's text: its number among those that are wrong, or 0.
int64_t RobotCode(const std::string& body, std::string* words) {
  google::protobuf::Struct answer;
  if (!google::protobuf::util::JsonStringToMessage(body, &answer).ok()) return 0;
  for (const char* field : {"errcode", "code", "StatusCode"}) {
    const auto code = answer.fields().find(field);
    if (code == answer.fields().end()) continue;
    *words = body;
    return static_cast<int64_t>(code->second.number_value());
  }
  return 0;
}

std::string Quoted(std::string_view body) {
  std::string text(CutUtf8(body, kQuotedBytes));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return CodePoints(text).has_value() ? text : "";
}

}  // namespace

std::string MessageJson(const v1::DigestMessage& message) {
  return ToJson(message);
}

std::string WebhookBody(v1::Channel::Kind kind, const v1::DigestMessage& message, std::string_view secret,
                        absl::Time now) {
  if (kind == v1::Channel::STANDARD) return MessageJson(message);
  google::protobuf::Struct body;
  auto& fields = *body.mutable_fields();
  const std::string text = DigestTextZh(message, kind == v1::Channel::WECOM ? kWecomBytes : kRobotBytes);
  if (kind == v1::Channel::FEISHU) {
    fields["msg_type"] = Text("text");
    fields["content"] = Object("text", Text(text));
    if (secret.empty()) return ToJson(body);
    const int64_t seconds = absl::ToUnixSeconds(now);
    fields["timestamp"] = Text(StrCat(seconds));
    fields["sign"] = Text(FeishuSignature(secret, seconds));
    return ToJson(body);
  }
  fields["msgtype"] = Text("text");
  fields["text"] = Object("content", Text(text));
  return ToJson(body);
}

absl::Status VerdictOf(v1::Channel::Kind kind, const HttpAnswer& answer) {
  const int64_t status = answer.status;
  if (status < 200 || status > 299) {
    const bool passes = status >= 500 || status == 408 || status == 425 || status == 429;
    const std::string words = StrCat("HTTP ", status, " ", Quoted(answer.body));
    return passes ? absl::UnavailableError(words) : absl::FailedPreconditionError(words);
  }
  if (kind == v1::Channel::STANDARD) return absl::OkStatus();
  std::string words;
  const int64_t code = RobotCode(answer.body, &words);
  if (code == 0) return absl::OkStatus();
  words = Quoted(words);
  return BusyCodes().contains(code) ? absl::UnavailableError(words) : absl::FailedPreconditionError(words);
}

}  // namespace duban
