#include "tests/simulation/sim_edge.h"

#include "absl/time/civil_time.h"
#include "common/access/decision.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/node/refusals.h"

namespace duban::simulation {
namespace {

// What decides about the calls between nodes depends on no day and on no facts.
constexpr absl::CivilDay kAnyDay(2024, 1, 1);

// Worlds run on threads of their own, and each has its rules.
const MethodRule& RuleOf(std::string_view method) {
  thread_local auto* const rules = new std::map<std::string, MethodRule>;
  const auto found = rules->find(std::string(method));
  if (found != rules->end()) return found->second;
  return rules->emplace(method, MethodRule::Of(*FindMethod(method)).value()).first->second;
}

}  // namespace

Identity CertificateOf(std::string_view node) {
  return {kDomain, std::string(node), Identity::Part::kNode, ""};
}

SimEdge::~SimEdge() {
  for (const RefusedCall& call : book_.Take(absl::InfiniteDuration(), /*all=*/true)) {
    counts_[{node_, call.caller.label()}].lost += call.times;
  }
}

absl::Status SimEdge::Admit(const Identity& certificate, std::string_view method,
                            const google::protobuf::Message& request, absl::Duration now) {
  const Caller caller = CallerOf(certificate, node_);
  const MethodRule& rule = RuleOf(method);
  const absl::Status decided = rule.Decide(caller, request, nullptr, kAnyDay);
  if (decided.ok()) return decided;
  ++counts_[{node_, caller.label()}].refused;
  book_.Note({caller, std::string(method), "", rule.About(request), ReasonOf(decided)}, now);
  return decided;
}

void SimEdge::Write(Store* store, absl::Duration now) {
  for (const RefusedCall& call : book_.Take(now)) {
    const absl::Status written = WriteRefusal(store, call);
    if (written.ok()) continue;
    Refusals& counts = counts_[{node_, call.caller.label()}];
    (ReasonOf(written) == v1::OUTCOME_UNKNOWN ? counts.unknown : counts.lost) += call.times;
  }
}

}  // namespace duban::simulation
