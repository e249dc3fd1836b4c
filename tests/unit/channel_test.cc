// Channels without a network: settings and their secrets, texts, signatures, bodies, and what answers mean.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/notification/channel/channel_settings.h"
#include "services/notification/channel/digest_text.h"
#include "services/notification/channel/mail_message.h"
#include "services/notification/channel/transfer.h"
#include "services/notification/channel/webhook_body.h"
#include "services/notification/channel/webhook_signature.h"
#include "tests/support/temp_folder.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using v1::Reminder;

v1::DigestMessage MessageOf(int count) {
  v1::DigestMessage message;
  message.set_type("reminders.digest");
  message.mutable_digest()->set_name("digests/d-20261201-0123456789abcdef-001");
  message.mutable_digest()->set_recipient_display_name("区教育局");
  *message.mutable_timestamp() = ToProto(TimeAt(absl::CivilDay(2026, 12, 1), 9 * 60));
  for (int i = 0; i < count; ++i) {
    Reminder& reminder = *message.add_reminders();
    reminder.set_name(StrCat("reminders/m-", i));
    reminder.set_reason(i == 0 ? Reminder::OVERDUE : Reminder::UNSIGNED);
    reminder.set_text_zh(StrCat("【待签收】区教育局：贵单位负责的“第", i, "项工作”至今尚未签收。"));
    reminder.set_text_en(StrCat("[Not signed] item ", i));
  }
  return message;
}

// --- Words ---

TEST(DigestText, SaysHowManyThereAreOfWhatAndThenEach) {
  const v1::DigestMessage message = MessageOf(3);
  EXPECT_THAT(DigestSubjectZh(message), HasSubstr("区教育局：3项（"));
  const std::string text = DigestTextZh(message, kMostMailBytes);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(text, HasSubstr(StrCat(i + 1, ". 【待签收】区教育局：贵单位负责的“第", i)));
  EXPECT_THAT(text, Not(HasSubstr("未列出")));
  EXPECT_THAT(DigestTextEn(message, kMostMailBytes), HasSubstr("3. [Not signed] item 2"));
}

TEST(DigestText, WhatHasNoRoomIsCounted) {
  const std::string text = DigestTextZh(MessageOf(500), 2048);
  EXPECT_LE(text.size(), 2048u);
  EXPECT_TRUE(CodePoints(text).has_value());
  EXPECT_THAT(text, HasSubstr("另有 "));
}

// --- Signatures ---

