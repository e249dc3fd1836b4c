#include "services/notification/duty_copies.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/contract/duty.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "services/notification/reminder_rows.h"

namespace duban {
namespace {

using storage::v1::DutyActs;
using storage::v1::ListedUnit;
using storage::v1::ListHead;
using storage::v1::ListPage;
using storage::v1::UnitActs;

// Columns of a task's text that are kept; a reminder quotes fewer.
constexpr size_t kKeptColumns = 200;

google::protobuf::Timestamp WholeSeconds(const google::protobuf::Timestamp& time) {
  google::protobuf::Timestamp kept;
  kept.set_seconds(time.seconds());
  return kept;
}

v1::Execution Trimmed(const v1::Execution& execution) {
  v1::Execution kept;
  kept.set_version(execution.version() > 0 ? 1 : 0);
  kept.set_moves(execution.moves());
  if (execution.has_receipt()) {
    *kept.mutable_receipt()->mutable_receive_time() = WholeSeconds(execution.receipt().receive_time());
    kept.mutable_receipt()->set_plan_revision(execution.receipt().plan_revision());
  }
  std::set<absl::CivilDay> reported;
  for (const v1::Report& report : execution.reports()) {
    // One that the issuer read at the same time stays a report; a reminder too many asks for another one then.
    if (report.has_retract_time()) continue;
    if (!reported.insert(DayOf(FromProto(report.report_time()))).second) continue;
    *kept.add_reports()->mutable_report_time() = WholeSeconds(report.report_time());
  }
  for (const v1::Submission& submission : execution.submissions()) {
    v1::Submission& own = *kept.add_submissions();
    own.set_submission_id(submission.submission_id());
    own.set_period(submission.period());
  }
  for (const v1::Decline& decline : execution.declines()) kept.add_declines()->set_decline_id(decline.decline_id());
  return kept;
}

void TrimDecisions(const v1::Oversight& oversight, v1::Oversight& kept) {
  for (const v1::Ruling& ruling : oversight.rulings()) {
    v1::Ruling& own = *kept.add_rulings();
    own.set_decline_id(ruling.decline_id());
    own.set_decision(ruling.decision());
    own.set_due(ruling.due());
    own.set_issued_due(ruling.issued_due());
    *own.mutable_rule_time() = ruling.rule_time();
  }
  for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) {
    if (answer.verdict() != v1::ExtensionAnswer::GRANTED) continue;
    v1::ExtensionAnswer& own = *kept.add_extension_answers();
    own.set_verdict(answer.verdict());
    own.set_due(answer.due());
    own.set_issued_due(answer.issued_due());
    *own.mutable_answer_time() = answer.answer_time();
  }
  for (const v1::Urge& urge : oversight.urges()) {
    v1::Urge& own = *kept.add_urges();
    own.set_text(urge.text());
    *own.mutable_urge_time() = urge.urge_time();
  }
}

v1::Oversight Trimmed(const v1::Oversight& oversight) {
  v1::Oversight kept;
  kept.set_version(oversight.version() > 0 ? 1 : 0);
  TrimDecisions(oversight, kept);
  for (const v1::Review& review : oversight.reviews()) {
    v1::Review& own = *kept.add_reviews();
    own.set_submission_id(review.submission_id());
    own.set_verdict(review.verdict());
    *own.mutable_review_time() = review.review_time();
  }
  if (oversight.has_carried_execution()) {
    *kept.mutable_carried_execution() = Trimmed(oversight.carried_execution());
  }
  return kept;
}

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return absl::ToUnixMicros(FromProto(time));
}

ListedUnit Trimmed(const v1::Addressee& addressee, const v1::AddresseeList& list, std::string_view node) {
  ListedUnit kept;
  kept.set_unit(std::string(LastSegment(addressee.unit())));
  kept.set_key(UnitKey(addressee.unit()));
  kept.set_display_name(addressee.unit_display_name());
  kept.set_role(addressee.role());
  // A unit without a node of its own works at its issuer's.
  kept.set_here(node == (addressee.unit_node().empty() ? list.issuer_node() : addressee.unit_node()));
  kept.set_cancelled(addressee.has_cancel_time() || !addressee.cancel_reason().empty());
  if (addressee.has_issue_time()) kept.set_issue_micros(MicrosOf(addressee.issue_time()));
  kept.set_moves(addressee.moves());
  if (addressee.has_duty_change()) {
    kept.set_asked_micros(MicrosOf(addressee.duty_change().change_time()));
    kept.set_asked_revision(addressee.duty_change().plan_revision());
  }
  return kept;
}

