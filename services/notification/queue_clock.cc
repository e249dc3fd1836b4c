#include "services/notification/queue_clock.h"

#include <algorithm>

#include "common/base/planted_bug.h"

namespace duban {
namespace {

using storage::v1::QueueState;

// A wall clock that goes apart from steady time by more than this was set, not slewed.
constexpr absl::Duration kStep = absl::Minutes(1);

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time SteadyAt(const QueueState& state, absl::Time now) {
  return now + absl::Microseconds(state.set_back_micros());
}

// The clock leapt forward to `now`.
void NoteLeap(QueueState& state, absl::Time now, absl::Duration leap, absl::Duration catch_up_window) {
  // What was still within its window before the leap is excused too.
  int64_t begin = absl::ToUnixMicros(now - leap - catch_up_window);
  const absl::Time steady = SteadyAt(state, now);
  if (absl::ToUnixMicros(steady - leap) < state.excused_until_micros()) {
    begin = std::min(begin, state.excused_begin_micros());
  }
  state.set_excused_begin_micros(begin);
  state.set_excused_end_micros(absl::ToUnixMicros(now));
  state.set_excused_until_micros(absl::ToUnixMicros(steady + catch_up_window));
}

void SetBack(QueueState& state, absl::Duration by) {
  state.set_set_back_micros(state.set_back_micros() + absl::ToInt64Microseconds(by));
}

}  // namespace

QueueState Observed(QueueState state, const ClockReading& reading, absl::Duration catch_up_window) {
  const absl::Duration clock =
      DUBAN_BUG("notification.wall_for_steady") ? reading.now - absl::UnixEpoch() : reading.steady;
  const absl::Time wall = absl::FromUnixMicros(state.wall_micros());
  if (state.process() == reading.process) {
    const absl::Duration drift = (reading.now - wall) - (clock - absl::Microseconds(state.clock_micros()));
    if (drift < -kStep) SetBack(state, -drift);
    if (drift > kStep) NoteLeap(state, reading.now, drift, catch_up_window);
  } else if (reading.now < wall) {
    SetBack(state, wall - reading.now);
  }
  state.set_process(reading.process);
  state.set_wall_micros(absl::ToUnixMicros(reading.now));
  state.set_clock_micros(absl::ToInt64Microseconds(clock));
  return state;
}

Moment MomentOf(const QueueState& observed, const ClockReading& reading, const v1::ReminderPolicy& policy) {
  return {.now = reading.now, .steady = SteadyAt(observed, reading.now), .policy = policy, .state = observed};
}

bool Moment::IsMissed(absl::Time time) const {
  const int64_t micros = absl::ToUnixMicros(time);
  const bool excused = absl::ToUnixMicros(steady) < state.excused_until_micros() &&
                       state.excused_begin_micros() <= micros && micros <= state.excused_end_micros();
  return now - time > CatchUpWindow(policy) && !excused;
}

absl::Time Moment::Earliest() const {
  absl::Time earliest = now - CatchUpWindow(policy);
  if (absl::ToUnixMicros(steady) < state.excused_until_micros()) {
    earliest = std::min(earliest, absl::FromUnixMicros(state.excused_begin_micros()));
  }
  return std::max(earliest, alive_until);
}

absl::Duration CatchUpWindow(const v1::ReminderPolicy& policy) {
  return FromProto(policy.catch_up_window());
}

absl::Duration BackoffAfter(int attempts, const v1::ReminderPolicy& policy) {
  absl::Duration pause = FromProto(policy.first_backoff());
  for (int i = 1; i < attempts && pause < kMaxBackoff; ++i) pause *= 2;
  return std::min(pause, kMaxBackoff);
}

}  // namespace duban
