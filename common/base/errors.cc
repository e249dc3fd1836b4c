#include "common/base/errors.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "google/rpc/error_details.pb.h"

namespace duban {
namespace {

// Trailers over 8 KiB lose the whole error at the client, so details stay small.
constexpr size_t kMaxViolations = 20;
constexpr size_t kMaxValueBytes = 300;

template <typename Detail>
void Attach(absl::Status& status, const char* url, const Detail& detail) {
  status.SetPayload(url, absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
std::optional<Detail> Find(const absl::Status& status, const char* url) {
  auto payload = status.GetPayload(url);
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

std::string Cut(std::string_view text, size_t max_bytes) {
  return std::string(CutUtf8(text, max_bytes));
}

}  // namespace

absl::StatusCode CodeOf(v1::ErrorReason reason) {
  switch (reason) {
    case v1::INVALID_FIELD:
    case v1::UNREADABLE_DOCUMENT:
      return absl::StatusCode::kInvalidArgument;
    case v1::REQUEST_ID_REUSED:
    case v1::RESOURCE_EXISTS:
    case v1::NODE_ID_TAKEN:
      return absl::StatusCode::kAlreadyExists;
    case v1::RESOURCE_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case v1::ETAG_MISMATCH:
    case v1::FEED_MISMATCH:
      return absl::StatusCode::kAborted;
    case v1::FINDINGS_OPEN:
    case v1::WRONG_STATE:
    case v1::LEASE_NOT_HELD:
    case v1::STILL_IN_USE:
    case v1::LIMIT_REACHED:
    case v1::WRONG_NODE:
    case v1::VERSION_TOO_FAR:
      return absl::StatusCode::kFailedPrecondition;
    case v1::NOT_AUTHENTICATED:
      return absl::StatusCode::kUnauthenticated;
    case v1::NOT_ALLOWED:
    case v1::NOT_OWNER:
      return absl::StatusCode::kPermissionDenied;
    case v1::METADATA_TOO_LARGE:
      return absl::StatusCode::kResourceExhausted;
    case v1::NOT_SERVING:
    case v1::OVERLOADED:
    case v1::OUTCOME_UNKNOWN:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Error(v1::ErrorReason reason, std::string_view english, std::string_view chinese, ErrorMetadata metadata) {
  absl::Status status(CodeOf(reason), Cut(english, 2 * kMaxValueBytes));
  google::rpc::ErrorInfo info;
  info.set_reason(v1::ErrorReason_Name(reason));
  info.set_domain("duban");
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = Cut(value, kMaxValueBytes);
  Attach(status, kErrorInfoUrl, info);
  google::rpc::LocalizedMessage localized;
  localized.set_locale("zh-CN");
  localized.set_message(Cut(chinese, 2 * kMaxValueBytes));
  Attach(status, kLocalizedMessageUrl, localized);
  if (absl::IsUnavailable(status)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(1);
    Attach(status, kRetryInfoUrl, retry);
  }
  return status;
}

absl::Status InvalidField(std::string_view field, std::string_view english, std::string_view chinese) {
  FieldErrors errors;
  errors.Add(field, english, chinese);
  return errors.ToStatus();
}

absl::Status NotFound(std::string_view name) {
  return Error(v1::RESOURCE_NOT_FOUND, StrCat("`", name, "` does not exist; list to see what is there"),
               StrCat("“", name, "”不存在，请先列出再选择"), {{"name", std::string(name)}});
}

absl::Status CheckEtag(std::string_view name, std::string_view given, std::string_view current) {
  if (given.empty() || given == current) return absl::OkStatus();
  return Error(v1::ETAG_MISMATCH, StrCat("`", name, "` was changed since it was read; read it again and decide again"),
               StrCat("“", name, "”在读取之后已被修改，请重新读取后再操作"),
               {{"name", std::string(name)}, {"etag", std::string(current)}});
}

absl::Status InvariantBroken(std::string_view what) {
  return Error(v1::INVARIANT_BROKEN, StrCat("internal promise broken: ", what, "; tell the operator"),
               StrCat("系统内部错误：", what, "，请联系管理员"));
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  auto info = Find<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (info.has_value()) v1::ErrorReason_Parse(info->reason(), &reason);
  return reason;
}

ErrorMetadata MetadataOf(const absl::Status& status) {
  auto info = Find<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  if (!info.has_value()) return {};
  return ErrorMetadata(info->metadata().begin(), info->metadata().end());
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    google::protobuf::Any& detail = *message.add_details();
    detail.set_type_url(std::string(url));
    detail.set_value(std::string(payload));
  });
  return message;
}

absl::Status FromRpcStatus(const google::rpc::Status& message) {
  absl::Status status(static_cast<absl::StatusCode>(message.code()), message.message());
  for (const google::protobuf::Any& detail : message.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

std::string ChineseMessage(const absl::Status& status) {
  auto localized = Find<google::rpc::LocalizedMessage>(status, kLocalizedMessageUrl);
  return localized.has_value() ? localized->message() : std::string(status.message());
}

std::string FieldInChinese(std::string_view field) {
  constexpr std::string_view kLine = "content[";
  const size_t end = field.find("].");
  if (!field.starts_with(kLine) || end == std::string_view::npos) return StrCat("字段“", field, "”");
  return StrCat("第", field.substr(kLine.size(), end - kLine.size()), "行“", field.substr(end + 2), "”");
}

void FieldErrors::Add(std::string_view field, std::string_view english, std::string_view chinese) {
  violations_.push_back({std::string(field), std::string(english), std::string(chinese)});
}

absl::Status FieldErrors::ToStatus() const {
  if (violations_.empty()) return absl::OkStatus();
  const Violation& first = violations_.front();
  std::string more_en, more_zh;
  if (violations_.size() > 1) {
    more_en = StrCat(" (and ", violations_.size() - 1, " more)");
    more_zh = StrCat("（另有", violations_.size() - 1, "处）");
  }
  absl::Status status = Error(v1::INVALID_FIELD, StrCat("field `", first.field, "` ", first.english, more_en),
                              StrCat(FieldInChinese(first.field), first.chinese, more_zh),
                              {{"field", first.field}, {"count", StrCat(violations_.size())}});
  google::rpc::BadRequest bad;
  const size_t shown = std::min(violations_.size(), kMaxViolations);
  for (size_t i = 0; i < shown; ++i) {
    auto* violation = bad.add_field_violations();
    violation->set_field(Cut(violations_[i].field, 60));
    violation->set_description(Cut(violations_[i].english, 120));
    violation->mutable_localized_message()->set_locale("zh-CN");
    violation->mutable_localized_message()->set_message(
        Cut(StrCat(FieldInChinese(violations_[i].field), violations_[i].chinese), 180));
  }
  Attach(status, kBadRequestUrl, bad);
  return status;
}

}  // namespace duban
