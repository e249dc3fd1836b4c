#include "services/notification/log_channel.h"

#include <string>

#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "google/protobuf/util/json_util.h"

namespace duban {
namespace {

constexpr int kBatch = 500;

std::string LineOf(const v1::Reminder& reminder, absl::Time now) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // A reminder holds nothing that JSON cannot say, so this cannot fail.
  (void)google::protobuf::util::MessageToJsonString(reminder, &json, options);
  return StrCat("{\"sent_time\":\"", absl::FormatTime(absl::RFC3339_sec, now, Shanghai()), "\",\"reminder\":", json,
                "}\n");
}

}  // namespace

absl::StatusOr<int> LogChannel::DeliverBatch() {
  DUBAN_ASSIGN_OR_RETURN(const bool due, core_->HasDue());
  // Asking first spares the store a write for every look.
  if (!due) return 0;
  v1::LeaseRemindersRequest lease;
  lease.set_request_id(ids_->NextId("log-"));
  lease.set_max_reminders(kBatch);
  v1::LeaseRemindersResponse leased;
  DUBAN_RETURN_IF_ERROR(core_->LeaseReminders(self_, lease, &leased));
  if (leased.reminders().empty()) return 0;
  std::string lines;
  for (const v1::Reminder& reminder : leased.reminders()) lines += LineOf(reminder, clock_->Now());
  DUBAN_FAILPOINT("log_channel.before_append");
  const absl::Status appended = log_->Append(lines);
  DUBAN_FAILPOINT("log_channel.after_append");
  if (!appended.ok()) Log(LogLevel::kError, "log_channel.failed", {{"error", std::string(appended.message())}});
  v1::ConfirmRemindersRequest confirm;
  confirm.set_request_id(ids_->NextId("log-"));
  confirm.set_lease_token(leased.lease_token());
  for (const v1::Reminder& reminder : leased.reminders()) {
    auto& item = *confirm.add_items();
    item.set_name(reminder.name());
    item.set_error(std::string(appended.message()));
  }
  v1::ConfirmRemindersResponse confirmed;
  // One that is not ours any more needs no confirmation.
  DUBAN_RETURN_IF_ERROR(core_->ConfirmReminders(self_, confirm, &confirmed));
  return leased.reminders_size();
}

}  // namespace duban
