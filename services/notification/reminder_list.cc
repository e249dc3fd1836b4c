#include "services/notification/reminder_list.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/notification/reminder_queue.h"
#include "services/notification/reminder_rows.h"
#include "services/notification/schedule_planner.h"

namespace duban {
namespace {

using storage::v1::OrderPlan;
using storage::v1::Schedule;
using v1::Reminder;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 500;
constexpr size_t kMostSchedules = 500;
constexpr size_t kMostItems = 5000;

std::string ScopeOf(const v1::ListRemindersRequest& request) {
  return StrCat("ListReminders\n", request.state(), "\n", request.recipient(), "\n", request.assignment());
}

// A place in the listing: a reminder, or, with `unit` unset, the beginning of a schedule.
struct Cursor {
  std::string time;
  std::string order;
  std::string schedule;
  std::optional<uint64_t> unit;

  friend auto operator<=>(const Cursor& a, const Cursor& b) {
    return std::tie(a.time, a.order, a.schedule) <=> std::tie(b.time, b.order, b.schedule);
  }
};

std::string Written(const Cursor& cursor) {
  return StrCat(cursor.time, " ", cursor.order, " ", cursor.schedule,
                cursor.unit.has_value() ? StrCat(" ", HexKey(*cursor.unit)) : "");
}

// A token that passed its check was made here, or is as good.
Cursor ParseCursor(std::string_view text) {
  Cursor cursor;
  for (std::string* part : {&cursor.time, &cursor.order, &cursor.schedule}) {
    const size_t end = std::min(text.find(' '), text.size());
    *part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  cursor.unit = ParseHexKey(text);
  return cursor;
}

// Fills one page.
class Page {
 public:
  Page(const ReadView& view, ReminderReader& reader, Listing listing, const v1::ListRemindersRequest& request,
       v1::ListRemindersResponse* response)
      : view_(view),
        reader_(reader),
        listing_(std::move(listing)),
        request_(request),
        response_(response),
        size_(PageSize(request.page_size(), kDefaultPage, kMaxPage)) {}

  absl::Status Fill() {
    DUBAN_ASSIGN_OR_RETURN(const std::string token, ReadPageToken(listing_, request_.page_token()));
    if (!token.empty()) from_ = ParseCursor(token);
    DUBAN_ASSIGN_OR_RETURN(const std::vector<Cursor> places,
                           request_.assignment().empty() ? SchedulesByTime() : SchedulesOfAssignment());
    for (const Cursor& place : places) {
      DUBAN_RETURN_IF_ERROR(TakeSchedule(place));
      if (full_) return absl::OkStatus();
    }
    if (places.size() == kMostSchedules) EndBehind(places.back(), kLastUnit);
    return absl::OkStatus();
  }

 private:
  // From where the page begins; the schedule it begins in is the first. Few are DEAD, and they have an index of their
  // own.
  absl::StatusOr<std::vector<Cursor>> SchedulesByTime() const {
    std::vector<Cursor> places;
    const bool only_dead = request_.state() == Reminder::DEAD;
    const std::string all = only_dead ? DeadBatches() : IndexKey(kScheduleByTime, {});
    std::string begin = all;
    // No part of a cursor that was forged leads out of the index.
    if (from_.has_value() && Written(*from_).find('\0') == std::string::npos) {
      for (const std::string* part : {&from_->time, &from_->order, &from_->schedule})
        begin.append(*part).push_back('\0');
    }
    DUBAN_RETURN_IF_ERROR(view_.ScanRows(begin, PrefixEnd(all), [&](std::string_view key, std::string_view) {
      Cursor place;
      key.remove_prefix(all.size());
      for (std::string* part : {&place.time, &place.order, &place.schedule}) {
        const size_t end = std::min(key.find('\0'), key.size());
        *part = key.substr(0, end);
        key.remove_prefix(std::min(end + 1, key.size()));
      }
      if (places.empty() || std::is_lt(places.back() <=> place)) places.push_back(std::move(place));
      return places.size() < kMostSchedules;
    }));
    return places;
  }

  static std::string DeadBatches() {
    return IndexKey(kReminderQueue, {std::string(1, static_cast<char>(QueuePart::kDead))});
  }

  // Those of one order, which are few.
  absl::StatusOr<std::vector<Cursor>> SchedulesOfAssignment() const {
    std::vector<Cursor> places;
    const std::string order = OrderKey(ParseName(request_.assignment()).task);
    DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> plan, ReadOrder(view_, order));
    if (!plan.has_value()) return places;
    for (const Schedule& schedule : plan->schedules()) {
      Cursor place{TimePart(TimeOf(schedule)), order, schedule.key(), std::nullopt};
      if (schedule.phase() != Schedule::DROPPED && !(from_.has_value() && place < *from_)) places.push_back(place);
    }
    std::sort(places.begin(), places.end());
    return places;
  }

  absl::Status TakeSchedule(const Cursor& place) {
    if (place.order != order_) {
      DUBAN_ASSIGN_OR_RETURN(plan_, ReadOrder(view_, place.order));
      order_ = place.order;
    }
    const Schedule* schedule = plan_.has_value() ? FindSchedule(*plan_, place.schedule) : nullptr;
    if (schedule == nullptr) return BrokenRecord(OrderRow(place.order));
    // Of what waits for its time there are no others.
    const bool waits_too = request_.state() == Reminder::STATE_UNSPECIFIED || request_.state() == Reminder::SCHEDULED;
    if (schedule->phase() == Schedule::WAITING && !waits_too) return absl::OkStatus();
    uint64_t first = 0;
    uint64_t last = kLastUnit;
    if (std::optional<uint64_t> only = OnlyUnit(place); only.has_value()) first = last = *only;
    if (from_.has_value() && from_->unit.has_value() && std::is_eq(place <=> *from_)) {
      if (*from_->unit >= last) return absl::OkStatus();
      first = std::max(first, *from_->unit + 1);
    }
    for (uint64_t end = 0; !full_ && first <= last; first = end + 1) {
      DUBAN_ASSIGN_OR_RETURN(const std::vector<ReminderItem> items,
                             reader_.Items(*plan_, *schedule, first, last, &end));
      DUBAN_RETURN_IF_ERROR(TakeItems(place, *schedule, items));
      if (end >= last) break;
      looked_at_ += items.size();
      if (!full_ && looked_at_ >= kMostItems) EndBehind(place, end);
    }
    return absl::OkStatus();
  }

  // The only unit of a schedule that the request asks for.
  std::optional<uint64_t> OnlyUnit(const Cursor& place) const {
    if (!request_.assignment().empty()) return UnitKey(ParseName(request_.assignment()).id);
    const std::optional<ScheduleKey> key = ScheduleKey::Parse(place.schedule);
    if (request_.recipient().empty() || !key.has_value() || key->reason == Reminder::ESCALATION) return std::nullopt;
    return UnitKey(request_.recipient());
  }

  bool Matches(const ReminderItem& item) const {
    if (request_.state() != Reminder::STATE_UNSPECIFIED && request_.state() != item.state) return false;
    if (request_.recipient().empty()) return true;
    return request_.recipient() == (item.issuer.empty() ? StrCat("units/", item.unit) : item.issuer);
  }

  absl::Status TakeItems(const Cursor& place, const Schedule& schedule, const std::vector<ReminderItem>& items) {
    for (const ReminderItem& item : items) {
      if (!Matches(item)) continue;
      if (response_->reminders_size() == size_) {
        // A page ends only where another reminder is known to follow, so that the last page has no token.
        EndBehind(last_place_, last_unit_);
        return absl::OkStatus();
      }
      DUBAN_ASSIGN_OR_RETURN(*response_->add_reminders(), reader_.Show(*plan_, schedule, item));
      last_place_ = place;
      last_unit_ = item.key;
    }
    return absl::OkStatus();
  }

  void EndBehind(Cursor place, uint64_t unit) {
    full_ = true;
    place.unit = unit;
    response_->set_next_page_token(MakePageToken(listing_, Written(place)));
  }

  const ReadView& view_;
  ReminderReader& reader_;
  const Listing listing_;
  const v1::ListRemindersRequest& request_;
  v1::ListRemindersResponse* const response_;
  const int size_;
  std::optional<Cursor> from_;
  std::string order_;
  std::optional<OrderPlan> plan_;
  // The last reminder on the page.
  Cursor last_place_;
  uint64_t last_unit_ = 0;
  size_t looked_at_ = 0;
  bool full_ = false;
};

}  // namespace

absl::Status ListStoredReminders(const ReadView& view, ReminderReader& reader, Listing listing,
                                 const v1::ListRemindersRequest& request, v1::ListRemindersResponse* response) {
  listing.scope = ScopeOf(request);
  return Page(view, reader, std::move(listing), request, response).Fill();
}

}  // namespace duban
