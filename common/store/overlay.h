// Rows that are not in a store yet, laid over what lies beneath.

#ifndef DUBAN_COMMON_STORE_OVERLAY_H_
#define DUBAN_COMMON_STORE_OVERLAY_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/store/view.h"

namespace duban {

// Keys and their new values in order; nothing means deleted.
using WriteSet = std::map<std::string, std::optional<std::string>, std::less<>>;

// Reads `rows`, and `base` where they say nothing. Owns neither; both outlive the view. As thread-safe as they are.
class OverlayView : public ReadView {
 public:
  OverlayView(const ReadView* base, const WriteSet* rows) : base_(base), rows_(rows) {}
  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override;
  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override;

 private:
  const ReadView* const base_;
  const WriteSet* const rows_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_OVERLAY_H_
