// Any bytes as a call, by any kind of caller, in any small world: the decision comes to an end, is the same again, and
// never lets through what no rule can mean.

#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/access/decision.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/fuzz/bytes.h"

namespace duban {
namespace {

// Units `units/a` to `units/h` above each other as the bytes say, in circles too, and plans of theirs.
class AnyWorld final : public AccessFacts {
 public:
  explicit AnyWorld(fuzz::Bytes& bytes) : above_(8), issuer_(bytes.Byte()) {
    for (uint8_t& above : above_) above = bytes.Byte();
  }
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view) const override {
    if (issuer_ == 0) return std::optional<Origin>();
    return std::optional<Origin>({issuer_ == 1 ? "" : UnitOf(issuer_), issuer_ > 16});
  }
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay) const override {
    std::vector<std::string> superiors;
    if (unit.size() != 7 || unit[6] < 'a' || unit[6] > 'h') return superiors;
    const uint8_t above = above_[static_cast<size_t>(unit[6] - 'a')];
    superiors.push_back(UnitOf(above));
    superiors.push_back(UnitOf(above >> 4));
    return superiors;
  }

 private:
  static std::string UnitOf(int number) {
    return StrCat("units/", std::string(1, static_cast<char>('a' + number % 8)));
  }

  std::vector<uint8_t> above_;
  const uint8_t issuer_;
};

constexpr const char* kCallers[] = {
    "node/city",     "node/city/service/plan", "node/city/unit/a",   "node/city/unit/b",  "node/city/job/a",
    "node/district", "node/district/unit/a",   "node/city/person/a", "node/city/person/b"};

// What somebody was granted: up to three posts, at units and at the node.
std::vector<Post> AnyPosts(fuzz::Bytes& bytes) {
  std::vector<Post> posts;
  for (int i = bytes.Below(4); i > 0; --i) {
    Post& post = posts.emplace_back();
    const int unit = bytes.Below(9);
    if (unit < 8) post.unit = StrCat("units/", std::string(1, static_cast<char>('a' + unit)));
    const RoleSet kinds = unit < 8 ? kUnitRoles : kNodeRoles;
    const uint8_t roles = bytes.Byte();
    for (int role = 1; role <= 8; ++role) {
      if ((roles >> (role - 1) & 1) != 0) post.roles.Add(static_cast<v1::Role>(role));
    }
    post.roles = post.roles & kinds;
  }
  return posts;
}

void Check(fuzz::Bytes bytes) {
  static const auto* const methods = new auto(ContractMethods());
  const auto* method = (*methods)[static_cast<size_t>(bytes.Below(static_cast<int>(methods->size())))];
  const uint8_t who = bytes.Byte();
  Caller caller = CallerOf(*ParseIdentityPath("gov.example", kCallers[who % std::size(kCallers)]), "city");
  const AnyWorld world(bytes);
  const Caller carrier = caller;
  if (who >= 128) caller = PersonOver(carrier, "people/a", "people/a/sessions/a", AnyPosts(bytes));
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
  const std::unique_ptr<google::protobuf::Message> request(prototype->New());
  if (!request->ParseFromString(bytes.Rest())) return;
  const MethodRule rule = *MethodRule::Of(*method);
  const absl::CivilDay day(2024, 3, 1);
  const absl::Status decided = rule.Decide(caller, *request, &world, day);
  assert(decided.ok() || ReasonOf(decided) == v1::NOT_ALLOWED);
  assert(rule.Decide(caller, *request, &world, day).ok() == decided.ok());
  // With less known, and with less held, nothing more is allowed.
  if (!decided.ok()) assert(!rule.Decide(caller, *request, nullptr, day).ok());
  Caller nobody = caller;
  nobody.posts.clear();
  assert(!rule.Decide(nobody, *request, &world, day).ok());
  const bool feeds = method->service()->name() == "FeedService";
  const bool people = method->service()->name() == "AccessService";
  if (caller.kind == CallerKind::kForeign) assert(!decided.ok());
  if (caller.kind == CallerKind::kPeerNode || caller.kind == CallerKind::kService) {
    assert(feeds || people || !decided.ok());
  }
  if (caller.kind == CallerKind::kPersonClient || caller.kind == CallerKind::kConsole) assert(people || !decided.ok());
  if (caller.kind == CallerKind::kUnitClient || caller.kind == CallerKind::kPerson) assert(!feeds || !decided.ok());
  // Over the connection of a unit's client a person may what the unit may, or is about themselves or the whole node.
  if (caller.kind == CallerKind::kPerson && carrier.kind == CallerKind::kUnitClient) {
    for (const Post& post : caller.posts) assert(post.unit.empty() || post.unit == carrier.posts[0].unit);
  }
}

}  // namespace
}  // namespace duban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Most bytes are no request, and protobuf says so each time.
  static const bool quiet = google::protobuf::SetLogHandler(nullptr) != nullptr;
  assert(quiet);
  duban::Check(duban::fuzz::Bytes(data, size));
  return 0;
}
