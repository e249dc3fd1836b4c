#include "common/feed/sweep.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/strings.h"

namespace duban {
namespace {

std::string SweepName(std::string_view hop) {
  return StrCat("sweep/", hop);
}

std::string MarkName(std::string_view hop, std::string_view entity) {
  return StrCat("swept/", hop, "/", entity);
}

}  // namespace

absl::Status BeginSweep(Transaction& transaction, std::string_view hop) {
  DUBAN_RETURN_IF_ERROR(DropSweep(transaction, hop));
  transaction.PutLocal(SweepName(hop), v1::FeedPosition());
  return absl::OkStatus();
}

absl::StatusOr<bool> IsSweeping(const ReadView& view, std::string_view hop) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(LocalKey(SweepName(hop))));
  return row.has_value();
}

void NoteSentAgain(Transaction& transaction, std::string_view hop, std::string_view entity) {
  transaction.PutLocal(MarkName(hop, entity), v1::FeedPosition());
}

absl::Status Sweep(Transaction& transaction, const EntrySource& source, const HeldFromSource& held,
                   const ApplyEntry& apply) {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(held(transaction, source, [&](std::string_view name) {
    names.emplace_back(name);
    return true;
  }));
  EntrySource swept = source;
  swept.swept = true;
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(const auto mark, transaction.GetRow(LocalKey(MarkName(source.hop, name))));
    if (mark.has_value()) continue;
    Log(LogLevel::kWarning, "hop.swept", {{"hop", source.hop}, {"entity", name}});
    v1::FeedEntry entry;
    entry.set_entity(name);
    entry.set_withdrawn(true);
    DUBAN_RETURN_IF_ERROR(apply(transaction, entry, swept));
  }
  return DropSweep(transaction, source.hop);
}

absl::Status DropSweep(Transaction& transaction, std::string_view hop) {
  DUBAN_ASSIGN_OR_RETURN(const bool sweeping, IsSweeping(transaction, hop));
  if (!sweeping) return absl::OkStatus();
  std::vector<std::string> marks;
  const std::string begin = LocalKey(MarkName(hop, ""));
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view) {
    marks.emplace_back(key);
    return true;
  }));
  for (std::string& mark : marks) transaction.DeleteRow(std::move(mark));
  transaction.DeleteLocal(SweepName(hop));
  return absl::OkStatus();
}

}  // namespace duban
