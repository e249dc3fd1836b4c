#include "tests/simulation/duty_checks.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "google/protobuf/util/json_util.h"
#include "services/assignment/state.h"
#include "tests/simulation/request_checks.h"

namespace duban::simulation {
namespace {

using v1::Assignment;
using Board = v1::GetBoardRequest;
using Made = v1::Decomposition::Row;
// Depth, unit and node.
using MadeKey = std::tuple<int, std::string, std::string>;
// Levels that are counted: deeper ones are dropped.
constexpr int kDeepest = 8;

std::string HeadingOf(const Assignment& assignment) {
  return assignment.headings().empty() ? "" : *assignment.headings().rbegin();
}

std::string KeyOf(const Assignment& assignment, Board::GroupBy group_by) {
  if (group_by == Board::UNIT) return assignment.unit();
  return group_by == Board::PLAN ? std::string(ParseName(assignment.name()).plan) : HeadingOf(assignment);
}

bool Means(const v1::AssignmentFilter& filter, const Assignment& assignment) {
  if (!filter.plan().empty() && ParseName(assignment.name()).plan != filter.plan()) return false;
  if (!filter.unit().empty() && assignment.unit() != filter.unit()) return false;
  if (filter.state() != Assignment::STATE_UNSPECIFIED && assignment.state() != filter.state()) return false;
  if (filter.light() != Assignment::LIGHT_UNSPECIFIED && assignment.light() != filter.light()) return false;
  if (!filter.heading().empty() && HeadingOf(assignment) != filter.heading()) return false;
  return !filter.without_heading() || HeadingOf(assignment).empty();
}

// Counts one more assignment in its state, field by field as the contract names them.
void CountOne(Assignment::State state, v1::StateCounts* counts) {
  const std::string& name = Assignment::State_Name(state);
  const auto* field = v1::StateCounts::descriptor()->FindFieldByName(absl::AsciiStrToLower(name));
  const auto* reflection = counts->GetReflection();
  reflection->SetInt64(counts, field, reflection->GetInt64(*counts, field) + 1);
  if (state != Assignment::CANCELLED) counts->set_total(counts->total() + 1);
}

void AddAll(const v1::StateCounts& from, v1::StateCounts* to) {
  const auto* reflection = to->GetReflection();
  for (int i = 0; i < v1::StateCounts::descriptor()->field_count(); ++i) {
    const auto* field = v1::StateCounts::descriptor()->field(i);
    reflection->SetInt64(to, field, reflection->GetInt64(*to, field) + reflection->GetInt64(from, field));
  }
}

void AddMade(const Made& row, int deeper, std::map<MadeKey, v1::StateCounts>* sums) {
  if (row.depth() + deeper > kDeepest) return;
  AddAll(row.counts(), &(*sums)[{row.depth() + deeper, row.unit(), row.node()}]);
}

// Rows that count something, as text.
std::string MadeText(const std::map<MadeKey, v1::StateCounts>& sums) {
  std::string text;
  for (const auto& [key, counts] : sums) {
    if (counts.ByteSizeLong() == 0) continue;
    StrAppend(&text, std::get<0>(key), " ", std::get<1>(key), " ", std::get<2>(key), " ", counts.ShortDebugString(),
              "; ");
  }
  return text;
}

std::string MadeText(const google::protobuf::RepeatedPtrField<Made>& rows) {
  std::map<MadeKey, v1::StateCounts> sums;
  for (const Made& row : rows) AddMade(row, 0, &sums);
  return MadeText(sums);
}

std::string RowText(const v1::GetBoardResponse::Row& row, const std::string& below) {
  return StrCat(row.counts().ShortDebugString(), " lights ", row.green(), " ", row.yellow(), " ", row.red(), " ",
                row.grey(), " below ", below);
}

// A row of a board.
struct Row {
  v1::GetBoardResponse::Row row;
  std::map<MadeKey, v1::StateCounts> below;

