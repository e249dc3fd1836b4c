#include "common/rpc/validate.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/access/decision.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/feed_service.pb.h"
#include "duban/v1/node_service.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "duban/v1/rules.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/struct.pb.h"
#include "google/rpc/error_details.pb.h"

namespace duban {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

google::rpc::BadRequest BadRequestOf(const absl::Status& status) {
  google::rpc::BadRequest bad;
  auto payload = status.GetPayload(kBadRequestUrl);
  if (payload.has_value()) bad.ParseFromString(std::string(*payload));
  return bad;
}

// Paths of the broken fields, in order.
std::vector<std::string> BrokenFields(const Message& request) {
  std::vector<std::string> fields;
  const google::rpc::BadRequest bad = BadRequestOf(ValidateRequest(request));
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  return fields;
}

using Fields = std::vector<std::string>;

const v1::FieldRules& RulesOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rules);
}

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool IsOwnMessage(const FieldDescriptor& field) {
  return IsMessage(field) && field.message_type()->file()->package() == "duban.v1";
}

// A name of the form `pattern` whose last id has `length` characters.
std::string ResourceOf(std::string pattern, size_t length) {
  std::string name;
  for (size_t at = 0; at < pattern.size();) {
    const size_t open = pattern.find('{', at);
    if (open == std::string::npos) return name + pattern.substr(at);
    const size_t close = pattern.find('}', open);
    const bool last = pattern.find('{', close) == std::string::npos;
    name += pattern.substr(at, open - at) + std::string(last ? length : 2, 'a');
    at = close + 1;
  }
  return name;
}

std::string ValidString(const FieldDescriptor& field) {
  const v1::FieldRules& rules = RulesOf(field);
  if (!rules.resource().empty()) return ResourceOf(rules.resource(), 2);
  return rules.format() == v1::FieldRules::DATE ? "2024-02-29" : "a1";
}

void SetString(Message& message, const FieldDescriptor& field, const std::string& value) {
  if (field.is_repeated()) {
    message.GetReflection()->ClearField(&message, &field);
    message.GetReflection()->AddString(&message, &field, value);
  } else {
    message.GetReflection()->SetString(&message, &field, value);
  }
}

void SetNumber(Message& message, const FieldDescriptor& field, int64_t value) {
  const Reflection& reflection = *message.GetReflection();
  const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  if (field.is_repeated()) {
    reflection.ClearField(&message, &field);
    wide ? reflection.AddInt64(&message, &field, value)
         : reflection.AddInt32(&message, &field, static_cast<int32_t>(value));
  } else {
    wide ? reflection.SetInt64(&message, &field, value)
         : reflection.SetInt32(&message, &field, static_cast<int32_t>(value));
  }
}

void Fill(Message& message);

void AddValid(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? reflection.AddString(&message, &field, ValidString(field))
                                 : reflection.SetString(&message, &field, ValidString(field));
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = field.enum_type()->value(1)->number();
      return field.is_repeated() ? reflection.AddEnumValue(&message, &field, value)
                                 : reflection.SetEnumValue(&message, &field, value);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                      : *reflection.MutableMessage(&message, &field));
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      if (!field.is_repeated()) return SetNumber(message, field, RulesOf(field).min());
      return reflection.AddInt32(&message, &field, static_cast<int32_t>(RulesOf(field).min()));
    default:
      FAIL() << "the test has no value for " << field.full_name();
  }
}

// The smallest valid message: required fields, and numbers that may not be zero.
void Fill(Message& message) {
  const Descriptor& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    const bool nonzero = !field.is_repeated() && !IsMessage(field) && RulesOf(field).min() > 0;
    if (RulesOf(field).required() || nonzero) AddValid(message, field);
  }
}

// Goes through every field that can be reached from a request, and checks its limits in an otherwise valid request.
class LimitWalk {
 public:
  void Request(const Descriptor* type) {
    type_ = type;
    Walk(type);
  }
  int checks() const { return checks_; }

 private:
  // A valid request in which the messages of `path_` are present. `leaf` is the innermost.
  std::unique_ptr<Message> Build(Message** leaf, std::string* prefix) const {
    std::unique_ptr<Message> root(MessageFactory::generated_factory()->GetPrototype(type_)->New());
    Fill(*root);
    *leaf = root.get();
    for (const FieldDescriptor* step : path_) {
      const Reflection& reflection = *(*leaf)->GetReflection();
      *prefix += step->name() + (step->is_repeated() ? "[0]." : ".");
      if (step->is_repeated() && reflection.FieldSize(**leaf, step) > 0) {
        *leaf = reflection.MutableRepeatedMessage(*leaf, step, 0);
      } else if (step->is_repeated()) {
        *leaf = reflection.AddMessage(*leaf, step);
        Fill(**leaf);
      } else {
        const bool was_there = reflection.HasField(**leaf, step);
        *leaf = reflection.MutableMessage(*leaf, step);
        if (!was_there) Fill(**leaf);
      }
    }
    return root;
  }

