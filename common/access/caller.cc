#include "common/access/caller.h"

#include <utility>

#include "common/access/decision.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// The service that people's browsers come over.
constexpr std::string_view kConsoleService = "console";

CallerKind KindOf(const Identity& identity, std::string_view here) {
  const bool ours = identity.node == here;
  switch (identity.part) {
    case Identity::Part::kNode:
      return ours ? CallerKind::kThisNode : CallerKind::kPeerNode;
    case Identity::Part::kService:
      if (!ours) return CallerKind::kPeerNode;
      return identity.name == kConsoleService && !DUBAN_BUG("access.console_is_any_service") ? CallerKind::kConsole
                                                                                             : CallerKind::kService;
    case Identity::Part::kUnit:
      return ours || DUBAN_BUG("access.any_nodes_units") ? CallerKind::kUnitClient : CallerKind::kForeign;
    case Identity::Part::kJob:
      return ours ? CallerKind::kJob : CallerKind::kForeign;
    case Identity::Part::kPerson:
      return ours ? CallerKind::kPersonClient : CallerKind::kForeign;
  }
  return CallerKind::kForeign;
}

// Whose connections people come over. Another node's and a job's are not for people: what a person may here is none of
// theirs.
bool Carries(const Caller& carrier, std::string_view person) {
  switch (carrier.kind) {
    case CallerKind::kThisNode:
    case CallerKind::kService:
    case CallerKind::kConsole:
    case CallerKind::kUnitClient:
      return true;
    case CallerKind::kPersonClient:
      return person == StrCat("people/", carrier.identity.name) || DUBAN_BUG("access.any_persons_certificate");
    default:
      return false;
  }
}

}  // namespace

RoleSet Caller::roles() const {
  RoleSet all;
  for (const Post& post : posts) all = all | post.roles;
  return all;
}

std::string Caller::carrier() const {
  return identity.node.empty() ? "anybody" : identity.path();
}

std::string Caller::label() const {
  return person.empty() ? carrier() : person;
}

Caller CallerOf(Identity identity, std::string_view here) {
  Caller caller;
  caller.kind = KindOf(identity, here);
  const RoleSet roles = RolesOf(caller.kind);
  if (!roles.empty()) {
    caller.posts.push_back(
        {caller.kind == CallerKind::kUnitClient ? StrCat("units/", identity.name) : std::string(), roles});
  }
  caller.identity = std::move(identity);
  return caller;
}

Caller PersonOver(const Caller& carrier, std::string person, std::string session, const std::vector<Post>& posts) {
  Caller caller;
  caller.identity = carrier.identity;
  if (!Carries(carrier, person)) return caller;
  caller.kind = CallerKind::kPerson;
  caller.person = std::move(person);
  caller.session = std::move(session);
  caller.posts.push_back({"", {v1::PERSON}});
  const bool at_unit = carrier.kind == CallerKind::kUnitClient && !DUBAN_BUG("access.carrier_not_asked");
  const std::string unit = at_unit ? carrier.posts[0].unit : std::string();
  for (const Post& post : posts) {
    if (!at_unit || post.unit == unit) caller.posts.push_back(post);
  }
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
