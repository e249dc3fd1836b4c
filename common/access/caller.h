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
  // A unit's client that works at this node.
  kUnitClient,
  // A job of this node.
  kJob,
  // Another node, or a service of one.
  kPeerNode,
  // A client or a job of another node: it has nothing to ask here.
  kForeign,
};

struct Caller {
  CallerKind kind = CallerKind::kForeign;
  // What the certificate says; without value for kAnybody.
  Identity identity;
  // The roles it holds: those of units for `unit`, the others for the whole node.
  RoleSet roles;
  // `units/{unit}` of a unit's client; else empty.
  std::string unit;
  // The session of a person; else empty.
  std::string session;
  // The host that the call comes from, without its port: `10.1.2.3`. Empty where there is none, as in one process.
  std::string address;

  // What its request ids, its budget and the audit know it by: the path of its name, or `anybody` where there is none.
  std::string label() const;
};

// Who an identity is to the node `here`. Both are of one domain: the edge has seen to that.
Caller CallerOf(Identity identity, std::string_view here);

// A node that calls its own services from inside, without a connection.
Caller ThisNode(std::string_view node);

// Whoever there is, where nothing is proved.
Caller Anybody();

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_CALLER_H_
