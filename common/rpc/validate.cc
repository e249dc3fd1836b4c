#include "common/rpc/validate.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "duban/v1/rules.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace duban {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr uint32_t kDefaultMaxLength = 4096;
constexpr uint32_t kDefaultMaxBytes = 65536;
constexpr uint32_t kDefaultMaxItems = 1000;
// The range of google.protobuf.Duration and Timestamp, from their .proto files.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int64_t kMinTimestampSeconds = -62'135'596'800;
constexpr int64_t kMaxTimestampSeconds = 253'402'300'799;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

bool IsRequestId(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') return false;
  }
  return true;
}

// Whether `name` has the shape of `pattern`: literal parts as they are, an id for each part in braces.
bool MatchesResource(std::string_view name, std::string_view pattern) {
  while (true) {
    const size_t name_end = name.find('/');
    const size_t pattern_end = pattern.find('/');
    const std::string_view part = name.substr(0, name_end);
    const std::string_view expected = pattern.substr(0, pattern_end);
    const bool variable = !expected.empty() && expected.front() == '{';
    if (variable ? !IsResourceId(part) : part != expected) return false;
    if (name_end == std::string_view::npos || pattern_end == std::string_view::npos) return name_end == pattern_end;
    name.remove_prefix(name_end + 1);
    pattern.remove_prefix(pattern_end + 1);
  }
}

// C0 and C1 controls and DEL, but for tab and newline. `text` is valid UTF-8.
bool HasControl(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) return true;
    if (c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

// The sub-message of an update that its mask speaks about.
const FieldDescriptor* MaskedResource(const Descriptor& request) {
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor* field = request.field(i);
    if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type() != google::protobuf::FieldMask::descriptor()) return field;
  }
  return nullptr;
}

class Validator {
 public:
  absl::Status Run(const Message& request) {
    ReadMask(request);
    CheckMessage(request, "", 1, nullptr);
    return errors_.ToStatus();
  }

 private:
  using Rules = v1::FieldRules;

  void Add(std::string_view path, std::string_view english, std::string_view chinese) {
    if (count_++ < kMaxReportedViolations) errors_.Add(path, english, chinese);
  }
  bool full() const { return count_ >= kMaxReportedViolations; }

  void ReadMask(const Message& request);
  void CheckMessage(const Message& message, std::string_view prefix, int depth, const FieldDescriptor* within);
  void CheckField(const Message& message, const FieldDescriptor& field, const Rules& rules, std::string_view path,
                  int depth, bool exempt);
  void CheckRepeated(const Message& message, const FieldDescriptor& field, const Rules& rules, std::string_view path,
                     int depth, bool exempt);
  void CheckSubMessage(const Message& value, const FieldDescriptor& field, const Rules& rules, std::string_view path,
                       int depth);
  void CheckString(std::string_view value, const Rules& rules, std::string_view path);
  void CheckFormat(std::string_view value, const Rules& rules, std::string_view path);
  void CheckBytes(size_t size, const Rules& rules, std::string_view path);
  void CheckEnum(int value, const FieldDescriptor& field, bool zero_refused, std::string_view path);
  void CheckNumber(const Message& message, const FieldDescriptor& field, int index, const Rules& rules,
                   std::string_view path);
  void CheckRange(int64_t value, const Rules& rules, std::string_view path);
  void CheckDuration(const google::protobuf::Duration& value, const Rules& rules, std::string_view path);
  void CheckTimestamp(const google::protobuf::Timestamp& value, std::string_view path);
  void CheckMask(const google::protobuf::FieldMask& mask, std::string_view path);

  FieldErrors errors_;
  int count_ = 0;
  // The resource of an update with a mask, and the fields the mask names; null without a mask.
  const FieldDescriptor* masked_ = nullptr;
  google::protobuf::FieldMask mask_;
};

