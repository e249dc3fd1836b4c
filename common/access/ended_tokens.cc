#include "common/access/ended_tokens.h"

#include <algorithm>

#include "common/access/token.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr unsigned int kEntities = 64;

}  // namespace

std::string EndedTokensOf(std::string_view person) {
  return StrCat(kEndedTokens, "n", static_cast<unsigned char>(Sha256(person)[0]) % kEntities);
}

void AddEnded(std::string_view name, uint32_t rights, absl::Time now, v1::EndedTokens* tokens) {
  auto* const list = tokens->mutable_ended();
  list->erase(std::remove_if(list->begin(), list->end(),
                             [&](const v1::EndedTokens::Ended& ended) {
                               return ended.name() == name || FromProto(ended.until()) <= now;
                             }),
              list->end());
  v1::EndedTokens::Ended* const ended = tokens->add_ended();
  ended->set_name(std::string(name));
  ended->set_rights(rights);
  *ended->mutable_until() = ToProto(now + kTokenLifetime + kTokenSkew);
}

bool IsEnded(const v1::EndedTokens& tokens, const Caller& caller) {
  if (DUBAN_BUG("access.ended_tokens_count")) return false;
  return std::any_of(tokens.ended().begin(), tokens.ended().end(), [&](const v1::EndedTokens::Ended& ended) {
    return ended.name() == caller.session || (ended.name() == caller.person && caller.rights < ended.rights());
  });
}

}  // namespace duban