// --- Rows of acts, in which one task's part is read and replaced without reading the others ---

// Where a task's part lies in the bytes of a UnitActs, tag and length included.
struct Part {
  size_t begin = 0;
  size_t end = 0;
  // What is between tag and end.
  std::string_view payload;
};

constexpr uint32_t kDutyTag = UnitActs::kDutiesFieldNumber << 3 | 2;
constexpr uint32_t kTaskTag = DutyActs::kTaskFieldNumber << 3 | 2;

// Whether the first field of a DutyActs says that it is about `task`.
bool IsAbout(std::string_view payload, std::string_view task) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(payload.data()),
                                                static_cast<int>(payload.size()));
  uint32_t length = 0;
  if (stream.ReadTag() != kTaskTag || !stream.ReadVarint32(&length)) return false;
  const auto at = static_cast<size_t>(stream.CurrentPosition());
  return length == task.size() && payload.substr(at, length) == task;
}

// Finds the part about `task`; false where the bytes do not parse.
bool FindPart(std::string_view row, std::string_view task, std::optional<Part>& found) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(row.data()),
                                                static_cast<int>(row.size()));
  while (true) {
    const auto begin = static_cast<size_t>(stream.CurrentPosition());
    const uint32_t tag = stream.ReadTag();
    if (tag == 0) return begin == row.size();
    uint32_t length = 0;
    // Both fields are length-delimited.
    if ((tag & 7) != 2 || !stream.ReadVarint32(&length)) return false;
    const auto at = static_cast<size_t>(stream.CurrentPosition());
    if (!stream.Skip(static_cast<int>(length))) return false;
    const std::string_view payload = row.substr(at, length);
    if (tag != kDutyTag || !IsAbout(payload, task)) continue;
    found = Part{begin, at + length, payload};
    return true;
  }
}

bool IsEmpty(const DutyActs& acts) {
  return !acts.has_execution() && !acts.has_oversight();
}

// `row` with the part about a task replaced by `acts`.
std::string Replaced(std::string row, const std::optional<Part>& old, const DutyActs& acts) {
  std::string part;
  if (!IsEmpty(acts)) {
    UnitActs holder;
    *holder.add_duties() = acts;
    part = holder.SerializeAsString();
  }
  if (!old.has_value()) return row + part;
  return row.replace(old->begin, old->end - old->begin, part);
}

// The page that holds `unit`, or would.
size_t PageOf(const ListHead& head, uint64_t unit) {
  const auto& ends = head.page_ends();
  return static_cast<size_t>(std::lower_bound(ends.begin(), ends.end(), unit) - ends.begin());
}

void DropList(Transaction& transaction, const ListHead& head, size_t from_page) {
  for (size_t page = from_page; page < static_cast<size_t>(head.page_ends_size()); ++page) {
    transaction.DeleteLocal(ListPageRow(head.name(), page));
  }
}

// Writes what is other than it was.
absl::Status PutIfOther(Transaction& transaction, std::string name, const google::protobuf::Message& message) {
  std::string key = LocalKey(name);
  std::string bytes = message.SerializeAsString();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> before, transaction.GetRow(key));
  if (before != bytes) transaction.PutRow(std::move(key), std::move(bytes));
  return absl::OkStatus();
}

