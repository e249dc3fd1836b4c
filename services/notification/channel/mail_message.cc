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

// A header's line with an encoded word has at most 76 characters (RFC 2047, 2); the word has `=?UTF-8?B?` and `?=`
// around its base64.
constexpr size_t kWordLine = 76;
constexpr size_t kWordFrame = 12;
// Base64 of 57 bytes is a line of 76 characters.
constexpr size_t kLineBytes = 57;

// A header of text in any language: encoded words, one a line, the first behind the header's `label`.
std::string EncodedHeader(std::string_view label, std::string_view text) {
  std::string header(label);
  for (size_t taken = label.size(); !text.empty(); taken = 1) {
    const std::string_view word = CutUtf8(text, (kWordLine - kWordFrame - taken) / 4 * 3);
    if (word.empty()) break;
    StrAppend(&header, header == label ? "" : "\r\n ", "=?UTF-8?B?", absl::Base64Escape(ToAbsl(word)), "?=");
    text.remove_prefix(word.size());
  }
  return header;
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
  const std::string bytes = Sha256(StrCat(message.digest().name(), " ", recipient)).substr(0, 8);
  return StrCat("<", LastSegment(message.digest().name()), ".", absl::BytesToHexString(bytes),
                sender.substr(sender.find('@')), ">");
}

}  // namespace

std::string MailText(const v1::DigestMessage& message, std::string_view sender, std::string_view sender_name,
                     std::string_view recipient) {
  const std::string_view name = sender_name.empty() ? std::string_view("督办系统") : sender_name;
  const absl::Time now = FromProto(message.timestamp());
  std::string text = StrCat("Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", now, Shanghai()), "\r\n");
  StrAppend(&text, EncodedHeader("From: ", name), "\r\n <", sender, ">\r\n", "To: <", recipient, ">\r\n");
  StrAppend(&text, EncodedHeader("Subject: ", DigestSubjectZh(message)), "\r\n");
  StrAppend(&text, "Message-ID: ", MessageId(message, sender, recipient), "\r\n");
  StrAppend(&text, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
            "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
  return text + Base64Lines(DigestTextZh(message, kMostMailBytes));
}

}  // namespace duban
