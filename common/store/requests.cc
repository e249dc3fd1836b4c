// Requests of clients: each takes effect once, and is answered again as often as it comes.

#include <xxhash.h>

#include <limits>
#include <map>
#include <memory>

#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/store.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

namespace duban {
namespace {

using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using storage::v1::RequestMemo;

// Keys of Fingerprint.fields that are no fields: the method, and all that only a newer version knows.
constexpr int kMethod = 0;
constexpr int kUnknown = std::numeric_limits<int>::max();

// What tells a request from another one.
struct Fingerprint {
  // XXH3-128 of method and bytes.
  std::string whole;
  // By field of the request: 32 bits of a hash of what it holds.
  std::map<int, uint32_t> fields;
};

std::string DeterministicBytes(const Message& request) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  request.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

Fingerprint FingerprintOf(std::string_view method, const Message& request) {
  Fingerprint fingerprint;
  const std::string bytes = DeterministicBytes(request);
  const uint64_t method_hash = XXH3_64bits(method.data(), method.size());
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), method_hash);
  fingerprint.whole = HashBytes(hash.high64) + HashBytes(hash.low64);
  fingerprint.fields[kMethod] = static_cast<uint32_t>(method_hash);
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  for (uint32_t tag = input.ReadTag(); tag != 0; tag = input.ReadTag()) {
    const auto begin = static_cast<size_t>(input.CurrentPosition());
    if (!WireFormatLite::SkipField(&input, tag)) break;
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    const bool known = request.GetDescriptor()->FindFieldByNumber(number) != nullptr;
    uint32_t& field = fingerprint.fields[known ? number : kUnknown];
    const size_t size = static_cast<size_t>(input.CurrentPosition()) - begin;
    field = static_cast<uint32_t>(XXH3_64bits_withSeed(bytes.data() + begin, size, field));
  }
  return fingerprint;
}

// The first field in which a request differs from the one that a memo remembers.
std::string DifferingField(const Message& request, const Fingerprint& fingerprint, const RequestMemo& memo) {
  std::map<int, uint32_t> others = fingerprint.fields;
  for (int i = 0; i < memo.fields_size() && i < memo.field_hashes_size(); ++i) {
    const auto [field, fresh] = others.emplace(memo.fields(i), 0);
    if (!fresh && field->second == memo.field_hashes(i)) others.erase(field);
  }
  if (others.empty()) return "request";
  if (others.begin()->first == kMethod) return "method";
  const auto* field = request.GetDescriptor()->FindFieldByNumber(others.begin()->first);
  return field == nullptr ? "request" : field->name();
}

absl::Status Reused(std::string_view request_id, const std::string& field) {
  return Error(v1::REQUEST_ID_REUSED,
               StrCat("request id `", request_id, "` was used before for another request: its `", field,
                      "` was different. Make a new id for the new request"),
               StrCat("请求编号“", request_id, "”已用于另一请求（", field, " 不同），新请求请换用新的编号"),
               {{"requestId", std::string(request_id)}, {"field", field}});
}

// One request, looked for among those that were done.
class Recall {
 public:
  explicit Recall(const ClientRequest& request)
      : request_id_(request.request_id),
        key_(MemoKey(DUBAN_BUG("store.memo_of_another_caller") ? "anybody" : request.caller.label(),
                     request.request_id)),
        request_(request.message),
        fingerprint_(FingerprintOf(request.method, request.message)) {}

  // Where its memo lies.
  const std::string& key() const { return key_; }

  // Whether it was done. Errors: REQUEST_ID_REUSED where another one was.
  absl::StatusOr<bool> Find(const ReadView& view) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(key_));
    if (!row.has_value() || DUBAN_BUG("store.memo_ignored")) return false;
    if (!memo_.ParseFromString(*row)) return BrokenRecord(request_id_);
    const bool same = memo_.fingerprint() == fingerprint_.whole || DUBAN_BUG("store.memo_of_another_body");
    return same ? absl::StatusOr<bool>(true) : Reused(request_id_, DifferingField(request_, fingerprint_, memo_));
  }

  // The answer that was found.
  absl::Status Answer(const ReadView& view, const Repeat& repeat, Message* response) const {
    if (!response->ParseFromString(memo_.response())) return BrokenRecord(request_id_);
    return repeat.fill ? repeat.fill(view, response) : absl::OkStatus();
  }

  // The row of the memo of an answer that was just made.
  absl::StatusOr<std::string> MakeMemo(const Message& response, const Repeat& repeat, absl::Time now) const {
    RequestMemo memo;
    memo.set_fingerprint(fingerprint_.whole);
    for (const auto& [field, hash] : fingerprint_.fields) {
      memo.add_fields(field);
      memo.add_field_hashes(hash);
    }
    *memo.mutable_commit_time() = ToProto(now);
    if (repeat.trim) {
      const std::unique_ptr<Message> kept(response.New());
      repeat.trim(response, kept.get());
      memo.set_response(kept->SerializeAsString());
    } else {
      memo.set_response(response.SerializeAsString());
    }
    std::string row = memo.SerializeAsString();
    if (row.size() <= kMaxMemoBytes) return row;
    return InvariantBroken(StrCat("the memo of request `", request_id_, "` has ", row.size(), " bytes, at most ",
                                  kMaxMemoBytes, " are kept; its method has to say how to read the answer again"));
  }

 private:
  const std::string request_id_;
  const std::string key_;
  const Message& request_;
  const Fingerprint fingerprint_;
  RequestMemo memo_;
};

}  // namespace

absl::StatusOr<bool> Store::Known(const ClientRequest& request, Message* response, const Repeat& repeat) const {
  if (request.request_id.empty()) return InvalidField("request_id", "must not be empty", "不能为空");
  const std::unique_ptr<Snapshot> snapshot = TakeSnapshot();
  Recall recall(request);
  DUBAN_ASSIGN_OR_RETURN(const bool known, recall.Find(*snapshot));
  if (known) DUBAN_RETURN_IF_ERROR(recall.Answer(*snapshot, repeat, response));
  return known;
}

absl::Status Store::Request(const ClientRequest& request, Message* response, Body body, const Repeat& repeat) {
  if (request.request_id.empty()) return InvalidField("request_id", "must not be empty", "不能为空");
  const CommandInfo info{.method = std::string(request.method),
                         .request_id = std::string(request.request_id),
                         .caller = request.caller.label(),
                         .session = request.caller.session,
                         .address = request.caller.address};
  Recall recall(request);
  bool known = false;
  std::string memo;
  const bool memo_comes_later = DUBAN_BUG("store.memo_in_second_batch");
  DUBAN_RETURN_IF_ERROR(Run(info, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(known, recall.Find(transaction));
    if (known) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(body(transaction));
    DUBAN_ASSIGN_OR_RETURN(memo, recall.MakeMemo(*response, repeat, options().clock->Now()));
    if (!memo_comes_later) transaction.PutRow(recall.key(), memo);
    return absl::OkStatus();
  }));
  // Read on this thread: what was found is durable by now, and the writer has other things to do.
  if (known) return recall.Answer(*TakeSnapshot(), repeat, response);
  if (!memo_comes_later) return absl::OkStatus();
  return Run(info, [&](Transaction& transaction) {
    transaction.PutRow(recall.key(), memo);
    return absl::OkStatus();
  });
}

}  // namespace duban
