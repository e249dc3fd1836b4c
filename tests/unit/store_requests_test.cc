// Requests that come again: what their memos keep, how the rest is read, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/store/store.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::HasSubstr;
using testing::TestStore;

v1::CreateUnitRequest RequestFor(const std::string& display_name) {
  v1::CreateUnitRequest request;
  request.set_request_id("r-1");
  request.mutable_unit()->set_display_name(display_name);
  return request;
}

const Repeat& UnitAgain() {
  static const auto* const again =
      new Repeat(RepeatByName<v1::Unit>([](const ReadView& view, const std::string& name) -> absl::StatusOr<v1::Unit> {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> unit, view.Need<v1::Unit>(name));
        return std::move(unit.value);
      }));
  return *again;
}

// Creates `units/a` as a service does.
absl::Status Create(Store* store, const v1::CreateUnitRequest& request, v1::Unit* response,
                    const Repeat& repeat = UnitAgain()) {
  return store->Request(
      {Anybody(), "Create", request}, response,
      [&](Transaction& tx) -> absl::Status {
        *response = request.unit();
        response->set_name("units/a");
        return tx.Put("units/a", *response, {"downstream"}).status();
      },
      repeat);
}

absl::Status Put(Store* store, const std::string& display_name) {
  return store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    v1::Unit unit;
    unit.set_name("units/a");
    unit.set_display_name(display_name);
    return tx.Put("units/a", unit, {"downstream"}).status();
  });
}

size_t MemoBytes(const Store& store) {
  return (*store.TakeSnapshot()->GetRow(MemoKey("anybody", "r-1"))).value_or("").size();
}

