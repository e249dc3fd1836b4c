#include "services/assignment/timeline.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

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

// What a unit did, and the id by which the issuer's acts name it; empty where none does.
struct UnitAct {
  Entry entry;
  std::string id = {};
};

void AddRequests(const v1::Execution& execution, std::vector<UnitAct>& acts) {
  const std::string& node = execution.node();
  for (const v1::Decline& decline : execution.declines()) {
    acts.push_back({MakeEntry(Entry::DECLINED, decline.decline_time(), decline.decliner(), node, decline.reason()),
                    decline.decline_id()});
  }
  for (const v1::ExtensionRequest& request : execution.extension_requests()) {
    acts.push_back({MakeEntry(Entry::EXTENSION_REQUESTED, request.request_time(), request.requester(), node,
                              StrCat(request.extension_id(), "（", request.proposed_due(), "）：", request.reason())),
                    request.extension_id()});
  }
}

void AddReport(const v1::Report& report, const std::string& node, std::vector<UnitAct>& acts) {
  const std::string& id = report.report_id();
  if (!report.has_retract_time()) {
    // 0 is what nobody said: shown, it would be work undone.
    const std::string percent = report.percent() == 0 ? "" : StrCat("（", report.percent(), "%）");
    acts.push_back({MakeEntry(Entry::REPORTED, report.report_time(), report.reporter(), node,
                              StrCat(id, percent, "：", report.text())),
                    id});
    return;
  }
  acts.push_back({MakeEntry(Entry::REPORTED, report.report_time(), report.reporter(), node, id), id});
  acts.push_back({MakeEntry(Entry::REPORT_RETRACTED, report.retract_time(), report.reporter(), node, id)});
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
std::vector<UnitAct> ActsOf(const v1::Assignment& assignment) {
  std::vector<UnitAct> acts;
  if (assignment.has_delivery_time()) {
    acts.push_back({MakeEntry(Entry::DELIVERED, assignment.delivery_time(), assignment.unit_display_name(),
                              assignment.unit_node(), "")});
  }
  const v1::Execution& execution = assignment.execution();
  const std::string& node = execution.node();
  const auto add_receipt = [&](const v1::Receipt& receipt) {
    const std::string of = receipt.plan_revision() == 0 ? "" : StrCat("第", receipt.plan_revision(), "次发布的内容");
    acts.push_back({MakeEntry(Entry::RECEIVED, receipt.receive_time(), receipt.signer(), node, of)});
  };
  for (const v1::Receipt& receipt : execution.earlier_receipts()) add_receipt(receipt);
  if (execution.has_receipt()) add_receipt(execution.receipt());
  for (const v1::Report& report : execution.reports()) AddReport(report, node, acts);
  for (const v1::Submission& submission : execution.submissions()) {
    const std::string period = submission.period().empty() ? "" : StrCat("（", submission.period(), "）");
    acts.push_back({MakeEntry(Entry::SUBMITTED, submission.submit_time(), submission.submitter(), node,
                              StrCat(submission.submission_id(), period, "：", submission.text())),
                    submission.submission_id()});
  }
  AddRequests(execution, acts);
  std::stable_sort(acts.begin(), acts.end(), [](const UnitAct& a, const UnitAct& b) {
    return FromProto(a.entry.event_time()) < FromProto(b.entry.event_time());
  });
  return acts;
}

Entry EntryOf(const v1::Review& review, const std::string& node) {
  const bool accepted = review.verdict() == v1::Review::ACCEPTED;
  const std::string text =
      review.comment().empty() ? review.submission_id() : StrCat(review.submission_id(), "：", review.comment());
  return MakeEntry(accepted ? Entry::ACCEPTED : Entry::RETURNED, review.review_time(), review.reviewer(), node, text);
}

Entry EntryOf(const v1::Ruling& ruling, const std::string& node) {
  const bool bound = ruling.decision() == v1::Ruling::BINDING;
  const std::string to = bound ? ruling.due() : ruling.unit();
  const std::string text = StrCat(to, to.empty() || ruling.comment().empty() ? "" : "：", ruling.comment());
  return MakeEntry(bound ? Entry::BOUND : Entry::READDRESSED, ruling.rule_time(), ruling.arbiter(), node, text);
}

Entry EntryOf(const v1::ExtensionAnswer& answer, const std::string& node) {
  const bool granted = answer.verdict() == v1::ExtensionAnswer::GRANTED;
  const std::string due = granted ? StrCat("（", answer.due(), "）") : "";
  return MakeEntry(granted ? Entry::EXTENSION_GRANTED : Entry::EXTENSION_REFUSED, answer.answer_time(),
                   answer.answerer(), node,
                   StrCat(answer.extension_id(), due, answer.comment().empty() ? "" : "：", answer.comment()));
}

Entry EntryOf(const v1::ReportReading& reading, const std::string& node) {
  std::string ids;
  for (const std::string& id : reading.report_ids()) StrAppend(&ids, ids.empty() ? "" : "、", id);
  return MakeEntry(Entry::REPORTS_READ, reading.read_time(), reading.reader(), node, ids);
}

// All that happened, put in its place.
class Timeline {
 public:
  explicit Timeline(const v1::Assignment& assignment)
      : assignment_(assignment),
        issuer_(assignment.issuer_node()),
        issued_(FromProto(assignment.issue_time())),
        asked_(AskedBefore(assignment)),
        last_(issued_) {}

  std::vector<Placed> Place() {
    placed_.push_back({issued_, MakeEntry(Entry::ISSUED, assignment_.issue_time(), assignment_.issuer_display_name(),
                                          issuer_, assignment_.plan_title())});
    for (const v1::DutyChange& change : assignment_.duty_changes()) {
      placed_.push_back({FromProto(change.change_time()), RevisedEntry(change)});
    }
    for (UnitAct& act : ActsOf(assignment_)) PlaceAct(std::move(act));
    PlaceIssuersActs();
    if (assignment_.has_cancel_time()) {
      placed_.push_back({FromProto(assignment_.cancel_time()),
                         MakeEntry(Entry::CANCELLED, assignment_.cancel_time(), assignment_.issuer_display_name(),
                                   issuer_, assignment_.cancel_reason())});
    }
    return std::move(placed_);
  }

 private:
  Entry RevisedEntry(const v1::DutyChange& change) const {
    const std::string reason = change.reason().empty() ? "" : StrCat("。原因：", change.reason());
    return MakeEntry(Entry::REVISED, change.change_time(), assignment_.issuer_display_name(), issuer_,
                     StrCat("第", change.plan_revision(), "次发布修订了", DutyChangeWords(change).zh, reason));
  }

  void PlaceAct(UnitAct act) {
    last_ = std::max(last_, FromProto(act.entry.event_time()));
    const auto asked =
        act.entry.kind() == Entry::RECEIVED ? asked_.find(FromProto(act.entry.event_time())) : asked_.end();
    if (asked != asked_.end()) last_ = std::max(last_, asked->second);
    placed_.push_back({last_, std::move(act.entry)});
    if (act.id.empty()) return;
    places_[act.id] = last_;
    // While a result or a decline waits the unit cannot act, so what it did later came behind the decision.
    for (const v1::Review& review : assignment_.oversight().reviews()) {
      if (review.submission_id() == act.id) PlaceDecision(review.review_time(), EntryOf(review, issuer_));
    }
    for (const v1::Ruling& ruling : assignment_.oversight().rulings()) {
      if (ruling.decline_id() == act.id) PlaceDecision(ruling.rule_time(), EntryOf(ruling, issuer_));
    }
  }

  void PlaceDecision(const google::protobuf::Timestamp& time, Entry entry) {
    last_ = std::max(last_, FromProto(time));
    placed_.push_back({last_, std::move(entry)});
  }

  // What the issuer does at any time; not before what it is about.
  void PlaceIssuersActs() {
    const v1::Oversight& oversight = assignment_.oversight();
    for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) {
      PlaceBehind({answer.extension_id()}, answer.answer_time(), EntryOf(answer, issuer_));
    }
    for (const v1::ReportReading& reading : oversight.readings()) {
      PlaceBehind({reading.report_ids().begin(), reading.report_ids().end()}, reading.read_time(),
                  EntryOf(reading, issuer_));
    }
    for (const v1::Remark& remark : oversight.remarks()) {
      PlaceBehind({}, remark.remark_time(),
                  MakeEntry(Entry::REMARKED, remark.remark_time(), remark.author(), issuer_, remark.text()));
    }
    for (const v1::Urge& urge : oversight.urges()) {
      PlaceBehind({}, urge.urge_time(), MakeEntry(Entry::URGED, urge.urge_time(), urge.author(), issuer_, urge.text()));
    }
  }

  void PlaceBehind(const std::vector<std::string>& causes, const google::protobuf::Timestamp& time, Entry entry) {
    absl::Time place = std::max(issued_, FromProto(time));
    for (const std::string& cause : causes) {
      const auto found = places_.find(cause);
      if (found != places_.end()) place = std::max(place, found->second);
    }
    placed_.push_back({place, std::move(entry)});
  }

  const v1::Assignment& assignment_;
  const std::string& issuer_;
  const absl::Time issued_;
  const std::map<absl::Time, absl::Time> asked_;
  absl::Time last_;
  std::vector<Placed> placed_;
  // Of what the unit did, by id.
  std::map<std::string, absl::Time> places_;
};

}  // namespace

std::vector<v1::TimelineEntry> TimelineOf(const v1::Assignment& assignment) {
  std::vector<Placed> placed = Timeline(assignment).Place();
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.place < b.place; });
  std::vector<Entry> entries;
  for (Placed& one : placed) entries.push_back(std::move(one.entry));
  return entries;
}

}  // namespace duban
