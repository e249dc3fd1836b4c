// The decision: may this caller make this call? One pure function, and the tables it goes by.
//
//   the rules    in the contract, an option on each rpc (duban/v1/access.proto); compiled once for each method
//   the roles    of each kind of caller: kRolesOfKinds in decision.cc
//   the facts    who issued what, and which unit is below which: asked of the store of the service, as of a day
//
// Whatever no row allows is refused. All functions are pure but for the facts, and thread-safe.

#ifndef DUBAN_COMMON_ACCESS_DECISION_H_
#define DUBAN_COMMON_ACCESS_DECISION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/access/caller.h"
#include "duban/v1/access.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace duban {

// Where a plan comes from.
struct Origin {
  // `units/{unit}` that issued it, or of a draft that drew it up; empty: a draft of no unit in particular.
  std::string unit;
  // It is no draft any more.
  bool issued = false;
};

// The first collection and id of a name, all of it where it has no more: `plans/{plan}` of something in a plan, which
// comes from where the plan does.
std::string_view RootName(std::string_view name);

// What a decision may have to know of objects and units. Implementations are thread-safe; they answer from one state of
// the store, and their errors, those of the store, become the call's.
class AccessFacts {
 public:
  virtual ~AccessFacts() = default;
  // Where what is called `name` comes from, a plan or something in one. Nothing: there is no such thing.
  virtual absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const = 0;
  // The units right above a unit on a day; none where the directory does not know the unit.
  virtual absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay day) const = 0;
};

// Most units above each other that the decision looks at.
inline constexpr size_t kMaxUnitsAbove = 64;

// The rule of a method, ready to be held against requests.
class MethodRule {
 public:
  // Compiles the rule of a method. Errors: INVARIANT_BROKEN where the method has none, or one that names no field of
  // its request or means nothing.
  static absl::StatusOr<MethodRule> Of(const google::protobuf::MethodDescriptor& method);

  // OK where `caller` may make this call on `day`; else NOT_ALLOWED. `facts`: null where the service has none; then no
  // row that needs them allows anything.
  absl::Status Decide(const Caller& caller, const google::protobuf::Message& request, const AccessFacts* facts,
                      absl::CivilDay day) const;
  // The same as yes or no: for who asks about many, and tells nobody why not. Errors: those of the facts.
  absl::StatusOr<bool> Allows(const Caller& caller, const google::protobuf::Message& request, const AccessFacts* facts,
                              absl::CivilDay day) const;

  // What the rule holds against a request: the first value that its fields name, for the audit; may be empty.
  std::string About(const google::protobuf::Message& request) const;

  const v1::AccessRule& contract() const { return *contract_; }

 private:
  using Path = std::vector<const google::protobuf::FieldDescriptor*>;
  struct Row {
    RoleSet roles;
    v1::AccessRule::Scope scope;
    Path field;
    bool below = false;
    const google::protobuf::FieldDescriptor* when = nullptr;
    const google::protobuf::FieldDescriptor* unless = nullptr;
    Path also;
  };

  static absl::StatusOr<Path> CompilePath(const google::protobuf::MethodDescriptor& method, const std::string& field,
                                          v1::AccessRule::Scope scope);
  static absl::StatusOr<Row> Compile(const google::protobuf::MethodDescriptor& method, const v1::AccessRule::Row& row);
  absl::Status Refuse(const Caller& caller) const;

  // Of the descriptor, which lives as long as the process.
  const v1::AccessRule* contract_ = nullptr;
  std::vector<Row> rows_;
  // Their sum: who holds none of these is refused without a look at the request.
  RoleSet roles_;
};

// The roles that a kind of caller holds.
RoleSet RolesOf(CallerKind kind);

// All methods of the contracts, service by service, in their order.
std::vector<const google::protobuf::MethodDescriptor*> ContractMethods();
// One of them by its name on the wire, `duban.v1.PlanService/GetPlan`; null where there is none.
const google::protobuf::MethodDescriptor* FindMethod(std::string_view name);
// The name on the wire.
std::string WireName(const google::protobuf::MethodDescriptor& method);

// The Chinese and the English word for a role: `经办`, `clerk`.
std::string_view RoleInChinese(v1::Role role);
std::string RoleInEnglish(v1::Role role);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_DECISION_H_
