#include "services/assignment/timeline.h"

#include <algorithm>
#include <string>

#include "common/base/civil.h"
#include "common/base/strings.h"

namespace duban {

std::vector<v1::TimelineEntry> TimelineOf(const v1::Assignment& assignment, const v1::Execution& execution) {
  using Entry = v1::TimelineEntry;
  std::vector<Entry> entries;
  const auto add = [&](Entry::Kind kind, const google::protobuf::Timestamp& time, const std::string& actor,
                       const std::string& node, const std::string& text) {
    Entry& entry = entries.emplace_back();
    entry.set_kind(kind);
    *entry.mutable_event_time() = time;
    entry.set_actor(actor);
    entry.set_node(node);
    entry.set_text(text);
  };
  const std::string& issuer = assignment.issuer_node();
  const std::string& executor = execution.node();
  add(Entry::ISSUED, assignment.issue_time(), assignment.issuer_display_name(), issuer, assignment.plan_title());
  if (execution.has_delivery_time()) {
    add(Entry::DELIVERED, execution.delivery_time(), assignment.unit_display_name(), executor, "");
  }
  if (execution.has_receipt()) {
    add(Entry::RECEIVED, execution.receipt().receive_time(), execution.receipt().signer(), executor, "");
  }
  for (const v1::Report& report : execution.reports()) {
    add(Entry::REPORTED, report.report_time(), report.reporter(), executor,
        StrCat(report.report_id(), "（", report.percent(), "%）：", report.text()));
  }
  for (const v1::Submission& submission : execution.submissions()) {
    const std::string period = submission.period().empty() ? "" : StrCat("（", submission.period(), "）");
    add(Entry::SUBMITTED, submission.submit_time(), submission.submitter(), executor,
        StrCat(submission.submission_id(), period, "：", submission.text()));
  }
  for (const v1::Review& review : assignment.reviews()) {
    const bool accepted = review.verdict() == v1::Review::ACCEPTED;
    add(accepted ? Entry::ACCEPTED : Entry::RETURNED, review.review_time(), review.reviewer(), issuer,
        review.comment().empty() ? review.submission_id() : StrCat(review.submission_id(), "：", review.comment()));
  }
  if (assignment.has_cancel_time()) {
    add(Entry::CANCELLED, assignment.cancel_time(), assignment.issuer_display_name(), issuer,
        assignment.cancel_reason());
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return FromProto(a.event_time()) < FromProto(b.event_time());
  });
  return entries;
}

}  // namespace duban
