// Commands that act on several things: the calls they take, a line for each thing, and the error they end with.
//
// Not thread-safe.

#ifndef DUBAN_TOOLS_CLI_BULK_H_
#define DUBAN_TOOLS_CLI_BULK_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "google/rpc/status.pb.h"
#include "tools/cli/printer.h"
#include "tools/cli/session.h"

namespace duban::cli {

// Most items of one call, as the contract has it, and about how many bytes they may take.
inline constexpr size_t kMaxItemsPerCall = 500;
inline constexpr size_t kMaxBytesPerCall = 1 << 20;

// What came of each thing that a command acts on.
class Outcome {
 public:
  // The printer outlives it.
  explicit Outcome(Printer* printer) : printer_(*printer) {}

  // Something went through; says so at once.
  void Done(const Phrase& line);
  // `what` was refused.
  void Refused(const std::string& what, const absl::Status& why);

  int done() const { return done_; }

  // Says of everything that was refused why, and returns how the command ends: OK where nothing was; the refusal itself
  // where there was one thing; else the first refusal's code and reason, with how many there were.
  absl::Status Finish();

 private:
  Printer& printer_;
  int done_ = 0;
  std::vector<std::pair<std::string, absl::Status>> refusals_;
};

// Takes out of an error the details that this program does not know: what it prints has to be JSON that all can read.
void DropUnknownDetails(google::rpc::Status* error);

// Makes a request on several things in as many calls as it takes, one after the other: `base` with some of `items`
// each, which `put(item, &request)` adds, and with a request id made from `command_id`. Adds the results to `all`,
// those before a call that fails included.
template <typename Request, typename Response, typename Item, typename Put>
absl::Status CallInBulk(Session& session, std::string_view method, std::string_view command_id, const Request& base,
                        const std::vector<Item>& items, const Put& put, Response* all) {
  size_t next = 0;
  for (int call = 0; next < items.size(); ++call) {
    Request request = base;
    for (size_t i = 0; next < items.size() && i < kMaxItemsPerCall && request.ByteSizeLong() < kMaxBytesPerCall; ++i) {
      put(items[next++], &request);
    }
    request.set_request_id(session.RequestIdFor(command_id, StrCat(method, "-", call)));
    DUBAN_ASSIGN_OR_RETURN(Response response, session.Call<Response>(method, request));
    for (auto& result : *response.mutable_results()) {
      if (result.has_error()) DropUnknownDetails(result.mutable_error());
      *all->add_results() = std::move(result);
    }
  }
  return absl::OkStatus();
}

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_BULK_H_
