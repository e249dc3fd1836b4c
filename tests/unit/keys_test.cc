// The layout of keys on disk, byte for byte. A change here is a change of format: raise kFormatVersion.

#include "common/store/keys.h"

#include <gtest/gtest.h>

namespace duban {
namespace {

std::string Bytes(std::initializer_list<std::string> parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

const std::string kZero(1, '\0');

TEST(KeysTest, EveryKindHasItsBytes) {
  EXPECT_EQ(kFormatVersion, 5);
  EXPECT_EQ(IdentityKey(), "\x01");
  EXPECT_EQ(CommitKey(0x0102030405060708), "\x02\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(EntityKey("plans/p1"), "\x03plans/p1");
  EXPECT_EQ(FeedKey("node/d", 258), Bytes({"\x04node/d", kZero, std::string(6, '\0'), "\x01\x02"}));
  EXPECT_EQ(MemoKey("node/n1", "r-1"), Bytes({"\x05node/n1", kZero, "r-1"}));
  EXPECT_EQ(PositionKey("city_plan"),
            "\x06"
            "city_plan");
  EXPECT_EQ(IndexKey(Index{12}, {"plans/p", "units/a"}), Bytes({"\x07\x0cplans/p", kZero, "units/a", kZero}));
  EXPECT_EQ(LocalKey("pending/plans/p"), "\x08pending/plans/p");
  EXPECT_EQ(ConcernKey("plans/p1"), "\x09plans/p1");
  EXPECT_EQ(CheckpointKey(), "\x0A");
}

TEST(KeysTest, ByteOrderIsSequenceOrder) {
  EXPECT_LT(FeedKey("a", 255), FeedKey("a", 256));
  EXPECT_LT(CommitKey(1), CommitKey(int64_t{1} << 40));
  EXPECT_EQ(SequenceOfKey(FeedKey("a", 123456789012)), 123456789012);
}

TEST(KeysTest, PrefixEndIsTheFirstKeyBehind) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
}

}  // namespace
}  // namespace duban
