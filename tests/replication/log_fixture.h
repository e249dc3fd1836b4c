// A node with a log in an etcd that can be told to fail: what the tests of replication begin with.
//
// Used by one thread.

#ifndef DUBAN_TESTS_REPLICATION_LOG_FIXTURE_H_
#define DUBAN_TESTS_REPLICATION_LOG_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/replication/elector.h"
#include "common/replication/etcd_log.h"
#include "common/replication/grpc_etcd.h"
#include "tests/support/fake_etcd.h"

namespace duban::testing {

// The position where a node's log begins in these tests: it had data before it became several replicas.
inline LogPosition Beginning() {
  return {.sequence = 10, .hash = "beginning"};
}

// A commit that goes on from a position; the same position and rows give the same commit.
inline LoggedCommit CommitBehind(const LogPosition& after, std::string rows, int64_t sequences = 1) {
  LoggedCommit commit{.first_sequence = after.sequence + 1,
                      .last_sequence = after.sequence + sequences,
                      .previous_hash = after.hash,
                      .hash = {},
                      .rows = std::move(rows)};
  commit.hash = Sha256(StrCat(commit.first_sequence, commit.previous_hash, commit.rows));
  return commit;
}

// Short, for outcomes that come when time is up.
inline constexpr Patience kShortPatience = {
    .within = absl::Seconds(1), .attempt_within = absl::Milliseconds(500), .first_pause = absl::Milliseconds(1)};

inline std::unique_ptr<Etcd> Connect(std::vector<std::string> endpoints) {
  return *MakeGrpcEtcd({.endpoints = std::move(endpoints)});
}

inline EtcdLogOptions LogOptions(Etcd* etcd) {
  EtcdLogOptions options{.node = "district", .service = "plan", .etcd = etcd};
  options.others.first_pause = absl::Milliseconds(1);
  options.append.first_pause = absl::Milliseconds(1);
  return options;
}

class LogTest : public ::testing::Test {
 protected:
  LogTest() { EXPECT_EQ(log_.Begin(Beginning()), absl::OkStatus()); }

  ElectorOptions ElectorAt(const std::string& address) {
    return {.node = "district", .address = address, .etcd = etcd_.get()};
  }

  // Makes the replica that `log` belongs to the leader, whoever was it before; returns where the log ends.
  LogPosition TakeOver(EtcdLog& log) {
    fake_.EndLeases();
    Elector elector(ElectorAt("127.0.0.1:1"));
    const auto tenure = elector.Campaign({{"plan", Beginning()}});
    EXPECT_TRUE(tenure.ok()) << tenure.status();
    const auto end = log.Lead(*tenure);
    EXPECT_TRUE(end.ok()) << end.status();
    return *end;
  }

  // Appends one commit behind `after`, which has to succeed; returns its end.
  LogPosition AppendTo(EtcdLog& log, const LogPosition& after, const std::string& rows) {
    const LoggedCommit commit = CommitBehind(after, rows);
    const AppendResult result = log.Append(commit);
    EXPECT_EQ(result.outcome, Appended::kDurable) << result.cause;
    return commit.end();
  }

  // Everything behind the beginning, as whoever follows reads it.
  std::vector<std::string> RowsInLog() {
    std::vector<std::string> rows;
    LogPosition at = Beginning();
    while (true) {
      const auto commits = log_.Read(at);
      EXPECT_TRUE(commits.ok()) << commits.status();
      if (!commits.ok() || commits->empty()) return rows;
      for (const LoggedCommit& commit : *commits) rows.push_back(commit.rows);
      at = commits->back().end();
    }
  }

  FakeEtcd fake_;
  const std::unique_ptr<Etcd> etcd_ = Connect({fake_.address()});
  const NodeKeys node_keys_{"district"};
  const LogKeys keys_{node_keys_, "plan"};
  EtcdLog log_{LogOptions(etcd_.get())};
  // Another replica's.
  EtcdLog other_{LogOptions(etcd_.get())};
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_REPLICATION_LOG_FIXTURE_H_
