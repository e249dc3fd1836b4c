#include "tools/cli/printer.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_replace.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"

namespace duban::cli {
namespace {

// Payloads that only this program reads: the Chinese words of an error made here, and what was known of a failed call.
constexpr char kUsageUrl[] = "duban.cli/usage";
constexpr char kChineseUrl[] = "duban.cli/chinese";
constexpr char kAddressUrl[] = "duban.cli/address";
constexpr char kRequestIdUrl[] = "duban.cli/request_id";

std::string Payload(const absl::Status& status, const char* url) {
  auto payload = status.GetPayload(url);
  return payload.has_value() ? std::string(*payload) : "";
}

google::rpc::BadRequest ViolationsOf(const absl::Status& status) {
  google::rpc::BadRequest bad;
  // Nothing where it does not parse: the message says the first one, too.
  return bad.ParseFromString(Payload(status, kBadRequestUrl)) ? bad : google::rpc::BadRequest();
}

bool IsUsage(const absl::Status& status) {
  return status.GetPayload(kUsageUrl).has_value();
}

// A call that came to no answer: the words are ours, since no server spoke.
bool IsUnanswered(const absl::Status& status) {
  return ReasonOf(status) == v1::ERROR_REASON_UNSPECIFIED && !Payload(status, kAddressUrl).empty() &&
         (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status));
}

// The command that does what a message says has to be done first. Servers speak to pages and programs, too, and name
// none.
std::optional<Phrase> NextCommandOf(const absl::Status& status) {
  ErrorMetadata metadata = MetadataOf(status);
  switch (ReasonOf(status)) {
    case v1::WRONG_STATE: {
      // `plans/{plan}`, or `plans/{plan}/findings/{finding}`.
      const std::string& name = metadata["name"];
      const std::string plan(LastSegment(name.substr(0, name.find("/findings/"))));
      if (metadata["state"] == "SETTLED") {
        const std::string reopen = StrCat("duban plan reopen ", plan, " ", LastSegment(name));
        return Phrase{StrCat(reopen, "，再重新答复"), StrCat(reopen, ", then answer it anew")};
      }
      if (metadata["cause"] != "NOT_A_DRAFT") return std::nullopt;
      return Phrase{StrCat("duban plan revise ", plan), StrCat("duban plan revise ", plan)};
    }
    case v1::NOT_ALLOWED:
      if (metadata["cause"] != "NO_ROLE") return std::nullopt;
      return Phrase{"启用动态口令用 duban second-factor begin", "duban second-factor begin enrols one"};
    case v1::UNREADABLE_DOCUMENT:
      if (metadata["cause"] != "NO_TASK") return std::nullopt;
      return Phrase{"要保留为没有任务的草稿，加 --keep-empty", "to keep it as a draft without tasks, add --keep-empty"};
    case v1::RESOURCE_EXISTS:
      if (!metadata.contains("by") || !metadata.contains("node")) return std::nullopt;
      return Phrase{"确系另一个同名单位的，加 --beside-upper", "for another unit of the same name, add --beside-upper"};
    case v1::INVALID_FIELD:
      if (metadata["field"] != "method") return std::nullopt;
      return Phrase{"duban access rules 列出所有接口", "duban access rules lists them all"};
    default:
      return std::nullopt;
  }
}

std::optional<Phrase> NextStepOf(const absl::Status& status) {
  if (const auto command = NextCommandOf(status); command.has_value()) return command;
  ErrorMetadata metadata = MetadataOf(status);
  switch (ReasonOf(status)) {
    case v1::REQUEST_ID_REUSED:
      return Phrase{"换一个新的 --request-id，或不填由程序生成", "use a new --request-id, or leave it out"};
    case v1::ETAG_MISMATCH:
      return Phrase{"重新查看最新内容（show），再决定是否修改", "show it again, then decide again"};
    case v1::FINDINGS_OPEN:
      return Phrase{"先用 duban plan settle 逐项处理待核实事项", "settle the findings first: duban plan settle"};
    case v1::LEASE_NOT_HELD:
      return Phrase{"重新领取后再试；已被别处领取的，待其到期",
                    "pull or lease again; what others hold, once their lease has run out"};
    case v1::NOT_SERVING:
      // Of a clock or a copied disk nothing is mended by asking again.
      if (metadata["cause"] == "HOPS") return Phrase{"duban doctor 逐项给出处理办法", "duban doctor says what to do"};
      return Phrase{"稍后重试同一命令", "repeat the same command later"};
    case v1::OUTCOME_UNKNOWN:
      return Phrase{"稍后重试同一命令", "repeat the same command later"};
    case v1::INVARIANT_BROKEN:
      return Phrase{"请把这条消息告诉管理员", "tell the operator"};
    default:
      break;
  }
  if (IsUnanswered(status)) {
    return Phrase{"检查 --server 地址、服务是否已启动、证书是否有效（duban keys show），然后重试同一命令",
                  "check --server, that the server runs and that the keys hold (duban keys show), then repeat the same "
                  "command"};
  }
  return std::nullopt;
}

const char* CodeName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case absl::StatusCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case absl::StatusCode::kNotFound:
      return "NOT_FOUND";
    case absl::StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case absl::StatusCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case absl::StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case absl::StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case absl::StatusCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case absl::StatusCode::kAborted:
      return "ABORTED";
    case absl::StatusCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case absl::StatusCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case absl::StatusCode::kUnavailable:
      return "UNAVAILABLE";
    case absl::StatusCode::kDataLoss:
      return "DATA_LOSS";
    case absl::StatusCode::kCancelled:
      return "CANCELLED";
    case absl::StatusCode::kInternal:
      return "INTERNAL";
    default:
      return "UNKNOWN";
  }
}

