// A digest as a mail (RFC 5322, MIME). Pure and thread-safe.

#ifndef DUBAN_SERVICES_NOTIFICATION_CHANNEL_MAIL_MESSAGE_H_
#define DUBAN_SERVICES_NOTIFICATION_CHANNEL_MAIL_MESSAGE_H_

#include <string>
#include <string_view>

#include "duban/v1/digest.pb.h"

namespace duban {

// Header and body, with lines ended by CR LF and none longer than 78 bytes, but where an address or a Message-ID with
// the sender's domain, which are not folded, is long. The Message-ID is made of the digest's name and the recipient:
// the same each time it is sent.
std::string MailText(const v1::DigestMessage& message, std::string_view sender, std::string_view sender_name,
                     std::string_view recipient);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_CHANNEL_MAIL_MESSAGE_H_
