#include "services/console/connect_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "common/base/errors.h"
#include "duban/v1/directory_service.pb.h"
#include "services/console/compression.h"
#include "services/console/envelope.h"
#include "services/console/transcoding.h"

namespace duban::console {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

HttpHeaders Json() {
  return {{"content-type", "application/json"}, {"connect-protocol-version", "1"}};
}
HttpHeaders With(HttpHeaders headers, const std::string& name, const std::string& value) {
  headers.Add(name, value);
  return headers;
}
std::string FieldOf(const absl::Status& status) {
  return MetadataOf(status)["field"];
}

TEST(ConnectPost, TheFourContentTypesSayHowMessagesCome) {
  const struct {
    const char* type;
    Codec codec;
    bool enveloped;
  } rows[] = {
      {"application/json", Codec::kJson, false},        {"application/json; charset=utf-8", Codec::kJson, false},
      {"Application/JSON", Codec::kJson, false},        {"application/proto", Codec::kProto, false},
      {"application/connect+json", Codec::kJson, true}, {"application/connect+proto", Codec::kProto, true}};
  for (const auto& row : rows) {
    const auto call = ReadPost({{"content-type", row.type}, {"connect-protocol-version", "1"}});
    ASSERT_TRUE(call.ok()) << row.type << call.status();
    EXPECT_EQ(call->codec, row.codec) << row.type;
    EXPECT_EQ(call->enveloped, row.enveloped) << row.type;
  }
}

TEST(ConnectPost, OtherContentTypesAreNotSpoken) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                           "application/grpc", "application/jsonp", "application/connect+xml"}) {
    const auto call = ReadPost({{"content-type", type}, {"connect-protocol-version", "1"}});
    EXPECT_TRUE(absl::IsUnimplemented(call.status())) << type;
  }
  // Twice is none.
  EXPECT_TRUE(absl::IsUnimplemented(ReadPost(With(Json(), "content-type", "application/proto")).status()));
}

TEST(ConnectPost, ACallSaysTheVersionOfTheProtocol) {
  EXPECT_EQ(FieldOf(ReadPost({{"content-type", "application/json"}}).status()), "connect-protocol-version");
  EXPECT_EQ(FieldOf(ReadPost({{"content-type", "application/json"}, {"connect-protocol-version", "2"}}).status()),
            "connect-protocol-version");
}

TEST(ConnectPost, TimeoutsAreMillisecondsOfAtMostTenDigits) {
  EXPECT_FALSE(ReadPost(Json())->timeout.has_value());
  EXPECT_EQ(ReadPost(With(Json(), "connect-timeout-ms", "1500"))->timeout, absl::Milliseconds(1500));
  EXPECT_EQ(ReadPost(With(Json(), "connect-timeout-ms", "0"))->timeout, absl::ZeroDuration());
  EXPECT_EQ(ReadPost(With(Json(), "connect-timeout-ms", "9999999999"))->timeout, absl::Milliseconds(9999999999));
  for (const char* wrong : {"", "-1", "+1", "1.5", "1s", " 1", "99999999999", "0x10"}) {
    EXPECT_EQ(FieldOf(ReadPost(With(Json(), "connect-timeout-ms", wrong)).status()), "connect-timeout-ms") << wrong;
  }
}

TEST(ConnectPost, GzipIsSpokenAndNothingElse) {
  EXPECT_TRUE(ReadPost(With(Json(), "content-encoding", "gzip"))->gzip);
  EXPECT_FALSE(ReadPost(With(Json(), "content-encoding", "identity"))->gzip);
  EXPECT_TRUE(absl::IsUnimplemented(ReadPost(With(Json(), "content-encoding", "br")).status()));
  EXPECT_TRUE(ReadPost(With(Json(), "accept-encoding", "br, gzip;q=0.5"))->takes_gzip);
  EXPECT_FALSE(ReadPost(With(Json(), "accept-encoding", "br, gzip;q=0"))->takes_gzip);
  EXPECT_FALSE(ReadPost(With(Json(), "accept-encoding", "gzipped"))->takes_gzip);
  const HttpHeaders stream = {{"content-type", "application/connect+proto"}, {"connect-protocol-version", "1"}};
  EXPECT_TRUE(ReadPost(With(stream, "connect-content-encoding", "gzip"))->gzip);
  EXPECT_TRUE(ReadPost(With(stream, "connect-accept-encoding", "gzip"))->takes_gzip);
  EXPECT_FALSE(ReadPost(With(stream, "accept-encoding", "gzip"))->takes_gzip) << "that is of the whole body";
  EXPECT_TRUE(absl::IsUnimplemented(ReadPost(With(stream, "content-encoding", "gzip")).status()));
}