void Validator::ReadMask(const Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("update_mask");
  if (field == nullptr || field->is_repeated() || field->message_type() != google::protobuf::FieldMask::descriptor()) {
    return;
  }
  mask_.CopyFrom(request.GetReflection()->GetMessage(request, field));
  if (mask_.paths_size() > 0) masked_ = MaskedResource(*request.GetDescriptor());
}

void Validator::CheckMessage(const Message& message, std::string_view prefix, int depth,
                             const FieldDescriptor* within) {
  if (depth > kMaxMessageDepth) {
    return Add(prefix, StrCat("is nested deeper than ", kMaxMessageDepth, " levels"),
               StrCat("嵌套超过", kMaxMessageDepth, "层"));
  }
  const bool masked = within != nullptr && within == masked_ && depth == 2;
  const Descriptor& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count() && !full(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    bool exempt = masked && field.name() != "name";
    for (int p = 0; exempt && p < mask_.paths_size(); ++p) {
      const std::string_view path = mask_.paths(p);
      exempt = path != "*" && path.substr(0, path.find('.')) != field.name();
    }
    const std::string path = prefix.empty() ? field.name() : StrCat(prefix, ".", field.name());
    const Rules& rules = field.options().GetExtension(v1::rules);
    if (field.is_repeated()) {
      CheckRepeated(message, field, rules, path, depth, exempt);
    } else {
      CheckField(message, field, rules, path, depth, exempt);
    }
  }
}

void Validator::CheckField(const Message& message, const FieldDescriptor& field, const Rules& rules,
                           std::string_view path, int depth, bool exempt) {
  const Reflection& reflection = *message.GetReflection();
  const bool required = rules.required() && !exempt;
  if (!reflection.HasField(message, &field)) {
    // A number without presence has a value when it is zero, and the value has to keep its range.
    const bool is_number =
        field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 || field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    if (required) {
      Add(path, "must be set", "必须填写");
    } else if (is_number && !field.has_presence() && !exempt) {
      CheckRange(0, rules, path);
    }
    return;
  }
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& value = reflection.GetStringReference(message, &field, &scratch);
      if (required && value.empty()) return Add(path, "must be set", "必须填写");
      if (field.type() == FieldDescriptor::TYPE_BYTES) return CheckBytes(value.size(), rules, path);
      return CheckString(value, rules, path);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return CheckEnum(reflection.GetEnumValue(message, &field), field, required, path);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return CheckSubMessage(reflection.GetMessage(message, &field), field, rules, path, depth);
    default:
      return CheckNumber(message, field, -1, rules, path);
  }
}

void Validator::CheckRepeated(const Message& message, const FieldDescriptor& field, const Rules& rules,
                              std::string_view path, int depth, bool exempt) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (size == 0 && rules.required() && !exempt) return Add(path, "must have at least one element", "至少要有一项");
  const uint32_t limit = rules.max_items() == 0 ? kDefaultMaxItems : rules.max_items();
  if (static_cast<uint32_t>(size) > limit) {
    return Add(path, StrCat("has ", size, " elements; at most ", limit, " are allowed"),
               StrCat("有", size, "项，最多", limit, "项"));
  }
  std::string scratch;
  for (int i = 0; i < size && !full(); ++i) {
    const std::string element = StrCat(path, "[", i, "]");
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string& value = reflection.GetRepeatedStringReference(message, &field, i, &scratch);
        if (field.type() == FieldDescriptor::TYPE_BYTES) {
          CheckBytes(value.size(), rules, element);
        } else if (value.empty()) {
          Add(element, "is empty; leave it out or give it a value", "是空的，请删去或填写");
        } else {
          CheckString(value, rules, element);
        }
        break;
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        CheckEnum(reflection.GetRepeatedEnumValue(message, &field, i), field, true, element);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        CheckSubMessage(reflection.GetRepeatedMessage(message, &field, i), field, rules, element, depth);
        break;
      default:
        CheckNumber(message, field, i, rules, element);
    }
  }
}

