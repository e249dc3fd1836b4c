// Any text as a token: what is taken apart is exactly what tokens are written as, in one writing, and claims that are
// read mean the same when they are written again.

#include <google/protobuf/stubs/logging.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/access/token.h"
#include "common/base/strings.h"
#include "tests/fuzz/bytes.h"

namespace duban {
namespace {

void CheckSplit(const std::string& text) {
  const absl::StatusOr<TokenParts> parts = SplitToken(text);
  if (!parts.ok()) {
    assert(absl::IsUnauthenticated(parts.status()));
    return;
  }
  assert(text.size() <= kMaxTokenBytes && parts->signature.size() == 64);
  const std::string again = TextToSign(parts->key, parts->claims);
  assert(parts->signed_text == again);
  assert(text == StrCat(again, ".", ToBase64Url(parts->signature)));
}

void CheckClaims(const std::string& claims) {
  const absl::StatusOr<Token> token = ReadClaims(claims);
  if (!token.ok()) {
    assert(absl::IsUnauthenticated(token.status()));
    return;
  }
  for (const Post& post : token->posts) {
    // Never more than people are granted, and never elsewhere.
    const RoleSet most = post.unit.empty() ? kNodeRoles : kUnitRoles;
    assert(!post.roles.empty() && (post.roles | most) == most);
  }
  const absl::StatusOr<Token> again = ReadClaims(WriteClaims(*token));
  assert(again.ok() && again->posts == token->posts && again->person == token->person);
  assert(again->session == token->session && again->issue_time == token->issue_time);
  assert(again->expire_time == token->expire_time && again->node == token->node);
  assert(!CheckToken(*token, token->node + "-", token->issue_time).ok());
  assert(!CheckToken(*token, token->node, token->issue_time + kTokenLifetime).ok());
}

}  // namespace
}  // namespace duban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Most bytes are no claims, and protobuf says so each time.
  static const bool quiet = google::protobuf::SetLogHandler(nullptr) != nullptr;
  assert(quiet);
  duban::fuzz::Bytes bytes(data, size);
  switch (bytes.Below(3)) {
    case 0:
      duban::CheckSplit(bytes.Rest());
      break;
    case 1: {
      // Its parts, so that more than base64 is met.
      const std::string header = bytes.Text(), claims = bytes.Text();
      duban::CheckSplit(duban::StrCat(duban::ToBase64Url(header), ".", duban::ToBase64Url(claims), ".",
                                      duban::ToBase64Url(bytes.Rest())));
      break;
    }
    default:
      duban::CheckClaims(bytes.Rest());
  }
  return 0;
}
