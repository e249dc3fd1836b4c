#include "services/assignment/tally.h"

#include <algorithm>

#include "common/base/planted_bug.h"

namespace duban {
namespace {

using Assignment = v1::Assignment;
using Row = v1::GetBoardResponse::Row;
using google::protobuf::RepeatedPtrField;

// The element whose key is `key`, of elements in the order of their keys; put in where there is none.
template <typename Element, typename KeyOf>
int Place(RepeatedPtrField<Element>& elements, uint32_t key, KeyOf key_of) {
  const auto at = std::lower_bound(elements.begin(), elements.end(), key,
                                   [&](const Element& element, uint32_t sought) { return key_of(element) < sought; });
  const int place = static_cast<int>(at - elements.begin());
  if (at != elements.end() && key_of(*at) == key) return place;
  elements.Add();
  for (int i = elements.size() - 1; i > place; --i) elements.SwapElements(i, i - 1);
  return place;
}

void CountDay(uint32_t day, int64_t by, RepeatedPtrField<storage::v1::DayCount>& days) {
  if (day == 0) return;
  const int place = Place(days, day, [](const storage::v1::DayCount& count) { return count.day(); });
  storage::v1::DayCount& count = days[place];
  count.set_day(day);
  count.set_count(count.count() + by);
  if (count.count() == 0) days.DeleteSubrange(place, 1);
}

bool MeansState(const TallyFilter& filter, Assignment::State state) {
  return filter.state == Assignment::STATE_UNSPECIFIED || filter.state == state;
}

// How many stand in which light.
struct Lights {
  int64_t green = 0;
  int64_t yellow = 0;
  int64_t red = 0;
  int64_t grey = 0;

  int64_t all() const { return green + yellow + red + grey; }
};

// How many have turned by a day.
int64_t Turned(const RepeatedPtrField<storage::v1::DayCount>& days, uint32_t today) {
  int64_t turned = 0;
  for (const storage::v1::DayCount& day : days) {
    if (day.day() > today) break;
    turned += day.count();
  }
  return turned;
}

// Those of a state that a filter means.
Lights LightsOf(const storage::v1::StateTally& tally, const TallyFilter& filter, absl::CivilDay today) {
  const auto state = static_cast<Assignment::State>(tally.state());
  Lights lights;
  if (!MeansState(filter, state)) return lights;
  if (IsGrey(state)) {
    lights.grey = tally.count();
  } else {
    lights.red = Turned(tally.red(), DayNumber(today));
    const int64_t turned = Turned(tally.yellow(), DayNumber(today));
    lights.yellow = turned - lights.red;
    lights.green = tally.count() - turned;
  }
  const Assignment::Light light = filter.light;
  if (light == Assignment::LIGHT_UNSPECIFIED) return lights;
  return {light == Assignment::GREEN ? lights.green : 0, light == Assignment::YELLOW ? lights.yellow : 0,
          light == Assignment::RED ? lights.red : 0, light == Assignment::GREY ? lights.grey : 0};
}

void AddLights(Assignment::State state, const Lights& lights, Row& row) {
  CountState(state, lights.all(), *row.mutable_counts());
  row.set_green(row.green() + lights.green);
  row.set_yellow(row.yellow() + lights.yellow);
  row.set_red(row.red() + lights.red);
  row.set_grey(row.grey() + lights.grey);
}

}  // namespace

void Count(const Standing& standing, int64_t by, storage::v1::Tally& tally) {
  const auto state = static_cast<uint32_t>(standing.state);
  const int place =
      Place(*tally.mutable_states(), state, [](const storage::v1::StateTally& counted) { return counted.state(); });
  storage::v1::StateTally& counted = *tally.mutable_states(place);
  counted.set_state(state);
  counted.set_count(counted.count() + by);
  CountDay(standing.yellow_day, by, *counted.mutable_yellow());
  CountDay(standing.red_day, by, *counted.mutable_red());
  if (counted.count() == 0) tally.mutable_states()->DeleteSubrange(place, 1);
}

void AddTo(const storage::v1::Tally& tally, const TallyFilter& filter, absl::CivilDay today, Row& row) {
  for (const storage::v1::StateTally& counted : tally.states()) {
    AddLights(static_cast<Assignment::State>(counted.state()), LightsOf(counted, filter, today), row);
  }
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
  for (const storage::v1::StateTally& counted : tally.states()) count += LightsOf(counted, filter, today).all();
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
