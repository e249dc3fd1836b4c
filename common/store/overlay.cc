#include "common/store/overlay.h"

namespace duban {

absl::StatusOr<std::optional<std::string>> OverlayView::GetRow(std::string_view key) const {
  if (auto row = rows_->find(key); row != rows_->end()) return row->second;
  return base_->GetRow(key);
}

absl::Status OverlayView::ScanRows(std::string_view begin, std::string_view end,
                                   absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
  if (!end.empty() && begin >= end) return absl::OkStatus();
  auto next = rows_->lower_bound(begin);
  const auto stop = end.empty() ? rows_->end() : rows_->lower_bound(end);
  if (next == stop) return base_->ScanRows(begin, end, visit);
  // Visits `next` and goes on; false where the visitor has had enough.
  const auto visit_next = [&] {
    const auto& [key, value] = *next++;
    return !value.has_value() || visit(key, *value);
  };
  bool stopped = false;
  DUBAN_RETURN_IF_ERROR(base_->ScanRows(begin, end, [&](std::string_view key, std::string_view value) {
    while (!stopped && next != stop && next->first < key) stopped = !visit_next();
    if (stopped) return false;
    const bool hidden = next != stop && next->first == key;
    stopped = hidden ? !visit_next() : !visit(key, value);
    return !stopped;
  }));
  while (!stopped && next != stop) stopped = !visit_next();
  return absl::OkStatus();
}

}  // namespace duban
