#include "tests/simulation/page_sight.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/contract/names.h"

namespace duban::simulation {
namespace {

// How one of a kind is read. The call names it, or lists all.
struct Call {
  std::string_view collection;
  std::string_view method;
  bool names = true;
};
constexpr Call kCalls[] = {
    {"units/", "duban.v1.DirectoryService/GetUnit"},
    {"groups/", "duban.v1.DirectoryService/GetUnitGroup"},
    {"calendars/", "duban.v1.DirectoryService/ListCalendars", false},
    {"people/", "duban.v1.AccessService/ListPeople", false},
    {"contacts/", "duban.v1.NotificationService/GetContact"},
    {"policies/", "duban.v1.NotificationService/GetReminderPolicy"},
};
constexpr Call kOfPlan = {"plans/", "duban.v1.PlanService/GetPlan"};
constexpr Call kOfAssignment = {"plans/", "duban.v1.AssignmentService/GetAssignment"};

// Whose a thing in a plan is, its plan says: all orders of a plan are of one issuer.
class OfPlan final : public AccessFacts {
 public:
  explicit OfPlan(const AccessFacts* facts) : facts_(*facts) {}
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    return facts_.OriginOf(RootName(name));
  }
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay day) const override {
    return facts_.SuperiorsOf(unit, day);
  }

 private:
  const AccessFacts& facts_;
};

struct Compiled {
  MethodRule rule;
  const google::protobuf::Message* prototype;
};

using Rules = std::map<std::string_view, Compiled>;

Rules CompileAll() {
  Rules rules;
  std::vector<Call> calls(std::begin(kCalls), std::end(kCalls));
  calls.insert(calls.end(), {kOfPlan, kOfAssignment});
  for (const Call& call : calls) {
    const google::protobuf::MethodDescriptor& contract = *FindMethod(call.method);
    const auto* const prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(contract.input_type());
    rules.emplace(call.method, Compiled{MethodRule::Of(contract).value(), prototype});
  }
  return rules;
}

const Compiled& RuleOf(const Call& call) {
  static const auto* const rules = new Rules(CompileAll());
  return rules->at(call.method);
}

const Call* CallFor(std::string_view name) {
  if (name.starts_with(kOfPlan.collection)) {
    return ParseName(name).noun == Noun::kAssignment ? &kOfAssignment : &kOfPlan;
  }
  const auto call = std::find_if(std::begin(kCalls), std::end(kCalls),
                                 [&](const Call& known) { return name.starts_with(known.collection); });
  return call == std::end(kCalls) ? nullptr : &*call;
}

bool HoldsARoleOf(const Caller& caller, const MethodRule& rule) {
  const RoleSet held = caller.roles();
  for (const v1::AccessRule::Row& row : rule.contract().rows()) {
    for (const int role : row.roles()) {
      if (held.contains(static_cast<v1::Role>(role))) return true;
    }
  }
  return false;
}

}  // namespace

std::string KnownAs(std::string_view entity) {
  if (entity.starts_with("wanted/")) entity.remove_prefix(std::string_view("wanted/").size());
  if (entity.starts_with("plans/")) {
    const ParsedName parsed = ParseName(entity);
    return std::string(parsed.assignment.empty() ? RootName(entity) : parsed.assignment);
  }
  return CallFor(entity) == nullptr ? "" : std::string(RootName(entity));
}

std::string ToldOf(const Caller& caller, const std::string& name, const AccessFacts* facts, absl::CivilDay day) {
  const Call* const call = CallFor(name);
  if (call == nullptr) return "";
  const Compiled& method = RuleOf(*call);
  const std::unique_ptr<google::protobuf::Message> request(method.prototype->New());
  if (call->names) {
    request->GetReflection()->SetString(request.get(), request->GetDescriptor()->FindFieldByName("name"), name);
  }
  std::optional<OfPlan> of_plan;
  if (facts != nullptr) of_plan.emplace(facts);
  const AccessFacts* const asked = of_plan.has_value() ? &*of_plan : nullptr;
  if (method.rule.Allows(caller, *request, asked, day).value_or(false)) return name;
  // Whose a plan was that is gone nobody knows, so that one is gone is for all who may read any.
  if (call != &kOfPlan || asked == nullptr || !HoldsARoleOf(caller, method.rule)) return "";
  const auto origin = asked->OriginOf(name);
  return origin.ok() && !origin->has_value() ? "plans/-" : "";
}

}  // namespace duban::simulation
