#include "common/rpc/grpc_status.h"

#include <string>
#include <string_view>

#include "absl/strings/cord.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace duban {
namespace {

// The message is percent-encoded in its trailer: one byte of Chinese becomes three.
constexpr size_t kMaxMessageBytes = 700;

std::string Cut(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

google::protobuf::Any* FindDetail(google::rpc::Status& status, std::string_view url) {
  for (google::protobuf::Any& any : *status.mutable_details()) {
    if (any.type_url() == url) return &any;
  }
  return nullptr;
}

void DropDetail(google::rpc::Status& status, std::string_view url) {
  for (int i = 0; i < status.details_size(); ++i) {
    if (status.details(i).type_url() == url) return status.mutable_details()->DeleteSubrange(i, 1);
  }
}

bool Fits(const google::rpc::Status& status) {
  return status.ByteSizeLong() <= kMaxDetailBytes;
}

void DropViolations(google::rpc::Status& status) {
  google::protobuf::Any* any = FindDetail(status, kBadRequestUrl);
  google::rpc::BadRequest bad;
  if (any == nullptr || !bad.ParseFromString(any->value())) return;
  while (!Fits(status) && bad.field_violations_size() > 1) {
    bad.mutable_field_violations()->RemoveLast();
    any->set_value(bad.SerializeAsString());
  }
}

void Shrink(google::rpc::Status& status) {
  if (!Fits(status)) DropViolations(status);
  if (!Fits(status)) DropDetail(status, kLocalizedMessageUrl);
  google::protobuf::Any* any = FindDetail(status, kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!Fits(status) && any != nullptr && info.ParseFromString(any->value())) {
    info.clear_metadata();
    any->set_value(info.SerializeAsString());
  }
  // What is still there is not ours: keep the reason alone.
  for (int i = status.details_size() - 1; i >= 0 && !Fits(status); --i) {
    if (status.details(i).type_url() != kErrorInfoUrl) status.mutable_details()->DeleteSubrange(i, 1);
  }
  if (!Fits(status)) status.clear_details();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(Cut(std::string_view(status.message().data(), status.message().size()), kMaxMessageBytes));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    google::protobuf::Any* any = wire.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(payload));
  });
  Shrink(wire);
  const std::string details = wire.details_size() == 0 ? "" : wire.SerializeAsString();
  return grpc::Status(static_cast<grpc::StatusCode>(wire.code()), wire.message(), details);
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status wire;
  if (status.error_details().empty() || !wire.ParseFromString(status.error_details()) ||
      wire.code() != static_cast<int>(status.error_code())) {
    return result;
  }
  for (const google::protobuf::Any& any : wire.details()) result.SetPayload(any.type_url(), absl::Cord(any.value()));
  return result;
}

}  // namespace duban
