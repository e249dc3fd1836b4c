#include "services/notification/policy_update.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/util/field_mask_util.h"

namespace duban {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::util::FieldMaskUtil;

constexpr int kMaxRules = 10;
constexpr int kMaxDays = 60;

// The fields a caller can change.
const FieldMask& Changeable() {
  static const auto* mask = [] {
    auto* all = new FieldMask;
    FieldMaskUtil::FromFieldNumbers<v1::ReminderPolicy>({2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, all);
    return all;
  }();
  return *mask;
}

// The populated ones of the changeable fields.
FieldMask Populated(const v1::ReminderPolicy& policy) {
  FieldMask mask;
  for (const std::string& path : Changeable().paths()) {
    const auto* field = v1::ReminderPolicy::descriptor()->FindFieldByName(path);
    const auto* reflection = policy.GetReflection();
    if (field->is_repeated() ? reflection->FieldSize(policy, field) > 0 : reflection->HasField(policy, field)) {
      mask.add_paths(path);
    }
  }
  return mask;
}

absl::StatusOr<FieldMask> MaskOf(const v1::UpdateReminderPolicyRequest& request) {
  const FieldMask& given = request.update_mask();
  if (given.paths_size() == 0) return Populated(request.policy());
  if (given.paths_size() == 1 && given.paths(0) == "*") return Changeable();
  for (const std::string& path : given.paths()) {
    if (!FieldMaskUtil::IsPathInFieldMask(path, Changeable()) || path.find('.') != std::string::npos) {
      return InvalidField("update_mask", StrCat("names `", path, "`, which is no field that can be changed"),
                          StrCat("中的“", path, "”不是可修改的字段"));
    }
  }
  return given;
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
  DUBAN_ASSIGN_OR_RETURN(const FieldMask mask, MaskOf(request));
  v1::ReminderPolicy policy = current;
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(request.policy(), mask, options, &policy);
  policy.clear_etag();
  DUBAN_RETURN_IF_ERROR(CheckPolicy(policy));
  return policy;
}

}  // namespace duban