// What people write a field of a request as; empty where that differs from command to command.
std::string_view OptionOf(std::string_view field) {
  static constexpr std::pair<std::string_view, std::string_view> kOptions[] = {
      {"answer", "--answer"}, {"comment", "--comment"}, {"due", "--due"},   {"proposed_due", "--to"},
      {"reason", "--reason"}, {"text", "--text"},       {"query", "WORDS"},
  };
  const std::string_view last = field.substr(field.rfind('.') + 1);
  for (const auto& [name, option] : kOptions) {
    if (name == last) return option;
  }
  return {};
}

// A message with the fields of the request, which whoever types has never seen, as the options they come from.
Phrase InOptions(Phrase message, const google::rpc::BadRequest& bad) {
  for (const auto& violation : bad.field_violations()) {
    const std::string_view option = OptionOf(violation.field());
    if (option.empty()) continue;
    const auto replace = [&](std::string* text, const std::string& from, const std::string& to) {
      *text = absl::StrReplaceAll(*text, {{from, to}});
    };
    replace(&message.zh, StrCat("字段“", violation.field(), "”"), StrCat(option, " "));
    replace(&message.en, StrCat("`", violation.field(), "`"), std::string(option));
    replace(&message.en, StrCat("field ", violation.field()), std::string(option));
  }
  return message;
}

// Why a connection failed, as gRPC says it; others stay as they are.
std::string CauseInChinese(const std::string& cause) {
  static constexpr std::pair<std::string_view, std::string_view> kCauses[] = {
      {"Connection refused", "该地址没有服务在监听"},  {"Socket closed", "连接被对方关闭，可能是证书未被接受"},
      {"Connection reset by peer", "连接被对方中断"},  {"No route to host", "网络不通"},
      {"Name or service not known", "没有这个主机名"},
  };
  for (const auto& [english, chinese] : kCauses) {
    if (cause.find(english) != std::string::npos) return std::string(chinese);
  }
  return cause;
}

// Assignments as commands take them: PLAN/TASK/UNIT.
Phrase WithShortNames(Phrase message) {
  for (std::string* text : {&message.zh, &message.en}) {
    if (text->find("/assignments/") == std::string::npos) continue;
    *text = absl::StrReplaceAll(*text, {{"plans/", ""}, {"/tasks/", "/"}, {"/assignments/", "/"}});
  }
  return message;
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& status) {
  if (IsUsage(status)) return ExitCode::kUsage;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kNotNow;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kAborted:
      return ExitCode::kChanged;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kUnimplemented:
      return ExitCode::kInternal;
    default:
      return ExitCode::kRefused;
  }
}

