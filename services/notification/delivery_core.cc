#include "services/notification/delivery_core.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "services/notification/contacts.h"
#include "services/notification/digest_reader.h"
#include "services/notification/notification_core.h"
#include "services/notification/reminder_batch.h"

namespace duban {
namespace {

using storage::v1::DigestRow;

// Entries of the queue that one step looks through, recipients it serves, and reminders it takes.
constexpr size_t kMostLookedAt = 10'000;
constexpr size_t kMostRecipients = 32;
constexpr int kMostGathered = 500;
// Deliveries of one round: all of them, each at its slowest, take less than an attempt may (kAttemptLease).
constexpr int kRound = 8;
constexpr size_t kPurgeStep = 500;
constexpr int kMostCounted = 10'000;
constexpr int kPage = 100;
constexpr int kMostOnPage = 500;

// Who is reached: those of a set, or all.
class Reach {
 public:
  Reach(bool all, std::set<std::string> units) : all_(all), units_(std::move(units)) {}
  bool nobody() const { return !all_ && units_.empty(); }
  bool Contains(const std::string& unit) const { return all_ || units_.contains(unit); }
  bool MayConcern(const storage::v1::ReminderTicket& ticket) const {
    return all_ || std::any_of(units_.begin(), units_.end(),
                               [&](const std::string& unit) { return duban::MayConcern(ticket, unit); });
  }

 private:
  const bool all_;
  const std::set<std::string> units_;
};

std::string RecipientOf(const Batch& batch, int i) {
  return batch.recipient().empty() ? StrCat("units/", batch.unit(i)) : batch.recipient();
}

void ComplainOf(const Channel& channel, const TakenDelivery& taken, const absl::Status& sent) {
  Log(LogLevel::kWarning, "channel.failed",
      {{"channel", channel.id()},
       {"digest", taken.at.digest},
       {"attempt", StrCat(taken.attempt)},
       {"error", std::string(ToStd(sent.message()))}});
}

}  // namespace

// --- Contacts ---

absl::StatusOr<v1::Contact> DeliveryCore::ShowContact(const ReadView& view, Stored<v1::Contact> stored) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::CacheVersions versions, DirectoryCache::VersionsOf(view));
  v1::Contact contact = std::move(stored.value);
  const std::string unit = StrCat("units/", LastSegment(contact.name()));
  DUBAN_ASSIGN_OR_RETURN(*contact.mutable_unit_display_name(), runner_->cache()->NameOf(view, versions, unit));
  contact.set_etag(EtagOf(stored.sequence));
  return contact;
}

absl::Status DeliveryCore::GetContact(const Caller&, const v1::GetContactRequest& request, v1::Contact* response) {
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Contact>> stored, FindContact(*snapshot, request.name()));
  if (!stored.has_value()) return NotFound(request.name());
  DUBAN_ASSIGN_OR_RETURN(*response, ShowContact(*snapshot, *std::move(stored)));
  return absl::OkStatus();
}

absl::Status DeliveryCore::ListContacts(const Caller& caller, const v1::ListContactsRequest& request,
                                        v1::ListContactsResponse* response) {
  const Listing listing = {runner_->ports().page_key, caller.label(), "ListContacts"};
  DUBAN_ASSIGN_OR_RETURN(const std::string after, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kPage, kMostOnPage);
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  absl::Status shown;
  DUBAN_RETURN_IF_ERROR(snapshot->Scan<v1::Contact>("contacts/", after, [&](std::string_view, auto stored) {
    if (response->contacts_size() == size) {
      response->set_next_page_token(MakePageToken(listing, response->contacts(size - 1).name()));
      return false;
    }
    absl::StatusOr<v1::Contact> contact = ShowContact(*snapshot, std::move(stored));
    shown = contact.status();
    if (shown.ok()) *response->add_contacts() = *std::move(contact);
    return shown.ok();
  }));
  return shown;
}

