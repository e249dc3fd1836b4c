// Fetch and Offer over gRPC: what a follower at another level sees.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_peer.h"
#include "common/rpc/local_peer.h"
#include "duban/v1/feed_service.grpc.pb.h"
#include "tests/support/patience.h"
#include "tests/support/test_server.h"

namespace duban {
namespace {

using testing::Patience;
using testing::TestServer;

void Write(TestServer& server, const std::string& id) {
  v1::Unit unit;
  unit.set_name("units/" + id);
  const absl::Status status = server->store("plan")->Run({"test", ""}, [&](Transaction& transaction) {
    return transaction.Put(unit.name(), unit, {kDownstreamAudience}).status();
  });
  ASSERT_TRUE(status.ok()) << status;
}

v1::FetchRequest RequestOf(const std::string& follower, absl::Duration wait, const v1::FeedPosition& position = {}) {
  v1::FetchRequest request;
  request.set_feed("plan");
  request.set_follower(follower);
  request.set_downstream(true);
  *request.mutable_position() = position;
  request.mutable_wait()->set_seconds(absl::ToInt64Seconds(wait));
  request.mutable_wait()->set_nanos(
      static_cast<int32_t>((wait - absl::Seconds(absl::ToInt64Seconds(wait))) / absl::Nanoseconds(1)));
  return request;
}

std::shared_ptr<FeedPeer> PeerOf(TestServer& server) {
  return MakeGrpcPeer(server.address());
}

TEST(Fetch, ReturnsWhatIsThereAtOnce) {
  TestServer server;
  Write(server, "u1");
  const absl::Duration begin = RealClock().Steady();
  auto page = PeerOf(server)->Fetch(RequestOf("district", absl::Seconds(20)));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->page().entries_size(), 1);
  EXPECT_EQ(page->page().entries(0).entity(), "units/u1");
  EXPECT_TRUE(page->page().at_head());
  EXPECT_LT(RealClock().Steady() - begin, Patience(absl::Seconds(15)));
}

TEST(Fetch, WaitsForACommitOfItsAudienceAndForNoOther) {
  TestServer server;
  auto peer = PeerOf(server);
  const v1::FeedPosition start = peer->Fetch(RequestOf("district", absl::ZeroDuration()))->page().to();
  absl::StatusOr<v1::FetchResponse> page;
  std::thread follower([&] { page = peer->Fetch(RequestOf("district", absl::Seconds(20), start)); });
  while (server->waiting_fetches() == 0) std::this_thread::yield();
  v1::Unit unit;
  ASSERT_TRUE(server->store("plan")
                  ->Run({"test", ""},
                        [&](Transaction& transaction) {
                          return transaction.Put("units/other", unit, {NodeAudience("elsewhere")}).status();
                        })
                  .ok());
  EXPECT_EQ(server->waiting_fetches(), 1);
  Write(server, "u1");
  follower.join();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->page().entries_size(), 1);
  EXPECT_EQ(page->page().entries(0).entity(), "units/u1");
}

TEST(Fetch, IsEmptyWhenItsWaitIsOver) {
  TestServer server;
  const absl::Duration begin = RealClock().Steady();
  auto page = PeerOf(server)->Fetch(RequestOf("district", absl::Milliseconds(300)));
  const absl::Duration took = RealClock().Steady() - begin;
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->page().entries_size(), 0);
  EXPECT_GE(took, absl::Milliseconds(300));
  EXPECT_LT(took, Patience(absl::Seconds(15)));
}

TEST(Fetch, RefusesABadRequestAnUnknownFeedAndAnotherHistory) {
  TestServer server;
  auto peer = PeerOf(server);
  v1::FetchRequest request = RequestOf("district", absl::Seconds(21));
  const absl::Status too_long = peer->Fetch(request).status();
  EXPECT_EQ(ReasonOf(too_long), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(too_long)["field"], "wait");
  request = RequestOf("district", absl::Seconds(1));
  request.set_feed("nothing");
  EXPECT_EQ(ReasonOf(peer->Fetch(request).status()), v1::RESOURCE_NOT_FOUND);
  v1::FeedPosition foreign;
  foreign.set_epoch("another");
  foreign.set_sequence(7);
  foreign.set_hash("12345678");
  const absl::Status mismatch = peer->Fetch(RequestOf("district", absl::Seconds(1), foreign)).status();
  EXPECT_EQ(ReasonOf(mismatch), v1::FEED_MISMATCH) << mismatch;
  EXPECT_EQ(MetadataOf(mismatch)["epoch"], server->store("plan")->epoch());
}

