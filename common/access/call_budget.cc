#include "common/access/call_budget.h"

#include <arpa/inet.h>

#include <algorithm>
#include <iterator>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// What of an IPv6 address names the network; the rest is its owner's to choose.
constexpr int kNetworkBytes = 8;

// Whether calls of this kind are counted; see call_budget.h.
bool IsCounted(CallerKind kind) {
  return kind == CallerKind::kUnitClient || kind == CallerKind::kJob || kind == CallerKind::kForeign ||
         kind == CallerKind::kPerson || kind == CallerKind::kPersonClient;
}

}  // namespace

void Buckets::Fill(absl::Duration now, Bucket& bucket) const {
  bucket.left = std::min(most_, bucket.left + absl::ToDoubleSeconds(now - bucket.filled) * per_second_);
  bucket.filled = now;
}

bool Buckets::Take(const std::string& name, double cost, absl::Duration now) {
  auto [at, fresh] = buckets_.try_emplace(name);
  if (fresh) at->second = {most_, now};
  Fill(now, at->second);
  // Whatever it costs, who has taken nothing for a while can have it.
  const double taken = std::min(cost, most_);
  if (at->second.left < taken) return false;
  at->second.left -= taken;
  return true;
}

void Buckets::Tend(absl::Duration now) {
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    const auto bucket = it++;
    Fill(now, bucket->second);
    if (bucket->second.left >= most_) buckets_.erase(bucket);
  }
}

absl::Status CallBudget::Take(const Caller& caller, int calls) {
  if (!IsCounted(caller.kind)) return absl::OkStatus();
  const std::string label = caller.label();
  const absl::Duration now = clock_->Steady();
  {
    MutexLock lock(&mu_);
    if (buckets_.Take(label, calls, now)) return absl::OkStatus();
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
  MutexLock lock(&mu_);
  buckets_.Tend(clock_->Steady());
}

int CallBudget::callers() const {
  MutexLock lock(&mu_);
  return buckets_.size();
}

int64_t CallBudget::refused() const {
  MutexLock lock(&mu_);
  return refused_;
}

std::string AddressCounted(const std::string& address) {
  // A link-local address names its interface behind a percent sign.
  const std::string plain = address.substr(0, address.find('%'));
  in6_addr bytes{};
  if (inet_pton(AF_INET6, plain.c_str(), &bytes) != 1) return address;
  char text[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    inet_ntop(AF_INET, &bytes.s6_addr[12], text, sizeof(text));
    return text;
  }
  std::fill(bytes.s6_addr + kNetworkBytes, std::end(bytes.s6_addr), 0);
  inet_ntop(AF_INET6, &bytes, text, sizeof(text));
  return StrCat(text, "/64");
}

absl::Status SignInBudget::Take(const Caller& carrier, const std::string& address) {
  const bool counted =
      carrier.identity.part != Identity::Part::kNode && carrier.identity.part != Identity::Part::kService;
  if (!counted || DUBAN_BUG("access.sign_ins_without_limit")) return absl::OkStatus();
  const std::string counted_as = AddressCounted(address);
  {
    MutexLock lock(&mu_);
    if (buckets_.Take(counted_as, 1, clock_->Steady())) return absl::OkStatus();
  }
  return Error(v1::OVERLOADED,
               StrCat("more than ", per_minute_, " attempts to sign in came from ", counted_as,
                      " within a minute; try again in a minute"),
               StrCat("一分钟内来自", counted_as, "的登录尝试超过", per_minute_, "次，请一分钟后再试"),
               {{"address", counted_as}});
}

void SignInBudget::Tend() {
  MutexLock lock(&mu_);
  buckets_.Tend(clock_->Steady());
}

}  // namespace duban
