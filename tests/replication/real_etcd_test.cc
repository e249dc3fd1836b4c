// The log in real etcd members: one, or three of which some die. Skipped where etcd is not installed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/replication/log_fixture.h"
#include "tests/support/etcd_cluster.h"
#include "tests/support/patience.h"

namespace duban::testing {
namespace {

using ::testing::SizeIs;

// What cannot be compressed.
std::string Noise(size_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  std::string noise(bytes, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

// Long enough for what has to happen while it holds, on a busy machine.
constexpr absl::Duration kShortTtl = absl::Seconds(5);

class RealEtcd : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!EtcdCluster::Installed()) GTEST_SKIP() << "etcd is not installed (Debian package etcd-server)";
  }

  void Start(int members, const std::vector<std::string>& flags = {}) {
    cluster_ = std::make_unique<EtcdCluster>(members, flags);
    etcd_ = Connect(cluster_->endpoints());
    AwaitCluster();
    log_ = std::make_unique<EtcdLog>(Options());
    ASSERT_EQ(log_->Begin(Beginning()), absl::OkStatus());
  }

  void AwaitCluster() {
    ASSERT_TRUE(Eventually([&] {
      const auto status = etcd_->Status(absl::Seconds(1));
      return status.ok() && status->leader() != 0;
    }));
  }

  EtcdLogOptions Options() {
    EtcdLogOptions options = LogOptions(etcd_.get());
    // A member that dies is replaced as leader in a second or two; busy machines take longer.
    options.append.within = Patience(absl::Seconds(20));
    return options;
  }

  // `ttl` is short where a lease has to end, and longer than any test where it must not.
  std::unique_ptr<Elector> MakeElector(const std::string& address, absl::Duration ttl = absl::Minutes(5)) {
    return std::make_unique<Elector>(
        ElectorOptions{.node = "district", .address = address, .etcd = etcd_.get(), .ttl = ttl});
  }

  // Tries until the lease before has ended.
  LogPosition TakeOver(Elector& elector, EtcdLog& log) {
    absl::StatusOr<Tenure> tenure;
    EXPECT_TRUE(Eventually([&] {
      return (tenure = elector.Campaign({{"plan", Beginning()}})).ok();
    })) << tenure.status();
    const auto end = log.Lead(*tenure);
    EXPECT_TRUE(end.ok()) << end.status();
    return *end;
  }

  LogPosition AppendTo(EtcdLog& log, const LogPosition& after, std::string rows) {
    const LoggedCommit commit = CommitBehind(after, std::move(rows));
    const AppendResult result = log.Append(commit);
    EXPECT_EQ(result.outcome, Appended::kDurable) << result.cause;
    return commit.end();
  }

