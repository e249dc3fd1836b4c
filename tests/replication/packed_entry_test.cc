// Entries and keys of the log, as they lie there.

#include "common/replication/packed_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/replication/log_keys.h"

namespace duban {
namespace {

using ::testing::HasSubstr;

LoggedCommit Commit(std::string rows) {
  return {.first_sequence = 3, .last_sequence = 5, .previous_hash = "p", .hash = "h", .rows = std::move(rows)};
}

// What cannot be compressed.
std::string Noise(size_t bytes) {
  std::mt19937 random(1);
  std::string noise(bytes, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

std::string Joined(const PackedEntry& packed) {
  std::string joined;
  for (const std::string& part : packed.parts) joined += part;
  return joined;
}

TEST(PackedEntry, KeysAreAsTheyWereWrittenDown) {
  const NodeKeys node("district");
  EXPECT_EQ(node.Leader(), "/duban/district/leader");
  EXPECT_EQ(node.Term(), "/duban/district/term");
  EXPECT_EQ(node.Members(), "/duban/district/members");
  const LogKeys log(node, "plan");
  EXPECT_EQ(log.Head(), "/duban/district/plan/head");
  EXPECT_EQ(log.Trimmed(), "/duban/district/plan/trimmed");
  EXPECT_EQ(log.Entry(26), "/duban/district/plan/log/000000000000001a");
  EXPECT_EQ(log.Part(26, "\x01\xff", 2), "/duban/district/plan/part/000000000000001a/01ff/0000000000000002");
  EXPECT_EQ(log.Synced("r1"), "/duban/district/plan/synced/r1");
  EXPECT_LT(log.Entry(INT64_MAX), log.EntriesEnd());
  EXPECT_LT(log.Part(INT64_MAX, "\xff", 9), log.PartsEnd());
}

TEST(PackedEntry, NumbersGoBothWaysAndNothingElseIsOne) {
  EXPECT_EQ(NumberOf(NumberValue(4711)), 4711);
  EXPECT_LT(NumberValue(255), NumberValue(256));
  for (const char* other : {"", "1", "000000000000001A", "0x00000000000001", "00000000000000001", "zzzzzzzzzzzzzzzz"}) {
    EXPECT_EQ(NumberOf(other), std::nullopt) << other;
  }
}

TEST(PackedEntry, IsAsItWasWrittenDown) {
  storage::v1::LogEntry entry = PackEntry(Commit("rows"), 7).entry;
  EXPECT_EQ(entry.format(), 1);
  entry.set_rows("z");
  EXPECT_EQ(entry.SerializeAsString(), absl::HexStringToBytes("08011007180320052a01703201683a017a4004"));
}

TEST(PackedEntry, SmallRowsLieInTheEntry) {
  const LoggedCommit commit = Commit(std::string(4 << 20, 'x'));
  const PackedEntry packed = PackEntry(commit, 7);
  EXPECT_TRUE(packed.parts.empty());
  EXPECT_LT(packed.entry.rows().size(), 4096u);
  const auto unpacked = UnpackEntry(packed.entry, packed.entry.rows());
  ASSERT_TRUE(unpacked.ok()) << unpacked.status();
  EXPECT_EQ(*unpacked, commit);
}

TEST(PackedEntry, RowsOfTheLimitLieInTheEntryAndOneByteMoreInParts) {
  // What zstd adds to that which it cannot compress.
  const size_t nearly = kMaxPartBytes - 64;
  const size_t size = kMaxPartBytes - (PackEntry(Commit(Noise(nearly)), 7).entry.rows().size() - nearly);
  EXPECT_EQ(PackEntry(Commit(Noise(size)), 7).entry.rows().size(), kMaxPartBytes);
  const PackedEntry packed = PackEntry(Commit(Noise(size + 1)), 7);
  ASSERT_EQ(packed.parts.size(), 2u);
  EXPECT_EQ(packed.parts[0].size(), kMaxPartBytes);
  EXPECT_EQ(packed.parts[1].size(), 1u);
  EXPECT_EQ(packed.entry.parts(), 2);
  EXPECT_TRUE(packed.entry.rows().empty());
}

TEST(PackedEntry, PartsPutTogetherAreTheCommit) {
  const LoggedCommit commit = Commit(Noise(3 << 20));
  const PackedEntry packed = PackEntry(commit, 7);
  EXPECT_EQ(packed.parts.size(), 4u);
  const auto unpacked = UnpackEntry(packed.entry, Joined(packed));
  ASSERT_TRUE(unpacked.ok()) << unpacked.status();
  EXPECT_EQ(*unpacked, commit);
}

TEST(PackedEntry, OtherPartsAreDamage) {
  const PackedEntry packed = PackEntry(Commit(Noise(3 << 20)), 7);
  std::string joined = Joined(packed);
  joined[joined.size() / 2] ^= 1;
  const auto unpacked = UnpackEntry(packed.entry, joined);
  EXPECT_EQ(unpacked.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(unpacked.status().message()), HasSubstr("its parts are others"));
}

TEST(PackedEntry, RowsThatAreNotWhatWasPackedAreDamage) {
  storage::v1::LogEntry entry = PackEntry(Commit("rows"), 7).entry;
  entry.set_rows_bytes(5);
  EXPECT_THAT(std::string(UnpackEntry(entry, entry.rows()).status().message()), HasSubstr("rows are missing"));
  entry.set_rows_bytes(3);
  EXPECT_EQ(UnpackEntry(entry, entry.rows()).status().code(), absl::StatusCode::kDataLoss);
  entry.set_rows_bytes(kMaxRowsBytes + 1);
  EXPECT_THAT(std::string(UnpackEntry(entry, entry.rows()).status().message()), HasSubstr("too many rows"));
  EXPECT_EQ(UnpackEntry(PackEntry(Commit("rows"), 7).entry, "rows").status().code(), absl::StatusCode::kDataLoss);
}

TEST(PackedEntry, AnotherFormatIsNotRead) {
  storage::v1::LogEntry entry = PackEntry(Commit("rows"), 7).entry;
  EXPECT_TRUE(ParseEntry(entry.SerializeAsString()).ok());
  entry.set_format(kEntryFormat + 1);
  const auto parsed = ParseEntry(entry.SerializeAsString());
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("sequence 3 has format 2"));
  EXPECT_EQ(ParseEntry("\xff").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace duban
