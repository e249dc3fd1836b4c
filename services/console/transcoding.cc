#include "services/console/transcoding.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <memory>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban::console {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

// What protobuf says of wrong JSON may hold all of it.
constexpr size_t kMaxCauseBytes = 300;

std::unique_ptr<Message> NewMessage(const Descriptor& type) {
  const Message* const prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
  return std::unique_ptr<Message>(prototype == nullptr ? nullptr : prototype->New());
}

absl::Status NotCompiledIn(const Descriptor& type) {
  return InvariantBroken(StrCat("the message ", type.full_name(), " is not compiled in"));
}

}  // namespace

absl::StatusOr<std::string> JsonToBytes(const Descriptor& type, std::string_view json) {
  const std::unique_ptr<Message> message = NewMessage(type);
  if (message == nullptr) return NotCompiledIn(type);
  const auto read = google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, message.get(), {});
  if (!read.ok()) {
    const std::string whole(read.message().data(), read.message().size());
    const std::string_view cause = CutUtf8(whole, kMaxCauseBytes);
    return InvalidField("body", StrCat("is not the JSON of ", type.full_name(), ": ", cause),
                        StrCat("不是 ", type.full_name(), " 的 JSON：", cause));
  }
  return message->SerializeAsString();
}

absl::StatusOr<std::string> BytesToJson(const Descriptor& type, std::string_view bytes) {
  const std::unique_ptr<Message> message = NewMessage(type);
  if (message == nullptr) return NotCompiledIn(type);
  std::string json;
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !google::protobuf::util::MessageToJsonString(*message, &json).ok()) {
    return InvariantBroken(StrCat("a service answered something else than a ", type.full_name()));
  }
  return json;
}

}  // namespace duban::console
