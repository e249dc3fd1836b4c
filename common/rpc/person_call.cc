#include "common/rpc/person_call.h"

#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr const char* kHeader = "authorization";
constexpr std::string_view kScheme = "Bearer ";

absl::Status NotTaken(std::string_view cause) {
  return Error(v1::NOT_AUTHENTICATED, StrCat("nobody can tell who calls: ", cause, "; sign in again"),
               "登录凭证无效或已过期，请重新登录", {{"cause", "TOKEN"}});
}

// What only a test of the tests does: believes a number of a role that the caller wrote.
void BelieveRole(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata, Caller& caller) {
  auto said = metadata.find("duban-role");
  int role = 0;
  if (said == metadata.end() || !absl::SimpleAtoi({said->second.data(), said->second.size()}, &role)) return;
  if (v1::Role_IsValid(role)) caller.posts.push_back({"", {static_cast<v1::Role>(role)}});
}

}  // namespace

absl::StatusOr<Caller> CallerOfCall(const Caller& carrier,
                                    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                                    TokenKeys* tokens) {
  const auto [first, end] = metadata.equal_range(kHeader);
  if (first == end) {
    Caller caller = carrier;
    if (DUBAN_BUG("access.role_of_metadata")) BelieveRole(metadata, caller);
    return caller;
  }
  if (tokens == nullptr) return NotTaken("a port without TLS takes no token");
  if (std::next(first) != end) return NotTaken("the call brings more than one token");
  const std::string_view value(first->second.data(), first->second.size());
  if (!value.starts_with(kScheme)) return NotTaken("the call is authorized in another way than by a token");
  const absl::StatusOr<Token> token = tokens->Verify(value.substr(kScheme.size()));
  if (!token.ok()) return NotTaken(ToStd(token.status().message()));
  Caller caller = PersonOver(carrier, token->person, token->session, token->posts);
  if (caller.kind != CallerKind::kPerson) return NotTaken("a token comes over a connection that carries no people");
  if (!token->carrier.empty() && token->carrier != carrier.carrier() &&
      !DUBAN_BUG("access.token_over_any_certificate")) {
    return NotTaken("the token belongs to a certificate, and this connection has another");
  }
  caller.display_name = token->display_name;
  caller.rights = token->rights;
  return caller;
}

}  // namespace duban
