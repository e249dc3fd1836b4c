#include "services/plan/kept_hints.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/civil.h"
#include "common/base/digest.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/phrases/unit_names.h"

namespace duban {
namespace {

constexpr std::string_view kPrefix = "keptHints/";
constexpr size_t kIdBytes = 8;

std::string NameOf(std::string_view issuing_unit) {
  const std::string key = EncodeUtf8(UnitKey(DecodeUtf8(issuing_unit)));
  return key.empty() ? "" : StrCat(kPrefix, absl::BytesToHexString(Sha256(key).substr(0, kIdBytes)));
}

// What can serve another document.
v1::ReadingHints Lasting(v1::ReadingHints hints) {
  if (!DUBAN_BUG("plan.lines_of_last_year")) {
    hints.clear_first_line();
    hints.clear_last_line();
  }
  hints.clear_kept();
  return hints;
}

absl::Status MakeRoom(Transaction& transaction) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::KeptHints> all, AllKeptHints(transaction));
  if (all.size() < kMostKeptHints) return absl::OkStatus();
  const auto age = [](const v1::KeptHints& kept) {
    return std::make_tuple(FromProto(kept.update_time()), kept.name());
  };
  const auto oldest = std::min_element(all.begin(), all.end(),
                                       [&](const v1::KeptHints& a, const v1::KeptHints& b) { return age(a) < age(b); });
  return transaction.Delete(oldest->name());
}

}  // namespace

absl::StatusOr<std::optional<v1::KeptHints>> FindKeptHints(const ReadView& view, std::string_view issuing_unit) {
  const std::string name = NameOf(issuing_unit);
  if (name.empty()) return std::nullopt;
  if (DUBAN_BUG("plan.hints_of_any_office")) {
    DUBAN_ASSIGN_OR_RETURN(std::vector<v1::KeptHints> all, AllKeptHints(view));
    if (!all.empty()) return std::move(all.front());
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::KeptHints>> stored, view.Get<v1::KeptHints>(name));
  if (!stored.has_value()) return std::nullopt;
  return std::move(stored->value);
}

absl::Status KeepHints(Transaction& transaction, absl::Time now, const v1::Plan& plan) {
  const std::string name = NameOf(plan.issuing_unit());
  v1::ReadingHints hints = Lasting(plan.reading_hints());
  if (name.empty() || !plan.reading_hints().kept().empty() || hints.ByteSizeLong() == 0) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::KeptHints>> before, transaction.Get<v1::KeptHints>(name));
  if (!before.has_value()) DUBAN_RETURN_IF_ERROR(MakeRoom(transaction));
  v1::KeptHints kept;
  kept.set_name(name);
  kept.set_issuing_unit(plan.issuing_unit());
  *kept.mutable_hints() = std::move(hints);
  // A draft is its own unit's business.
  if (plan.state() != v1::Plan::DRAFT) {
    kept.set_plan(plan.name());
    kept.set_plan_title(plan.title());
  }
  *kept.mutable_update_time() = ToProto(now);
  return transaction.Put(name, kept, {}).status();
}

absl::StatusOr<std::vector<v1::KeptHints>> AllKeptHints(const ReadView& view) {
  std::vector<v1::KeptHints> all;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::KeptHints>(kPrefix, "", [&](std::string_view, Stored<v1::KeptHints> stored) {
    stored.value.set_etag(EtagOf(stored.sequence));
    all.push_back(std::move(stored.value));
    return true;
  }));
  std::sort(all.begin(), all.end(), [](const v1::KeptHints& a, const v1::KeptHints& b) {
    return std::tie(a.issuing_unit(), a.name()) < std::tie(b.issuing_unit(), b.name());
  });
  return all;
}

}  // namespace duban
