#include "services/console/envelope.h"

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/console/compression.h"
#include "services/console/refusal.h"

namespace duban::console {
namespace {

absl::Status Broken(std::string_view english, std::string_view chinese) {
  return InvalidField("body", english, chinese);
}

uint32_t LengthAt(std::string_view envelope) {
  uint32_t length = 0;
  for (size_t i = 1; i < kEnvelopeBytes; ++i) length = length << 8 | static_cast<uint8_t>(envelope[i]);
  return length;
}

}  // namespace

std::string Envelope(uint8_t flags, std::string_view message) {
  std::string envelope(1, static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) envelope.push_back(static_cast<char>(message.size() >> shift & 0xff));
  envelope.append(message);
  return envelope;
}

absl::StatusOr<std::string> OnlyMessage(std::string_view body, bool gzip, size_t limit) {
  if (body.size() < kEnvelopeBytes) return Broken("ends within an envelope", "消息不完整");
  const auto flags = static_cast<uint8_t>(body[0]);
  const size_t length = LengthAt(body);
  if (length > limit) return TooLarge(limit);
  if (length != body.size() - kEnvelopeBytes) {
    return Broken("has to be the envelope of one message, of the length that it says",
                  "须恰好是一条消息，且长度与所述一致");
  }
  if ((flags & ~kCompressedFlag) != 0)
    return Broken("has an envelope with flags that a call cannot have", "消息标志有误");
  const std::string_view message = body.substr(kEnvelopeBytes);
  if ((flags & kCompressedFlag) == 0) return std::string(message);
  if (!gzip) {
    return Broken("is compressed, and `connect-content-encoding` does not say how", "消息已压缩，但未说明压缩方式");
  }
  return Gunzip(message, limit);
}

}  // namespace duban::console
