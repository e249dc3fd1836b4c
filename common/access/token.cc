#include "common/access/token.h"

#include <google/protobuf/util/json_util.h>

#include <cstdint>

#include "absl/strings/escaping.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "duban/storage/v1/people.pb.h"

namespace duban {
namespace {

constexpr std::string_view kHeaderBegin = R"({"alg":"ES256","kid":")";
constexpr std::string_view kHeaderEnd = R"(","typ":"JWT"})";
constexpr size_t kSignatureBytes = 64;
constexpr size_t kMaxKeyIdBytes = 64;

absl::Status Refused(std::string_view cause) {
  return absl::UnauthenticatedError(StrCat("the token ", cause));
}

// Letters, digits and `-`: nothing that JSON would write in two ways.
bool IsKeyId(std::string_view id) {
  if (id.empty() || id.size() > kMaxKeyIdBytes) return false;
  for (const char c : id) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

std::string IdIn(std::string_view name) {
  return std::string(LastSegment(name));
}

// Roles as people may hold them at such a place; nothing else makes sense, whoever signed it.
bool ReadPost(const storage::v1::TokenClaims::Post& claim, Post* post) {
  const bool at_unit = !claim.unit().empty();
  if (at_unit && !IsResourceId(claim.unit())) return false;
  if (at_unit) post->unit = StrCat("units/", claim.unit());
  for (const int role : claim.roles()) {
    if (role <= 0 || !v1::Role_IsValid(role)) return false;
    if (!(at_unit ? kUnitRoles : kNodeRoles).contains(static_cast<v1::Role>(role))) return false;
    post->roles.Add(static_cast<v1::Role>(role));
  }
  return !post->roles.empty();
}

}  // namespace

std::string ToBase64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape(ToAbsl(bytes));
}

bool FromBase64Url(std::string_view text, std::string* bytes) {
  // What decodes otherwise too is not written as we write it: with padding, spaces, or bits that count for nothing.
  return absl::WebSafeBase64Unescape(ToAbsl(text), bytes) && ToBase64Url(*bytes) == text;
}

std::string TextToSign(std::string_view key, std::string_view claims) {
  return StrCat(ToBase64Url(StrCat(kHeaderBegin, key, kHeaderEnd)), ".", ToBase64Url(claims));
}

absl::StatusOr<TokenParts> SplitToken(std::string_view text) {
  if (text.size() > kMaxTokenBytes) return Refused("is too long");
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return Refused("has not three parts");
  TokenParts parts;
  std::string header;
  if (!FromBase64Url(text.substr(0, first), &header) ||
      !FromBase64Url(text.substr(first + 1, second - first - 1), &parts.claims) ||
      !FromBase64Url(text.substr(second + 1), &parts.signature)) {
    return Refused("is not written as tokens are");
  }
  std::string_view rest = header;
  if (!rest.starts_with(kHeaderBegin) || !rest.ends_with(kHeaderEnd) ||
      rest.size() <= kHeaderBegin.size() + kHeaderEnd.size()) {
    return Refused("is of another kind or algorithm");
  }
  rest = rest.substr(kHeaderBegin.size(), rest.size() - kHeaderBegin.size() - kHeaderEnd.size());
  if (!IsKeyId(rest)) return Refused("names no key");
  if (parts.signature.size() != kSignatureBytes) return Refused("has no signature");
  parts.key = std::string(rest);
  parts.signed_text = text.substr(0, second);
  return parts;
}

std::string WriteClaims(const Token& token) {
  storage::v1::TokenClaims claims;
  claims.set_iss(token.node);
  claims.set_aud(token.node);
  claims.set_sub(IdIn(token.person));
  claims.set_sid(IdIn(token.session));
  claims.set_name(token.display_name);
  claims.set_crt(token.carrier);
  claims.set_rights(token.rights);
  claims.set_iat(static_cast<uint32_t>(absl::ToUnixSeconds(token.issue_time)));
  claims.set_exp(static_cast<uint32_t>(absl::ToUnixSeconds(token.expire_time)));
  for (const Post& post : token.posts) {
    auto* const claim = claims.add_posts();
    if (!post.unit.empty()) claim->set_unit(IdIn(post.unit));
    for (int role = v1::Role_MIN; role <= v1::Role_MAX; ++role) {
      if (role != 0 && post.roles.contains(static_cast<v1::Role>(role))) claim->add_roles(role);
    }
  }
  std::string json;
  const auto written = google::protobuf::util::MessageToJsonString(claims, &json);
  return written.ok() ? json : std::string();
}

absl::StatusOr<Token> ReadClaims(std::string_view text) {
  storage::v1::TokenClaims claims;
  if (!google::protobuf::util::JsonStringToMessage(std::string(text), &claims).ok()) return Refused("claims nothing");
  if (claims.iss() != claims.aud() || !IsResourceId(claims.iss()) || !IsResourceId(claims.sub()) ||
      !IsResourceId(claims.sid())) {
    return Refused("names nobody");
  }
  Token token;
  token.node = claims.iss();
  token.person = StrCat("people/", claims.sub());
  token.session = StrCat(token.person, "/sessions/", claims.sid());
  token.display_name = claims.name();
  token.carrier = claims.crt();
  token.rights = claims.rights();
  token.issue_time = absl::FromUnixSeconds(claims.iat());
  token.expire_time = absl::FromUnixSeconds(claims.exp());
  for (const auto& claim : claims.posts()) {
    if (!ReadPost(claim, &token.posts.emplace_back())) return Refused("claims what nobody holds");
  }
  return token;
}

absl::Status CheckToken(const Token& token, std::string_view node, absl::Time now) {
  if (token.node != node && !DUBAN_BUG("access.token_of_another_node")) return Refused("is another node's");
  if (token.issue_time > now + kTokenSkew) return Refused("is not valid yet");
  // What it says itself, and what any token of ours would.
  const absl::Time end = std::min(token.expire_time, token.issue_time + kTokenLifetime);
  if (end <= now && !DUBAN_BUG("access.token_without_end")) return Refused("has expired");
  return absl::OkStatus();
}

}  // namespace duban
