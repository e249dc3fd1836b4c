#include "common/access/caller.h"

#include <utility>

#include "common/access/decision.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

CallerKind KindOf(const Identity& identity, std::string_view here) {
  const bool ours = identity.node == here;
  switch (identity.part) {
    case Identity::Part::kNode:
      return ours ? CallerKind::kThisNode : CallerKind::kPeerNode;
    case Identity::Part::kService:
      return ours ? CallerKind::kService : CallerKind::kPeerNode;
    case Identity::Part::kUnit:
      return ours || DUBAN_BUG("access.any_nodes_units") ? CallerKind::kUnitClient : CallerKind::kForeign;
    case Identity::Part::kJob:
      return ours ? CallerKind::kJob : CallerKind::kForeign;
  }
  return CallerKind::kForeign;
}

}  // namespace

std::string Caller::label() const {
  return identity.node.empty() ? "anybody" : identity.path();
}

Caller CallerOf(Identity identity, std::string_view here) {
  Caller caller;
  caller.kind = KindOf(identity, here);
  caller.roles = RolesOf(caller.kind);
  if (caller.kind == CallerKind::kUnitClient) caller.unit = StrCat("units/", identity.name);
  caller.identity = std::move(identity);
  return caller;
}

Caller ThisNode(std::string_view node) {
  return CallerOf({.domain = "", .node = std::string(node), .part = Identity::Part::kNode, .name = ""}, node);
}

Caller Anybody() {
  Caller caller;
  caller.kind = CallerKind::kAnybody;
  return caller;
}

}  // namespace duban
