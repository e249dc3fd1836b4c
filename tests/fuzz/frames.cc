#include "tests/fuzz/frames.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "duban/v1/assignment.pb.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "tests/fuzz/bytes.h"

namespace duban::fuzz {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 6;

// SplitMix64 (Steele, Lea, Flood 2014).
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Throw() {
    uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }
  int Below(int count) { return static_cast<int>(Throw() % static_cast<uint64_t>(count)); }

 private:
  uint64_t state_;
};

// Texts at the edge of some rule.
const std::vector<std::string>& EdgeTexts() {
  static const auto* texts = new std::vector<std::string>{"",
                                                          "a",
                                                          "甲",
                                                          "2024-03-04",
                                                          "2024-02-30",
                                                          "0001-01-01",
                                                          "9999-12-31",
                                                          "2024-3-4",
                                                          "2024",
                                                          "2024-Q1",
                                                          "2024-03",
                                                          "*",
                                                          "title",
                                                          "tasks",
                                                          "aliases",
                                                          "superiors",
                                                          "display_name",
                                                          "minute_of_day",
                                                          "members",
                                                          "a.b.c",
                                                          "units/",
                                                          "units/-",
                                                          "plans/p9",
                                                          "plans/p1/tasks/x",
                                                          "plans/p1/tasks/x/order",
                                                          "plans/p1/tasks/x/assignments/a",
                                                          "plans/p1/tasks/x/assignments/a/execution",
                                                          "plans/p1/addressees/a",
                                                          "plans/p1/deliveries/district",
                                                          "body-1",
                                                          "e-1",
                                                          "\n\t\x01",
                                                          "\xFF\xFE",
                                                          std::string("\0", 1),
                                                          std::string(63, 'a'),
                                                          std::string(64, 'b'),
                                                          std::string(300, 'c'),
                                                          std::string(5000, 'd'),
                                                          "牵头单位：某局；完成时限：12月底前",
                                                          "http://x/",
                                                          "政府办、卫健局，各街道（2024年）"};
  return *texts;
}

class Mutator {
 public:
  Mutator(uint64_t seed, const std::vector<std::string>& words) : dice_(seed), words_(words) {}

  Dice& dice() { return dice_; }

  void Change(Message& message, int depth = 0) {
    if (message.GetDescriptor() == Any::descriptor()) return ChangeAny(static_cast<Any&>(message), depth);
    const int count = message.GetDescriptor()->field_count();
    if (count == 0) return;
    const FieldDescriptor& field = *message.GetDescriptor()->field(dice_.Below(count));
    if (field.is_repeated()) return ChangeRepeated(message, field, depth);
    if (dice_.Below(8) == 0) return message.GetReflection()->ClearField(&message, &field);
    Set(message, field, -1, depth);
  }

