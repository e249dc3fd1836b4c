#include "common/access/call_budget.h"

#include <algorithm>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// Whether calls of this kind are counted; see call_budget.h.
bool IsCounted(CallerKind kind) {
  return kind == CallerKind::kUnitClient || kind == CallerKind::kJob || kind == CallerKind::kForeign ||
         kind == CallerKind::kPerson;
}

}  // namespace

void CallBudget::Fill(absl::Duration now, Bucket& bucket) const {
  const double more = absl::ToDoubleSeconds(now - bucket.filled) * calls_per_second_;
  bucket.left = std::min(most(), bucket.left + more);
  bucket.filled = now;
}

absl::Status CallBudget::Take(const Caller& caller, int calls) {
  if (!IsCounted(caller.kind)) return absl::OkStatus();
  const std::string label = caller.label();
  const absl::Duration now = clock_->Steady();
  {
    MutexLock lock(&mu_);
    auto [at, fresh] = buckets_.try_emplace(label);
    if (fresh) at->second = {most(), now};
    Fill(now, at->second);
    // Whatever a call costs, somebody who has made none for a while can make it.
    const double cost = std::min<double>(calls, most());
    if (at->second.left >= cost) {
      at->second.left -= cost;
      return absl::OkStatus();
    }
    ++refused_;
  }
  return Error(
      v1::OVERLOADED,
      StrCat("`", label, "` makes more than the ", calls_per_second_,
             " calls a second that a caller may make here; repeat it in a second, and put many into one by the "
             "methods that take several"),
      StrCat("“", label, "”的调用超过每秒", calls_per_second_, "次的上限；请一秒后重试，并尽量使用批量接口"),
      {{"caller", label}, {"callsPerSecond", StrCat(calls_per_second_)}});
}

void CallBudget::Tend() {
  const absl::Duration now = clock_->Steady();
  MutexLock lock(&mu_);
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    const auto bucket = it++;
    Fill(now, bucket->second);
    if (bucket->second.left >= most()) buckets_.erase(bucket);
  }
}

int CallBudget::callers() const {
  MutexLock lock(&mu_);
  return static_cast<int>(buckets_.size());
}

int64_t CallBudget::refused() const {
  MutexLock lock(&mu_);
  return refused_;
}

}  // namespace duban
