// Answers for the decision: reads facts and calls from standard input, a JSON object a line, and prints for each call
// `allow` or `refuse`. Before the first answer it prints the methods of the contracts. Knows no rule of its own; what
// is asked, and what the answers should be, is matrix_test.py's.

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/access/decision.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/person.pb.h"
#include "services/plan/people/grants.h"

namespace duban {
namespace {

using google::protobuf::Struct;

// What the lines say of units and plans.
class World final : public AccessFacts {
 public:
  void Add(const Struct& fact) {
    if (auto plan = fact.fields().find("plan"); plan != fact.fields().end()) {
      origins_[plan->second.string_value()] = {fact.fields().at("unit").string_value(),
                                               fact.fields().at("issued").bool_value()};
      return;
    }
    auto& superiors = superiors_[fact.fields().at("unit").string_value()];
    for (const auto& value : fact.fields().at("superiors").list_value().values()) {
      const auto& fields = value.struct_value().fields();
      superiors.push_back({fields.at("unit").string_value(), fields.at("valid_from").string_value(),
                           fields.at("valid_to").string_value()});
    }
  }

  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    const std::string_view plan = name.substr(0, name.find('/', name.find('/') + 1));
    auto found = origins_.find(std::string(plan));
    return found == origins_.end() ? std::nullopt : std::optional<Origin>(found->second);
  }

  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay day) const override {
    std::vector<std::string> on_day;
    auto found = superiors_.find(std::string(unit));
    if (found == superiors_.end()) return on_day;
    for (const Superior& superior : found->second) {
      const bool begun = superior.from.empty() || *ParseDay(superior.from) <= day;
      const bool ended = !superior.to.empty() && *ParseDay(superior.to) <= day;
      if (begun && !ended) on_day.push_back(superior.unit);
    }
    return on_day;
  }

 private:
  struct Superior {
    std::string unit, from, to;
  };
  std::map<std::string, Origin> origins_;
  std::map<std::string, std::vector<Superior>> superiors_;
};

// A caller: a carrier, and a person with what they were granted, where there is one.
struct Asker {
  Caller carrier;
  std::string person;
  std::vector<v1::Grant> grants;

  Caller on(absl::CivilDay day) const {
    if (person.empty()) return carrier;
    return PersonOver(carrier, "people/" + person, "people/" + person + "/sessions/s1", PostsOn(grants, day));
  }
};

class Decider {
 public:
  int Run() {
    std::vector<std::string> names;
    for (const auto* method : ContractMethods()) names.push_back(WireName(*method));
    std::cout << "methods " << absl::StrJoin(names, ",") << "\n";
    for (std::string line; std::getline(std::cin, line);) {
      Struct fields;
      if (!google::protobuf::util::JsonStringToMessage(line, &fields).ok()) return 1;
      if (fields.fields().count("is") != 0) {
        if (!AddAsker(fields)) return 1;
      } else if (fields.fields().count("method") == 0) {
        world_.Add(fields);
      } else if (!Answer(fields)) {
        return 1;
      }
    }
    return 0;
  }

 private:
  bool AddAsker(const Struct& line) {
    const auto text = [](const Struct& from, const char* field) { return from.fields().at(field).string_value(); };
    const std::optional<Identity> identity = ParseIdentity(text(line, "carrier"));
    if (!identity) return false;
    Asker& asker = askers_[text(line, "is")];
    asker.carrier = CallerOf(*identity, text(line, "here"));
    asker.person = text(line, "person");
    for (const auto& value : line.fields().at("grants").list_value().values()) {
      v1::Role role;
      v1::Grant::State state;
      if (!v1::Role_Parse(text(value.struct_value(), "role"), &role) ||
          !v1::Grant::State_Parse(text(value.struct_value(), "state"), &state)) {
        return false;
      }
      v1::Grant& grant = asker.grants.emplace_back();
      grant.set_role(role);
      grant.set_state(state);
      grant.set_unit(text(value.struct_value(), "unit"));
      grant.set_begin_date(text(value.struct_value(), "begin"));
      grant.set_end_date(text(value.struct_value(), "end"));
    }
    return true;
  }

  bool Answer(const Struct& call) {
    const auto text = [&](const char* field) { return call.fields().at(field).string_value(); };
    const auto* method = FindMethod(text("method"));
    const auto asker = askers_.find(text("caller"));
    if (method == nullptr || asker == askers_.end()) return false;
    absl::StatusOr<MethodRule> rule = MethodRule::Of(*method);
    if (!rule.ok()) return false;
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(call.fields().at("request"), &json).ok()) return false;
    const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
    const std::unique_ptr<google::protobuf::Message> request(prototype->New());
    if (!google::protobuf::util::JsonStringToMessage(json, request.get()).ok()) return false;
    const absl::CivilDay day = *ParseDay(text("day"));
    const absl::Status decided = rule->Decide(asker->second.on(day), *request, &world_, day);
    if (!decided.ok() && ReasonOf(decided) != v1::NOT_ALLOWED) return false;
    std::cout << (decided.ok() ? "allow" : "refuse") << "\n";
    return true;
  }

  World world_;
  std::map<std::string, Asker> askers_;
};

}  // namespace
}  // namespace duban

int main() {
  return duban::Decider().Run();
}