absl::Status DeliveryCore::UpdateContact(const Caller& caller, const v1::UpdateContactRequest& request,
                                         v1::Contact* response) {
  if (request.contact().name().empty()) return InvalidField("contact.name", "is required", "必须填写");
  DUBAN_RETURN_IF_ERROR(CheckContact(request.contact(), *channels_));
  const std::string& name = request.contact().name();
  // A contact that was deleted is shown as one without addresses.
  const auto show = [this](const ReadView& view, v1::Contact* contact) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Contact>> stored, FindContact(view, contact->name()));
    if (!stored.has_value()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(*contact, ShowContact(view, *std::move(stored)));
    return absl::OkStatus();
  };
  const auto keep = [](const v1::Contact& contact, v1::Contact* kept) { kept->set_name(contact.name()); };
  const auto change = [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Stored<v1::Contact>> stored, FindContact(transaction, name));
    DUBAN_RETURN_IF_ERROR(
        CheckEtag(name, request.contact().etag(), stored.has_value() ? EtagOf(stored->sequence) : ""));
    response->set_name(name);
    if (request.contact().mail_addresses().empty() && request.contact().webhooks().empty()) {
      return transaction.Delete(name);
    }
    if (!stored.has_value()) {
      DUBAN_ASSIGN_OR_RETURN(const std::set<std::string> units, UnitsWithContact(transaction));
      if (units.size() >= kMostContacts) {
        return Error(v1::LIMIT_REACHED, StrCat(kMostContacts, " units have a contact; delete some first"),
                     StrCat("已有 ", kMostContacts, " 个单位设置了接收方式，请先删除一些"));
      }
    }
    v1::Contact contact;
    contact.set_name(name);
    *contact.mutable_mail_addresses() = request.contact().mail_addresses();
    *contact.mutable_webhooks() = request.contact().webhooks();
    DUBAN_RETURN_IF_ERROR(transaction.Put(name, contact, {}).status());
    return show(transaction, response);
  };
  return runner_->ports().store->Request({caller, "duban.v1.NotificationService/UpdateContact", request}, response,
                                         change, RepeatOf<v1::Contact>(keep, show));
}

// --- Looking at channels, digests and deliveries ---

absl::Status DeliveryCore::ListChannels(const Caller&, const v1::ListChannelsRequest& request,
                                        v1::ListChannelsResponse* response) {
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  for (const auto& channel : channels_->all()) {
    if (request.page_size() > 0 && response->channels_size() == request.page_size()) break;
    DUBAN_ASSIGN_OR_RETURN(const DeliveryCounts counts, CountDeliveries(*snapshot, channel->id(), kMostCounted));
    v1::Channel& shown = *response->add_channels();
    shown = channels_->Show(*channel);
    shown.set_waiting(counts.waiting);
    shown.set_dead(counts.dead);
  }
  return absl::OkStatus();
}

absl::Status DeliveryCore::GetDigest(const Caller&, const v1::GetDigestRequest& request, v1::Digest* response) {
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  DigestReader reader(*snapshot, runner_->cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_->ReadClock()));
  DUBAN_ASSIGN_OR_RETURN(*response, reader.Need(request.name()));
  return absl::OkStatus();
}

absl::Status DeliveryCore::ListDigests(const Caller& caller, const v1::ListDigestsRequest& request,
                                       v1::ListDigestsResponse* response) {
  const absl::CivilDay today = DayOf(runner_->ports().clock->Now());
  const absl::CivilDay day = ParseDay(request.day()).value_or(today);
  const Listing listing = {runner_->ports().page_key, caller.label(),
                           StrCat("ListDigests\n", request.day(), "\n", request.recipient())};
  DUBAN_ASSIGN_OR_RETURN(const std::string after, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kPage, kMostOnPage);
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  DigestReader reader(*snapshot, runner_->cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_->ReadClock()));
  const std::string prefix = LocalKey(StrCat(kDigestRows, DigestIdsOf(day)));
  const std::string begin = std::max(prefix, after.empty() ? prefix : LocalKey(StrCat(kDigestRows, after)) + '\0');
  std::string last;
  absl::Status shown;
  DUBAN_RETURN_IF_ERROR(snapshot->ScanRows(begin, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    DigestRow row;
    const std::string id(LastSegment(key));
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) shown = BrokenRecord(id);
    if (!shown.ok()) return false;
    if (!request.recipient().empty() && row.recipient() != request.recipient()) return true;
    if (response->digests_size() == size) {
      response->set_next_page_token(MakePageToken(listing, last));
      return false;
    }
    absl::StatusOr<v1::Digest> digest = reader.Show(id, row, false);
    shown = digest.status();
    if (shown.ok()) *response->add_digests() = *std::move(digest);
    last = id;
    return shown.ok();
  }));
  return shown;
}

