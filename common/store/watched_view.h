// A view that stops in the middle of a scan once the work it is read for is not wanted any more. Internal to
// common/store. Thread-safe where the view beneath is. View and work outlive it.

#ifndef DUBAN_COMMON_STORE_WATCHED_VIEW_H_
#define DUBAN_COMMON_STORE_WATCHED_VIEW_H_

#include <optional>
#include <string>

#include "common/base/work.h"
#include "common/store/view.h"

namespace duban {

class WatchedView final : public ReadView {
 public:
  // `work` may be null: then the view is like the one beneath.
  WatchedView(const ReadView* beneath, const Work* work) : beneath_(beneath), work_(work) {}

  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override {
    DUBAN_RETURN_IF_ERROR(CheckWanted(work_));
    return beneath_->GetRow(key);
  }

  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override {
    DUBAN_RETURN_IF_ERROR(beneath_->ScanRows(begin, end, [&](std::string_view key, std::string_view value) {
      return CheckWanted(work_).ok() && visit(key, value);
    }));
    return CheckWanted(work_);
  }

 private:
  const ReadView* const beneath_;
  const Work* const work_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_WATCHED_VIEW_H_
