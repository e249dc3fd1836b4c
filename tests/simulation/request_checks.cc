#include "tests/simulation/request_checks.h"

#include <optional>
#include <set>
#include <string>

#include "common/base/civil.h"
#include "common/base/strings.h"

namespace duban::simulation {
namespace {

using v1::Assignment;

// The day that was granted last, of those that put off the day that the order names.
std::string LastGranted(const v1::Order& order, const v1::Oversight& oversight) {
  std::string last;
  absl::Time when = absl::InfinitePast();
  const auto take = [&](const std::string& due, const std::string& instead_of, const auto& time) {
    if (due.empty() || instead_of != order.deadline().due() || FromProto(time) < when) return;
    last = std::max(last, due);
    when = FromProto(time);
  };
  for (const auto& answer : oversight.extension_answers()) {
    take(answer.due(), answer.issued_due(), answer.answer_time());
  }
  for (const auto& ruling : oversight.rulings()) take(ruling.due(), ruling.issued_due(), ruling.rule_time());
  return last;
}

// Whether the unit's last decline has no decision.
bool DeclineWaits(const Assignment& assignment) {
  const auto& declines = assignment.execution().declines();
  if (declines.empty()) return false;
  for (const auto& ruling : assignment.oversight().rulings()) {
    if (ruling.decline_id() == declines.rbegin()->decline_id()) return false;
  }
  return true;
}

void CheckDue(World* world, SimNode* node, const v1::Order& order, const Assignment& assignment) {
  const std::string granted = LastGranted(order, assignment.oversight());
  const std::string& due = granted.empty() ? order.deadline().due() : granted;
  world->Check("A10", assignment.deadline().due() == due, [&] {
    return StrCat(node->id(), " shows ", assignment.name(), " due on ", assignment.deadline().due(),
                  ", what was granted says ", due);
  });
  const std::optional<absl::CivilDay> day = ParseDay(due);
  const bool open = assignment.state() == Assignment::ISSUED || assignment.state() == Assignment::RECEIVED ||
                    assignment.state() == Assignment::IN_PROGRESS;
  if (!open || !day.has_value() || assignment.deadline().kind() != v1::Deadline::BY_DATE) return;
  const bool over = *day < DayOf(node->clock().Now());
  world->Check("A10", over == (assignment.light() == Assignment::RED), [&] {
    return StrCat(node->id(), " shows ", assignment.name(), " as ", Assignment::Light_Name(assignment.light()),
                  ", due on ", due);
  });
}

}  // namespace

void CheckAgreed(World* world, SimNode* node, const v1::Order& order, const Assignment& assignment) {
  CheckDue(world, node, order, assignment);
  const bool over = assignment.state() == Assignment::CANCELLED || assignment.state() == Assignment::DONE;
  const bool declined = assignment.state() == Assignment::DECLINED;
  world->Check("A10", over || declined == DeclineWaits(assignment), [&] {
    return StrCat(node->id(), " shows ", assignment.name(), " as ", Assignment::State_Name(assignment.state()),
                  DeclineWaits(assignment) ? ", which is declined" : ", which nobody declines");
  });
  world->Check("A10", !declined || assignment.light() == Assignment::GREY,
               [&] { return StrCat(node->id(), " waits for ", assignment.name(), ", which is declined"); });
  std::set<std::string> read;
  for (const auto& reading : assignment.oversight().readings()) {
    read.insert(reading.report_ids().begin(), reading.report_ids().end());
  }
  bool any = false;
  for (const auto& report : assignment.execution().reports()) {
    any |= !report.has_retract_time();
    world->Check("A10", !read.contains(report.report_id()) || !report.has_retract_time(), [&] {
      return StrCat(node->id(), " shows report ", report.report_id(), " of ", assignment.name(),
                    " as taken back, which was read");
    });
    world->Check("A10", report.has_retract_time() == report.text().empty(), [&] {
      return StrCat(node->id(), " shows a text of report ", report.report_id(), " of ", assignment.name(),
                    ", or none, and should not");
    });
  }
  world->Check("A10", assignment.state() != Assignment::IN_PROGRESS || any,
               [&] { return StrCat(node->id(), " shows ", assignment.name(), " in progress without a report"); });
}

}  // namespace duban::simulation
