#include "services/notification/queue_runner.h"

namespace duban {

absl::Status QueueRunner::InTransaction(Transaction& transaction, Act act) {
  QueueWork work(transaction, &planner_, &cache_, ReadClock());
  DUBAN_RETURN_IF_ERROR(work.Begin());
  DUBAN_RETURN_IF_ERROR(act(transaction, work));
  work.Finish();
  return absl::OkStatus();
}

absl::Status QueueRunner::Work(const std::string& method, Act act) {
  return ports_.store->Run({.method = method, .request_id = ""},
                           [&](Transaction& transaction) { return InTransaction(transaction, act); });
}

absl::Status QueueRunner::Request(const ClientRequest& request, google::protobuf::Message* memo, Act act,
                                  const Repeat& repeat) {
  return ports_.store->Request(
      request, memo, [&](Transaction& transaction) { return InTransaction(transaction, act); }, repeat);
}

}  // namespace duban