 private:
  void ChangeAny(Any& any, int depth) {
    static const Message* const kinds[] = {
        &v1::Unit::default_instance(),      &v1::UnitGroup::default_instance(), &v1::Calendar::default_instance(),
        &v1::Plan::default_instance(),      &v1::Order::default_instance(),     &v1::AddresseeList::default_instance(),
        &v1::Oversight::default_instance(), &v1::Execution::default_instance(), &v1::Decomposition::default_instance(),
        &v1::Delivery::default_instance()};
    std::unique_ptr<Message> inside;
    const std::string& url = any.type_url();
    const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
        url.substr(std::min(url.size(), url.rfind('/') + 1)));
    if (type == nullptr || dice_.Below(16) == 0) {
      inside.reset(kinds[dice_.Below(std::size(kinds))]->New());
    } else {
      inside.reset(MessageFactory::generated_factory()->GetPrototype(type)->New());
      inside->ParsePartialFromString(any.value());
    }
    for (int i = dice_.Below(4); i >= 0; --i) Change(*inside, depth + 1);
    any.PackFrom(*inside);
  }

  void ChangeRepeated(Message& message, const FieldDescriptor& field, int depth) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const int choice = dice_.Below(8);
    if (size == 0 || choice < 3) return Set(message, field, size, depth);
    if (choice == 3) return reflection.RemoveLast(&message, &field);
    if (choice == 4) return reflection.SwapElements(&message, &field, dice_.Below(size), dice_.Below(size));
    Set(message, field, dice_.Below(size), depth);
  }

  // Sets a field; of a repeated one the element `index`, or one more where there is none yet.
  void Set(Message& message, const FieldDescriptor& field, int index, int depth) {
    const Reflection& reflection = *message.GetReflection();
    const bool add = index >= 0 && index == reflection.FieldSize(message, &field);
    const auto put = [&](auto one, auto repeated, auto added, auto value) {
      if (index < 0) return (reflection.*one)(&message, &field, value);
      if (add) return (reflection.*added)(&message, &field, value);
      (reflection.*repeated)(&message, &field, index, value);
    };
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return put(&Reflection::SetInt32, &Reflection::SetRepeatedInt32, &Reflection::AddInt32,
                   static_cast<int32_t>(Number()));
      case FieldDescriptor::CPPTYPE_INT64:
        return put(&Reflection::SetInt64, &Reflection::SetRepeatedInt64, &Reflection::AddInt64, Number());
      case FieldDescriptor::CPPTYPE_UINT32:
        return put(&Reflection::SetUInt32, &Reflection::SetRepeatedUInt32, &Reflection::AddUInt32,
                   static_cast<uint32_t>(Number()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return put(&Reflection::SetUInt64, &Reflection::SetRepeatedUInt64, &Reflection::AddUInt64,
                   static_cast<uint64_t>(Number()));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return put(&Reflection::SetDouble, &Reflection::SetRepeatedDouble, &Reflection::AddDouble,
                   dice_.Below(4) == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(Number()));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return put(&Reflection::SetFloat, &Reflection::SetRepeatedFloat, &Reflection::AddFloat,
                   static_cast<float>(Number()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return put(&Reflection::SetBool, &Reflection::SetRepeatedBool, &Reflection::AddBool, dice_.Below(2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return put(&Reflection::SetEnumValue, &Reflection::SetRepeatedEnumValue, &Reflection::AddEnumValue,
                   dice_.Below(16) == 0 ? static_cast<int>(Number()) : dice_.Below(field.enum_type()->value_count()));
      case FieldDescriptor::CPPTYPE_STRING:
        return put(&Reflection::SetString, &Reflection::SetRepeatedString, &Reflection::AddString, Text());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    Message* inside = index < 0 ? reflection.MutableMessage(&message, &field)
                      : add     ? reflection.AddMessage(&message, &field)
                                : reflection.MutableRepeatedMessage(&message, &field, index);
    if (depth >= kMaxDepth) return;
    for (int i = dice_.Below(3); i >= 0; --i) Change(*inside, depth + 1);
  }

  int64_t Number() {
    static constexpr int64_t kEdges[] = {0,
                                         1,
                                         -1,
                                         2,
                                         20,
                                         21,
                                         100,
                                         1000,
                                         86400,
                                         86401,
                                         2147483647,
                                         -2147483648LL,
                                         1709510400 /* 2024-03-04 */,
                                         std::numeric_limits<int64_t>::max(),
                                         std::numeric_limits<int64_t>::min()};
    const int choice = dice_.Below(4);
    if (choice == 0) return kEdges[dice_.Below(std::size(kEdges))];
    if (choice == 1) return static_cast<int64_t>(dice_.Throw());
    return dice_.Below(12);
  }

  std::string Text() {
    const bool edge = words_.empty() || dice_.Below(3) == 0;
    const std::vector<std::string>& texts = edge ? EdgeTexts() : words_;
    return texts[static_cast<size_t>(dice_.Below(static_cast<int>(texts.size())))];
  }

  Dice dice_;
  const std::vector<std::string>& words_;
};

void ChangeFrames(std::vector<Frame>& frames, Mutator& mutator, const PrototypeOf& prototype_of) {
  Dice& dice = mutator.dice();
  const int choice = dice.Below(10);
  if (frames.empty() || (choice == 0 && frames.size() < kMaxFrames)) {
    const auto at = static_cast<std::ptrdiff_t>(dice.Below(static_cast<int>(frames.size()) + 1));
    frames.insert(frames.begin() + at, Frame{static_cast<uint8_t>(dice.Below(256)), ""});
  }
  const auto picked = static_cast<size_t>(dice.Below(static_cast<int>(frames.size())));
  Frame& frame = frames[picked];
  if (choice == 1 && frames.size() > 1) {
    frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(picked));
    return;
  }
  if (choice == 2) {
    frame.kind = static_cast<uint8_t>(dice.Below(256));
    return;
  }
  if (choice == 3 && frames.size() < kMaxFrames) {
    frames.push_back(Frame(frame));
    return;
  }
  std::unique_ptr<Message> message(prototype_of(frame.kind)->New());
  message->ParsePartialFromString(frame.message);
  for (int i = dice.Below(4); i >= 0; --i) mutator.Change(*message);
  frame.message = message->SerializePartialAsString();
}

}  // namespace

std::vector<Frame> ReadFrames(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  std::vector<Frame> frames;
  while (!bytes.empty() && frames.size() < kMaxFrames) {
    Frame& frame = frames.emplace_back();
    frame.kind = bytes.Byte();
    frame.message = bytes.LongText();
  }
  return frames;
}

std::string WriteFrames(const std::vector<Frame>& frames) {
  std::string written;
  for (const Frame& frame : frames) {
    const size_t size = std::min<size_t>(frame.message.size(), 0xFFFF);
    written.push_back(static_cast<char>(frame.kind));
    written.push_back(static_cast<char>(size >> 8));
    written.push_back(static_cast<char>(size & 0xFF));
    written.append(frame.message, 0, size);
  }
  return written;
}

size_t MutateFrames(uint8_t* data, size_t size, size_t max_size, unsigned seed, const PrototypeOf& prototype_of,
                    const std::vector<std::string>& words) {
  std::vector<Frame> frames = ReadFrames(data, size);
  Mutator mutator(seed, words);
  ChangeFrames(frames, mutator, prototype_of);
  const std::string written = WriteFrames(frames);
  if (written.size() > max_size) return size;
  std::memcpy(data, written.data(), written.size());
  return written.size();
}

}  // namespace duban::fuzz