  std::unique_ptr<EtcdCluster> cluster_;
  std::unique_ptr<Etcd> etcd_;
  std::unique_ptr<EtcdLog> log_;
};

TEST_F(RealEtcd, AppendsReadsAndTrims) {
  Start(1);
  const auto elector = MakeElector("a:1");
  LogPosition end = TakeOver(*elector, *log_);
  const LoggedCommit large = CommitBehind(end, Noise(3 << 20, 1));
  ASSERT_EQ(log_->Append(large).outcome, Appended::kDurable);
  end = large.end();
  for (int i = 0; i < 20; ++i) end = AppendTo(*log_, end, StrCat("rows ", i));
  const auto read = log_->Read(Beginning());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->front(), large);
  EXPECT_EQ(*log_->Head(), end);
  ASSERT_EQ(log_->Register("r1", end.sequence - 1), absl::OkStatus());
  EXPECT_EQ(log_->Trim(end.sequence).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(log_->Trim(end.sequence - 1), absl::OkStatus());
  EXPECT_EQ(log_->Read(Beginning()).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(elector->KeepAlive());
  EXPECT_EQ(elector->Resign(), absl::OkStatus());
  EXPECT_EQ(log_->Append(CommitBehind(end, "late")).outcome, Appended::kRefused);
}

TEST_F(RealEtcd, ALeaseThatEndsLetsAnotherLeadAndTheFormerOneIsRefused) {
  Start(1);
  const auto first = MakeElector("a:1", kShortTtl), second = MakeElector("b:1", kShortTtl);
  EtcdLog other(Options());
  const LogPosition one = AppendTo(*log_, TakeOver(*first, *log_), "one");
  EXPECT_EQ(second->Campaign({{"plan", Beginning()}}).status().code(), absl::StatusCode::kAborted);
  // The first one is silent from now on.
  EXPECT_EQ(TakeOver(*second, other), one);
  EXPECT_FALSE(first->KeepAlive());
  EXPECT_EQ(log_->Append(CommitBehind(one, "stale")).outcome, Appended::kRefused);
  const LogPosition two = AppendTo(other, one, "two");
  EXPECT_EQ(*log_->Head(), two);
}

TEST_F(RealEtcd, TheBellRingsWhenTheLogGoesOn) {
  Start(1);
  EtcdLogOptions options = Options();
  options.poll = absl::Hours(1);
  EtcdLog follower(options);
  const auto elector = MakeElector("a:1");
  LogPosition end = TakeOver(*elector, *log_);
  std::atomic<int> rung = 0;
  const auto bell = follower.OnChange([&] { ++rung; });
  ASSERT_TRUE(Eventually([&] { return rung >= 2; }));
  const int before = rung;
  AppendTo(*log_, end, "one");
  EXPECT_TRUE(Eventually([&] { return rung > before; }));
}

TEST_F(RealEtcd, WithoutRoomItReadsAndMakesRoom) {
  Start(1, {"--quota-backend-bytes=16777216"});
  const auto elector = MakeElector("a:1");
  LogPosition end = TakeOver(*elector, *log_);
  for (const char* rows : {"one", "two", "three"}) end = AppendTo(*log_, end, rows);
  // What is on disk is noted while there is room.
  const int64_t synced = end.sequence;
  ASSERT_EQ(log_->Register("r1", synced), absl::OkStatus());
  AppendResult result;
  for (uint32_t i = 0; i < 40; ++i) {
    const LoggedCommit commit = CommitBehind(end, Noise(900'000, i));
    result = log_->Append(commit);
    if (result.outcome != Appended::kDurable) break;
    end = commit.end();
  }
  EXPECT_EQ(result.outcome, Appended::kNoRoom) << result.cause;
  const auto alarms = etcd_->Alarms(absl::Seconds(5));
  ASSERT_TRUE(alarms.ok()) << alarms.status();
  ASSERT_THAT(alarms->alarms(), SizeIs(1));
  EXPECT_EQ(alarms->alarms(0).alarm(), etcdserverpb::NOSPACE);
  const auto all = log_->Read(Beginning());
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(log_->Trim(synced), absl::OkStatus());
  EXPECT_EQ(log_->Read(Beginning()).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(log_->Read((*all)[2].end()).ok());
  EXPECT_TRUE(elector->KeepAlive());
}

TEST_F(RealEtcd, OfThreeMembersAnyOneMayDie) {
  Start(3);
  const auto elector = MakeElector("a:1", kShortTtl);
  LogPosition end = TakeOver(*elector, *log_);
  std::vector<std::string> rows;
  for (int killed = 0; killed < 3; ++killed) {
    cluster_->Kill(killed);
    for (int i = 0; i < 5; ++i) {
      // The lease may end while the members agree anew: then somebody leads again, from where the log ends.
      rows.push_back(StrCat(killed, "/", i));
      LoggedCommit commit = CommitBehind(end, rows.back());
      AppendResult result = log_->Append(commit);
      ASSERT_NE(result.outcome, Appended::kUnknown) << result.cause;
      if (result.outcome == Appended::kRefused) {
        EXPECT_EQ(TakeOver(*elector, *log_), end);
        end = AppendTo(*log_, end, rows.back());
      } else {
        end = commit.end();
      }
    }
    cluster_->Start(killed);
  }
  EtcdLog follower(Options());
  LogPosition at = Beginning();
  std::vector<std::string> read;
  while (at.sequence < end.sequence) {
    const auto commits = follower.Read(at);
    ASSERT_TRUE(commits.ok()) << commits.status();
    for (const LoggedCommit& commit : *commits) read.push_back(commit.rows);
    if (!commits->empty()) at = commits->back().end();
  }
  EXPECT_EQ(read, rows);
}

TEST_F(RealEtcd, AMemberThatHangsIsPassedOver) {
  Start(3);
  const auto elector = MakeElector("a:1");
  LogPosition end = TakeOver(*elector, *log_);
  cluster_->Pause(0);
  const LoggedCommit commit = CommitBehind(end, "one");
  const AppendResult result = log_->Append(commit);
  cluster_->Resume(0);
  // Where the members had to agree anew, the lease may be gone.
  EXPECT_NE(result.outcome, Appended::kUnknown) << result.cause;
  const auto read = log_->Read(Beginning());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->size(), result.outcome == Appended::kDurable ? 1u : 0u);
}

// Certificates of one authority, for a member and for a client, made for the test.
void MakeCertificates(const std::string& folder) {
  const std::string script =
      StrCat("cd ", folder, " && exec >log 2>&1 && key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && ",
             "openssl req -x509 $key -days 2 -subj /CN=authority -keyout ca.key -out ca.pem && ",
             "for who in server client; do openssl req $key -subj /CN=$who -keyout $who.key -out $who.csr && ",
             "printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' >$who.ext && ",
             "openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $who.ext ",
             "-out $who.pem || exit 1; done");
  ASSERT_EQ(std::system(script.c_str()), 0);
}

TEST_F(RealEtcd, ClientsProveThemselvesByCertificates) {
  const TempFolder keys;
  MakeCertificates(keys.path());
  EtcdCluster cluster(1, {}, keys.path());
  const std::string ca = keys.path() + "/ca.pem";
  auto etcd = MakeGrpcEtcd({.endpoints = cluster.endpoints(),
                            .ca_file = ca,
                            .certificate_file = keys.path() + "/client.pem",
                            .key_file = keys.path() + "/client.key"});
  ASSERT_TRUE(etcd.ok()) << etcd.status();
  etcd_ = *std::move(etcd);
  AwaitCluster();
  log_ = std::make_unique<EtcdLog>(Options());
  ASSERT_EQ(log_->Begin(Beginning()), absl::OkStatus());
  const auto stranger = MakeGrpcEtcd({.endpoints = cluster.endpoints(), .ca_file = ca});
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  EXPECT_EQ((*stranger)->Status(absl::Seconds(3)).status().code(), absl::StatusCode::kUnavailable);
  const std::unique_ptr<Etcd> plain = Connect(cluster.endpoints());
  EXPECT_FALSE(plain->Status(absl::Seconds(3)).ok());
}

}  // namespace
}  // namespace duban::testing
