// etcd's API as bytes: what leaves here, and what comes in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "common/replication/etcd.h"
#include "etcdserverpb/etcd_service.grpc.pb.h"

namespace duban {
namespace {

using namespace etcdserverpb;  // tidy: allow using-namespace because the test is about nothing else

// Bytes in hexadecimal, with blanks between what belongs together.
std::string Bytes(std::string hex) {
  std::erase(hex, ' ');
  return absl::HexStringToBytes(hex);
}

template <typename Message>
Message Parsed(const std::string& hex) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(Bytes(hex)));
  return message;
}

TEST(EtcdWire, ServicesHaveEtcdsPaths) {
  EXPECT_STREQ(KV::service_full_name(), "etcdserverpb.KV");
  EXPECT_STREQ(Watch::service_full_name(), "etcdserverpb.Watch");
  EXPECT_STREQ(Lease::service_full_name(), "etcdserverpb.Lease");
  EXPECT_STREQ(Maintenance::service_full_name(), "etcdserverpb.Maintenance");
  EXPECT_STREQ(Auth::service_full_name(), "etcdserverpb.Auth");
}

TEST(EtcdWire, TxnIsAsItWasWrittenDown) {
  TxnRequest txn;
  *txn.add_compare() = ValueIs("k", "v");
  *txn.add_success() = Put("k2", "v2", 5);
  *txn.add_success() = Delete("a", "b");
  *txn.add_failure() = Get("k");
  EXPECT_EQ(txn.SerializeAsString(), Bytes("0a08 1003 1a016b 3a0176"
                                           "120c 120a 0a026b32 12027632 1805"
                                           "1208 1a06 0a0161 120162"
                                           "1a05 0a03 0a016b"));
}

TEST(EtcdWire, ComparisonsAreAsTheyWereWrittenDown) {
  EXPECT_EQ(IsNotThere("k").SerializeAsString(), Bytes("1a016b 2000"));
  EXPECT_EQ(IsThere("k").SerializeAsString(), Bytes("0801 1a016b 2000"));
  EXPECT_EQ(ValueIsAbove("k", "v").SerializeAsString(), Bytes("0801 1003 1a016b 3a0176"));
}

TEST(EtcdWire, RangeIsAsItWasWrittenDown) {
  RangeRequest range;
  range.set_key("a");
  range.set_range_end("b");
  range.set_limit(15);
  range.set_keys_only(true);
  EXPECT_EQ(range.SerializeAsString(), Bytes("0a0161 120162 180f 4001"));
}

TEST(EtcdWire, AnswersAreReadAndWhatIsUnknownInThemIsPassedOver) {
  const auto response = Parsed<TxnResponse>(
      "0a08 0807 1008 1809 2002"                               // header with raft_term
      "1001"                                                   // succeeded
      "1a14 0a12 120e 0a016b 1003 1804 2001 2a0176 3005 2001"  // a range: create_revision, version, count
      "1a04 1a02 1003");                                       // a deletion
  EXPECT_EQ(response.header().cluster_id(), 7u);
  EXPECT_EQ(response.header().revision(), 9);
  EXPECT_TRUE(response.succeeded());
  ASSERT_EQ(response.responses_size(), 2);
  const KeyValue& row = response.responses(0).range().kvs(0);
  EXPECT_EQ(row.key(), "k");
  EXPECT_EQ(row.value(), "v");
  EXPECT_EQ(row.mod_revision(), 4);
  EXPECT_EQ(response.responses(1).delete_range().deleted(), 3);
}

TEST(EtcdWire, LeasesAreAsTheyWereWrittenDown) {
  LeaseGrantRequest grant;
  grant.set_ttl(3);
  EXPECT_EQ(grant.SerializeAsString(), Bytes("0803"));
  const auto granted = Parsed<LeaseGrantResponse>("0a02 1809 1007 1805 220178");
  EXPECT_EQ(granted.id(), 7);
  EXPECT_EQ(granted.ttl(), 5);
  EXPECT_EQ(granted.error(), "x");
  LeaseKeepAliveRequest keep;
  keep.set_id(7);
  EXPECT_EQ(keep.SerializeAsString(), Bytes("0807"));
  EXPECT_EQ(Parsed<LeaseKeepAliveResponse>("0a02 1809 1007 1802").ttl(), 2);
  LeaseRevokeRequest revoke;
  revoke.set_id(7);
  EXPECT_EQ(revoke.SerializeAsString(), Bytes("0807"));
}

TEST(EtcdWire, WatchesAreAsTheyWereWrittenDown) {
  WatchRequest watch;
  watch.mutable_create_request()->set_key("k");
  EXPECT_EQ(watch.SerializeAsString(), Bytes("0a03 0a016b"));
  const auto begun = Parsed<WatchResponse>("0a02 1809 1001 1801");
  EXPECT_TRUE(begun.created());
  EXPECT_FALSE(begun.canceled());
  // With the change itself, which nobody reads here.
  const auto told = Parsed<WatchResponse>("0a02 180a 5a05 1203 0a016b");
  EXPECT_EQ(told.header().revision(), 10);
  EXPECT_TRUE(Parsed<WatchResponse>("2001").canceled());
}

TEST(EtcdWire, StatusAndAlarmsAreRead) {
  const auto status = Parsed<StatusResponse>("1206 332e342e3233 1864 2002 2803 4201 65 4832");
  EXPECT_EQ(status.version(), "3.4.23");
  EXPECT_EQ(status.db_size(), 100);
  EXPECT_EQ(status.leader(), 2u);
  EXPECT_EQ(status.errors(0), "e");
  EXPECT_EQ(status.db_size_in_use(), 50);
  const auto alarms = Parsed<AlarmResponse>("1204 0801 1001");
  EXPECT_EQ(alarms.alarms(0).member_id(), 1u);
  EXPECT_EQ(alarms.alarms(0).alarm(), NOSPACE);
  EXPECT_EQ(AlarmRequest().SerializeAsString(), "");
}

TEST(EtcdWire, SigningInAndCompactingAreAsTheyWereWrittenDown) {
  AuthenticateRequest request;
  request.set_name("u");
  request.set_password("p");
  EXPECT_EQ(request.SerializeAsString(), Bytes("0a0175 120170"));
  EXPECT_EQ(Parsed<AuthenticateResponse>("0a02 1809 120174").token(), "t");
  CompactionRequest compact;
  compact.set_revision(300);
  EXPECT_EQ(compact.SerializeAsString(), Bytes("08ac02"));
}

}  // namespace
}  // namespace duban