absl::Status UsageError(const Phrase& message) {
  absl::Status status = absl::InvalidArgumentError(message.en);
  status.SetPayload(kChineseUrl, absl::Cord(message.zh));
  status.SetPayload(kUsageUrl, absl::Cord("1"));
  return status;
}

namespace {

absl::Status InBothLanguages(absl::Status status, const Phrase& message) {
  status.SetPayload(kChineseUrl, absl::Cord(message.zh));
  return status;
}

}  // namespace

Phrase ErrorWords(const absl::Status& status) {
  const std::string english(status.message());
  if (IsUnanswered(status)) {
    const std::string address = Payload(status, kAddressUrl);
    if (absl::IsUnavailable(status)) {
      // The transport tells its whole way down; the last words are the cause.
      const size_t colon = english.rfind(": ");
      const std::string cause = colon == std::string::npos ? english : english.substr(colon + 2);
      return {StrCat("连不上服务器 ", address, "（", CauseInChinese(cause), "）"),
              StrCat("cannot reach ", address, " (", cause, ")")};
    }
    return {StrCat("服务器 ", address, " 没有在时限内答复"), StrCat(address, " did not answer in time")};
  }
  const std::string chinese = Payload(status, kChineseUrl);
  return {chinese.empty() ? ChineseMessage(status) : chinese, english};
}

absl::Status WithWords(const absl::Status& status, const Phrase& message) {
  absl::Status out(status.code(), message.en);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return InBothLanguages(out, message);
}

absl::Status NotFoundError(const Phrase& message) {
  return InBothLanguages(absl::NotFoundError(message.en), message);
}

absl::Status NotNowError(const Phrase& message) {
  return InBothLanguages(absl::FailedPreconditionError(message.en), message);
}

absl::Status LeftError(const Phrase& message) {
  return InBothLanguages(absl::CancelledError(message.en), message);
}

absl::Status WithCallDetails(absl::Status status, std::string_view address, std::string_view request_id) {
  if (status.ok()) return status;
  status.SetPayload(kAddressUrl, absl::Cord(ToAbsl(address)));
  const ExitCode code = ExitCodeOf(status);
  if (!request_id.empty() && (code == ExitCode::kUnreachable || code == ExitCode::kInternal)) {
    status.SetPayload(kRequestIdUrl, absl::Cord(ToAbsl(request_id)));
  }
  return status;
}

std::string ToJson(const google::protobuf::Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  options.add_whitespace = pretty;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  assert(status.ok());  // Fails only for Any and for timestamps out of range, which no answer of ours has.
  return json;
}

Look Printer::TableLook() const {
  Look look = look_;
  if (look.width == 0) look.width = kPipedWidth;
  return look;
}

void Printer::Line(const Phrase& phrase, Style style) {
  if (json_) return;
  const std::string text = Printable(words_(phrase));
  // Lines that are carried on keep the indentation of the first.
  const size_t indent = std::min(text.find_first_not_of(' '), text.size());
  const size_t width = look_.width > indent ? look_.width - indent : 0;
  for (const std::string& line : Wrap(std::string_view(text).substr(indent), width)) {
    *out_ << std::string(indent, ' ') << Styled(line, style, look_) << '\n';
  }
}

void Printer::Block(std::string_view text) {
  if (!json_) *out_ << Printable(text);
}

void Printer::Raw(std::string_view text) {
  if (!json_) *out_ << text;
}

void Printer::Gap() {
  if (!json_) *out_ << '\n';
}

void Printer::Show(const Table& table, const Phrase& nothing) {
  if (json_) return;
  if (table.empty()) {
    Line(nothing);
  } else {
    *out_ << table.Render(TableLook());
  }
}

void Printer::Hint(const Phrase& phrase) {
  if (json_) return;
  for (const std::string& line : Wrap(Printable(words_(phrase)), look_.width)) {
    *err_ << Styled(line, Style::kDim, look_) << '\n';
  }
}