TEST(Fetch, ANewerCallOfAFollowerEndsItsOlderOne) {
  TestServer server;
  auto peer = PeerOf(server);
  absl::StatusOr<v1::FetchResponse> older;
  std::thread first([&] { older = peer->Fetch(RequestOf("district", absl::Seconds(20))); });
  while (server->waiting_fetches() == 0) std::this_thread::yield();
  std::thread second([&] { EXPECT_TRUE(peer->Fetch(RequestOf("district", absl::Seconds(20))).ok()); });
  first.join();
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_EQ(older->page().entries_size(), 0);
  EXPECT_EQ(server->waiting_fetches(), 1);
  Write(server, "u1");
  second.join();
}

// Two nodes made from one disk.
TEST(Fetch, AnotherProcessOfTheSameNameIsRefusedUntilTheFirstHangsUp) {
  TestServer server;
  auto first = PeerOf(server), second = PeerOf(server);
  const auto as = [](const std::string& instance, absl::Duration wait) {
    v1::FetchRequest request = RequestOf("district", wait);
    request.set_instance(instance);
    request.set_own_epoch("e-1");
    return request;
  };
  std::thread waiting(
      [&] { EXPECT_EQ(first->Fetch(as("i-1", absl::Seconds(20))).status().code(), absl::StatusCode::kCancelled); });
  while (server->waiting_fetches() == 0) std::this_thread::yield();
  const absl::Status fetched = second->Fetch(as("i-2", absl::Seconds(20))).status();
  EXPECT_EQ(ReasonOf(fetched), v1::NODE_ID_TAKEN) << fetched;
  EXPECT_EQ(fetched.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(MetadataOf(fetched)["heldBy"], "i-1");
  v1::OfferRequest request;
  request.set_feed("plan");
  request.set_node("district");
  request.set_instance("i-2");
  request.mutable_page()->mutable_from()->set_epoch("e-1");
  request.mutable_page()->mutable_to()->set_epoch("e-1");
  const absl::Status offered = second->Offer(request).status();
  EXPECT_EQ(ReasonOf(offered), v1::NODE_ID_TAKEN) << offered;
  EXPECT_EQ(server->waiting_fetches(), 1);
  first->Cancel();
  waiting.join();
  while (server->waiting_fetches() != 0) std::this_thread::yield();
  // The name is free as soon as the server knows; the table of waiting calls is the first to.
  absl::Status came;
  do {
    came = second->Fetch(as("i-2", absl::ZeroDuration())).status();
  } while (ReasonOf(came) == v1::NODE_ID_TAKEN);
  EXPECT_TRUE(came.ok()) << came;
}

TEST(Fetch, CallsBeyondTheLimitAreRefusedAndThoseThatWaitAreNot) {
  TestServer server({}, [](ServerOptions& options) { options.max_waiting_fetches = 2; });
  auto peer = PeerOf(server);
  std::vector<std::thread> threads;
  for (const char* follower : {"a", "b"}) {
    threads.emplace_back([&, follower] { EXPECT_TRUE(peer->Fetch(RequestOf(follower, absl::Seconds(20))).ok()); });
  }
  while (server->waiting_fetches() < 2) std::this_thread::yield();
  const absl::Status refused = peer->Fetch(RequestOf("c", absl::Seconds(20))).status();
  EXPECT_EQ(ReasonOf(refused), v1::OVERLOADED) << refused;
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server->waiting_fetches(), 2);
  Write(server, "u1");
  for (std::thread& thread : threads) thread.join();
}

TEST(Fetch, ACallerThatGoesAwayLeavesNothingBehind) {
  TestServer server;
  auto peer = PeerOf(server);
  std::thread follower([&] {
    EXPECT_EQ(peer->Fetch(RequestOf("district", absl::Seconds(20))).status().code(), absl::StatusCode::kCancelled);
  });
  while (server->waiting_fetches() == 0) std::this_thread::yield();
  peer->Cancel();
  follower.join();
  while (server->waiting_fetches() != 0) std::this_thread::yield();
  EXPECT_EQ(peer->Fetch(RequestOf("district", absl::ZeroDuration())).status().code(), absl::StatusCode::kCancelled);
}

