// Any pages from neighbours, to any hop, on a node that has something of everything: taken in or refused, never worse;
// and afterwards every store agrees with itself and everything can still be read.

#include <memory>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/rpc/validate.h"
#include "tests/fuzz/frames.h"
#include "tests/fuzz/fuzz_node.h"

namespace duban::fuzz {
namespace {

constexpr char kUpstream[] = "province";
constexpr char kDownstream[] = "district";

// What a frame's kind says: the bits below choose the hop, this one whether the page is made to fit, so that what is
// inside is reached.
constexpr uint8_t kFitting = 0x80;
// Behind the hops that follow: a node below offers.
constexpr int kOffering = 7;

const google::protobuf::Message* MessageOf(uint8_t kind) {
  if (kind % 8 == kOffering) return &v1::OfferRequest::default_instance();
  return &v1::FetchResponse::default_instance();
}

// What an entity calls itself; empty where it does not say.
std::string NameOf(const google::protobuf::Any& payload) {
  v1::Order order;
  v1::AddresseeList list;
  v1::Oversight oversight;
  v1::Execution execution;
  v1::Decomposition made;
  v1::Delivery delivery;
  v1::Plan plan;
  v1::Unit unit;
  if (payload.UnpackTo(&order)) return OrderName(order.task());
  if (payload.UnpackTo(&list)) return list.name();
  if (payload.UnpackTo(&oversight)) return OversightName(oversight.assignment());
  if (payload.UnpackTo(&execution)) return ExecutionName(execution.assignment());
  if (payload.UnpackTo(&made)) return DecompositionName(made.assignment());
  if (payload.UnpackTo(&delivery)) return DeliveryName(delivery.plan(), delivery.node());
  if (payload.UnpackTo(&plan)) return plan.name();
  return payload.UnpackTo(&unit) ? unit.name() : "";
}

// Lets the page begin at `from` and its sequences rise.
void Fit(const v1::FeedPosition& from, v1::FeedPage* page) {
  *page->mutable_from() = from;
  int64_t sequence = from.sequence();
  for (v1::FeedEntry& entry : *page->mutable_entries()) {
    entry.set_sequence(++sequence);
    // Most entries are named after what they hold; the mutator does not know that.
    const std::string name = NameOf(entry.payload());
    if (!name.empty()) entry.set_entity(name);
  }
  if (page->to().epoch().empty()) page->mutable_to()->set_epoch(from.epoch().empty() ? "e-1" : from.epoch());
  page->mutable_to()->set_sequence(sequence + 1);
}

// What went wrong has a reason. A page may well break a promise of its sender; that is for the log, and stops the hop.
void CheckRefusal(const absl::Status& status) {
  if (status.ok()) return;
  Require(ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED, StrCat("a refusal has a reason: ", status.ToString()));
}

void Deliver(FuzzNode& node, const Frame& frame) {
  FuzzNode::Follow& follow = node.follows()[frame.kind % 8 % node.follows().size()];
  v1::FetchResponse answer;
  if (!answer.ParseFromString(frame.message)) return;
  const absl::StatusOr<v1::FetchRequest> request = follow.hop->Prepare(absl::ZeroDuration());
  RequireOk(request.status(), "a hop knows its position");
  if ((frame.kind & kFitting) != 0) Fit(request->position(), answer.mutable_page());
  CheckRefusal(follow.hop->Deliver(answer).status());
}

void Offer(FuzzNode& node, const Frame& frame) {
  v1::OfferRequest request;
  if (!request.ParseFromString(frame.message)) return;
  if ((frame.kind & kFitting) != 0) {
    request.set_feed("assignment");
    request.set_node(kDownstream);
    const auto stored = node.assignment_store->TakeSnapshot()->GetPosition(StrCat("offered_by_", kDownstream));
    RequireOk(stored.status(), "the position of a node below");
    Fit(*stored, request.mutable_page());
  }
  if (!ValidateRequest(request).ok()) return;
  FeedServer* feed = node.FeedOf(request.feed());
  if (feed == nullptr) return;
  v1::OfferResponse response;
  const absl::Status status = feed->Offer(request, &response);
  CheckRefusal(status);
  if (!status.ok()) return;
  // The same page once more is answered with where we are.
  const int64_t head = feed->store()->head().sequence();
  v1::OfferResponse again;
  RequireOk(feed->Offer(request, &again), "a doubled offer");
  Require(SamePosition(again.position(), response.position()), "a doubled offer changes nothing");
  Require(again.set_aside_count() == 0 && feed->store()->head().sequence() == head, "a doubled offer changes nothing");
}

void Run(const uint8_t* data, size_t size) {
  FakeClock clock;
  FuzzNode node("city", &clock, {kUpstream});
  node.Furnish();
  for (const Frame& frame : ReadFrames(data, size)) {
    if (frame.kind % 8 == kOffering) {
      Offer(node, frame);
    } else {
      Deliver(node, frame);
    }
    RequireOk(node.Tend().status(), "what a node does of itself");
  }
  node.CheckStores();
  node.ReadEverything();
}

}  // namespace
}  // namespace duban::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::fuzz::Run(data, size);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return duban::fuzz::MutateFrames(data, size, max_size, seed, duban::fuzz::MessageOf,
                                   duban::fuzz::NamesOfAFurnishedNode());
}