void Validator::CheckSubMessage(const Message& value, const FieldDescriptor& field, const Rules& rules,
                                std::string_view path, int depth) {
  const Descriptor* type = value.GetDescriptor();
  if (type == google::protobuf::Duration::descriptor()) {
    return CheckDuration(static_cast<const google::protobuf::Duration&>(value), rules, path);
  }
  if (type == google::protobuf::Timestamp::descriptor()) {
    return CheckTimestamp(static_cast<const google::protobuf::Timestamp&>(value), path);
  }
  if (type == google::protobuf::FieldMask::descriptor()) {
    return CheckMask(static_cast<const google::protobuf::FieldMask&>(value), path);
  }
  if (type == google::protobuf::Any::descriptor()) {
    // The value belongs to whoever knows the type; the size of the whole message bounds it.
    return CheckString(static_cast<const google::protobuf::Any&>(value).type_url(), Rules::default_instance(),
                       StrCat(path, ".type_url"));
  }
  CheckMessage(value, path, depth + 1, &field);
}

void Validator::CheckString(std::string_view value, const Rules& rules, std::string_view path) {
  const std::optional<size_t> length = CodePoints(value);
  if (!length.has_value()) return Add(path, "is not valid UTF-8", "不是有效的UTF-8文字");
  if (HasControl(value)) {
    return Add(path, "has a control character; only tab and newline are allowed", "含有控制字符，只允许制表符和换行符");
  }
  const uint32_t limit = rules.max_length() == 0 ? kDefaultMaxLength : rules.max_length();
  if (*length > limit) {
    return Add(path, StrCat("has ", *length, " characters; at most ", limit, " are allowed"),
               StrCat("有", *length, "个字符，最多", limit, "个"));
  }
  if (!value.empty()) CheckFormat(value, rules, path);
}

void Validator::CheckFormat(std::string_view value, const Rules& rules, std::string_view path) {
  if (!rules.resource().empty() && !MatchesResource(value, rules.resource())) {
    Add(path, StrCat("is not a resource name of the form `", rules.resource(), "`"),
        StrCat("不是“", rules.resource(), "”形式的资源名"));
  }
  switch (rules.format()) {
    case Rules::REQUEST_ID:
      if (!IsRequestId(value)) {
        Add(path, "is not a request id: 1 to 64 letters, digits, `_` or `-`",
            "不是请求号：应为1到64个字母、数字、_或-");
      }
      return;
    case Rules::DATE:
      if (!ParseDay(value).has_value()) {
        Add(path, "is not a date of the calendar in the form YYYY-MM-DD", "不是YYYY-MM-DD形式的日历日期");
      }
      return;
    case Rules::ID:
      if (!IsResourceId(value)) {
        Add(path, "is not an id: 1 to 63 of a-z, 0-9 and `-`, beginning with a letter, not ending with `-`",
            "不是标识：应为1到63个小写字母、数字或-，以字母开头，不以-结尾");
      }
      return;
    default:
      return;
  }
}

void Validator::CheckBytes(size_t size, const Rules& rules, std::string_view path) {
  const uint32_t limit = rules.max_bytes() == 0 ? kDefaultMaxBytes : rules.max_bytes();
  if (size > limit) {
    Add(path, StrCat("has ", size, " bytes; at most ", limit, " are allowed"),
        StrCat("有", size, "字节，最多", limit, "字节"));
  }
}

void Validator::CheckEnum(int value, const FieldDescriptor& field, bool zero_refused, std::string_view path) {
  if (field.enum_type()->FindValueByNumber(value) == nullptr) {
    Add(path, StrCat("has the value ", value, ", which ", field.enum_type()->full_name(), " does not have"),
        StrCat("的值", value, "不在", field.enum_type()->full_name(), "之中"));
  } else if (value == 0 && zero_refused) {
    Add(path, "must be set", "必须填写");
  }
}

