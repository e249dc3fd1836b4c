#include "common/access/sight.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

struct Reading {
  std::string_view collection;
  std::string_view method;
  // The field of its request that names one; empty: the method lists all, and whoever may, may see each.
  std::string_view field;
};
constexpr std::string_view kPlans = "plans/";
constexpr std::string_view kAssignments = "assignments/";
constexpr Reading kReadings[] = {
    {kPlans, "duban.v1.PlanService/GetPlan", "name"},
    {kAssignments, "duban.v1.AssignmentService/GetAssignment", "name"},
    {"units/", "duban.v1.DirectoryService/GetUnit", "name"},
    {"groups/", "duban.v1.DirectoryService/GetUnitGroup", "name"},
    {"calendars/", "duban.v1.DirectoryService/ListCalendars", ""},
    {"people/", "duban.v1.AccessService/ListPeople", ""},
    {"contacts/", "duban.v1.NotificationService/GetContact", "name"},
    {"policies/", "duban.v1.NotificationService/GetReminderPolicy", "name"},
};
// Files that an assignment names, which the issuer's node asks for.
constexpr std::string_view kWanted = "wanted/";
constexpr char kGonePlan[] = "plans/-";

// `plans/p/tasks/t/assignments/u` of an assignment and what belongs to one; empty of anything else. By place, since ids
// may be any word.
std::string_view AssignmentIn(std::string_view name) {
  if (!name.starts_with(kPlans)) return {};
  size_t at = 0;
  for (int passed = 0; passed < 4; ++passed) {
    at = name.find('/', at);
    if (at == std::string_view::npos) return {};
    ++at;
  }
  if (!name.substr(at).starts_with(kAssignments)) return {};
  return name.substr(0, name.find('/', at + kAssignments.size()));
}

bool HoldsAnyOf(const Caller& caller, const v1::AccessRule& rule) {
  const RoleSet held = caller.roles();
  return std::any_of(rule.rows().begin(), rule.rows().end(), [&](const v1::AccessRule::Row& row) {
    return std::any_of(row.roles().begin(), row.roles().end(),
                       [&](int role) { return held.contains(static_cast<v1::Role>(role)); });
  });
}

}  // namespace

std::string ResourceOf(std::string_view entity) {
  if (entity.starts_with(kWanted)) entity.remove_prefix(kWanted.size());
  const bool known = std::any_of(std::begin(kReadings), std::end(kReadings),
                                 [&](const Reading& reading) { return entity.starts_with(reading.collection); });
  if (!known || entity.starts_with(kAssignments)) return "";
  const std::string_view assignment = AssignmentIn(entity);
  return std::string(assignment.empty() ? RootName(entity) : assignment);
}

absl::StatusOr<Sight> Sight::Make() {
  Sight sight;
  for (const Reading& reading : kReadings) {
    const google::protobuf::MethodDescriptor* const method = FindMethod(reading.method);
    if (method == nullptr) return InvariantBroken(StrCat("no contract has ", reading.method));
    DUBAN_ASSIGN_OR_RETURN(MethodRule rule, MethodRule::Of(*method));
    const google::protobuf::FieldDescriptor* name = nullptr;
    if (!reading.field.empty()) name = method->input_type()->FindFieldByName(std::string(reading.field));
    const google::protobuf::Message* const prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
    sight.kinds_.push_back({reading.collection, prototype, name, std::move(rule)});
  }
  return sight;
}

const Sight::Kind* Sight::KindOf(std::string_view name) const {
  const std::string_view collection = AssignmentIn(name).empty() ? name : kAssignments;
  const auto kind = std::find_if(kinds_.begin(), kinds_.end(),
                                 [&](const Kind& known) { return collection.starts_with(known.collection); });
  return kind == kinds_.end() ? nullptr : &*kind;
}

absl::StatusOr<std::string> Sight::NameFor(const Caller& caller, const std::string& name, const AccessFacts* facts,
                                           absl::CivilDay day) const {
  const Kind* const kind = KindOf(name);
  if (kind == nullptr) return std::string();
  const std::unique_ptr<google::protobuf::Message> request(kind->prototype->New());
  if (kind->name != nullptr) request->GetReflection()->SetString(request.get(), kind->name, name);
  DUBAN_ASSIGN_OR_RETURN(const bool allowed, kind->rule.Allows(caller, *request, facts, day));
  if (allowed || DUBAN_BUG("watch.everybody_is_told")) return name;
  if (kind->collection != kPlans || facts == nullptr || !HoldsAnyOf(caller, kind->rule.contract())) {
    return std::string();
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Origin> origin, facts->OriginOf(name));
  return origin.has_value() ? std::string() : std::string(kGonePlan);
}

}  // namespace duban
