#include "services/notification/log_channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "google/protobuf/util/json_util.h"

namespace duban {
namespace {

constexpr int kBatch = 50;

absl::Status FileError(std::string_view what, const std::string& path) {
  const std::string reason = std::strerror(errno);
  return InvariantBroken(StrCat("cannot ", what, " ", path, ": ", reason));
}

std::string LineOf(const v1::Reminder& reminder, absl::Time now) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // A reminder holds nothing that JSON cannot say, so this cannot fail.
  (void)google::protobuf::util::MessageToJsonString(reminder, &json, options);
  return StrCat("{\"sent_time\":\"", absl::FormatTime(absl::RFC3339_sec, now, Shanghai()), "\",\"reminder\":", json,
                "}\n");
}

// A write that a crash or a full disk cut off must not swallow the next line.
bool EndsInsideALine(int file) {
  const off_t end = lseek(file, 0, SEEK_END);
  char last = '\n';
  return end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n';
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
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
  DUBAN_RETURN_IF_ERROR(core_->LeaseReminders(lease, &leased));
  if (leased.reminders().empty()) return 0;
  std::string lines;
  for (const v1::Reminder& reminder : leased.reminders()) lines += LineOf(reminder, clock_->Now());
  DUBAN_FAILPOINT("log_channel.before_append");
  const absl::Status appended = Append(lines);
  DUBAN_FAILPOINT("log_channel.after_append");
  if (!appended.ok()) Log(LogLevel::kError, "log_channel.failed", {{"error", std::string(appended.message())}});
  for (const v1::Reminder& reminder : leased.reminders()) {
    v1::ConfirmReminderRequest confirm;
    confirm.set_request_id(ids_->NextId("log-"));
    confirm.set_name(reminder.name());
    confirm.set_lease_token(leased.lease_token());
    confirm.set_error(std::string(appended.message()));
    v1::Reminder confirmed;
    const absl::Status status = core_->ConfirmReminder(confirm, &confirmed);
    // One that was cancelled meanwhile needs no confirmation.
    if (!status.ok() && ReasonOf(status) != v1::WRONG_STATE) return status;
  }
  return leased.reminders_size();
}

absl::Status LogChannel::Append(const std::string& lines) {
  const int file = open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return FileError("open", path_);
  const bool written = (!EndsInsideALine(file) || WriteAll(file, "\n")) && WriteAll(file, lines);
  absl::Status status;
  if (!written) {
    status = FileError("write", path_);
  } else if (fsync(file) != 0) {
    status = FileError("make durable", path_);
  }
  close(file);
  return status;
}

}  // namespace duban