  void Walk(const Descriptor* type) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      CheckField(*field);
      if (!IsOwnMessage(*field) || within_.contains(field->message_type())) continue;
      within_.insert(field->message_type());
      path_.push_back(field);
      Walk(field->message_type());
      path_.pop_back();
      within_.erase(field->message_type());
    }
  }

  // Runs `change` on the innermost message and expects the request to be fine, or to be refused for this field.
  void Expect(const FieldDescriptor& field, bool fine, const std::string& suffix,
              const std::function<void(Message&)>& change) {
    Message* leaf = nullptr;
    std::string prefix;
    const std::unique_ptr<Message> root = Build(&leaf, &prefix);
    change(*leaf);
    const absl::Status status = ValidateRequest(*root);
    ++checks_;
    if (fine) {
      EXPECT_TRUE(status.ok()) << type_->name() << " " << prefix << field.name() << ": " << status;
    } else {
      EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << type_->name() << " " << prefix << field.name();
      EXPECT_EQ(MetadataOf(status)["field"], prefix + field.name() + suffix) << type_->name() << ": " << status;
    }
  }

  void CheckField(const FieldDescriptor& field) {
    const v1::FieldRules& rules = RulesOf(field);
    if (rules.required()) {
      Expect(field, false, "", [&](Message& m) { m.GetReflection()->ClearField(&m, &field); });
    }
    if (field.is_repeated()) CheckItems(field);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return field.type() == FieldDescriptor::TYPE_BYTES ? CheckBytes(field) : CheckString(field);
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(field);
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckNumber(field);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (field.message_type() == google::protobuf::Duration::descriptor()) CheckDuration(field);
        return;
      default:
        return;
    }
  }

  void CheckItems(const FieldDescriptor& field) {
    const uint32_t limit = RulesOf(field).max_items() == 0 ? 1000 : RulesOf(field).max_items();
    for (const uint32_t count : {limit, limit + 1}) {
      Expect(field, count == limit, "", [&](Message& m) {
        m.GetReflection()->ClearField(&m, &field);
        for (uint32_t i = 0; i < count; ++i) AddValid(m, field);
      });
    }
  }

  void CheckString(const FieldDescriptor& field) {
    const v1::FieldRules& rules = RulesOf(field);
    const std::string at = field.is_repeated() ? "[0]" : "";
    const auto set = [&](const std::string& value, bool fine) {
      Expect(field, fine, at, [&](Message& m) { SetString(m, field, value); });
    };
    if (!rules.resource().empty()) {
      set(ResourceOf(rules.resource(), 63), true);
      set(ResourceOf(rules.resource(), 64), false);
      set(ResourceOf(rules.resource(), 2) + "/x", false);
    } else if (rules.format() == v1::FieldRules::REQUEST_ID) {
      set(std::string(64, 'Z'), true);
      set(std::string(65, 'Z'), false);
    } else if (rules.format() == v1::FieldRules::ID) {
      set(std::string(63, 'a'), true);
      set(std::string(64, 'a'), false);
    } else if (rules.format() == v1::FieldRules::DATE) {
      set("2024-02-29", true);
      set("2023-02-29", false);
    } else {
      const uint32_t limit = rules.max_length() == 0 ? 4096 : rules.max_length();
      std::string text;
      for (uint32_t i = 0; i < limit; ++i) text += "汉";
      set(text, true);
      set(text + "字", false);
    }
    set("\xFF", false);
  }

  void CheckBytes(const FieldDescriptor& field) {
    const uint32_t limit = RulesOf(field).max_bytes() == 0 ? 65536 : RulesOf(field).max_bytes();
    Expect(field, true, "", [&](Message& m) { SetString(m, field, std::string(limit, '\0')); });
    Expect(field, false, "", [&](Message& m) { SetString(m, field, std::string(limit + 1, '\0')); });
  }

  void CheckEnum(const FieldDescriptor& field) {
    Expect(field, false, field.is_repeated() ? "[0]" : "", [&](Message& m) {
      m.GetReflection()->ClearField(&m, &field);
      field.is_repeated() ? m.GetReflection()->AddEnumValue(&m, &field, 1000)
                          : m.GetReflection()->SetEnumValue(&m, &field, 1000);
    });
  }

  void CheckNumber(const FieldDescriptor& field) {
    const v1::FieldRules& rules = RulesOf(field);
    const std::string at = field.is_repeated() ? "[0]" : "";
    const auto set = [&](int64_t value, bool fine) {
      Expect(field, fine, at, [&](Message& m) { SetNumber(m, field, value); });
    };
    if (rules.has_min()) {
      set(rules.min(), true);
      set(rules.min() - 1, false);
    }
    if (rules.has_max()) {
      set(rules.max(), true);
      set(rules.max() + 1, false);
    }
  }

  void CheckDuration(const FieldDescriptor& field) {
    const v1::FieldRules& rules = RulesOf(field);
    const auto set = [&](int64_t seconds, int32_t nanos, bool fine) {
      Expect(field, fine, "", [&](Message& m) {
        auto* value = static_cast<google::protobuf::Duration*>(m.GetReflection()->MutableMessage(&m, &field));
        value->set_seconds(seconds);
        value->set_nanos(nanos);
      });
    };
    if (rules.has_max()) {
      set(rules.max(), 0, true);
      set(rules.max(), 1, false);
    }
    if (rules.has_min()) {
      set(rules.min(), 0, true);
      if (rules.min() > 0) {
        set(rules.min() - 1, 999'999'999, false);
      } else {
        set(0, -1, false);
      }
    }
    set(0, 1'000'000'000, false);
    set(1, -1, false);
  }

  const Descriptor* type_ = nullptr;
  std::vector<const FieldDescriptor*> path_;
  std::set<const Descriptor*> within_;
  int checks_ = 0;
};