void Validator::CheckNumber(const Message& message, const FieldDescriptor& field, int index, const Rules& rules,
                            std::string_view path) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return CheckRange(
          index < 0 ? reflection.GetInt32(message, &field) : reflection.GetRepeatedInt32(message, &field, index), rules,
          path);
    case FieldDescriptor::CPPTYPE_INT64:
      return CheckRange(
          index < 0 ? reflection.GetInt64(message, &field) : reflection.GetRepeatedInt64(message, &field, index), rules,
          path);
    default:
      // Booleans and doubles have no rules.
      return;
  }
}

void Validator::CheckRange(int64_t value, const Rules& rules, std::string_view path) {
  if (rules.has_min() && value < rules.min()) {
    Add(path, StrCat("is ", value, "; at least ", rules.min(), " is asked"),
        StrCat("为", value, "，至少应为", rules.min()));
  } else if (rules.has_max() && value > rules.max()) {
    Add(path, StrCat("is ", value, "; at most ", rules.max(), " is allowed"),
        StrCat("为", value, "，最多为", rules.max()));
  }
}

void Validator::CheckDuration(const google::protobuf::Duration& value, const Rules& rules, std::string_view path) {
  const bool same_sign = value.seconds() == 0 || value.nanos() == 0 || (value.seconds() < 0) == (value.nanos() < 0);
  if (value.seconds() > kMaxDurationSeconds || value.seconds() < -kMaxDurationSeconds || !same_sign ||
      value.nanos() >= kNanosPerSecond || value.nanos() <= -kNanosPerSecond) {
    return Add(path, "is not a well-formed duration", "不是正确的时长");
  }
  const bool below = value.seconds() < rules.min() || (value.seconds() == rules.min() && value.nanos() < 0);
  const bool above = value.seconds() > rules.max() || (value.seconds() == rules.max() && value.nanos() > 0);
  if (rules.has_min() && below) {
    Add(path, StrCat("is shorter than ", rules.min(), " s"), StrCat("短于", rules.min(), "秒"));
  } else if (rules.has_max() && above) {
    Add(path, StrCat("is longer than ", rules.max(), " s"), StrCat("长于", rules.max(), "秒"));
  }
}

void Validator::CheckTimestamp(const google::protobuf::Timestamp& value, std::string_view path) {
  if (value.seconds() < kMinTimestampSeconds || value.seconds() > kMaxTimestampSeconds || value.nanos() < 0 ||
      value.nanos() >= kNanosPerSecond) {
    Add(path, "is not a well-formed timestamp of the years 1 to 9999", "不是公元1年到9999年的正确时间");
  }
}

void Validator::CheckMask(const google::protobuf::FieldMask& mask, std::string_view path) {
  if (mask.paths_size() > kMaxMaskPaths) {
    return Add(StrCat(path, ".paths"), StrCat("has ", mask.paths_size(), " paths; at most ", kMaxMaskPaths),
               StrCat("有", mask.paths_size(), "项，最多", kMaxMaskPaths, "项"));
  }
  for (int i = 0; i < mask.paths_size() && masked_ != nullptr; ++i) {
    if (mask.paths(i) == "*") continue;
    const Descriptor* type = masked_->message_type();
    std::string_view rest = mask.paths(i);
    bool known = !rest.empty();
    while (known && !rest.empty()) {
      const size_t dot = rest.find('.');
      const FieldDescriptor* field =
          type == nullptr ? nullptr : type->FindFieldByName(std::string(rest.substr(0, dot)));
      known = field != nullptr && (dot == std::string_view::npos || !field->is_repeated());
      if (known) type = field->message_type();
      rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
      if (dot != std::string_view::npos && rest.empty()) known = false;
    }
    if (!known) {
      Add(StrCat(path, ".paths[", i, "]"),
          StrCat("names no field of ", masked_->message_type()->name(), " by its original name"),
          StrCat("不是", masked_->message_type()->name(), "的字段"));
    }
  }
}

}  // namespace

absl::Status ValidateRequest(const Message& request) {
  return Validator().Run(request);
}

}  // namespace duban
