// Who calls. Made once, at the edge, of what the connection proved, and handed on from there; nothing below the edge
// asks gRPC who is there.
//
// A value; thread-safe as one.

#ifndef DUBAN_COMMON_ACCESS_CALLER_H_
#define DUBAN_COMMON_ACCESS_CALLER_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/identity.h"
#include "duban/v1/access.pb.h"

namespace duban {

// A set of roles.
class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<v1::Role> roles) {
    for (const v1::Role role : roles) Add(role);
  }
  constexpr void Add(v1::Role role) { bits_ |= uint32_t{1} << role; }
  constexpr bool contains(v1::Role role) const { return (bits_ >> role & 1) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr RoleSet operator&(RoleSet other) const { return RoleSet(bits_ & other.bits_); }
  constexpr RoleSet operator|(RoleSet other) const { return RoleSet(bits_ | other.bits_); }
  friend constexpr bool operator==(RoleSet a, RoleSet b) = default;

 private:
  constexpr explicit RoleSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;
};

// What a caller is to the node it calls.
enum class CallerKind {
  // Whoever reaches a port that has no TLS. Such a port is on loopback, for development.
  kAnybody,
  // This node itself, by its own certificate: a process that hosts it whole, or an operator at the machine.
  kThisNode,
  // A service of this node.
  kService,
  // The console of this node, its service `console`, which carries people who sign in over it and by itself may nothing
  // but that: what stands open to browsers is no service that follows feeds.
  kConsole,
  // A unit's client that works at this node.
  kUnitClient,
  // A job of this node.
  kJob,
  // A person of this node, by a certificate of their own (UKey), who has not signed in.
  kPersonClient,
  // Another node, or a service of one.
  kPeerNode,
  // A client, a job or a person of another node: it has nothing to ask here.
  kForeign,
  // A person who signed in, over the connection of a unit's client, a service, this node itself, or their own
  // certificate.
  kPerson,
};

// Roles that are held for one thing.
struct Post {
  // `units/{unit}`; empty: the whole node.
  std::string unit;
  RoleSet roles;

  friend bool operator==(const Post& a, const Post& b) = default;
};

struct Caller {
  CallerKind kind = CallerKind::kForeign;
  // What the certificate says: of a person, that of the connection they come over. Without value for kAnybody.
  Identity identity;
  std::vector<Post> posts;
  // Of a person: `people/{person}` and `people/{person}/sessions/{session}`.
  std::string person;
  std::string session;
  // Of a person: which of their rights the token says (storage::v1::PersonSecret).
  uint32_t rights = 0;
  // Of a person: the name that stands under what they do.
  std::string display_name;
  // The host that the call comes from, without its port: `10.1.2.3`. Empty where there is none, as in one process.
  std::string address;

  // All it holds, whatever for.
  RoleSet roles() const;
  // What its request ids, its budget and the audit know it by: a person's name, or the path in the certificate, or
  // `anybody` where there is none.
  std::string label() const;
  // The path in the certificate, or `anybody`: of a person, who carries the call.
  std::string carrier() const;
};

// The roles that are held for a unit, and those that are held for a node, which people can be granted.
inline constexpr RoleSet kUnitRoles = {v1::PLANNER, v1::REVIEWER, v1::CLERK, v1::LEADER, v1::ON_BEHALF};
inline constexpr RoleSet kNodeRoles = {v1::REGISTRAR, v1::OPERATOR, v1::SECURITY_OFFICER, v1::AUDITOR};
// Three people's: nobody holds two of them.
inline constexpr RoleSet kAdministrators = {v1::OPERATOR, v1::SECURITY_OFFICER, v1::AUDITOR};

// What the metadata of NOT_AUTHENTICATED has as `cause` where a name did not sign in.
inline constexpr char kSignInCause[] = "SIGN_IN";

// Who an identity is to the node `here`. Both are of one domain: the edge has seen to that.
Caller CallerOf(Identity identity, std::string_view here);

// A person over the connection of `carrier`, holding what both may: over that of a unit's client, posts at that unit
// alone; over a person's own, that person's. kForeign, holding nothing, where nobody can be carried by such a caller.
// `posts`: what the person was granted.
Caller PersonOver(const Caller& carrier, std::string person, std::string session, const std::vector<Post>& posts);

// A node that calls its own services from inside, without a connection.
Caller ThisNode(std::string_view node);

// Whoever there is, where nothing is proved.
Caller Anybody();

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_CALLER_H_