void Printer::Progress(const Phrase& phrase) {
  if (!live_) return;
  // One line, whatever the width.
  const std::vector<std::string> lines = Wrap(Printable(words_(phrase)), look_.width);
  *err_ << '\r' << (lines.empty() ? "" : lines[0]) << "\x1b[K" << std::flush;
}

void Printer::EndProgress() {
  if (live_) *err_ << "\r\x1b[K" << std::flush;
}

void Printer::Json(const google::protobuf::Message& message) {
  if (json_) RawJson(ToJson(message, pretty_json_));
}

void Printer::RawJson(std::string_view json) {
  while (!json.empty() && json.back() == '\n') json.remove_suffix(1);
  *out_ << json << '\n';
}

void Printer::Error(const absl::Status& status) {
  if (json_) {
    ErrorForPrograms(status);
  } else {
    ErrorForPeople(status);
  }
}

void Printer::ErrorForPeople(const absl::Status& status) {
  const auto line = [&](const Phrase& phrase, Style style) {
    for (const std::string& part : Wrap(Printable(words_(phrase)), look_.width)) {
      *err_ << Styled(part, style, look_) << '\n';
    }
  };
  const google::rpc::BadRequest bad = ViolationsOf(status);
  const Phrase message = WithShortNames(InOptions(ErrorWords(status), bad));
  line({StrCat("错误：", message.zh), StrCat("error: ", message.en)}, Style::kRed);
  for (const auto& violation : bad.field_violations()) {
    const std::string& chinese = violation.localized_message().message();
    const std::string english = StrCat("field ", violation.field(), ": ", violation.description());
    // One field that is wrong stands in the message.
    if (bad.field_violations_size() == 1) break;
    line({StrCat("  ", chinese.empty() ? english : chinese), StrCat("  ", english)}, Style::kPlain);
  }
  if (ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED) {
    const std::string reason = v1::ErrorReason_Name(ReasonOf(status));
    line({StrCat("  原因代码：", reason), StrCat("  reason: ", reason)}, Style::kDim);
  }
  if (const auto next = NextStepOf(status); next.has_value()) {
    line({StrCat("  下一步：", next->zh), StrCat("  next: ", next->en)}, Style::kPlain);
  }
  const std::string request_id = Payload(status, kRequestIdUrl);
  if (!request_id.empty()) {
    line({StrCat("  重试时加 --request-id=", request_id, "，不会重复办理"),
          StrCat("  repeat with --request-id=", request_id, ": it takes effect once at most")},
         Style::kPlain);
  }
}

void Printer::ErrorForPrograms(const absl::Status& status) {
  const Phrase message = ErrorWords(status);
  std::string json =
      StrCat("{\"error\":{\"code\":", JsonString(CodeName(status.code())), ",\"reason\":",
             JsonString(ReasonOf(status) == v1::ERROR_REASON_UNSPECIFIED ? std::string()
                                                                         : v1::ErrorReason_Name(ReasonOf(status))));
  StrAppend(&json, ",\"message\":", JsonString(message.en), ",\"message_zh\":", JsonString(message.zh),
            ",\"exit_code\":", static_cast<int>(ExitCodeOf(status)), ",\"metadata\":{");
  const char* comma = "";
  for (const auto& [key, value] : MetadataOf(status)) {
    StrAppend(&json, comma, JsonString(key), ":", JsonString(value));
    comma = ",";
  }
  StrAppend(&json, "},\"violations\":[");
  comma = "";
  const google::rpc::BadRequest bad = ViolationsOf(status);
  for (const auto& violation : bad.field_violations()) {
    StrAppend(&json, comma, "{\"field\":", JsonString(violation.field()),
              ",\"description\":", JsonString(violation.description()),
              ",\"description_zh\":", JsonString(violation.localized_message().message()), "}");
    comma = ",";
  }
  StrAppend(&json, "],\"request_id\":", JsonString(Payload(status, kRequestIdUrl)), "}}");
  *err_ << json << '\n';
}

}  // namespace duban::cli