TEST(ValidateRequest, KeepsEveryStatedLimitOfEveryRequestAtTheLimitAndBeyond) {
  LimitWalk walk;
  int requests = 0;
  for (const google::protobuf::MethodDescriptor* method : ContractMethods()) {
    walk.Request(method->input_type());
    ++requests;
  }
  EXPECT_GE(requests, 40);
  EXPECT_GE(walk.checks(), 1000);
  RecordProperty("checks", walk.checks());
}

v1::CreateUnitRequest ValidUnit() {
  v1::CreateUnitRequest request;
  request.set_request_id("r-1");
  request.mutable_unit()->set_display_name("区卫生健康局");
  request.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
  return request;
}

TEST(ValidateRequest, AllowsTabAndNewlineAndNoOtherControlCharacter) {
  v1::CreateUnitRequest request = ValidUnit();
  request.mutable_unit()->add_aliases("卫健局\t一\n二");
  EXPECT_EQ(BrokenFields(request), Fields{});
  for (const char* bad : {"\r", "\x01", "\x7F", "\xC2\x85", "\xE2\x80"}) {
    request.mutable_unit()->set_aliases(0, bad);
    EXPECT_EQ(BrokenFields(request), Fields{"unit.aliases[0]"});
  }
  request.mutable_unit()->set_aliases(0, std::string("a\0b", 3));
  EXPECT_EQ(BrokenFields(request), Fields{"unit.aliases[0]"});
  request.mutable_unit()->set_aliases(0, "");
  EXPECT_EQ(BrokenFields(request), Fields{"unit.aliases[0]"});
}

TEST(ValidateRequest, NamesEveryBrokenFieldWithItsPath) {
  v1::CreateUnitRequest request = ValidUnit();
  request.set_request_id("a b");
  request.mutable_unit()->set_kind(v1::Unit::KIND_UNSPECIFIED);
  request.mutable_unit()->add_superiors()->set_unit("units/city");
  request.mutable_unit()->add_superiors()->set_valid_from("2024-13-01");
  EXPECT_EQ(BrokenFields(request),
            (Fields{"request_id", "unit.kind", "unit.superiors[1].unit", "unit.superiors[1].valid_from"}));
  const absl::Status status = ValidateRequest(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MetadataOf(status)["count"], "4");
  EXPECT_EQ(status.message(),
            "field `request_id` is not a request id: 1 to 64 letters, digits, `_` or `-` (and 3 more)");
  const google::rpc::BadRequest fields = BadRequestOf(status);
  ASSERT_EQ(fields.field_violations_size(), 4);
  for (const auto& violation : fields.field_violations()) {
    EXPECT_EQ(violation.localized_message().locale(), "zh-CN");
    EXPECT_TRUE(violation.localized_message().message().starts_with("字段“" + violation.field() + "”"))
        << violation.localized_message().message();
  }
}

TEST(FieldErrors, ALineOfATableIsCalledAsPeopleCallIt) {
  const absl::Status status = InvalidField("content[3].类别", "is no kind", "不是单位类别");
  EXPECT_EQ(status.message(), "field `content[3].类别` is no kind");
  EXPECT_EQ(ChineseMessage(status), "第3行“类别”不是单位类别");
  EXPECT_EQ(BadRequestOf(status).field_violations(0).localized_message().message(), "第3行“类别”不是单位类别");
}

