// Any rows in a store, of every kind of the key grammar: as if a disk, an older version or a hand had written them.
// What does not read is reported as broken, or the store is not opened; nothing crashes, and nothing is found to be
// well that is not.

#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/store/indexes.h"
#include "common/store/keys.h"
#include "duban/storage/v1/record.pb.h"
#include "services/assignment/restand.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz_node.h"

namespace duban::fuzz {
namespace {

// A key: of any bytes, or of the grammar with the input's words in it.
std::string KeyOf(Bytes& bytes) {
  const auto& names = NamesOfAFurnishedNode();
  const auto name = [&] {
    std::string text = bytes.Below(4) == 0 ? bytes.Text() : names[bytes.Byte() % names.size()];
    std::erase(text, '\0');
    return text;
  };
  switch (bytes.Below(11)) {
    case 0:
      return bytes.Text();
    case 1:
      return IdentityKey();
    case 2:
      return CommitKey(bytes.Below(40));
    case 3:
      return EntityKey(name());
    case 4:
      return FeedKey(bytes.Below(2) == 0 ? "downstream" : name(), bytes.Below(40));
    case 5:
      return MemoKey("anybody", name());
    case 6:
      return PositionKey(name());
    case 7:
      return IndexKey(static_cast<Index>(1 + bytes.Below(20)), {name(), name()});
    case 8:
      return ConcernKey(name());
    default:
      return LocalKey(bytes.Below(2) == 0 ? name() : StrCat("pending/", name()));
  }
}

// A value: any bytes, or a record around any bytes.
std::string ValueOf(Bytes& bytes) {
  const std::string text = bytes.LongText();
  switch (bytes.Below(4)) {
    case 0:
      return text;
    case 1: {
      storage::v1::EntityRecord record;
      record.set_sequence(bytes.Below(64));
      static constexpr const char* kTypes[] = {"Unit", "Order", "AddresseeList", "Execution", "Oversight"};
      record.set_type(StrCat("duban.v1.", kTypes[bytes.Below(std::size(kTypes))]));
      record.set_payload(text);
      record.set_deleted(bytes.Below(4) == 0);
      return record.SerializeAsString();
    }
    case 2: {
      storage::v1::Concern concern;
      for (int i = bytes.Below(4); i > 0; --i) concern.add_audiences(bytes.Text());
      for (int i = bytes.Below(4); i > 0; --i) {
        concern.add_withdrawals()->set_audience(bytes.Text());
        concern.mutable_withdrawals()->rbegin()->set_sequence(bytes.Below(64));
      }
      return concern.SerializeAsString();
    }
    default: {
      storage::v1::EntityRecord record;
      if (!record.ParseFromString(text)) return text;
      record.set_sequence(bytes.Below(64));
      return record.SerializeAsString();
    }
  }
}

// Every method once, with requests that lead to what is stored; whatever the rows hold, an error has a reason.
void CallEverything(FuzzNode& node) {
  const auto& names = NamesOfAFurnishedNode();
  for (const Method& method : Methods()) {
    const auto* name = method.request->GetDescriptor()->FindFieldByName("name");
    std::unique_ptr<google::protobuf::Message> request(method.request->New()), response(method.response->New());
    for (const std::string& each : names) {
      if (name != nullptr) request->GetReflection()->SetString(request.get(), name, each);
      const absl::Status status = method.call(node, *request, response.get());
      Require(status.ok() || ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED || absl::IsDataLoss(status),
              StrCat(method.name, " gives a reason: ", status.ToString()));
      if (name == nullptr) break;
    }
  }
}

void Run(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  FakeClock clock;
  FuzzNode node("city", &clock);
  node.Furnish();
  testing::TestStore& store = bytes.Below(3) == 0   ? node.plan_store
                              : bytes.Below(2) == 0 ? node.assignment_store
                                                    : node.notification_store;
  const absl::Status written = store->Run({"test", ""}, [&](Transaction& transaction) -> absl::Status {
    for (int rows = 0; rows < 8 && !bytes.empty(); ++rows) {
      std::string key = KeyOf(bytes);
      if (bytes.Below(8) == 0) {
        transaction.DeleteRow(std::move(key));
      } else {
        transaction.PutRow(std::move(key), ValueOf(bytes));
      }
    }
    return absl::OkStatus();
  });
  RequireOk(written, "rows are written as they are handed in");
  store->VerifyChain().IgnoreError();
  store->VerifyFeed().IgnoreError();
  std::string audience;
  for (absl::StatusOr<bool> more = true; more.ok() && *more;) more = store->MergeFeeds(&audience);
  VerifyIndexes(*store->TakeSnapshot(), "city", AssignmentIndexRows).IgnoreError();
  store->ExpireMemos(clock.Now() + absl::Hours(1), 10).IgnoreError();
  node.Tend().IgnoreError();
  for (FuzzNode::Follow& follow : node.follows()) node.Step(follow, node).IgnoreError();
  CallEverything(node);
  // Opened again, or refused with what to do.
  store.Close();
  const absl::StatusOr<std::unique_ptr<Store>> opened = Store::Open(store.options());
  if (!opened.ok()) Require(!opened.status().message().empty(), "a store that does not open says why");
}

}  // namespace
}  // namespace duban::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::fuzz::Run(data, size);
  return 0;
}