absl::Status PutList(Transaction& transaction, const v1::AddresseeList& list, std::string_view node, ListHead& head) {
  std::vector<ListedUnit> units;
  units.reserve(static_cast<size_t>(list.addressees_size()));
  std::set<int64_t> here, all, asked;
  for (const v1::Addressee& addressee : list.addressees()) {
    const ListedUnit& unit = units.emplace_back(Trimmed(addressee, list, node));
    if (unit.cancelled()) continue;
    all.insert(unit.issue_micros());
    if (unit.here()) here.insert(unit.issue_micros());
    if (unit.here() && unit.asked_micros() != 0) asked.insert(unit.asked_micros());
  }
  std::sort(units.begin(), units.end(), [](const ListedUnit& a, const ListedUnit& b) { return a.key() < b.key(); });
  head.mutable_issue_micros_here()->Assign(here.begin(), here.end());
  head.mutable_issue_micros()->Assign(all.begin(), all.end());
  head.mutable_asked_micros_here()->Assign(asked.begin(), asked.end());
  for (size_t begin = 0; begin < units.size(); begin += kListPage) {
    const size_t end = std::min(units.size(), begin + kListPage);
    ListPage page;
    for (size_t i = begin; i < end; ++i) *page.add_units() = std::move(units[i]);
    const size_t number = static_cast<size_t>(head.page_ends_size());
    head.add_page_ends(page.units().rbegin()->key());
    DUBAN_RETURN_IF_ERROR(PutIfOther(transaction, ListPageRow(head.name(), number), page));
  }
  return PutIfOther(transaction, ListRow(head.name()), head);
}

}  // namespace

v1::Order TrimmedOrder(const v1::Order& order) {
  v1::Order kept = order;
  kept.set_text(Ellipsize(order.text(), kKeptColumns));
  kept.clear_headings();
  kept.clear_aligned_tasks();
  kept.clear_duty_changes();
  const v1::DutyChange& last = LastChangeOf(order);
  if (last.plan_revision() > 0) {
    v1::DutyChange& own = *kept.add_duty_changes();
    own.set_plan_revision(last.plan_revision());
    *own.mutable_change_time() = last.change_time();
  }
  return kept;
}

absl::StatusOr<bool> TakeInList(Transaction& transaction, const v1::FeedEntry& entry, std::string_view node) {
  const std::string& name = entry.entity();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListHead> before, ReadListHead(transaction, name));
  v1::AddresseeList list;
  if (entry.withdrawn()) {
    if (!before.has_value()) return false;
    DropList(transaction, *before, 0);
    transaction.DeleteLocal(ListRow(name));
    return false;
  }
  if (!entry.payload().UnpackTo(&list)) return false;
  ListHead head;
  head.set_name(name);
  DUBAN_RETURN_IF_ERROR(PutList(transaction, list, node, head));
  if (before.has_value()) DropList(transaction, *before, static_cast<size_t>(head.page_ends_size()));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> awaited, transaction.GetRow(LocalKey(AwaitedRow(name))));
  if (awaited.has_value()) transaction.DeleteLocal(AwaitedRow(name));
  // A list never changes; should one come with other content all the same, what was planned by it is planned anew.
  const bool changed = before.has_value() && before->SerializeAsString() != head.SerializeAsString();
  return awaited.has_value() || changed;
}

absl::StatusOr<TakenOversight> TakeInActs(Transaction& transaction, const ParsedName& name,
                                          const v1::FeedEntry& entry) {
  const std::string row_name = ActRow(name.task, UnitKey(name.id));
  const std::string_view task = LastSegment(name.task);
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, transaction.GetRow(LocalKey(row_name)));
  std::optional<Part> part;
  DutyActs acts;
  if (row.has_value() && !FindPart(*row, task, part)) return BrokenRecord(row_name);
  if (part.has_value() && !acts.ParseFromArray(part->payload.data(), static_cast<int>(part->payload.size()))) {
    return BrokenRecord(row_name);
  }
  const std::string before = acts.SerializeAsString();
  TakenOversight taken{acts.oversight(), {}};
  acts.set_task(std::string(task));
  if (name.noun == Noun::kExecution) {
    v1::Execution execution;
    if (entry.withdrawn()) {
      acts.clear_execution();
    } else if (entry.payload().UnpackTo(&execution)) {
      *acts.mutable_execution() = Trimmed(execution);
    } else {
      return TakenOversight();
    }
  } else {
    v1::Oversight oversight;
    if (entry.withdrawn()) {
      acts.clear_oversight();
    } else if (entry.payload().UnpackTo(&oversight)) {
      *acts.mutable_oversight() = Trimmed(oversight);
    } else {
      return TakenOversight();
    }
  }
  taken.after = acts.oversight();
  if (acts.SerializeAsString() == before || (IsEmpty(acts) && !part.has_value())) return taken;
  if (!row.has_value()) {
    UnitActs fresh;
    fresh.set_unit(std::string(name.id));
    row = fresh.SerializeAsString();
  }
  std::string bytes = Replaced(*std::move(row), part, acts);
  UnitActs nothing;
  nothing.set_unit(std::string(name.id));
  if (bytes == nothing.SerializeAsString()) {
    transaction.DeleteLocal(row_name);
  } else {
    transaction.PutRow(LocalKey(row_name), std::move(bytes));
  }
  return taken;
}

