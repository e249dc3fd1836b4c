// The built-in channel: due reminders become lines of a log, a file for an office that lets another program pass them
// on.
//
// One JSON object a line: `{"sent_time":"2024-03-04T09:00:05+08:00","reminder":{...}}`, the reminder as in the
// contract. The lease is the intent, made durable before the line is written; the line is durable before the
// confirmation. A crash in between repeats the line after the lease has run out, with the same reminder name: at least
// once.
//
// Threads: one at a time. Ownership: core, ids, clock and log outlive it.

#ifndef DUBAN_SERVICES_NOTIFICATION_LOG_CHANNEL_H_
#define DUBAN_SERVICES_NOTIFICATION_LOG_CHANNEL_H_

#include <utility>

#include "absl/status/statusor.h"
#include "common/access/caller.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/line_sink.h"
#include "services/notification/notification_core.h"

namespace duban {

class LogChannel {
 public:
  // `self` is whom the core sees calling. The rest outlives the channel.
  LogChannel(Caller self, NotificationCore* core, IdSource* ids, Clock* clock, LineSink* log)
      : self_(std::move(self)), core_(core), ids_(ids), clock_(clock), log_(log) {}

  // Delivers what is due now, at most one batch of 500. Returns how many were taken; what the log refused comes again
  // after the policy's pause. Errors: those of leasing and confirming; nothing is lost by one.
  absl::StatusOr<int> DeliverBatch();

 private:
  const Caller self_;
  NotificationCore* const core_;
  IdSource* const ids_;
  Clock* const clock_;
  LineSink* const log_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_LOG_CHANNEL_H_