TEST(ValidateRequest, ShowsTwentyViolationsAndCountsUpToAHundred) {
  v1::SettleFindingsRequest request;
  request.set_request_id("r-1");
  request.set_name("plans/p1");
  request.set_settled_by("李");
  for (int i = 0; i < 150; ++i) request.add_answers();
  const absl::Status status = ValidateRequest(request);
  EXPECT_EQ(BadRequestOf(status).field_violations_size(), 20);
  EXPECT_EQ(MetadataOf(status)["count"], "100");
}

TEST(ValidateRequest, RefusesZeroInAListOfEnums) {
  v1::CreateUnitGroupRequest request;
  request.set_request_id("r-1");
  request.mutable_group()->set_display_name("各街道");
  auto* selection = request.mutable_group()->add_selections();
  selection->set_superior("units/district");
  selection->add_kinds(v1::Unit::STREET);
  selection->add_kinds(v1::Unit::KIND_UNSPECIFIED);
  EXPECT_EQ(BrokenFields(request), Fields{"group.selections[0].kinds[1]"});
}

TEST(ValidateRequest, ChecksTheOutputNounsInsideARequestToo) {
  v1::CreatePlanRequest request;
  request.set_request_id("r-1");
  request.mutable_plan()->add_tasks()->set_text("x");
  request.mutable_plan()->mutable_tasks(0)->add_responsibilities()->set_unit("区教育局");
  request.mutable_plan()->set_etag(std::string(65, 'e'));
  EXPECT_EQ(BrokenFields(request), (Fields{"plan.tasks[0].responsibilities[0].role", "plan.etag"}));
}

TEST(ValidateRequest, AskForNoRequiredFieldOutsideTheMaskOfAnUpdate) {
  v1::UpdateUnitRequest request;
  request.set_request_id("r-1");
  request.mutable_unit()->set_name("units/u1");
  request.mutable_unit()->add_aliases("卫健局");
  EXPECT_EQ(BrokenFields(request), (Fields{"unit.display_name", "unit.kind"}));
  request.mutable_update_mask()->add_paths("aliases");
  EXPECT_EQ(BrokenFields(request), Fields{});
  request.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(BrokenFields(request), Fields{"unit.display_name"});
  request.mutable_update_mask()->clear_paths();
  request.mutable_update_mask()->add_paths("*");
  EXPECT_EQ(BrokenFields(request), (Fields{"unit.display_name", "unit.kind"}));
}

TEST(ValidateRequest, RefusesMaskPathsThatNameNoField) {
  v1::UpdateUnitRequest request;
  request.set_request_id("r-1");
  request.mutable_unit()->set_name("units/u1");
  for (const char* path : {"displayName", "", "aliases.x", "etag.", "contacts.person", "nothing"}) {
    request.mutable_update_mask()->clear_paths();
    request.mutable_update_mask()->add_paths(path);
    EXPECT_EQ(BrokenFields(request), Fields{"update_mask.paths[0]"}) << path;
  }
}

TEST(ValidateRequest, RefusesAMaskOfMoreThanAHundredPaths) {
  v1::UpdateUnitRequest request;
  request.set_request_id("r-1");
  request.mutable_unit()->set_name("units/u1");
  for (int i = 0; i < kMaxMaskPaths; ++i) request.mutable_update_mask()->add_paths("aliases");
  EXPECT_EQ(BrokenFields(request), Fields{});
  request.mutable_update_mask()->add_paths("aliases");
  EXPECT_EQ(BrokenFields(request), Fields{"update_mask.paths"});
}

TEST(ValidateRequest, RefusesMessagesNestedDeeperThanTheLimit) {
  // Each step in is two messages: a ListValue and a Value.
  for (const int steps : {15, 16}) {
    google::protobuf::Value root;
    google::protobuf::Value* inner = &root;
    for (int i = 0; i < steps; ++i) inner = inner->mutable_list_value()->add_values();
    inner->set_bool_value(true);
    EXPECT_EQ(ValidateRequest(root).ok(), 1 + 2 * steps <= kMaxMessageDepth) << steps;
  }
}

TEST(ValidateRequest, RefusesTimestampsThatAreNone) {
  v1::CreatePlanRequest request;
  request.set_request_id("r-1");
  auto* time = request.mutable_plan()->mutable_create_time();
  time->set_seconds(253'402'300'799);
  time->set_nanos(999'999'999);
  EXPECT_EQ(BrokenFields(request), Fields{});
  time->set_nanos(1'000'000'000);
  EXPECT_EQ(BrokenFields(request), Fields{"plan.create_time"});
  time->set_nanos(0);
  time->set_seconds(253'402'300'800);
  EXPECT_EQ(BrokenFields(request), Fields{"plan.create_time"});
}

}  // namespace
}  // namespace duban
