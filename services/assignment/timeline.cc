#include "services/assignment/timeline.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/words/words.h"

namespace duban {

namespace {

using Entry = v1::TimelineEntry;

// An entry and where it stands: never before what caused it, although its node's clock may say so.
struct Placed {
  absl::Time place;
  Entry entry;
};

Entry MakeEntry(Entry::Kind kind, const google::protobuf::Timestamp& time, const std::string& actor,
                const std::string& node, const std::string& text) {
  Entry entry;
  entry.set_kind(kind);
  *entry.mutable_event_time() = time;
  entry.set_actor(actor);
  entry.set_node(node);
  entry.set_text(text);
  return entry;
}

// When a revision changed what is asked; the distant past where it did not.
absl::Time ChangeTimeOf(const v1::Assignment& assignment, int32_t revision) {
  for (const v1::DutyChange& change : assignment.duty_changes()) {
    if (change.plan_revision() == revision) return FromProto(change.change_time());
  }
  return absl::InfinitePast();
}

// When what a receipt is for was asked, by the time of the receipt.
std::map<absl::Time, absl::Time> AskedBefore(const v1::Assignment& assignment) {
  std::map<absl::Time, absl::Time> asked;
  const auto add = [&](const v1::Receipt& receipt) {
    asked.emplace(FromProto(receipt.receive_time()), ChangeTimeOf(assignment, receipt.plan_revision()));
  };
  for (const v1::Receipt& receipt : assignment.execution().earlier_receipts()) add(receipt);
  if (assignment.execution().has_receipt()) add(assignment.execution().receipt());
  return asked;
}

// What the unit did, in the order of its own clock.
std::vector<Entry> ActsOf(const v1::Assignment& assignment) {
  std::vector<Entry> acts;
  if (assignment.has_delivery_time()) {
    acts.push_back(MakeEntry(Entry::DELIVERED, assignment.delivery_time(), assignment.unit_display_name(),
                             assignment.unit_node(), ""));
  }
  const v1::Execution& execution = assignment.execution();
  const std::string& node = execution.node();
  const auto add_receipt = [&](const v1::Receipt& receipt) {
    const std::string of = receipt.plan_revision() == 0 ? "" : StrCat("第", receipt.plan_revision(), "次发布的内容");
    acts.push_back(MakeEntry(Entry::RECEIVED, receipt.receive_time(), receipt.signer(), node, of));
  };
  for (const v1::Receipt& receipt : execution.earlier_receipts()) add_receipt(receipt);
  if (execution.has_receipt()) add_receipt(execution.receipt());
  for (const v1::Report& report : execution.reports()) {
    acts.push_back(MakeEntry(Entry::REPORTED, report.report_time(), report.reporter(), node,
                             StrCat(report.report_id(), "（", report.percent(), "%）：", report.text())));
  }
  for (const v1::Submission& submission : execution.submissions()) {
    const std::string period = submission.period().empty() ? "" : StrCat("（", submission.period(), "）");
    acts.push_back(MakeEntry(Entry::SUBMITTED, submission.submit_time(), submission.submitter(), node,
                             StrCat(submission.submission_id(), period, "：", submission.text())));
  }
  std::stable_sort(acts.begin(), acts.end(), [](const Entry& a, const Entry& b) {
    return FromProto(a.event_time()) < FromProto(b.event_time());
  });
  return acts;
}

Entry EntryOf(const v1::Review& review, const std::string& node) {
  const bool accepted = review.verdict() == v1::Review::ACCEPTED;
  const std::string text =
      review.comment().empty() ? review.submission_id() : StrCat(review.submission_id(), "：", review.comment());
  return MakeEntry(accepted ? Entry::ACCEPTED : Entry::RETURNED, review.review_time(), review.reviewer(), node, text);
}

}  // namespace

std::vector<v1::TimelineEntry> TimelineOf(const v1::Assignment& assignment) {
  const std::string& issuer = assignment.issuer_node();
  std::vector<Placed> placed;
  absl::Time last = FromProto(assignment.issue_time());
  placed.push_back({last, MakeEntry(Entry::ISSUED, assignment.issue_time(), assignment.issuer_display_name(), issuer,
                                    assignment.plan_title())});
  for (const v1::DutyChange& change : assignment.duty_changes()) {
    const std::string reason = change.reason().empty() ? "" : StrCat("。原因：", change.reason());
    placed.push_back(
        {FromProto(change.change_time()),
         MakeEntry(Entry::REVISED, change.change_time(), assignment.issuer_display_name(), issuer,
                   StrCat("第", change.plan_revision(), "次发布修订了", DutyChangeWords(change).zh, reason))});
  }
  int submission = 0;
  const std::map<absl::Time, absl::Time> asked = AskedBefore(assignment);
  for (Entry& act : ActsOf(assignment)) {
    last = std::max(last, FromProto(act.event_time()));
    const auto cause = act.kind() == Entry::RECEIVED ? asked.find(FromProto(act.event_time())) : asked.end();
    if (cause != asked.end()) last = std::max(last, cause->second);
    const bool submitted = act.kind() == Entry::SUBMITTED;
    placed.push_back({last, std::move(act)});
    if (!submitted) continue;
    // While a result is under review the unit cannot act, so what it did later came behind the verdict.
    const std::string& id = assignment.execution().submissions(submission++).submission_id();
    for (const v1::Review& review : assignment.oversight().reviews()) {
      if (review.submission_id() != id) continue;
      last = std::max(last, FromProto(review.review_time()));
      placed.push_back({last, EntryOf(review, issuer)});
    }
  }
  if (assignment.has_cancel_time()) {
    placed.push_back({FromProto(assignment.cancel_time()),
                      MakeEntry(Entry::CANCELLED, assignment.cancel_time(), assignment.issuer_display_name(), issuer,
                                assignment.cancel_reason())});
  }
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.place < b.place; });
  std::vector<Entry> entries;
  for (Placed& one : placed) entries.push_back(std::move(one.entry));
  return entries;
}

}  // namespace duban
