#include "services/notification/channel/digest_text.h"

#include <map>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/words/words.h"

namespace duban {
namespace {

using v1::DigestMessage;
using v1::Reminder;

// What the words around the items leave of the room.
constexpr size_t kAround = 400;

// How many there are of each reason, the most urgent first.
std::map<std::pair<int, Reminder::Reason>, int> CountReasons(const DigestMessage& message) {
  std::map<std::pair<int, Reminder::Reason>, int> counts;
  for (const Reminder& reminder : message.reminders()) ++counts[{UrgencyOf(reminder.reason()), reminder.reason()}];
  return counts;
}

std::string Counts(const DigestMessage& message, Language language) {
  const Words say(language);
  std::string text;
  for (const auto& [reason, count] : CountReasons(message)) {
    const Phrase word = WordOf(reason.second);
    StrAppend(&text, text.empty() ? "" : say({"、", ", "}),
              say({StrCat(word.zh, count, "项"), StrCat(count, " ", word.en)}));
  }
  return text;
}

// The paragraphs of the items, as many as there is room for; how many those are comes back through `shown`.
std::string Items(const DigestMessage& message, Language language, size_t room, int* shown) {
  std::string text;
  *shown = 0;
  for (const Reminder& reminder : message.reminders()) {
    const std::string& words =
        language == Language::kChinese || reminder.text_en().empty() ? reminder.text_zh() : reminder.text_en();
    const std::string item = StrCat(*shown + 1, ". ", words, "\n");
    if (text.size() + item.size() > room) break;
    text += item;
    ++*shown;
  }
  return text;
}

std::string TextIn(const DigestMessage& message, Language language, size_t max_bytes) {
  const Words say(language);
  const int all = message.reminders_size();
  int shown = 0;
  const std::string items = Items(message, language, max_bytes - std::min(max_bytes, kAround), &shown);
  std::string text = say({DigestSubjectZh(message), DigestSubjectEn(message)});
  StrAppend(&text, "\n\n", items);
  if (shown < all) {
    StrAppend(&text, say({StrCat("……另有 ", all - shown, " 项未列出。\n"),
                          StrCat("... and ", all - shown, " more that are not listed.\n")}));
  }
  StrAppend(&text, say({"\n请登录督办系统查看待办并办理。本消息由系统自动发出，请勿回复。\n",
                        "\nSee your list of what to do. This message was sent by a program; do not answer it.\n"}));
  return text;
}

}  // namespace

int UrgencyOf(Reminder::Reason reason) {
  switch (reason) {
    case Reminder::OVERDUE:
      return 1;
    case Reminder::ESCALATION:
      return 2;
    case Reminder::DUE:
      return 3;
    case Reminder::BEFORE_DUE:
      return 4;
    case Reminder::PERIODIC_REPORT:
      return 5;
    case Reminder::UNSIGNED:
      return 6;
    default:
      // What a person sent by hand.
      return 0;
  }
}

std::string DigestSubjectZh(const DigestMessage& message) {
  return StrCat("【督办提醒】", message.digest().recipient_display_name(), "：", message.reminders_size(), "项（",
                Counts(message, Language::kChinese), "）");
}

std::string DigestSubjectEn(const DigestMessage& message) {
  return StrCat("[Duban] ", message.digest().recipient_display_name(), ": ", message.reminders_size(), " items (",
                Counts(message, Language::kEnglish), ")");
}

std::string DigestTextZh(const DigestMessage& message, size_t max_bytes) {
  return TextIn(message, Language::kChinese, max_bytes);
}

std::string DigestTextEn(const DigestMessage& message, size_t max_bytes) {
  return TextIn(message, Language::kEnglish, max_bytes);
}

}  // namespace duban
