#include "services/notification/contacts.h"

#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "services/notification/channel/channel_settings.h"
#include "services/notification/reminder_rows.h"

namespace duban {
namespace {

// Where webhooks are not told apart by anything else, their ids are.
std::string WebhookIds(const Channels& channels) {
  std::string ids;
  for (const auto& channel : channels.all()) {
    if (channel->kind() >= v1::Channel::STANDARD) StrAppend(&ids, ids.empty() ? "" : ", ", channel->id());
  }
  return ids;
}

bool IsWebhook(const Channels& channels, const std::string& id) {
  const Channel* channel = channels.Find(id);
  return channel != nullptr && channel->kind() >= v1::Channel::STANDARD;
}

}  // namespace

std::string ContactName(std::string_view unit) {
  return StrCat(kContacts, LastSegment(unit));
}

absl::StatusOr<std::optional<Stored<v1::Contact>>> FindContact(const ReadView& view, std::string_view name) {
  return view.Get<v1::Contact>(name);
}

absl::Status CheckContact(const v1::Contact& contact, const Channels& channels) {
  FieldErrors errors;
  std::set<std::string> seen;
  for (int i = 0; i < contact.mail_addresses_size(); ++i) {
    const std::string& address = contact.mail_addresses(i);
    const std::string field = StrCat("contact.mail_addresses[", i, "]");
    if (!IsMailAddress(address)) {
      errors.Add(field, StrCat("`", address, "` is no mail address; write local@domain"),
                 StrCat("“", address, "”不是邮箱地址，请写成 名称@域名"));
    }
    if (!seen.insert(address).second) errors.Add(field, "was given before", "重复");
  }
  seen.clear();
  for (int i = 0; i < contact.webhooks_size(); ++i) {
    const std::string& id = contact.webhooks(i);
    const std::string field = StrCat("contact.webhooks[", i, "]");
    const std::string ids = WebhookIds(channels);
    if (!IsWebhook(channels, id)) {
      errors.Add(field, StrCat("this server has no webhook `", id, "`; it has: ", ids.empty() ? "none" : ids),
                 StrCat("服务器没有配置机器人“", id, "”，现有：", ids.empty() ? "无" : ids));
    }
    if (!seen.insert(id).second) errors.Add(field, "was given before", "重复");
  }
  return errors.ToStatus();
}

absl::StatusOr<std::set<std::string>> UnitsWithContact(const ReadView& view) {
  std::set<std::string> units;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Contact>(kContacts, "", [&](std::string_view name, const auto&) {
    units.insert(StrCat("units/", LastSegment(name)));
    return true;
  }));
  return units;
}

}  // namespace duban
