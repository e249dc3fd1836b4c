#include "common/base/field_mask.h"

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "google/protobuf/util/field_mask_util.h"

namespace duban {
namespace {

bool IsPopulated(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

}  // namespace

absl::StatusOr<std::set<std::string>> FieldsToChange(const google::protobuf::Message& from,
                                                     const google::protobuf::FieldMask& mask,
                                                     const std::set<std::string>& changeable) {
  std::set<std::string> fields;
  if (mask.paths().empty()) {
    for (const std::string& name : changeable) {
      if (IsPopulated(from, from.GetDescriptor()->FindFieldByName(name))) fields.insert(name);
    }
    return fields;
  }
  for (int i = 0; i < mask.paths_size(); ++i) {
    const std::string& path = mask.paths(i);
    if (path == "*") return changeable;
    if (!changeable.contains(path)) {
      return InvalidField(StrCat("update_mask.paths[", i, "]"), StrCat("`", path, "` cannot be changed by this call"),
                          StrCat("“", path, "”不能由此操作修改"));
    }
    fields.insert(path);
  }
  return fields;
}

void CopyFields(const google::protobuf::Message& from, const std::set<std::string>& fields,
                google::protobuf::Message* to) {
  google::protobuf::FieldMask mask;
  for (const std::string& field : fields) mask.add_paths(field);
  google::protobuf::util::FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  google::protobuf::util::FieldMaskUtil::MergeMessageTo(from, mask, options, to);
}

}  // namespace duban
