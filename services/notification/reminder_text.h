// The words of a reminder, in Chinese and in English: what, for whom, by when, and what to do next. Pure and
// thread-safe. Texts never say how many days are left, so that one that goes out late is still true.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_TEXT_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_TEXT_H_

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/reminder.pb.h"

namespace duban {

// What reminders quote of a task's text.
std::string QuotedText(const v1::Order& order);

// What a text says. All views outlive the call.
struct ReminderFacts {
  const v1::Order& order;
  // QuotedText of the order.
  std::string_view quoted;
  v1::Responsibility::Role role;
  v1::Reminder::Reason reason;
  std::string_view unit_display_name;
  std::string_view issuer_display_name;
  // The last day that is on time, or the last day of the period; for UNSIGNED and URGE only where `has_due`.
  absl::CivilDay due;
  bool has_due = false;
  // The day the reminder goes out.
  absl::CivilDay day;
  bool signed_for = false;
  // A result waits for review.
  bool under_review = false;
  // The holiday notices of the days between `day` and `due` are known.
  bool calendar_known = true;
  // URGE: what the issuer said.
  std::string_view urge = {};
};

std::string ReminderTextZh(const ReminderFacts& facts);
std::string ReminderTextEn(const ReminderFacts& facts);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_TEXT_H_
