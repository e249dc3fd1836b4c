#include "common/rpc/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace duban {
namespace {

template <typename Detail>
Detail DetailOf(const absl::Status& status, const char* url) {
  Detail detail;
  auto payload = status.GetPayload(url);
  EXPECT_TRUE(payload.has_value() && detail.ParseFromString(std::string(*payload)));
  return detail;
}

TEST(GrpcStatus, EveryReasonKeepsItsCodeMessageAndDetailsThereAndBack) {
  for (int number = v1::ErrorReason_MIN + 1; number <= v1::ErrorReason_MAX; ++number) {
    const auto reason = static_cast<v1::ErrorReason>(number);
    const absl::Status sent = Error(reason, "what happened", "出了什么事", {{"name", "units/u1"}});
    const grpc::Status wire = ToGrpcStatus(sent);
    EXPECT_EQ(static_cast<int>(wire.error_code()), static_cast<int>(CodeOf(reason)));
    google::rpc::Status details;
    ASSERT_TRUE(details.ParseFromString(wire.error_details()));
    EXPECT_EQ(details.code(), static_cast<int>(wire.error_code()));
    EXPECT_EQ(details.message(), wire.error_message());
    const absl::Status received = FromGrpcStatus(wire);
    EXPECT_EQ(received, sent);
    EXPECT_EQ(ReasonOf(received), reason);
    EXPECT_EQ(MetadataOf(received).at("name"), "units/u1");
    EXPECT_EQ(ChineseMessage(received), "出了什么事");
  }
}

TEST(GrpcStatus, ARefusalTellsWhenToRepeatOnlyWhereRepeatingHelps) {
  for (int number = v1::ErrorReason_MIN + 1; number <= v1::ErrorReason_MAX; ++number) {
    const auto reason = static_cast<v1::ErrorReason>(number);
    const bool tells = Error(reason, "m", "消息").GetPayload(kRetryInfoUrl).has_value();
    EXPECT_EQ(tells, CodeOf(reason) == absl::StatusCode::kUnavailable) << v1::ErrorReason_Name(reason);
  }
  EXPECT_EQ(CodeOf(v1::OVERLOADED), absl::StatusCode::kUnavailable) << "busy is over in a moment";
  EXPECT_EQ(CodeOf(v1::LIMIT_REACHED), absl::StatusCode::kFailedPrecondition) << "what is full stays full";
}

TEST(GrpcStatus, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(GrpcStatus, AStatusOfTheLibraryItselfHasNoDetails) {
  const absl::Status status = FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused"));
  EXPECT_EQ(status, absl::UnavailableError("connection refused"));
}

TEST(GrpcStatus, DetailsOfAnotherCodeAreNotBelieved) {
  const grpc::Status real = ToGrpcStatus(NotFound("units/u1"));
  const absl::Status status = FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "broken", real.error_details()));
  EXPECT_EQ(status, absl::InternalError("broken"));
}

TEST(GrpcStatus, DetailsThatAreNoMessageAreDropped) {
  const absl::Status status = FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "broken", "\xFF\xFF\xFF"));
  EXPECT_EQ(status, absl::InternalError("broken"));
}

TEST(GrpcStatus, TheLargestErrorFitsAndKeepsItsReasonAndFirstField) {
  FieldErrors errors;
  for (int i = 0; i < 30; ++i) {
    errors.Add(StrCat("plan.tasks[", i, "].responsibilities[12].", std::string(200, 'f')), std::string(500, 'e'),
               std::string(500, 'z'));
  }
  const grpc::Status wire = ToGrpcStatus(errors.ToStatus());
  EXPECT_LE(wire.error_details().size(), kMaxDetailBytes);
  const absl::Status received = FromGrpcStatus(wire);
  EXPECT_EQ(ReasonOf(received), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(received).at("count"), "30");
  const auto bad = DetailOf<google::rpc::BadRequest>(received, kBadRequestUrl);
  EXPECT_GE(bad.field_violations_size(), 5);
  EXPECT_EQ(bad.field_violations(0).field().substr(0, 13), "plan.tasks[0]");
}

TEST(GrpcStatus, WhatIsNotOursGoesBeforeTheReasonDoes) {
  absl::Status status = Error(v1::WRONG_STATE, "m", "消息");
  status.SetPayload("type.googleapis.com/other", absl::Cord(std::string(kMaxDetailBytes, 'x')));
  const absl::Status received = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(ReasonOf(received), v1::WRONG_STATE);
  EXPECT_FALSE(received.GetPayload("type.googleapis.com/other").has_value());
}

TEST(GrpcStatus, ALongMessageIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "办";
  EXPECT_EQ(ToGrpcStatus(absl::InternalError(text)).error_message(), text.substr(0, 699));
}

}  // namespace
}  // namespace duban
