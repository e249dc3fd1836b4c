#include "common/access/refusal_book.h"

#include <utility>

#include "common/base/planted_bug.h"

namespace duban {
namespace {

constexpr absl::Duration kMinute = absl::Minutes(1);
constexpr char kOthers[] = "others";

}  // namespace

void RefusalBook::Note(RefusedCall call, absl::Duration now) {
  if (DUBAN_BUG("access.denied_call_not_audited")) return;
  MutexLock lock(&mu_);
  std::string label = call.caller.label();
  if (minutes_.size() >= kMostRefusedCallers && !minutes_.contains(label)) label = kOthers;
  const auto [it, fresh] = minutes_.try_emplace(std::move(label));
  Minute& minute = it->second;
  if (fresh || now - minute.began >= kMinute) {
    if (!fresh && minute.rest.times > 0) ready_.push_back(std::move(minute.rest));
    minute = {.began = now, .told = 0, .rest = {}};
    minute.rest.times = 0;
  }
  if (minute.told < kToldOneByOne) {
    ++minute.told;
    ready_.push_back(std::move(call));
    return;
  }
  call.times += minute.rest.times;
  minute.rest = std::move(call);
}

std::vector<RefusedCall> RefusalBook::Take(absl::Duration now, bool all) {
  MutexLock lock(&mu_);
  std::vector<RefusedCall> taken = std::exchange(ready_, {});
  for (auto it = minutes_.begin(); it != minutes_.end();) {
    Minute& minute = it->second;
    if (!all && now - minute.began < kMinute) {
      ++it;
      continue;
    }
    if (minute.rest.times > 0) taken.push_back(std::move(minute.rest));
    it = minutes_.erase(it);
  }
  return taken;
}

}  // namespace duban
