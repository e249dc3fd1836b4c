// The client of etcd: several endpoints, signing in, and what its errors mean.

#include "common/replication/grpc_etcd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/replication/log_fixture.h"
#include "tests/support/fake_etcd.h"
#include "tests/support/patience.h"

namespace duban::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kWithin = absl::Seconds(5);
constexpr char kNobody[] = "127.0.0.1:9";

etcdserverpb::RangeRequest Key(const std::string& key) {
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  return request;
}

TEST(GrpcEtcd, OneThatCannotBeReachedMakesTheNextCallGoElsewhere) {
  FakeEtcd fake;
  fake.SetKey("k", "v");
  const std::unique_ptr<Etcd> etcd = Connect({kNobody, fake.address()});
  EXPECT_EQ(etcd->Range(Key("k"), kWithin).status().code(), absl::StatusCode::kUnavailable);
  const auto answer = etcd->Range(Key("k"), kWithin);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->kvs(0).value(), "v");
  // And the one after stays there.
  EXPECT_TRUE(etcd->Range(Key("k"), kWithin).ok());
}

TEST(GrpcEtcd, AWatchGoesElsewhereByItself) {
  FakeEtcd fake;
  const std::unique_ptr<Etcd> etcd = Connect({kNobody, fake.address()});
  std::atomic<int> rung = 0;
  const auto watch = etcd->Watch("k", [&] { ++rung; });
  ASSERT_TRUE(Eventually([&] { return rung > 0; }));
  const int before = rung;
  fake.SetKey("k", "v");
  EXPECT_TRUE(Eventually([&] { return rung > before; }));
}

TEST(GrpcEtcd, AWatchEndsThoughItsServerIsAway) {
  auto fake = std::make_unique<FakeEtcd>();
  const std::unique_ptr<Etcd> etcd = Connect({kNobody, fake->address()});
  std::atomic<int> rung = 0;
  const auto watch = etcd->Watch("k", [&] { ++rung; });
  ASSERT_TRUE(Eventually([&] { return rung > 0; }));
  fake.reset();
  // Ends at once though nobody is there any more.
}

TEST(GrpcEtcd, WhoHasToSignInDoesSoOnceAndAgainWhenTheTokenHasRunOut) {
  FakeEtcd fake;
  fake.RequireUser("duban", "secret");
  const auto etcd = MakeGrpcEtcd({.endpoints = {fake.address()}, .user = "duban", .password = "secret"});
  ASSERT_TRUE(etcd.ok()) << etcd.status();
  EXPECT_TRUE((*etcd)->Range(Key("k"), kWithin).ok());
  fake.RequireUser("duban", "secret");
  const auto again = (*etcd)->Range(Key("k"), kWithin);
  EXPECT_TRUE(again.ok()) << again.status();
}

TEST(GrpcEtcd, SigningInTakesNoTimeOnTop) {
  FakeEtcd fake;
  fake.RequireUser("duban", "secret");
  const auto etcd = MakeGrpcEtcd({.endpoints = {fake.address()}, .user = "duban", .password = "secret"});
  ASSERT_TRUE(etcd.ok()) << etcd.status();
  // Each of the two calls has time enough, both together have not.
  fake.SetDelay(absl::Milliseconds(600));
  EXPECT_FALSE((*etcd)->Range(Key("k"), absl::Seconds(1)).ok());
}

TEST(GrpcEtcd, AWrongPasswordCertainlyChangesNothing) {
  FakeEtcd fake;
  fake.RequireUser("duban", "secret");
  const auto etcd = MakeGrpcEtcd({.endpoints = {fake.address()}, .user = "duban", .password = "wrong"});
  const absl::Status status = (*etcd)->Range(Key("k"), kWithin).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("invalid user ID or password"));
  EXPECT_TRUE(CertainlyNotDone(status));
  EXPECT_TRUE(CertainlyNotDone(Connect({fake.address()})->Range(Key("k"), kWithin).status()));
}

TEST(GrpcEtcd, AnAnswerThatIsTooLargeTellsNothingOfWhatWasDone) {
  FakeEtcd fake;
  fake.SetKey("k", std::string(17 << 20, 'x'));
  const absl::Status status = Connect({fake.address()})->Range(Key("k"), kWithin).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(CertainlyNotDone(status));
  EXPECT_FALSE(IsFull(status));
}

TEST(GrpcEtcd, AnswersOfMoreThanFourMebibytesAreTaken) {
  FakeEtcd fake;
  fake.SetKey("k", std::string(15 << 20, 'x'));
  EXPECT_TRUE(Connect({fake.address()})->Range(Key("k"), kWithin).ok());
}

TEST(GrpcEtcd, OnlyWhatEtcdItselfTurnedDownIsCertain) {
  EXPECT_TRUE(CertainlyNotDone(absl::InvalidArgumentError("etcdserver: request is too large")));
  EXPECT_TRUE(CertainlyNotDone(absl::ResourceExhaustedError("etcdserver: mvcc: database space exceeded")));
  EXPECT_TRUE(CertainlyNotDone(absl::NotFoundError("etcdserver: requested lease not found")));
  EXPECT_FALSE(CertainlyNotDone(absl::UnavailableError("etcdserver: request timed out")));
  EXPECT_FALSE(CertainlyNotDone(absl::DeadlineExceededError("Deadline Exceeded")));
  EXPECT_FALSE(CertainlyNotDone(absl::UnknownError("stream closed")));
  EXPECT_FALSE(CertainlyNotDone(absl::InternalError("reset")));
}

TEST(GrpcEtcd, OptionsThatDoNotGoTogetherAreRefused) {
  EXPECT_EQ(MakeGrpcEtcd({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MakeGrpcEtcd({.endpoints = {kNobody}, .certificate_file = "c"}).status().message()),
              HasSubstr("needs its key"));
  EXPECT_THAT(
      std::string(MakeGrpcEtcd({.endpoints = {kNobody}, .certificate_file = "c", .key_file = "k"}).status().message()),
      HasSubstr("needs the authority"));
}

}  // namespace
}  // namespace duban::testing
