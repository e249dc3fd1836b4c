// Any requests, to any methods, one after the other, on a node that has something of everything: refused with a reason
// that says what is wrong, or done; and afterwards every store agrees with itself.

#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/frames.h"
#include "tests/fuzz/fuzz_node.h"

namespace duban::fuzz {
namespace {

using google::protobuf::Message;

const Method& MethodOf(uint8_t kind) {
  return Methods()[kind % Methods().size()];
}

// What is told again: of items that were refused the code only, of everything else all.
std::string Told(const Message& response) {
  std::unique_ptr<Message> told(response.New());
  told->CopyFrom(response);
  const auto* results = told->GetDescriptor()->FindFieldByName("results");
  const auto* reflection = told->GetReflection();
  for (int i = 0; results != nullptr && i < reflection->FieldSize(*told, results); ++i) {
    Message* result = reflection->MutableRepeatedMessage(told.get(), results, i);
    const auto* error = result->GetDescriptor()->FindFieldByName("error");
    if (error == nullptr || !result->GetReflection()->HasField(*result, error)) continue;
    auto* status = dynamic_cast<google::rpc::Status*>(result->GetReflection()->MutableMessage(result, error));
    status->clear_message();
    status->clear_details();
  }
  return told->SerializePartialAsString();
}

// The same request id with the same body gets the first answer again.
void CheckRepeated(FuzzNode& node, const Method& method, const Message& request, const Message& first) {
  if (request.GetDescriptor()->FindFieldByName("request_id") == nullptr) return;
  std::unique_ptr<Message> again(method.response->New());
  RequireOk(CallChecked(node, method, request, again.get()), method.name + " answers a repeated request");
  Require(Told(first) == Told(*again), method.name + " gives the first answer again");
}

void Run(const uint8_t* data, size_t size) {
  std::unique_ptr<FuzzNode> node;
  FakeClock clock;
  bool changed = false;
  for (const Frame& frame : ReadFrames(data, size)) {
    const Method& method = MethodOf(frame.kind);
    std::unique_ptr<Message> request(method.request->New()), response(method.response->New());
    // What is no message never reaches a method.
    if (!request->ParseFromString(frame.message)) continue;
    if (node == nullptr) {
      node = std::make_unique<FuzzNode>("city", &clock);
      node->Furnish();
      node->FurnishFile();
    }
    if (!CallChecked(*node, method, *request, response.get()).ok()) continue;
    changed = true;
    CheckRepeated(*node, method, *request, *response);
    clock.Advance(absl::Minutes(1));
  }
  if (!changed) return;
  node->Settle();
  node->CheckStores();
  node->ReadEverything();
}

}  // namespace
}  // namespace duban::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::fuzz::Run(data, size);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return duban::fuzz::MutateFrames(
      data, size, max_size, seed, [](uint8_t kind) { return duban::fuzz::MethodOf(kind).request; },
      duban::fuzz::NamesOfAFurnishedNode());
}
