#include "services/assignment/tally.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "common/base/planted_bug.h"

namespace duban {
namespace {

using Assignment = v1::Assignment;
using Row = v1::GetBoardResponse::Row;

// Which assignments in a state an element of a tally counts.
enum class Turn : uint32_t { kAll = 0, kYellow = 1, kRed = 2 };

constexpr int kDayBits = 24;
constexpr int kTurnBits = 2;

uint32_t KeyOf(Assignment::State state, Turn turn, uint32_t day) {
  return (static_cast<uint32_t>(state) << kTurnBits | static_cast<uint32_t>(turn)) << kDayBits | day;
}

Assignment::State StateOf(uint32_t key) {
  return static_cast<Assignment::State>(key >> (kTurnBits + kDayBits));
}

Turn TurnOf(uint32_t key) {
  return static_cast<Turn>(key >> kDayBits & ((1U << kTurnBits) - 1));
}

uint32_t DayOf(uint32_t key) {
  return key & ((1U << kDayBits) - 1);
}

void Add(uint32_t key, int64_t by, storage::v1::Tally& tally) {
  auto& keys = *tally.mutable_keys();
  auto& counts = *tally.mutable_counts();
  const auto place = std::lower_bound(keys.begin(), keys.end(), key) - keys.begin();
  if (place == keys.size() || keys.begin()[place] != key) {
    keys.Add(key);
    counts.Add(0);
    std::rotate(keys.begin() + place, keys.end() - 1, keys.end());
    std::rotate(counts.begin() + place, counts.end() - 1, counts.end());
  }
  counts.begin()[place] += by;
  if (counts.begin()[place] != 0) return;
  keys.erase(keys.begin() + place);
  counts.erase(counts.begin() + place);
}

bool MeansState(const TallyFilter& filter, Assignment::State state) {
  return filter.states == 0 || (filter.states & 1U << state) != 0;
}

// How many stand in which light.
struct Lights {
  int64_t green = 0;
  int64_t yellow = 0;
  int64_t red = 0;
  int64_t grey = 0;

  int64_t all() const { return green + yellow + red + grey; }
};

// How many in one state there are, and have turned.
struct Turned {
  int64_t all = 0;
  int64_t yellow = 0;
  int64_t red = 0;
};

// Those of a state that a filter means.
Lights LightsOf(Assignment::State state, const Turned& turned, const TallyFilter& filter) {
  if (!MeansState(filter, state)) return {};
  Lights lights;
  if (IsGrey(state)) {
    lights.grey = turned.all;
  } else {
    lights = {turned.all - turned.yellow, turned.yellow - turned.red, turned.red, 0};
  }
  const Assignment::Light light = filter.light;
  if (light == Assignment::LIGHT_UNSPECIFIED) return lights;
  return {light == Assignment::GREEN ? lights.green : 0, light == Assignment::YELLOW ? lights.yellow : 0,
          light == Assignment::RED ? lights.red : 0, light == Assignment::GREY ? lights.grey : 0};
}

// Visits what a filter means of each state, as it stands on `today`.
void VisitStates(const storage::v1::Tally& tally, const TallyFilter& filter, absl::CivilDay today,
                 absl::FunctionRef<void(Assignment::State state, const Lights& lights)> visit) {
  const uint32_t last = DayNumber(today);
  for (int i = 0; i < tally.keys_size();) {
    const Assignment::State state = StateOf(tally.keys(i));
    Turned turned;
    for (; i < tally.keys_size() && StateOf(tally.keys(i)) == state; ++i) {
      if (DayOf(tally.keys(i)) > last) continue;
      const Turn turn = TurnOf(tally.keys(i));
      (turn == Turn::kAll ? turned.all : turn == Turn::kYellow ? turned.yellow : turned.red) += tally.counts(i);
    }
    visit(state, LightsOf(state, turned, filter));
  }
}

void AddLights(Assignment::State state, const Lights& lights, Row& row) {
  CountState(state, lights.all(), *row.mutable_counts());
  row.set_green(row.green() + lights.green);
  row.set_yellow(row.yellow() + lights.yellow);
  row.set_red(row.red() + lights.red);
  row.set_grey(row.grey() + lights.grey);
}

}  // namespace

TallyFilter FilterOf(const v1::AssignmentFilter& filter) {
  TallyFilter meant;
  if (filter.state() != Assignment::STATE_UNSPECIFIED) meant.states |= 1U << filter.state();
  for (const int state : filter.states()) meant.states |= 1U << state;
  meant.light = filter.light();
  return meant;
}

void Count(const Standing& standing, int64_t by, storage::v1::Tally& tally) {
  Add(KeyOf(standing.state, Turn::kAll, 0), by, tally);
  if (standing.yellow_day != 0) Add(KeyOf(standing.state, Turn::kYellow, standing.yellow_day), by, tally);
  if (standing.red_day != 0) Add(KeyOf(standing.state, Turn::kRed, standing.red_day), by, tally);
}

void AddTo(const storage::v1::Tally& tally, const TallyFilter& filter, absl::CivilDay today, Row& row) {
  VisitStates(tally, filter, today,
              [&](Assignment::State state, const Lights& lights) { AddLights(state, lights, row); });
}

void AddTo(const Standing& standing, const TallyFilter& filter, absl::CivilDay today, Row& row) {
  if (!Means(filter, standing, today)) return;
  const Assignment::Light light = LightOn(standing, today);
  AddLights(
      standing.state,
      {light == Assignment::GREEN, light == Assignment::YELLOW, light == Assignment::RED, light == Assignment::GREY},
      row);
}

int64_t CountOf(const storage::v1::Tally& tally, const TallyFilter& filter, absl::CivilDay today) {
  int64_t count = 0;
  VisitStates(tally, filter, today, [&](Assignment::State, const Lights& lights) { count += lights.all(); });
  return count;
}

bool Means(const TallyFilter& filter, const Standing& standing, absl::CivilDay today) {
  if (!MeansState(filter, standing.state)) return false;
  return filter.light == Assignment::LIGHT_UNSPECIFIED || filter.light == LightOn(standing, today);
}

void AddCounts(const v1::StateCounts& from, int64_t by, v1::StateCounts& to) {
  to.set_issued(to.issued() + by * from.issued());
  to.set_received(to.received() + by * from.received());
  to.set_in_progress(to.in_progress() + by * from.in_progress());
  to.set_under_review(to.under_review() + by * from.under_review());
  to.set_done(to.done() + by * from.done());
  to.set_declined(to.declined() + by * from.declined());
  to.set_cancelled(to.cancelled() + by * from.cancelled());
  to.set_total(to.total() + by * from.total());
}

void CountState(Assignment::State state, int64_t by, v1::StateCounts& counts) {
  switch (state) {
    case Assignment::ISSUED:
      counts.set_issued(counts.issued() + by);
      break;
    case Assignment::RECEIVED:
      counts.set_received(counts.received() + by);
      break;
    case Assignment::IN_PROGRESS:
      counts.set_in_progress(counts.in_progress() + by);
      break;
    case Assignment::UNDER_REVIEW:
      counts.set_under_review(counts.under_review() + by);
      break;
    case Assignment::DONE:
      counts.set_done(counts.done() + by);
      break;
    case Assignment::DECLINED:
      counts.set_declined(counts.declined() + by);
      break;
    default:
      counts.set_cancelled(counts.cancelled() + by);
      if (DUBAN_BUG("assignment.board_counts_cancelled")) break;
      return;
  }
  counts.set_total(counts.total() + by);
}

}  // namespace duban
