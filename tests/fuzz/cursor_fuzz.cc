// Any page tokens and any feed positions: a listing begins somewhere, or says that the token is not its own; a feed
// goes on from there, or says that it is not its history; and neither skips nor doubles anything.

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "common/base/errors.h"
#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/rpc/validate.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz_node.h"

namespace duban::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Made once: nothing here changes it.
FuzzNode& Node() {
  static FuzzNode* node = [] {
    auto* made = new FuzzNode("city", new FakeClock);
    made->Furnish();
    return made;
  }();
  return *node;
}

void CheckTokens(Bytes& bytes) {
  const std::string text = bytes.LongText();
  const Listing listing{"a key", bytes.Text(), bytes.Text()};
  const absl::StatusOr<std::string> read = ReadPageToken(listing, text);
  if (read.ok()) {
    Require(text.empty() || MakePageToken(listing, *read) == text, "a token has one spelling");
  } else {
    Require(MetadataOf(read.status())["field"] == "page_token", "a refusal names page_token");
  }
  if (text.empty()) return;
  const std::string token = MakePageToken(listing, text);
  const absl::StatusOr<std::string> back = ReadPageToken(listing, token);
  Require(back.ok() && *back == text, "a token leads where it was made");
  Require(!ReadPageToken({listing.key, listing.caller, listing.scope + "x"}, token).ok(), "a token is of one listing");
  Require(!ReadPageToken({listing.key, listing.caller + "x", listing.scope}, token).ok(), "and of one caller");
  Require(!ReadPageToken({"another key", listing.caller, listing.scope}, token).ok(), "and of one process");
}

// A listing with a token of any kind: the caller's bytes, or ones that pass the check, as a forger would make them.
void CheckListing(Bytes& bytes) {
  static constexpr const char* kListings[][2] = {{"PlanService/ListPlans", "ListPlans"},
                                                 {"DirectoryService/ListUnits", "ListUnits"},
                                                 {"DirectoryService/ListUnitGroups", "ListUnitGroups"},
                                                 {"AssignmentService/ListAssignments", "ListAssignments"},
                                                 {"AssignmentService/GetTimeline", "GetTimeline"},
                                                 {"NotificationService/ListReminders", "ListReminders"}};
  const auto& [name, scope] = kListings[bytes.Below(std::size(kListings))];
  const bool forged = bytes.Byte() % 2 == 1;
  for (const Method& method : Methods()) {
    if (!method.name.ends_with(name)) continue;
    std::unique_ptr<Message> request(method.request->New()), response(method.response->New());
    const auto* page_size = method.request->GetDescriptor()->FindFieldByName("page_size");
    const auto* token = method.request->GetDescriptor()->FindFieldByName("page_token");
    if (page_size != nullptr) request->GetReflection()->SetInt32(request.get(), page_size, bytes.Below(4));
    const std::string tail = bytes.Text();
    std::string text = bytes.LongText();
    if (forged) text = MakePageToken({"", Anybody().label(), StrCat(scope, tail)}, text);
    if (token != nullptr) request->GetReflection()->SetString(request.get(), token, text);
    CallChecked(Node(), method, *request, response.get()).IgnoreError();
  }
}

// Follows a feed from any position to its head; `steps` guards against a feed without end.
void CheckFeed(Bytes& bytes) {
  static constexpr const char* kFeeds[] = {"plan", "assignment", "notification"};
  FeedServer& feed = *Node().FeedOf(kFeeds[bytes.Below(3)]);
  const v1::FeedPosition head = feed.store()->head();
  v1::FetchRequest request;
  request.set_feed(feed.feed());
  request.set_follower(bytes.Below(2) == 0 ? "assignment" : "district");
  request.set_downstream(request.follower() == "district");
  request.set_max_bytes(static_cast<int32_t>(bytes.Number() % 262145));
  v1::FeedPosition& from = *request.mutable_position();
  from.set_epoch(bytes.Below(2) == 0 ? head.epoch() : bytes.Text());
  from.set_sequence(bytes.Below(2) == 0 ? bytes.Below(64) : static_cast<int64_t>(bytes.Number()));
  from.set_hash(bytes.Below(2) == 0 ? head.hash() : bytes.Text());
  if (bytes.Below(3) == 0) from = bytes.Below(2) == 0 ? head : v1::FeedPosition();
  if (!ValidateRequest(request).ok()) return;

  std::set<std::string> seen;
  for (int steps = 0;; ++steps) {
    Require(steps < 10'000, "a feed has an end");
    const absl::StatusOr<v1::FetchResponse> answer = feed.TryFetch(request);
    if (!answer.ok()) {
      Require(steps == 0 && ReasonOf(answer.status()) == v1::FEED_MISMATCH,
              StrCat("only a foreign position is refused: ", answer.status().ToString()));
      return;
    }
    const v1::FeedPage& page = answer->page();
    RequireOk(CheckPage(page, request.position()), "a page fits where it was asked");
    Require(page.to().sequence() <= head.sequence(), "a page ends at the head at the latest");
    for (const v1::FeedEntry& entry : page.entries()) {
      Require(seen.insert(entry.entity()).second, "an entity that stands still comes once");
    }
    if (page.at_head()) return Require(SamePosition(page.to(), head), "the end is the head");
    Require(page.to().sequence() > request.position().sequence(), "a page that is not the last goes on");
    *request.mutable_position() = page.to();
  }
}

}  // namespace
}  // namespace duban::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::fuzz::Bytes bytes(data, size);
  switch (bytes.Below(3)) {
    case 0:
      duban::fuzz::CheckTokens(bytes);
      break;
    case 1:
      duban::fuzz::CheckListing(bytes);
      break;
    default:
      duban::fuzz::CheckFeed(bytes);
  }
  return 0;
}