// The example of the specification of Standard Webhooks, and of the implementations that come with it.
TEST(WebhookSignature, IsThatOfTheSpecification) {
  std::string key;
  ASSERT_TRUE(absl::Base64Unescape("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &key));
  EXPECT_EQ(StandardSignature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, OtherBytesHaveAnotherSignature) {
  const std::string key(24, 'k');
  const std::string one = StandardSignature(key, "d-1", 1, "{}");
  EXPECT_NE(one, StandardSignature(key, "d-2", 1, "{}"));
  EXPECT_NE(one, StandardSignature(key, "d-1", 2, "{}"));
  EXPECT_NE(one, StandardSignature(key, "d-1", 1, "{ }"));
  EXPECT_NE(one, StandardSignature(std::string(24, 'l'), "d-1", 1, "{}"));
}

TEST(WebhookSignature, OfADingTalkRobotIsPercentEncoded) {
  const std::string parameters = DingTalkParameters("SEC0123456789", 1764550800000);
  EXPECT_THAT(parameters, HasSubstr("&timestamp=1764550800000&sign="));
  const std::string sign = parameters.substr(parameters.find("sign=") + 5);
  EXPECT_THAT(sign, Not(HasSubstr("=")));
  EXPECT_THAT(sign, HasSubstr("%3D"));
}

// --- Bodies and answers ---

google::protobuf::Struct Parsed(const std::string& json) {
  google::protobuf::Struct parsed;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  return parsed;
}

TEST(WebhookBody, IsWhatEachRobotTakes) {
  const absl::Time now = TimeAt(absl::CivilDay(2026, 12, 1), 9 * 60);
  const v1::DigestMessage message = MessageOf(40);
  for (const v1::Channel::Kind kind : {v1::Channel::WECOM, v1::Channel::DINGTALK}) {
    const google::protobuf::Struct body = Parsed(WebhookBody(kind, message, "", now));
    EXPECT_EQ(body.fields().at("msgtype").string_value(), "text");
    const std::string text = body.fields().at("text").struct_value().fields().at("content").string_value();
    EXPECT_LE(text.size(), kind == v1::Channel::WECOM ? 2048u : 20000u);
    EXPECT_THAT(text, HasSubstr("区教育局：40项"));
  }
  const google::protobuf::Struct feishu = Parsed(WebhookBody(v1::Channel::FEISHU, message, "secret", now));
  EXPECT_EQ(feishu.fields().at("msg_type").string_value(), "text");
  EXPECT_EQ(feishu.fields().at("timestamp").string_value(), StrCat(absl::ToUnixSeconds(now)));
  EXPECT_EQ(feishu.fields().at("sign").string_value(), FeishuSignature("secret", absl::ToUnixSeconds(now)));
  EXPECT_THAT(feishu.fields().at("content").struct_value().fields().at("text").string_value(), HasSubstr("40项"));
  v1::DigestMessage standard;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(WebhookBody(v1::Channel::STANDARD, message, "", now), &standard)
          .ok());
  EXPECT_EQ(standard.SerializeAsString(), message.SerializeAsString());
}

TEST(WebhookBody, AnswersAreTakenLaterOrForGood) {
  const auto verdict = [](v1::Channel::Kind kind, int64_t status, const std::string& body) {
    return VerdictOf(kind, {status, body}).code();
  };
  using absl::StatusCode;
  EXPECT_EQ(verdict(v1::Channel::STANDARD, 204, ""), StatusCode::kOk);
  EXPECT_EQ(verdict(v1::Channel::STANDARD, 302, "elsewhere"), StatusCode::kFailedPrecondition) << "none is followed";
  EXPECT_EQ(verdict(v1::Channel::STANDARD, 410, "gone"), StatusCode::kFailedPrecondition);
  for (const int64_t status : {408, 425, 429, 500, 503}) {
    EXPECT_EQ(verdict(v1::Channel::STANDARD, status, ""), StatusCode::kUnavailable) << status;
  }
  EXPECT_EQ(verdict(v1::Channel::WECOM, 200, R"({"errcode":0,"errmsg":"ok"})"), StatusCode::kOk);
  EXPECT_EQ(verdict(v1::Channel::WECOM, 200, R"({"errcode":93000,"errmsg":"invalid webhook url"})"),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(verdict(v1::Channel::WECOM, 200, R"({"errcode":45009,"errmsg":"api freq out of limit"})"),
            StatusCode::kUnavailable);
  EXPECT_EQ(verdict(v1::Channel::DINGTALK, 200, R"({"errcode":310000,"errmsg":"sign not match"})"),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(verdict(v1::Channel::FEISHU, 200, R"({"StatusCode":0,"StatusMessage":"success"})"), StatusCode::kOk);
  EXPECT_EQ(verdict(v1::Channel::FEISHU, 200, R"({"code":19021,"msg":"sign match fail"})"),
            StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(VerdictOf(v1::Channel::STANDARD, {500, "a\nb"}).message()), HasSubstr("HTTP 500 a b"));
}

// --- Mail ---

TEST(MailText, HasShortLinesInTheRightOrderAndTheSameIdEachTime) {
  const v1::DigestMessage message = MessageOf(30);
  const std::string mail = MailText(message, "duban@qu.gov.example", "", "jiaoyu@qu.gov.example");
  const std::vector<std::string> lines = absl::StrSplit(mail, "\r\n");
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 78u) << line;
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    for (const char c : line) EXPECT_LT(static_cast<unsigned char>(c), 0x80u);
  }
  EXPECT_THAT(mail, HasSubstr("Date: Tue, 01 Dec 2026 09:00:00 +0800\r\n"));
  EXPECT_THAT(mail, HasSubstr("To: <jiaoyu@qu.gov.example>\r\n"));
  EXPECT_THAT(mail, HasSubstr("Auto-Submitted: auto-generated\r\n\r\n"));
  const auto id = [&](const std::string& to) {
    const std::string text = MailText(message, "duban@qu.gov.example", "", to);
    const size_t at = text.find("Message-ID: ");
    return text.substr(at, text.find("\r\n", at) - at);
  };
  EXPECT_EQ(id("a@x.example"), id("a@x.example"));
  EXPECT_NE(id("a@x.example"), id("b@x.example"));
}

TEST(MailAddress, EndsNoLineAndNamesNoOptions) {
  EXPECT_TRUE(IsMailAddress("jiao.yu+duban@qu.gov.cn"));
  for (const char* wrong : {"", "a", "@x", "a@", "a@b@c", "a b@x", "a@x\r\nRCPT TO:<c@d>", "<a@x>", "-f@x", "a@.x",
                            "a@x.", "a@x..y", "教育@x"}) {
    EXPECT_FALSE(IsMailAddress(wrong)) << wrong;
  }
}

TEST(Place, IsTakenApart) {
  const std::optional<Place> place = ParsePlace("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1");
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->host_and_port, "qyapi.weixin.qq.com");
  EXPECT_FALSE(place->loopback);
  EXPECT_TRUE(ParsePlace("http://127.0.0.1:8080/x")->loopback);
  EXPECT_TRUE(ParsePlace("http://[::1]:8080/x")->loopback);
  for (const char* wrong : {"", "x", "https://", "https://user@host/", "https://host:0/", "https://host:x/",
                            "https://ho st/", "https://host/\n"}) {
    EXPECT_FALSE(ParsePlace(wrong).has_value()) << wrong;
  }
}

// --- Settings ---

class ChannelSettingsTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << content;
    chmod(path.c_str(), mode);
  }
  absl::StatusOr<ChannelConfig> Read() { return ReadChannelSettings(folder_.path() + "/channels.json"); }
  std::string WhyNot(const std::string& json) {
    Write("channels.json", json);
    const absl::StatusOr<ChannelConfig> read = Read();
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << read.status();
    return std::string(read.status().message());
  }

  testing::TempFolder folder_;
};