TEST(Offer, IsTakenInOnceAndAnswersWithTheStoredPosition) {
  TestServer server;
  auto peer = PeerOf(server);
  v1::OfferRequest request;
  request.set_feed("plan");
  request.set_node("district");
  request.mutable_page()->mutable_from()->set_epoch("e1");
  request.mutable_page()->mutable_to()->set_epoch("e1");
  request.mutable_page()->mutable_to()->set_sequence(3);
  request.mutable_page()->mutable_to()->set_hash("12345678");
  v1::FeedEntry* entry = request.mutable_page()->add_entries();
  entry->set_entity("units/below");
  entry->set_sequence(3);
  v1::Unit unit;
  unit.set_display_name("区教育局");
  entry->mutable_payload()->PackFrom(unit);
  for (int times = 0; times < 2; ++times) {
    auto answer = peer->Offer(request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->position().sequence(), 3);
  }
  auto kept = server->store("plan")->TakeSnapshot()->GetLocal<v1::Unit>("units/below");
  ASSERT_TRUE(kept.ok() && kept->has_value());
  EXPECT_EQ((*kept)->display_name(), "区教育局");
  request.set_feed("nothing");
  EXPECT_EQ(ReasonOf(peer->Offer(request).status()), v1::RESOURCE_NOT_FOUND);
  request.clear_page();
  const absl::Status no_page = peer->Offer(request).status();
  EXPECT_EQ(ReasonOf(no_page), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(no_page)["field"], "page");
}

TEST(LocalPeer, WaitsForACommitAndEndsWhenCancelled) {
  TestServer server;
  FeedSpec spec;
  spec.feed = "plan";
  spec.store = server->store("plan");
  spec.audiences_of = DefaultAudiences;
  FeedServer feed(spec, &RealClock());
  LocalPeer peer(&feed, &RealClock());
  absl::StatusOr<v1::FetchResponse> page;
  std::thread follower([&] { page = peer.Fetch(RequestOf("district", absl::Seconds(20))); });
  Write(server, "u1");
  follower.join();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->page().entries_size(), 1);
  const v1::FeedPosition at = page->page().to();
  std::thread second([&] {
    EXPECT_EQ(peer.Fetch(RequestOf("district", absl::Seconds(20), at)).status().code(), absl::StatusCode::kCancelled);
  });
  peer.Cancel();
  second.join();
}

TEST(LocalPeer, ReadsAgainForCommitsOfItsAudiencesAlone) {
  TestServer server;
  std::atomic<int> reads = 0;
  FeedSpec spec;
  spec.feed = "plan";
  spec.store = server->store("plan");
  spec.audiences_of = [&](std::string_view follower, bool downstream) {
    ++reads;
    return DefaultAudiences(follower, downstream);
  };
  FeedServer feed(spec, &RealClock());
  LocalPeer peer(&feed, &RealClock());
  const v1::FeedPosition start = peer.Fetch(RequestOf("district", absl::ZeroDuration()))->page().to();
  absl::StatusOr<v1::FetchResponse> page;
  const int before = reads;
  std::thread follower([&] { page = peer.Fetch(RequestOf("district", absl::Seconds(20), start)); });
  // Once to know for what it waits, and once to read.
  while (reads < before + 2) std::this_thread::yield();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(server->store("plan")
                    ->Run({"test", ""},
                          [&](Transaction& transaction) {
                            return transaction.Put(StrCat("units/o", i), v1::Unit(), {NodeAudience("other")}).status();
                          })
                    .ok());
  }
  Write(server, "u1");
  follower.join();
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->page().entries_size(), 1);
  EXPECT_EQ(reads, before + 3);
}

v1::GiveBackRequest GiveBackOf(const std::string& node) {
  v1::GiveBackRequest request;
  request.set_feed("plan");
  request.set_node(node);
  return request;
}

TEST(GiveBack, GivesPagesByName) {
  TestServer server;
  Write(server, "u1");
  Write(server, "u2");
  v1::GiveBackRequest request = GiveBackOf("district");
  request.set_max_bytes(1);
  auto page = PeerOf(server)->GiveBack(request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entities_size(), 1);
  EXPECT_EQ(page->entities(0).entity(), "units/u1");
  EXPECT_FALSE(page->complete());
  request.set_after(page->after());
  page = PeerOf(server)->GiveBack(request);
  ASSERT_EQ(page->entities_size(), 1);
  EXPECT_EQ(page->entities(0).entity(), "units/u2");
  EXPECT_TRUE(page->complete());
}

TEST(GiveBack, RefusesABadRequestAnUnknownFeedAndACallerOfItsOwnName) {
  TestServer server;
  auto peer = PeerOf(server);
  EXPECT_EQ(MetadataOf(peer->GiveBack(GiveBackOf("No")).status())["field"], "node");
  EXPECT_EQ(ReasonOf(peer->GiveBack(GiveBackOf("No")).status()), v1::INVALID_FIELD);
  v1::GiveBackRequest unknown = GiveBackOf("district");
  unknown.set_feed("nothing");
  EXPECT_EQ(ReasonOf(peer->GiveBack(unknown).status()), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(peer->GiveBack(GiveBackOf("city")).status()), v1::NOT_OWNER);
}

}  // namespace
}  // namespace duban