TEST(ConnectGetTest, TheQuerySaysItAll) {
  const auto plain = ReadGet("connect=v1&encoding=json&message=%7B%22name%22%3A%22units%2Fa%22%7D", {});
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->message, "{\"name\":\"units/a\"}");
  EXPECT_EQ(plain->call.codec, Codec::kJson);
  const auto packed = ReadGet("message=CgMAAQI&encoding=proto&base64=1&connect=v1&compression=gzip",
                              {{"connect-timeout-ms", "5"}, {"accept-encoding", "gzip"}});
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->message, std::string("\x0a\x03\x00\x01\x02", 5));
  EXPECT_TRUE(packed->call.gzip && packed->call.takes_gzip);
  EXPECT_EQ(packed->call.timeout, absl::Milliseconds(5));
  EXPECT_EQ(ReadGet("connect=v1&encoding=proto&base64=1&message=-_-%2B", {})->message, "\xfb\xff\xbe");
  EXPECT_EQ(ReadGet("connect=v1&encoding=proto", {})->message, "") << "an empty message is one";
}

TEST(ConnectGetTest, WhatIsWrongIsNamed) {
  const struct {
    const char* query;
    const char* field;
  } rows[] = {{"", "connect"},
              {"connect=1&encoding=json", "connect"},
              {"connect=v1", "encoding"},
              {"connect=v1&encoding=xml", "encoding"},
              {"connect=v1&encoding=json&base64=2", "base64"},
              {"connect=v1&encoding=json&base64=1&message=%21", "message"},
              {"connect=v1&encoding=json&message=%2", "query"},
              {"connect=v1&encoding=json&encoding=proto", "query"}};
  for (const auto& row : rows) EXPECT_EQ(FieldOf(ReadGet(row.query, {}).status()), row.field) << row.query;
  EXPECT_TRUE(absl::IsUnimplemented(ReadGet("connect=v1&encoding=json&compression=br", {}).status()));
}

TEST(ConnectErrors, EveryCodeHasItsNameAndItsStatus) {
  // As https://connectrpc.com/docs/protocol has them.
  const struct {
    absl::StatusCode code;
    const char* name;
    int http;
  } rows[] = {{absl::StatusCode::kCancelled, "canceled", 499},
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
              {absl::StatusCode::kUnauthenticated, "unauthenticated", 401}};
  for (const auto& row : rows) {
    EXPECT_EQ(CodeName(row.code), row.name);
    EXPECT_EQ(HttpStatusOf(row.code), row.http) << row.name;
  }
}

