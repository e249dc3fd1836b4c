// Counting how assignments stand, so that a board is a sum of few rows on any day: a tally says how many stand in which
// state, and on which days how many of them turn YELLOW and RED by themselves.
//
// Pure and thread-safe; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_TALLY_H_
#define DUBAN_SERVICES_ASSIGNMENT_TALLY_H_

#include <cstdint>

#include "absl/time/civil_time.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "services/assignment/state.h"

namespace duban {

// Counts `by` more assignments that stand so; negative: fewer. What comes to 0 leaves no trace, so that equal counts
// are equal messages. REQUIRES: nothing comes below 0.
void Count(const Standing& standing, int64_t by, storage::v1::Tally& tally);

// What of a tally is meant: everything, or only some states or one light.
struct TallyFilter {
  // The sum of 1 << state over those that are meant; 0: all.
  uint32_t states = 0;
  v1::Assignment::Light light = v1::Assignment::LIGHT_UNSPECIFIED;

  bool everything() const { return states == 0 && light == v1::Assignment::LIGHT_UNSPECIFIED; }
};

// What a filter of a list or a board means of a tally.
TallyFilter FilterOf(const v1::AssignmentFilter& filter);

// Adds what a filter means of a tally to a row of a board, as it stands on `today`. `total` counts all but CANCELLED.
void AddTo(const storage::v1::Tally& tally, const TallyFilter& filter, absl::CivilDay today,
           v1::GetBoardResponse::Row& row);
// The same for one assignment.
void AddTo(const Standing& standing, const TallyFilter& filter, absl::CivilDay today, v1::GetBoardResponse::Row& row);

// How many of a tally a filter means on `today`.
int64_t CountOf(const storage::v1::Tally& tally, const TallyFilter& filter, absl::CivilDay today);

// Whether a filter means an assignment that stands so on `today`.
bool Means(const TallyFilter& filter, const Standing& standing, absl::CivilDay today);

// Adds up numbers by state; `by` 1 or -1.
void AddCounts(const v1::StateCounts& from, int64_t by, v1::StateCounts& to);
// Counts `by` more assignments in a state.
void CountState(v1::Assignment::State state, int64_t by, v1::StateCounts& counts);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_TALLY_H_