absl::Status DeliveryCore::ListDeliveries(const Caller& caller, const v1::ListDeliveriesRequest& request,
                                          v1::ListDeliveriesResponse* response) {
  const Listing listing = {runner_->ports().page_key, caller.label(),
                           StrCat("ListDeliveries\n", static_cast<int>(request.state()))};
  DUBAN_ASSIGN_OR_RETURN(const std::string after, ReadPageToken(listing, request.page_token()));
  const int size = PageSize(request.page_size(), kPage, kMostOnPage);
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  DigestReader reader(*snapshot, runner_->cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_->ReadClock()));
  std::string last;
  absl::Status shown;
  const auto visit = [&](const std::string& key, const DeliveryPlace& at) {
    const absl::StatusOr<std::optional<DigestRow>> row = ReadDigest(*snapshot, at.digest);
    shown = row.status();
    if (!shown.ok() || !row->has_value() || at.place >= (*row)->deliveries_size()) return shown.ok();
    const v1::ReminderDelivery::State state = (*row)->deliveries(at.place).state();
    if (request.state() != v1::ReminderDelivery::STATE_UNSPECIFIED && state != request.state()) return true;
    if (response->deliveries_size() == size) {
      response->set_next_page_token(MakePageToken(listing, last));
      return false;
    }
    absl::StatusOr<v1::ReminderDelivery> delivery = reader.ShowDelivery(at, **row);
    shown = delivery.status();
    if (shown.ok()) *response->add_deliveries() = *std::move(delivery);
    last = key;
    return shown.ok();
  };
  DUBAN_RETURN_IF_ERROR(VisitDeliveries(*snapshot, after, visit));
  return shown;
}

absl::Status DeliveryCore::RedriveDelivery(const Caller& caller, const v1::RedriveDeliveryRequest& request,
                                           v1::ReminderDelivery* response) {
  const auto show = [this](const ReadView& view, v1::ReminderDelivery* delivery) -> absl::Status {
    const std::optional<DeliveryPlace> at = ParseDeliveryName(delivery->name());
    if (!at.has_value()) return NotFound(delivery->name());
    DUBAN_ASSIGN_OR_RETURN(const std::optional<DigestRow> row, ReadDigest(view, at->digest));
    if (!row.has_value() || at->place >= row->deliveries_size()) return NotFound(delivery->name());
    DigestReader reader(view, runner_->cache());
    DUBAN_RETURN_IF_ERROR(reader.Begin(runner_->ReadClock()));
    DUBAN_ASSIGN_OR_RETURN(*delivery, reader.ShowDelivery(*at, *row));
    return absl::OkStatus();
  };
  const auto keep = [](const v1::ReminderDelivery& delivery, v1::ReminderDelivery* kept) {
    kept->set_name(delivery.name());
  };
  return runner_->Request(
      {caller, "duban.v1.NotificationService/RedriveDelivery", request}, response,
      [&](Transaction& transaction, QueueWork& work) -> absl::Status {
        DigestWork digests(transaction, work, runner_, *channels_);
        DUBAN_RETURN_IF_ERROR(digests.Redrive(request.name()));
        work.Save();
        response->set_name(request.name());
        return show(transaction, response);
      },
      RepeatOf<v1::ReminderDelivery>(keep, show));
}

// --- What nobody calls for ---

absl::StatusOr<std::vector<std::string>> DeliveryCore::Reached(const ReadView& view, bool* early) {
  std::vector<std::string> recipients;
  std::set<std::string> units;
  if (!channels_->has_log()) {
    DUBAN_ASSIGN_OR_RETURN(units, UnitsWithContact(view));
  }
  const Reach reach(channels_->has_log(), std::move(units));
  if (reach.nobody()) return recipients;
  DUBAN_ASSIGN_OR_RETURN(const v1::ReminderPolicy policy, PolicyInForce(view));
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::QueueState stored, ReadQueueState(view));
  const ClockReading clock = runner_->ReadClock();
  const Moment moment = MomentOf(Observed(stored, clock, CatchUpWindow(policy)), clock, policy);
  DUBAN_ASSIGN_OR_RETURN(const auto schedules, QueueFront(view, stored, QueuePart::kSchedules, moment.now, 1));
  DUBAN_ASSIGN_OR_RETURN(const auto held, QueueFront(view, stored, QueuePart::kHeld, moment.steady, 1));
  *early = !schedules.empty() || !held.empty();
  if (*early) return recipients;
  DUBAN_ASSIGN_OR_RETURN(const auto due, QueueFront(view, stored, QueuePart::kDue, moment.now, kMostLookedAt));
  std::set<std::string> seen;
  for (const QueueEntry& entry : due) {
    if (recipients.size() >= kMostRecipients) break;
    if (!reach.MayConcern(entry.ticket)) continue;
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Batch> batch, Batch::Read(view, entry.place.id));
    for (int i = 0; batch.has_value() && i < batch->size() && recipients.size() < kMostRecipients; ++i) {
      const std::string recipient = RecipientOf(*batch, i);
      if (!IsFree(batch->standing(i)) || !reach.Contains(recipient)) continue;
      if (seen.insert(recipient).second) recipients.push_back(recipient);
    }
  }
  return recipients;
}

