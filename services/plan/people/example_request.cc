#include "services/plan/people/example_request.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Sets the field at the end of `path`; of a list of messages a new one. False where there is none, or it cannot be.
bool SetField(Message* message, const std::vector<std::string>& path, size_t at, const std::string& value) {
  const FieldDescriptor* const field = message->GetDescriptor()->FindFieldByName(path[at]);
  if (field == nullptr) return false;
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  if (at + 1 < path.size()) {
    if (field->type() != FieldDescriptor::TYPE_MESSAGE) return false;
    return SetField(
        field->is_repeated() ? reflection.AddMessage(message, field) : reflection.MutableMessage(message, field), path,
        at + 1, value);
  }
  if (field->type() == FieldDescriptor::TYPE_BOOL && !field->is_repeated()) {
    reflection.SetBool(message, field, value == "true");
    return value == "true" || value == "false";
  }
  if (field->type() != FieldDescriptor::TYPE_STRING) return false;
  if (field->is_repeated()) {
    reflection.AddString(message, field, value);
  } else {
    reflection.SetString(message, field, value);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> ExampleRequest(const google::protobuf::MethodDescriptor& method,
                                                        const v1::ExplainAccessRequest& asked) {
  const Message* const prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input_type());
  std::unique_ptr<Message> request(prototype->New());
  for (int i = 0; i < asked.fields_size(); ++i) {
    const v1::ExplainAccessRequest::Field& field = asked.fields(i);
    const std::vector<std::string> path = absl::StrSplit(field.path(), '.');
    if (SetField(request.get(), path, 0, field.value())) continue;
    return InvalidField(StrCat("fields[", i, "]"),
                        StrCat("names no text or bool of ", method.input_type()->name(), ", or has no such value"),
                        StrCat("不是 ", method.input_type()->name(), " 的文本或布尔字段，或取值不符"));
  }
  return request;
}

}  // namespace duban
