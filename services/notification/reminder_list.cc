#include "services/notification/reminder_list.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/indexes.h"
#include "services/notification/reminder_queue.h"

namespace duban {
namespace {

using v1::Reminder;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 500;
constexpr size_t kMaxExamined = 5000;
// Hex digits of the time in a cursor, which the name follows.
constexpr size_t kTimeDigits = 16;

std::string ScopeOf(const v1::ListRemindersRequest& request) {
  return StrCat("ListReminders\n", request.state(), "\n", request.recipient(), "\n", request.assignment());
}

// Cursors of the reminders behind `cursor`, in order, at most `max`: time and name together.
absl::StatusOr<std::vector<std::string>> Cursors(const ReadView& view, const std::string& recipient,
                                                 const std::string& cursor, size_t max) {
  std::vector<std::string> cursors;
  const auto visit = [&](const std::vector<std::string_view>& rest, std::string_view) {
    if (rest.size() == 2) cursors.push_back(StrCat(rest[0], rest[1]));
    return cursors.size() < max;
  };
  const bool all = recipient.empty();
  const Index index = all ? kReminderByRemindTime : kReminderByRecipient;
  std::string after;
  if (!cursor.empty()) {
    const std::string_view time = std::string_view(cursor).substr(0, kTimeDigits);
    const std::string_view name = std::string_view(cursor).substr(time.size());
    after = all ? IndexKey(index, {time, name}) : IndexKey(index, {recipient, time, name});
  }
  DUBAN_RETURN_IF_ERROR(all ? view.ScanIndex(index, {}, visit, after)
                            : view.ScanIndex(index, {recipient}, visit, after));
  return cursors;
}

// The same for the reminders of one assignment, which are few.
absl::StatusOr<std::vector<std::string>> CursorsOf(const ReadView& view, const std::string& assignment,
                                                   const std::string& cursor) {
  std::vector<std::string> cursors;
  DUBAN_ASSIGN_OR_RETURN(const auto copy, view.GetLocal<storage::v1::AssignmentCopy>(assignment));
  if (!copy.has_value()) return cursors;
  for (const std::string& name : copy->reminders()) {
    DUBAN_ASSIGN_OR_RETURN(const Stored<Reminder> stored, view.Need<Reminder>(name));
    std::string own = StrCat(TimePart(FromProto(stored.value.remind_time())), name);
    if (own > cursor) cursors.push_back(std::move(own));
  }
  std::sort(cursors.begin(), cursors.end());
  return cursors;
}

bool Matches(const Reminder& reminder, const v1::ListRemindersRequest& request) {
  return (request.state() == Reminder::STATE_UNSPECIFIED || request.state() == reminder.state()) &&
         (request.recipient().empty() || request.recipient() == reminder.recipient());
}

}  // namespace

absl::Status ListStoredReminders(const ReadView& view, const v1::ListRemindersRequest& request,
                                 v1::ListRemindersResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const std::string cursor, ReadPageToken(ScopeOf(request), request.page_token()));
  const int size = PageSize(request.page_size(), kDefaultPage, kMaxPage);
  const bool by_assignment = !request.assignment().empty();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> cursors,
                         by_assignment ? CursorsOf(view, request.assignment(), cursor)
                                       : Cursors(view, request.recipient(), cursor, kMaxExamined));
  for (size_t i = 0; i < cursors.size(); ++i) {
    DUBAN_ASSIGN_OR_RETURN(Stored<Reminder> stored, view.Need<Reminder>(cursors[i].substr(kTimeDigits)));
    if (!Matches(stored.value, request)) continue;
    if (response->reminders_size() == size) {
      // A page ends only where another reminder is known to follow, so that the last page has no token.
      response->set_next_page_token(MakePageToken(ScopeOf(request), cursors[i - 1]));
      return absl::OkStatus();
    }
    stored.value.set_etag(EtagOf(stored.sequence));
    *response->add_reminders() = std::move(stored.value);
  }
  if (!by_assignment && cursors.size() == kMaxExamined) {
    response->set_next_page_token(MakePageToken(ScopeOf(request), cursors.back()));
  }
  return absl::OkStatus();
}

}  // namespace duban
