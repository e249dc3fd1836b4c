#include "common/contract/agreed.h"

#include <algorithm>
#include <string>

#include "common/base/planted_bug.h"

namespace duban {

const v1::Decline* OpenDecline(const v1::Execution& execution, const v1::Oversight& oversight) {
  if (execution.declines().empty() || DUBAN_BUG("agreed.decline_passed_over")) return nullptr;
  const v1::Decline& last = *execution.declines().rbegin();
  const auto& rulings = oversight.rulings();
  const bool decided = std::any_of(rulings.begin(), rulings.end(),
                                   [&](const v1::Ruling& ruling) { return ruling.decline_id() == last.decline_id(); });
  return decided ? nullptr : &last;
}

bool IsBound(const v1::Oversight& oversight) {
  const auto& rulings = oversight.rulings();
  return std::any_of(rulings.begin(), rulings.end(),
                     [](const v1::Ruling& ruling) { return ruling.decision() == v1::Ruling::BINDING; });
}

const v1::ExtensionRequest* OpenExtension(const v1::Execution& execution, const v1::Oversight& oversight) {
  if (execution.extension_requests().empty()) return nullptr;
  // One is open at a time.
  const v1::ExtensionRequest& last = *execution.extension_requests().rbegin();
  const auto& answers = oversight.extension_answers();
  const bool answered = std::any_of(answers.begin(), answers.end(), [&](const v1::ExtensionAnswer& answer) {
    return answer.extension_id() == last.extension_id();
  });
  return answered ? nullptr : &last;
}

std::string_view GrantedDue(const v1::Deadline& deadline, const v1::Oversight& oversight) {
  if (deadline.kind() != v1::Deadline::BY_DATE || deadline.due().empty()) return {};
  std::string_view granted;
  // Each is behind the one before, and days sort as they are written.
  const auto take = [&](const std::string& due, const std::string& issued_due) {
    if (!due.empty() && issued_due == deadline.due()) granted = std::max(granted, std::string_view(due));
  };
  for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) {
    if (answer.verdict() == v1::ExtensionAnswer::GRANTED) take(answer.due(), answer.issued_due());
  }
  for (const v1::Ruling& ruling : oversight.rulings()) {
    if (ruling.decision() == v1::Ruling::BINDING) take(ruling.due(), ruling.issued_due());
  }
  return granted;
}

std::string_view BindingDue(const Duty& duty) {
  const std::string_view granted = GrantedDue(duty.order->deadline(), duty.oversight);
  return granted.empty() || DUBAN_BUG("agreed.granted_day_forgotten") ? duty.order->deadline().due() : granted;
}

v1::Deadline DeadlineOf(const Duty& duty) {
  v1::Deadline deadline = duty.order->deadline();
  deadline.set_due(std::string(BindingDue(duty)));
  return deadline;
}

bool IsRead(const v1::Oversight& oversight, std::string_view report_id) {
  const auto& readings = oversight.readings();
  return std::any_of(readings.begin(), readings.end(), [&](const v1::ReportReading& reading) {
    const auto& ids = reading.report_ids();
    return std::find(ids.begin(), ids.end(), report_id) != ids.end();
  });
}

bool IsUnread(const v1::Report& report, const v1::Oversight& oversight) {
  return !report.has_retract_time() && !IsRead(oversight, report.report_id());
}

bool IsRetracted(const v1::Report& report, const v1::Oversight& oversight) {
  return report.has_retract_time() &&
         (!IsRead(oversight, report.report_id()) || DUBAN_BUG("agreed.read_report_taken_back"));
}

}  // namespace duban
