// Listing assignments and counting them, from what is kept of them. Reads through a view; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_LISTS_H_
#define DUBAN_SERVICES_ASSIGNMENT_LISTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/page_token.h"
#include "common/store/view.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "services/assignment/plan_book.h"
#include "services/assignment/records.h"
#include "services/assignment/state.h"
#include "services/assignment/tally.h"

namespace duban {

// A page of assignments, listed or pulled, is closed once it holds so many bytes, so that it fits one message.
inline constexpr int64_t kMaxListBytes = 1 << 20;
inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 500;
// Most rows of the desk that one page looks at: a page with a rare filter can be short or empty and still have a next
// one.
inline constexpr int kMaxRowsLookedAt = 5000;

// Makes assignments as callers see them. Remembers when each plan was delivered to which node, so it is for one view
// and one call. Not thread-safe. Errors: those of the view.
class Viewer {
 public:
  Viewer(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today)
      : view_(view), records_(records), today_(today) {}

  // `decomposed`: a decomposition may be stored; else none is looked for.
  absl::StatusOr<v1::Assignment> View(const Duty& duty, const Standing& standing, bool decomposed);
  // The assignment of `unit` that stands at `place` of its row.
  absl::StatusOr<v1::Assignment> ViewAt(std::string_view plan, std::string_view unit, const PlanBook& book,
                                        const storage::v1::DeskRow& row, int place);

 private:
  const ReadView& view_;
  const AssignmentRecords& records_;
  const absl::CivilDay today_;
  // By plan and node.
  std::map<std::string, google::protobuf::Timestamp> deliveries_;
};

// Where a page ends: the last assignment it showed or, where it stopped looking between two rows, the last row.
struct ListCursor {
  std::string plan;
  std::string unit;
  // SortText of the order; empty: the whole row was looked at.
  std::string place;
};
std::string EncodeCursor(const ListCursor& cursor);
// Errors: INVALID_FIELD for what is none.
absl::StatusOr<ListCursor> DecodeCursor(const std::string& text);

// How far a page goes, and where the next one begins: what lists by plan, unit, table and number have in common. For
// one call; not thread-safe.
class PageWalk {
 public:
  // `page_size`: the request's, 0 where it says nothing. `after`: where the page before ended.
  PageWalk(int page_size, ListCursor after);

  const ListCursor& after() const { return after_; }
  // Whether the page before went past a row, or past an assignment of one.
  bool Passed(std::string_view plan, std::string_view unit) const;
  bool Passed(std::string_view plan, std::string_view unit, std::string_view place) const;

  // Takes the next assignment in, which has so many bytes and stands at `at`. False where the page is full without it.
  bool Take(size_t bytes, ListCursor at);
  // Nothing more of a row is looked at.
  void EndRow(const std::string& plan, const std::string& unit);
  // The page goes no further.
  bool ended() const { return ended_; }
  // Where it ended; nothing where it is the last one.
  std::optional<ListCursor> end() const { return ended_ ? std::optional(last_) : std::nullopt; }

 private:
  const ListCursor after_;
  const int most_;
  int taken_ = 0;
  int64_t bytes_ = 0;
  int looked_at_ = 0;
  bool ended_ = false;
  ListCursor last_;
};

// The places of a row by table and number of their tasks.
std::vector<int> SortedPlaces(const PlanBook& book, const storage::v1::DeskRow& row);

// Whether a filter means what stands under a heading.
bool MeansHeading(const v1::AssignmentFilter& filter, std::string_view heading);

// Whether a filter, of which `meant` is what a tally knows, means the assignment that stands at `place` of a row.
bool MeansPlace(const TallyFilter& meant, const v1::AssignmentFilter& filter, const PlanBook& book,
                const storage::v1::DeskRow& row, int place, absl::CivilDay today);

// Fills in a page, by plan, unit, table and number. `listing`: the caller's; its scope is filled in. Errors:
// INVALID_FIELD for a page token of another listing.
absl::Status ListFromDesk(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today, Listing listing,
                          const v1::ListAssignmentsRequest& request, v1::ListAssignmentsResponse* response);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_LISTS_H_