TEST(ConnectErrors, DetailsComeAlongInUnpaddedBase64) {
  const absl::Status status = Error(v1::RESOURCE_NOT_FOUND, "there is no \"x\"", "没有", {{"name", "units/x"}});
  const std::string json = ErrorJson(status);
  EXPECT_THAT(json, StartsWith(R"({"code":"not_found","message":"there is no \"x\"","details":[)"));
  const size_t value = json.find(R"({"type":"google.rpc.ErrorInfo","value":")");
  ASSERT_NE(value, std::string::npos) << json;
  EXPECT_THAT(json, Not(HasSubstr("=\"")));
  EXPECT_EQ(ErrorJson(absl::CancelledError("")), R"({"code":"canceled","message":""})");
}

TEST(ConnectErrors, AStreamEndsWithAnEnvelopeThatSaysHow) {
  EXPECT_EQ(EndOfStream(absl::OkStatus()), std::string("\x02\x00\x00\x00\x02{}", 7));
  const std::string end = EndOfStream(absl::CancelledError("x"));
  EXPECT_EQ(end.substr(5), R"({"error":{"code":"canceled","message":"x"}})");
  EXPECT_EQ(end[4], static_cast<char>(end.size() - 5));
}

TEST(EnvelopeTest, OneMessageAndNothingElse) {
  EXPECT_EQ(*OnlyMessage(Envelope(0, "abc"), false, 3), "abc");
  EXPECT_EQ(*OnlyMessage(Envelope(0, ""), false, 3), "");
  EXPECT_EQ(*OnlyMessage(Envelope(kCompressedFlag, Gzip("abcabc")), true, 100), "abcabc");
  const std::string whole = Envelope(0, "abc");
  const struct {
    std::string body;
    const char* why;
  } rows[] = {{"", "empty"},
              {whole.substr(0, 4), "half a head"},
              {whole.substr(0, 7), "half a message"},
              {whole + "x", "more than it says"},
              {whole + whole, "two messages"},
              {Envelope(kEndStreamFlag, "{}"), "an end"},
              {Envelope(0x80, "abc"), "a flag of another protocol"},
              {Envelope(kCompressedFlag, Gzip("abc")), "compressed, which was not said"}};
  for (const auto& row : rows) EXPECT_EQ(FieldOf(OnlyMessage(row.body, false, 100).status()), "body") << row.why;
  EXPECT_TRUE(absl::IsResourceExhausted(OnlyMessage(Envelope(0, "abcd"), false, 3).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(OnlyMessage(std::string("\0\xff\xff\xff\xff", 5), false, 3).status()))
      << "a length is not believed";
}

TEST(CompressionTest, WhatComesOfItIsLimited) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(*Gunzip(Gzip(text), text.size()), text);
  EXPECT_TRUE(absl::IsResourceExhausted(Gunzip(Gzip(text), text.size() - 1).status()));
  EXPECT_LT(Gzip(text).size(), 1000u);
  EXPECT_EQ(*Gunzip(Gzip(""), 10), "");
}

TEST(CompressionTest, WhatIsNotOneWholeMemberIsRefused) {
  const std::string packed = Gzip("hello");
  std::string flipped = packed;
  flipped[packed.size() - 6] ^= 1;
  for (const std::string& wrong : {std::string(), std::string("hello"), packed.substr(0, packed.size() - 1),
                                   packed + "x", packed + packed, flipped}) {
    EXPECT_EQ(FieldOf(Gunzip(wrong, 1000).status()), "body") << absl::BytesToHexString(wrong);
  }
}

TEST(TranscodingTest, JsonAndBytesAreTheSameMessage) {
  v1::Unit unit;
  unit.set_name("units/a");
  unit.set_display_name("区教育局");
  unit.set_kind(v1::Unit::DEPARTMENT);
  const std::string json = R"({"name":"units/a","displayName":"区教育局","kind":"DEPARTMENT"})";
  EXPECT_EQ(*BytesToJson(*v1::Unit::descriptor(), unit.SerializeAsString()), json);
  EXPECT_EQ(*JsonToBytes(*v1::Unit::descriptor(), json), unit.SerializeAsString());
  EXPECT_EQ(*JsonToBytes(*v1::Unit::descriptor(), R"({"display_name":"区教育局","name":"units/a","kind":3})"),
            *JsonToBytes(*v1::Unit::descriptor(), R"({"name":"units/a","displayName":"区教育局","kind":3})"));
}

TEST(TranscodingTest, WhatIsNoMessageIsRefusedAndItsNameIsSaid) {
  for (const char* wrong :
       {"", "x", "[]", "{", R"({"nme":"x"})", R"({"name":1e})", R"({"kind":"NO_SUCH"})", R"({"name":{}})", "{}{}"}) {
    const absl::Status status = JsonToBytes(*v1::Unit::descriptor(), wrong).status();
    EXPECT_EQ(FieldOf(status), "body") << wrong;
  }
  EXPECT_THAT(std::string(JsonToBytes(*v1::Unit::descriptor(), R"({"nme":"x"})").status().message()), HasSubstr("nme"));
  EXPECT_EQ(ReasonOf(BytesToJson(*v1::Unit::descriptor(), "\xff").status()), v1::INVARIANT_BROKEN);
}

TEST(TranscodingTest, NestingIsLimited) {
  std::string deep, end;
  for (int i = 0; i < 100'000; ++i) {
    deep += "{\"a\":";
    end += "}";
  }
  EXPECT_EQ(FieldOf(JsonToBytes(*v1::Unit::descriptor(), deep + "1" + end).status()), "body");
}

}  // namespace
}  // namespace duban::console
