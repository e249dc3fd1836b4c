// The logic of digests, deliveries and contacts: one method an RPC, and what the loops need. On ports only, no gRPC.
//
// Threads, ownership and errors as in NotificationCore. Deliver of one channel runs on one thread at a time.

#ifndef DUBAN_SERVICES_NOTIFICATION_DELIVERY_CORE_H_
#define DUBAN_SERVICES_NOTIFICATION_DELIVERY_CORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/caller.h"
#include "duban/v1/notification_service.pb.h"
#include "services/notification/channel/channels.h"
#include "services/notification/digest_work.h"
#include "services/notification/queue_runner.h"

namespace duban {

class DeliveryCore {
 public:
  // Both outlive it.
  DeliveryCore(QueueRunner* runner, Channels* channels) : runner_(runner), channels_(channels) {}

  absl::Status GetContact(const Caller& caller, const v1::GetContactRequest& request, v1::Contact* response);
  absl::Status ListContacts(const Caller& caller, const v1::ListContactsRequest& request,
                            v1::ListContactsResponse* response);
  absl::Status UpdateContact(const Caller& caller, const v1::UpdateContactRequest& request, v1::Contact* response);
  absl::Status ListChannels(const Caller& caller, const v1::ListChannelsRequest& request,
                            v1::ListChannelsResponse* response);
  absl::Status GetDigest(const Caller& caller, const v1::GetDigestRequest& request, v1::Digest* response);
  absl::Status ListDigests(const Caller& caller, const v1::ListDigestsRequest& request,
                           v1::ListDigestsResponse* response);
  absl::Status ListDeliveries(const Caller& caller, const v1::ListDeliveriesRequest& request,
                              v1::ListDeliveriesResponse* response);
  absl::Status RedriveDelivery(const Caller& caller, const v1::RedriveDeliveryRequest& request,
                               v1::ReminderDelivery* response);

  // One step of putting what is due into digests, for those whom a channel reaches. Nothing while a schedule whose time
  // has come has not become reminders: one morning is one message. Returns whether more is to be done.
  absl::StatusOr<bool> Gather();
  // One round of a channel: takes some deliveries, sends them, notes how it went. Returns whether more is to be done.
  absl::StatusOr<bool> Deliver(Channel& channel);
  // One step of deleting digests older than kReminderLifetime, and of giving up deliveries over channels that are not
  // there any more. Returns whether more is to be done.
  absl::StatusOr<bool> Purge();

 private:
  absl::StatusOr<v1::Contact> ShowContact(const ReadView& view, Stored<v1::Contact> stored);
  // Recipients of what is due that a channel reaches, some of them; whether a schedule has still to be run comes back
  // through `early`.
  absl::StatusOr<std::vector<std::string>> Reached(const ReadView& view, bool* early);
  absl::Status SendAll(Channel& channel, const std::vector<TakenDelivery>& taken, std::vector<absl::Status>* sent);

  QueueRunner* const runner_;
  Channels* const channels_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_DELIVERY_CORE_H_
