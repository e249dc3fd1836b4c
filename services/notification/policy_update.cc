#include "services/notification/policy_update.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "common/base/errors.h"
#include "common/base/field_mask.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr int kMaxRules = 10;
constexpr int kMaxDays = 60;

// The fields a caller can change.
const std::set<std::string>& Changeable() {
  static const auto* fields = new std::set<std::string>{"before_due_working_days", "on_due",
                                                        "overdue_working_days",    "escalation_working_days",
                                                        "unsigned_working_days",   "periodic_working_days",
                                                        "minute_of_day",           "max_attempts",
                                                        "first_backoff",           "catch_up_window"};
  return *fields;
}

void CheckRange(FieldErrors& errors, std::string_view field, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return;
  errors.Add(StrCat("policy.", field), StrCat("has to be from ", min, " to ", max, ", not ", value),
             StrCat("应在", min, "至", max, "之间，现为", value));
}

template <typename Days>
void CheckDays(FieldErrors& errors, std::string_view field, const Days& days) {
  if (days.size() > kMaxRules) {
    errors.Add(StrCat("policy.", field), StrCat("has more than ", kMaxRules, " values"),
               StrCat("不得超过", kMaxRules, "个"));
  }
  for (int i = 0; i < days.size(); ++i) CheckRange(errors, StrCat(field, "[", i, "]"), days[i], 1, kMaxDays);
}

absl::Status CheckPolicy(const v1::ReminderPolicy& policy) {
  FieldErrors errors;
  CheckDays(errors, "before_due_working_days", policy.before_due_working_days());
  CheckDays(errors, "overdue_working_days", policy.overdue_working_days());
  CheckDays(errors, "escalation_working_days", policy.escalation_working_days());
  CheckDays(errors, "unsigned_working_days", policy.unsigned_working_days());
  CheckRange(errors, "periodic_working_days", policy.periodic_working_days(), 0, kMaxDays);
  CheckRange(errors, "minute_of_day", policy.minute_of_day(), 0, 1439);
  CheckRange(errors, "max_attempts", policy.max_attempts(), 1, 100);
  CheckRange(errors, "first_backoff", policy.first_backoff().seconds(), 1, 3600);
  CheckRange(errors, "catch_up_window", policy.catch_up_window().seconds(), 3600, 2592000);
  return errors.ToStatus();
}

}  // namespace

absl::StatusOr<v1::ReminderPolicy> UpdatedPolicy(const v1::ReminderPolicy& current,
                                                 const v1::UpdateReminderPolicyRequest& request) {
  DUBAN_ASSIGN_OR_RETURN(const std::set<std::string> fields,
                         FieldsToChange(request.policy(), request.update_mask(), Changeable()));
  v1::ReminderPolicy policy = current;
  CopyFields(request.policy(), fields, &policy);
  policy.clear_etag();
  DUBAN_RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

}  // namespace duban