TEST_F(ChannelSettingsTest, AreReadWithTheSecretsTheyName) {
  Write("password", "geheim\n");
  Write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  Write("channels.json", R"({
    "mail": {"server": "smtp.qu.gov.example:465", "security": "TLS", "sender": "duban@qu.gov.example",
             "user": "duban", "passwordFile": "password"},
    "webhooks": [
      {"id": "oa", "kind": "STANDARD", "url": "https://oa.qu.gov.example/hook", "secretFile": "secret"},
      {"id": "group", "kind": "WECOM", "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"}]})");
  const absl::StatusOr<ChannelConfig> config = Read();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->mail->password, "geheim");
  ASSERT_THAT(config->webhooks, SizeIs(2));
  EXPECT_EQ(config->webhooks[0].secret.size(), 24u);
  EXPECT_EQ(config->webhooks[1].target, "qyapi.weixin.qq.com");
}

TEST_F(ChannelSettingsTest, WhatOthersMayReadIsRefused) {
  Write("channels.json", "{}", 0644);
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("0644"));
  Write("channels.json", "{}");
  EXPECT_TRUE(Read().ok());
  Write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0640);
  EXPECT_THAT(WhyNot(R"({"webhooks":[{"id":"oa","kind":"STANDARD","url":"https://x/","secretFile":"secret"}]})"),
              HasSubstr("0640"));
}

TEST_F(ChannelSettingsTest, SayWhatIsWrongAndWhere) {
  EXPECT_THAT(WhyNot("{"), HasSubstr("JSON"));
  EXPECT_THAT(WhyNot(R"({"mial": {}})"), HasSubstr("mial"));
  EXPECT_THAT(WhyNot(R"({"mail": {"server": "smtp", "security": "TLS", "sender": "no address"}})"),
              HasSubstr("mail.sender"));
  EXPECT_THAT(WhyNot(R"({"mail": {"server": "smtp:25", "sender": "a@x"}})"), HasSubstr("never leaves in the clear"));
  EXPECT_THAT(WhyNot(R"({"mail": {"server": "smtp:465", "security": "TLS", "sender": "a@x", "user": "u"}})"),
              HasSubstr("passwordFile"));
  EXPECT_THAT(WhyNot(R"({"webhooks": [{"id": "mail", "kind": "WECOM", "url": "https://x/"}]})"),
              HasSubstr("not `mail`"));
  EXPECT_THAT(WhyNot(R"({"webhooks": [{"id": "a", "kind": "WECOM", "url": "http://10.0.0.1/"}]})"), HasSubstr("https"));
  EXPECT_THAT(WhyNot(R"({"webhooks": [{"id": "a", "kind": "WECOM", "url": "file:///etc/passwd"}]})"),
              HasSubstr("https"));
  EXPECT_THAT(WhyNot(R"({"webhooks": [{"id": "a", "kind": "LOG", "url": "https://x/"}]})"), HasSubstr("kind"));
  EXPECT_THAT(WhyNot(R"({"webhooks": [{"id": "a", "kind": "STANDARD", "url": "https://x/"}]})"), HasSubstr("signed"));
  EXPECT_THAT(WhyNot(R"({"webhooks": [{"id": "a", "kind": "WECOM", "url": "https://x/"},
                                      {"id": "a", "kind": "WECOM", "url": "https://y/"}]})"),
              HasSubstr("twice"));
  Write("short", "whsec_c2hvcnQ=");
  EXPECT_THAT(WhyNot(R"({"webhooks":[{"id":"oa","kind":"STANDARD","url":"https://x/","secretFile":"short"}]})"),
              HasSubstr("24 to 64 bytes"));
}

TEST_F(ChannelSettingsTest, ThirtyTwoWebhooksAreTakenAndOneMoreIsNot) {
  const auto with = [](int count) {
    std::string hooks;
    for (int i = 0; i < count; ++i) {
      StrAppend(&hooks, i == 0 ? "" : ",", R"({"id":"h)", i, R"(","kind":"WECOM","url":"https://x/"})");
    }
    return StrCat("{\"webhooks\":[", hooks, "]}");
  };
  Write("channels.json", with(kMostWebhooks));
  EXPECT_TRUE(Read().ok());
  EXPECT_THAT(WhyNot(with(kMostWebhooks + 1)), HasSubstr("at most 32"));
}

}  // namespace
}  // namespace duban
