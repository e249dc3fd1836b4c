// The words of a digest, in Chinese and in English: how many items there are of what urgency, then each in a paragraph.
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_DIGEST_TEXT_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_DIGEST_TEXT_H_

#include <cstddef>
#include <string>

#include "duban/v1/digest.pb.h"

namespace duban {

// What mails and what is shown of a digest take at most.
inline constexpr size_t kMostMailBytes = 200'000;

// Where a reminder stands among those of a digest: what is most urgent is smallest. Of the same urgency, the earlier
// deadline comes first.
int UrgencyOf(v1::Reminder::Reason reason);

// `【督办提醒】区教育局：39项（逾期3项、今日到期5项、临期20项、待签收11项）`
std::string DigestSubjectZh(const v1::DigestMessage& message);
std::string DigestSubjectEn(const v1::DigestMessage& message);

// The text with its items, at most `max_bytes` long: items that have no room are counted.
std::string DigestTextZh(const v1::DigestMessage& message, size_t max_bytes);
std::string DigestTextEn(const v1::DigestMessage& message, size_t max_bytes);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_DIGEST_TEXT_H_
