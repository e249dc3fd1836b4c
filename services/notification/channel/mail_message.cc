#include "services/notification/channel/mail_message.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/notification/channel/digest_text.h"

namespace duban {
namespace {

// An encoded word has at most 75 characters (RFC 2047, 2): `=?UTF-8?B?` and `?=` around 60 of base64, which are 45
// bytes.
constexpr size_t kWordBytes = 45;
// Base64 of 57 bytes is a line of 76 characters.
constexpr size_t kLineBytes = 57;

// Text of any language in a header: encoded words, one a line.
std::string EncodedWords(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const std::string_view word = CutUtf8(text, kWordBytes);
    if (word.empty()) break;
    StrAppend(&words, words.empty() ? "" : "\r\n ", "=?UTF-8?B?", absl::Base64Escape(ToAbsl(word)), "?=");
    text.remove_prefix(word.size());
  }
  return words;
}

std::string Base64Lines(std::string_view text) {
  std::string lines;
  for (size_t at = 0; at < text.size(); at += kLineBytes) {
    StrAppend(&lines, absl::Base64Escape(ToAbsl(text.substr(at, kLineBytes))), "\r\n");
  }
  return lines;
}

// Names tell no receiver what others there are.
std::string MessageId(const v1::DigestMessage& message, std::string_view sender, std::string_view recipient) {
  const std::string bytes = Sha256(StrCat(message.digest().name(), " ", recipient)).substr(0, 12);
  return StrCat("<", LastSegment(message.digest().name()), ".", absl::BytesToHexString(bytes),
                sender.substr(sender.find('@')), ">");
}

}  // namespace

std::string MailText(const v1::DigestMessage& message, std::string_view sender, std::string_view sender_name,
                     std::string_view recipient) {
  const std::string_view name = sender_name.empty() ? std::string_view("督办系统") : sender_name;
  const absl::Time now = FromProto(message.timestamp());
  std::string text = StrCat("Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", now, Shanghai()), "\r\n");
  StrAppend(&text, "From: ", EncodedWords(name), "\r\n <", sender, ">\r\n", "To: <", recipient, ">\r\n");
  StrAppend(&text, "Subject: ", EncodedWords(DigestSubjectZh(message)), "\r\n");
  StrAppend(&text, "Message-ID: ", MessageId(message, sender, recipient), "\r\n");
  StrAppend(&text, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
            "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
  return text + Base64Lines(DigestTextZh(message, kMostMailBytes));
}

}  // namespace duban