TEST(StoreRequestsTest, AMemoKeepsTheNameAndTheRestIsReadAsItIsNow) {
  TestStore store("plan");
  const v1::CreateUnitRequest request = RequestFor(std::string(100'000, 'x'));
  v1::Unit first, again;
  ASSERT_EQ(Create(store.get(), request, &first), absl::OkStatus());
  EXPECT_LT(MemoBytes(*store.get()), 100u);
  ASSERT_EQ(Create(store.get(), request, &again), absl::OkStatus());
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  ASSERT_EQ(Put(store.get(), "later"), absl::OkStatus());
  store.Restart();
  const int64_t head = store->head().sequence();
  ASSERT_EQ(Create(store.get(), request, &again), absl::OkStatus());
  EXPECT_EQ(again.display_name(), "later");
  ASSERT_EQ(store->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/a"); }), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Create(store.get(), request, &again)), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(store->head().sequence(), head + 2) << "a repeat wrote something";
}

TEST(StoreRequestsTest, AMemoHasAtMostAKilobyteAndOneByteMoreIsRefused) {
  // As many bytes of response as fit are found by trying; then one more has to be refused.
  size_t most = 0;
  for (size_t size = 900; size < 1024; ++size) {
    TestStore store("plan");
    v1::Unit response;
    const absl::Status status = Create(store.get(), RequestFor(std::string(size, 'x')), &response, {});
    if (status.ok()) {
      EXPECT_EQ(most, 0u) << "one that fits behind one that does not";
      if (MemoBytes(*store.get()) == kMaxMemoBytes) most = size;
      continue;
    }
    ASSERT_NE(most, 0u) << "refused before the limit: " << status;
    EXPECT_EQ(size, most + 1);
    EXPECT_EQ(ReasonOf(status), v1::INVARIANT_BROKEN);
    EXPECT_THAT(std::string(status.message()), HasSubstr("1025 bytes"));
    // Nothing of it is there.
    EXPECT_FALSE((*store->TakeSnapshot()->Get<v1::Unit>("units/a")).has_value());
    return;
  }
  FAIL() << "nothing was refused";
}

TEST(StoreRequestsTest, FieldsOfANewerVersionAreToldApartAndTakeNoRoom) {
  TestStore store("plan");
  const auto with = [](int fields, const std::string& value) {
    v1::CreateUnitRequest request = RequestFor("a");
    auto* unknown = request.GetReflection()->MutableUnknownFields(&request);
    for (int i = 0; i < fields; ++i) unknown->AddLengthDelimited(1000 + i, value);
    return request;
  };
  v1::Unit response;
  ASSERT_EQ(Create(store.get(), with(1000, "x"), &response), absl::OkStatus());
  EXPECT_LT(MemoBytes(*store.get()), 100u);
  EXPECT_EQ(Create(store.get(), with(1000, "x"), &response), absl::OkStatus());
  const absl::Status other = Create(store.get(), with(1000, "y"), &response);
  EXPECT_EQ(ReasonOf(other), v1::REQUEST_ID_REUSED);
  EXPECT_EQ(MetadataOf(other)["field"], "request");
}

TEST(StoreRequestsTest, ARefusalNamesTheFieldThatDiffers) {
  TestStore store("plan");
  v1::CreateUnitRequest request = RequestFor("a");
  request.set_unit_id("x");
  v1::Unit response;
  ASSERT_EQ(Create(store.get(), request, &response), absl::OkStatus());
  const auto differing = [&](const std::string& method, const v1::CreateUnitRequest& other) {
    const absl::Status status = store->Request(
        {Anybody(), method, "r-1", other}, &response, [](Transaction&) { return absl::OkStatus(); }, UnitAgain());
    EXPECT_EQ(ReasonOf(status), v1::REQUEST_ID_REUSED);
    return MetadataOf(status)["field"];
  };
  v1::CreateUnitRequest other = request;
  other.mutable_unit()->set_display_name("b");
  EXPECT_EQ(differing("Create", other), "unit");
  other = request;
  other.set_unit_id("y");
  EXPECT_EQ(differing("Create", other), "unit_id");
  other.clear_unit_id();
  EXPECT_EQ(differing("Create", other), "unit_id");
  EXPECT_EQ(differing("Update", request), "method");
}

// Two who choose the same id have nothing to do with each other; each of them is remembered, and forgotten.
TEST(StoreRequestsTest, TheSameIdOfTwoCallersIsTwoRequests) {
  TestStore store("plan");
  const auto count = [&](const std::string& node, const std::string& display_name) -> absl::StatusOr<int> {
    int done = 0;
    v1::Unit response;
    const v1::CreateUnitRequest request = RequestFor(display_name);
    DUBAN_RETURN_IF_ERROR(
        store->Request({ThisNode(node), "Create", request}, &response, [&](Transaction& tx) -> absl::Status {
          ++done;
          return tx.Put(StrCat("units/", node), request.unit(), {"downstream"}).status();
        }));
    return done;
  };
  EXPECT_EQ(count("a", "甲").value_or(-1), 1);
  EXPECT_EQ(count("b", "乙").value_or(-1), 1);
  EXPECT_EQ(count("a", "甲").value_or(-1), 0);
  EXPECT_EQ(ReasonOf(count("b", "甲").status()), v1::REQUEST_ID_REUSED);
  ASSERT_EQ(store->ExpireMemos(absl::InfiniteFuture(), 100).value_or(true), false);
  EXPECT_EQ(count("a", "另").value_or(-1), 1);
  EXPECT_EQ(count("b", "另").value_or(-1), 1);
}

TEST(StoreRequestsTest, WhetherARequestIsKnownIsToldWithoutAWrite) {
  TestStore store("plan");
  const v1::CreateUnitRequest request = RequestFor("a");
  v1::Unit response;
  const auto known = [&](const v1::CreateUnitRequest& asked) {
    return store->Known({Anybody(), "Create", asked}, &response, UnitAgain());
  };
  ASSERT_EQ(known(request).value_or(true), false);
  ASSERT_EQ(Create(store.get(), request, &response), absl::OkStatus());
  const int64_t head = store->head().sequence();
  response.Clear();
  ASSERT_EQ(known(request).value_or(false), true);
  EXPECT_EQ(response.display_name(), "a");
  EXPECT_EQ(ReasonOf(known(RequestFor("b")).status()), v1::REQUEST_ID_REUSED);
  v1::CreateUnitRequest nameless = request;
  nameless.clear_request_id();
  EXPECT_EQ(ReasonOf(known(nameless).status()), v1::INVALID_FIELD);
  EXPECT_EQ(store->head().sequence(), head);
}

}  // namespace
}  // namespace duban