absl::StatusOr<bool> DeliveryCore::Gather() {
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  bool early = false;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> recipients, Reached(*snapshot, &early));
  if (recipients.empty()) return false;
  DUBAN_RETURN_IF_ERROR(runner_->Work("gather/digests", [&](Transaction& transaction, QueueWork& work) -> absl::Status {
    DigestWork digests(transaction, work, runner_, *channels_);
    return digests.Gather(recipients, kMostGathered).status();
  }));
  return true;
}

absl::Status DeliveryCore::SendAll(Channel& channel, const std::vector<TakenDelivery>& taken,
                                   std::vector<absl::Status>* sent) {
  const auto snapshot = runner_->ports().store->TakeSnapshot();
  DigestReader reader(*snapshot, runner_->cache());
  DUBAN_RETURN_IF_ERROR(reader.Begin(runner_->ReadClock()));
  for (const TakenDelivery& one : taken) {
    DUBAN_ASSIGN_OR_RETURN(const v1::DigestMessage message, reader.MessageOf(one, runner_->ports().clock->Now()));
    DUBAN_FAILPOINT("channel.before_send");
    sent->push_back(channels_->Send(channel, message, one.address));
    DUBAN_FAILPOINT("channel.after_send");
    if (!sent->back().ok() && !absl::IsCancelled(sent->back())) ComplainOf(channel, one, sent->back());
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> DeliveryCore::Deliver(Channel& channel) {
  {
    // Asking first spares the store a write for every look.
    const auto snapshot = runner_->ports().store->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(const v1::ReminderPolicy policy, PolicyInForce(*snapshot));
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::QueueState stored, ReadQueueState(*snapshot));
    const ClockReading clock = runner_->ReadClock();
    const Moment moment = MomentOf(Observed(stored, clock, CatchUpWindow(policy)), clock, policy);
    DUBAN_ASSIGN_OR_RETURN(const auto due, DueDeliveries(*snapshot, channel.id(), moment.steady, 1));
    if (due.empty()) return false;
  }
  std::vector<TakenDelivery> taken;
  int dead = 0;
  const auto begin = [&](Transaction& transaction, QueueWork& work) -> absl::Status {
    DigestWork digests(transaction, work, runner_, *channels_);
    DUBAN_ASSIGN_OR_RETURN(taken, digests.Take(channel.id(), kRound));
    work.Save();
    dead = digests.dead();
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(runner_->Work("deliver/take", begin));
  std::vector<absl::Status> sent;
  DUBAN_RETURN_IF_ERROR(SendAll(channel, taken, &sent));
  const auto finish = [&](Transaction& transaction, QueueWork& work) -> absl::Status {
    DigestWork digests(transaction, work, runner_, *channels_);
    for (size_t i = 0; i < taken.size(); ++i) DUBAN_RETURN_IF_ERROR(digests.Finish(taken[i], sent[i]));
    work.Save();
    dead += digests.dead();
    return absl::OkStatus();
  };
  if (!taken.empty()) DUBAN_RETURN_IF_ERROR(runner_->Work("deliver/finish", finish));
  if (dead > 0) Log(LogLevel::kError, "deliveries.dead", {{"channel", channel.id()}, {"count", StrCat(dead)}});
  // Where the node stops, what was put back is not taken again.
  return std::none_of(sent.begin(), sent.end(), [](const absl::Status& status) { return absl::IsCancelled(status); });
}

absl::StatusOr<bool> DeliveryCore::Purge() {
  const absl::CivilDay day = DayOf(runner_->ports().clock->Now() - kReminderLifetime);
  int dropped = 0;
  DUBAN_RETURN_IF_ERROR(
      runner_->Work("deliver/drop_unknown", [&](Transaction& transaction, QueueWork& work) -> absl::Status {
        DigestWork digests(transaction, work, runner_, *channels_);
        DUBAN_ASSIGN_OR_RETURN(dropped, digests.DropUnknown(kRound));
        work.Save();
        return absl::OkStatus();
      }));
  DUBAN_ASSIGN_OR_RETURN(const bool any, HasDigestBefore(*runner_->ports().store->TakeSnapshot(), day));
  bool more = dropped == kRound;
  if (!any) return more;
  DUBAN_RETURN_IF_ERROR(runner_->ports().store->Run(
      {.method = "purge/digests", .request_id = ""}, [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(const bool left, PurgeDigests(transaction, day, kPurgeStep));
        more = more || left;
        return absl::OkStatus();
      }));
  return more;
}

}  // namespace duban