  void Add(const Assignment& assignment, bool with_below) {
    CountOne(assignment.state(), row.mutable_counts());
    row.set_green(row.green() + (assignment.light() == Assignment::GREEN ? 1 : 0));
    row.set_yellow(row.yellow() + (assignment.light() == Assignment::YELLOW ? 1 : 0));
    row.set_red(row.red() + (assignment.light() == Assignment::RED ? 1 : 0));
    row.set_grey(row.grey() + (assignment.light() == Assignment::GREY ? 1 : 0));
    if (!with_below) return;
    for (const Made& made : assignment.decomposition().rows()) AddMade(made, 0, &below);
  }
  std::string Text() const { return RowText(row, MadeText(below)); }
};

// Filters worth asking for: by each thing that occurs, and by some two together.
std::vector<v1::AssignmentFilter> FiltersFor(const std::vector<Assignment>& all) {
  std::vector<v1::AssignmentFilter> filters(1);
  std::set<std::string> plans, units, headings;
  for (const Assignment& assignment : all) {
    plans.insert(std::string(ParseName(assignment.name()).plan));
    units.insert(assignment.unit());
    headings.insert(HeadingOf(assignment));
  }
  for (const std::string& plan : plans) filters.emplace_back().set_plan(plan);
  for (const std::string& unit : units) filters.emplace_back().set_unit(unit);
  for (const std::string& heading : headings) {
    filters.emplace_back();
    heading.empty() ? filters.back().set_without_heading(true) : filters.back().set_heading(heading);
  }
  for (int light = Assignment::GREEN; light <= Assignment::GREY; ++light) {
    filters.emplace_back().set_light(static_cast<Assignment::Light>(light));
  }
  for (int state = Assignment::ISSUED; state <= Assignment::CANCELLED; ++state) {
    filters.emplace_back().set_state(static_cast<Assignment::State>(state));
  }
  if (all.empty()) return filters;
  const Assignment& one = all[all.size() / 2];
  v1::AssignmentFilter both;
  both.set_plan(std::string(ParseName(one.name()).plan));
  both.set_unit(one.unit());
  filters.push_back(both);
  both.clear_plan();
  both.set_light(one.light());
  filters.push_back(both);
  both.clear_unit();
  both.set_state(one.state());
  filters.push_back(both);
  return filters;
}

void CheckBoard(World* world, SimNode* node, const Board& request, const std::vector<Assignment>& meant) {
  v1::GetBoardResponse board;
  const absl::Status status = node->assignments().GetBoard(Anybody(), request, &board);
  const auto where = [&] { return StrCat("the board of ", node->id(), " for ", request.ShortDebugString()); };
  world->Check("A9", status.ok(), [&] { return StrCat(where(), ": ", ToStd(status.message())); });
  const bool with_below = request.filter().state() == 0 && request.filter().light() == 0;
  std::map<std::string, Row> expected;
  Row total;
  for (const Assignment& assignment : meant) {
    expected[KeyOf(assignment, request.group_by())].Add(assignment, with_below);
    total.Add(assignment, with_below);
  }
  std::map<std::string, std::string> rows, counted;
  for (const auto& row : board.rows()) rows[row.key()] = RowText(row, MadeText(row.below()));
  for (const auto& [key, row] : expected) counted[key] = row.Text();
  world->Check("A9", board.rows_size() == static_cast<int>(rows.size()),
               [&] { return StrCat(where(), " has a row twice"); });
  for (const auto& [key, text] : counted) {
    world->Check("A9", rows[key] == text,
                 [&, &k = key, &t = text] { return StrCat(where(), " says of ", k, ": ", rows[k], "; counted: ", t); });
  }
  world->Check("A9", rows.size() == counted.size(), [&] { return StrCat(where(), " has rows of nothing"); });
  const std::string shown = RowText(board.total(), MadeText(board.total().below()));
  world->Check("A9", shown == total.Text(),
               [&] { return StrCat(where(), " totals ", shown, "; counted: ", total.Text()); });
}

// Sets the fields of an assignment that `from` has under the same names.
void TakeFields(const google::protobuf::Message& from, Assignment* assignment) {
  google::protobuf::util::JsonPrintOptions print;
  print.preserve_proto_field_names = true;
  google::protobuf::util::JsonParseOptions parse;
  parse.ignore_unknown_fields = true;
  std::string json;
  Assignment fields;
  const bool ok = google::protobuf::util::MessageToJsonString(from, &json, print).ok() &&
                  google::protobuf::util::JsonStringToMessage(json, &fields, parse).ok();
  if (ok) assignment->MergeFrom(fields);
}

template <typename Entity>
Entity Stored(const Snapshot& snapshot, const std::string& name) {
  const auto stored = snapshot.Get<Entity>(name);
  return stored.ok() && stored->has_value() ? (*stored)->value : Entity();
}

// What the unit did, without the content of what it took back before that was read.
v1::Execution AsShown(const Duty& duty) {
  std::set<std::string> read;
  for (const auto& reading : duty.oversight.readings()) {
    read.insert(reading.report_ids().begin(), reading.report_ids().end());
  }
  v1::Execution shown = duty.execution;
  for (v1::Report& report : *shown.mutable_reports()) {
    if (!report.has_retract_time()) continue;
    if (read.contains(report.report_id())) {
      report.clear_retract_time();
      continue;
    }
    report.clear_text();
    report.clear_percent();
    report.clear_evidence();
  }
  return shown;
}

// The assignment that an order, an addressee and the halves ask for, but for light and etag.
Assignment Joined(const Snapshot& snapshot, const v1::Order& order, const v1::Addressee& addressee) {
  Duty duty;
  duty.name = AssignmentName(order.task(), addressee.unit());
  duty.order = std::make_shared<const v1::Order>(order);
  duty.addressee = addressee;
  duty.oversight = Stored<v1::Oversight>(snapshot, OversightName(duty.name));
  duty.execution =
      EffectiveExecution(addressee, duty.oversight, Stored<v1::Execution>(snapshot, ExecutionName(duty.name)));
  Assignment joined;
  TakeFields(order, &joined);
  TakeFields(addressee, &joined);
  joined.set_name(duty.name);
  joined.set_state(StateOf(duty));
  const std::vector<v1::DutyChange> unsigned_changes = ChangesToSign(duty);
  joined.mutable_duty_changes()->Assign(unsigned_changes.begin(), unsigned_changes.end());
  const auto delivery = Stored<v1::Delivery>(snapshot, DeliveryName(ParseName(duty.name).plan, addressee.unit_node()));
  if (delivery.has_delivery_time()) *joined.mutable_delivery_time() = delivery.delivery_time();
  if (duty.execution.version() > 0) *joined.mutable_execution() = AsShown(duty);
  const auto made = Stored<v1::Decomposition>(snapshot, DecompositionName(duty.name));
  if (made.version() > 0) *joined.mutable_decomposition() = made;
  if (duty.oversight.version() > 0) {
    *joined.mutable_oversight() = duty.oversight;
    joined.mutable_oversight()->clear_carried_execution();
  }
  return joined;
}

// All that was made here of one task from above, by hand.
std::pair<std::map<MadeKey, v1::StateCounts>, std::set<std::string>> MadeOf(const std::vector<Assignment>& all,
                                                                            const std::string& node,
                                                                            const std::string& task) {
  std::map<MadeKey, v1::StateCounts> sums;
  std::set<std::string> titles;
  for (const Assignment& own : all) {
    const auto& taken_on = own.aligned_tasks();
    const bool counts = own.issuer_node() == node && std::count(taken_on.begin(), taken_on.end(), task) > 0;
    if (!counts) continue;
    titles.insert(own.plan_title());
    CountOne(own.state(), &sums[{1, own.unit(), node}]);
    if (own.state() == Assignment::CANCELLED) continue;
    for (const Made& row : own.decomposition().rows()) AddMade(row, 1, &sums);
  }
  return {std::move(sums), std::move(titles)};
}

}  // namespace

std::vector<Assignment> Listed(World* world, SimNode* node, const v1::AssignmentFilter& filter) {
  std::vector<Assignment> all;
  v1::ListAssignmentsRequest request;
  *request.mutable_filter() = filter;
  request.set_page_size(500);
  while (true) {
    v1::ListAssignmentsResponse page;
    const absl::Status status = node->assignments().ListAssignments(Anybody(), request, &page);
    world->Check("A9", status.ok(), [&] { return StrCat(node->id(), " cannot list: ", ToStd(status.message())); });
    all.insert(all.end(), page.assignments().begin(), page.assignments().end());
    if (!status.ok() || page.next_page_token().empty()) return all;
    request.set_page_token(page.next_page_token());
  }
}

void CheckViews(World* world, SimNode* node) {
  std::map<std::string, Assignment> listed;
  for (Assignment& assignment : Listed(world, node, {})) {
    v1::GetAssignmentRequest get;
    get.set_name(assignment.name());
    Assignment alone;
    const absl::Status status = node->assignments().GetAssignment(Anybody(), get, &alone);
    world->Check("A7", status.ok() && alone.SerializeAsString() == assignment.SerializeAsString(), [&] {
      return StrCat(node->id(), " lists ", assignment.ShortDebugString(), " and reads ", alone.ShortDebugString());
    });
    const std::string name = assignment.name();
    const bool once = listed.emplace(name, std::move(assignment)).second;
    world->Check("A7", once, [&] { return StrCat(node->id(), " lists ", name, " twice"); });
  }
  const std::unique_ptr<Snapshot> snapshot = node->store("assignment")->TakeSnapshot();
  const absl::Status read = snapshot->Scan<v1::Order>("plans/", "", [&](std::string_view, const auto& order) {
    const auto list = Stored<v1::AddresseeList>(*snapshot, order.value.addressee_list());
    for (const v1::Addressee& addressee : list.addressees()) {
      const Assignment joined = Joined(*snapshot, order.value, addressee);
      auto found = listed.extract(joined.name());
      Assignment shown = found.empty() ? Assignment() : found.mapped();
      shown.clear_light();
      shown.clear_etag();
      CheckAgreed(world, node, order.value, found.empty() ? Assignment() : found.mapped());
      // Which day binds the unit is another check's (CheckAgreed).
      *shown.mutable_deadline() = joined.deadline();
      shown.clear_issued_due();
      world->Check("A7", shown.SerializeAsString() == joined.SerializeAsString(), [&] {
        return StrCat(node->id(), " shows ", shown.ShortDebugString(), ", its parts say ", joined.ShortDebugString());
      });
    }
    return true;
  });
  world->Check("A7", read.ok() && listed.empty(), [&] {
    return StrCat(node->id(), " lists ", listed.empty() ? "" : listed.begin()->first, ", which no order asks for");
  });
}

void CheckCounters(World* world, SimNode* node) {
  const std::vector<Assignment> all = Listed(world, node, {});
  for (const v1::AssignmentFilter& filter : FiltersFor(all)) {
    std::vector<Assignment> meant;
    std::copy_if(all.begin(), all.end(), std::back_inserter(meant),
                 [&](const auto& one) { return Means(filter, one); });
    const std::vector<Assignment> listed = Listed(world, node, filter);
    const bool same = std::equal(meant.begin(), meant.end(), listed.begin(), listed.end(),
                                 [](const auto& a, const auto& b) { return a.name() == b.name(); });
    world->Check("A9", same, [&] {
      return StrCat(node->id(), " lists ", listed.size(), " for ", filter.ShortDebugString(),
                    ", counted: ", meant.size());
    });
    Board request;
    *request.mutable_filter() = filter;
    for (const Board::GroupBy group_by : {Board::PLAN, Board::UNIT, Board::HEADING}) {
      request.set_group_by(group_by);
      CheckBoard(world, node, request, meant);
    }
  }
}

void CheckMadeBelow(World* world, SimNode* node) {
  const std::vector<Assignment> all = Listed(world, node, {});
  for (const Assignment& assignment : all) {
    const bool answers = assignment.unit_node() == node->id() && assignment.issuer_node() != node->id() &&
                         assignment.state() != Assignment::CANCELLED;
    if (!answers) continue;
    const auto [sums, titles] = MadeOf(all, node->id(), assignment.task());
    const v1::Decomposition& said = assignment.decomposition();
    const std::string counted = MadeText(sums), shown = MadeText(said.rows());
    world->Check("A4", counted == shown, [&] {
      return StrCat(node->id(), " says of ", assignment.name(), ": ", shown, "; counted: ", counted);
    });
    const bool same_titles = titles == std::set<std::string>(said.plan_titles().begin(), said.plan_titles().end());
    world->Check("A4", same_titles,
                 [&] { return StrCat(node->id(), " names other plans than were made of ", assignment.name()); });
  }
}

}  // namespace duban::simulation
