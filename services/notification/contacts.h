// How units are reached: contacts, and whom the built-in channels reach at all.
//
// Functions on a view. Errors: those of the store, and those named.

#ifndef DUBAN_SERVICES_NOTIFICATION_CONTACTS_H_
#define DUBAN_SERVICES_NOTIFICATION_CONTACTS_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/store/view.h"
#include "duban/v1/digest.pb.h"
#include "services/notification/channel/channels.h"

namespace duban {

// Most units with a contact.
inline constexpr int kMostContacts = 10'000;

// `contacts/{unit}` of `units/{unit}`.
std::string ContactName(std::string_view unit);

absl::StatusOr<std::optional<Stored<v1::Contact>>> FindContact(const ReadView& view, std::string_view name);

// Holds a contact to what a rule of the contract cannot say. Errors: INVALID_FIELD for an address that is none, one
// that is there twice, a webhook that is not one of `channels`.
absl::Status CheckContact(const v1::Contact& contact, const Channels& channels);

// The units (`units/{unit}`) that have a contact.
absl::StatusOr<std::set<std::string>> UnitsWithContact(const ReadView& view);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CONTACTS_H_