absl::StatusOr<std::optional<ListHead>> ReadListHead(const ReadView& view, std::string_view list) {
  return view.GetLocal<ListHead>(ListRow(list));
}

absl::StatusOr<ListPage> ReadListPage(const ReadView& view, std::string_view list, size_t page) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<ListPage> found, view.GetLocal<ListPage>(ListPageRow(list, page)));
  if (!found.has_value()) return BrokenRecord(ListPageRow(list, page));
  return *std::move(found);
}

absl::StatusOr<std::vector<KnownDuty>> ReadDuties(const ReadView& view, const v1::Order& order, uint64_t first,
                                                  uint64_t last) {
  std::vector<KnownDuty> duties;
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListHead> head, ReadListHead(view, order.addressee_list()));
  if (!head.has_value()) return duties;
  for (size_t page = PageOf(*head, first); page < static_cast<size_t>(head->page_ends_size()); ++page) {
    DUBAN_ASSIGN_OR_RETURN(ListPage units, ReadListPage(view, head->name(), page));
    for (ListedUnit& unit : *units.mutable_units()) {
      if (unit.key() >= first && unit.key() <= last) duties.push_back({std::move(unit), {}});
    }
    if (head->page_ends(static_cast<int>(page)) >= last) break;
  }
  if (duties.empty()) return duties;
  const std::string_view task = LastSegment(order.task());
  const std::string rows = LocalKey(ActRows(order.task()));
  absl::Status parsed;
  auto next = duties.begin();
  const auto take = [&](std::string_view key, std::string_view row) {
    const std::optional<uint64_t> unit = ParseHexKey(key.substr(rows.size()));
    while (next != duties.end() && unit.has_value() && next->unit.key() < *unit) ++next;
    if (next == duties.end() || !unit.has_value() || next->unit.key() != *unit) return true;
    std::optional<Part> part;
    const bool good =
        FindPart(row, task, part) &&
        (!part.has_value() || next->acts.ParseFromArray(part->payload.data(), static_cast<int>(part->payload.size())));
    if (!good) parsed = BrokenRecord(key.substr(1));
    return good;
  };
  DUBAN_RETURN_IF_ERROR(
      view.ScanRows(rows + HexKey(duties.front().unit.key()), rows + HexKey(duties.back().unit.key()) + '\0', take));
  DUBAN_RETURN_IF_ERROR(parsed);
  return duties;
}

absl::Status VisitCopies(const ReadView& view, absl::FunctionRef<bool(std::string_view name)> visit) {
  absl::Status parsed;
  bool more = true;
  const std::string lists = LocalKey(kListRows);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(lists, PrefixEnd(lists), [&](std::string_view key, std::string_view row) {
    // Heads, not pages: `lists/{plan}/{list}`.
    if (std::count(key.begin(), key.end(), '/') != 2) return true;
    ListHead head;
    if (!head.ParseFromArray(row.data(), static_cast<int>(row.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    return more = visit(head.name());
  }));
  DUBAN_RETURN_IF_ERROR(parsed);
  if (!more) return absl::OkStatus();
  const std::string acts = LocalKey(kActRows);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(acts, PrefixEnd(acts), [&](std::string_view key, std::string_view row) {
    UnitActs of_unit;
    if (!of_unit.ParseFromArray(row.data(), static_cast<int>(row.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    std::string_view plan = key.substr(acts.size());
    plan = plan.substr(0, plan.find('/'));
    for (const DutyActs& duty : of_unit.duties()) {
      const std::string assignment = AssignmentName(StrCat("plans/", plan, "/tasks/", duty.task()), of_unit.unit());
      if (duty.has_execution()) more = more && visit(ExecutionName(assignment));
      if (duty.has_oversight()) more = more && visit(OversightName(assignment));
    }
    return more;
  }));
  return parsed;
}

}  // namespace duban
