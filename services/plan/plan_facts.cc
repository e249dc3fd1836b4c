#include "services/plan/plan_facts.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "common/contract/names.h"
#include "duban/v1/plan.pb.h"

namespace duban {
namespace {

using google::protobuf::internal::WireFormatLite;

// The field `issuer` of a plan's bytes; empty where it is not set. A plan can have three megabytes, and this is asked
// before every call about it: the rest is passed over.
std::optional<std::string> IssuerIn(const std::string& plan) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(plan.data()),
                                            static_cast<int>(plan.size()));
  while (const uint32_t tag = in.ReadTag()) {
    std::string issuer;
    if (WireFormatLite::GetTagFieldNumber(tag) == v1::Plan::kIssuerFieldNumber) {
      if (!WireFormatLite::ReadString(&in, &issuer)) return std::nullopt;
      return issuer;
    }
    if (!WireFormatLite::SkipField(&in, tag)) return std::nullopt;
  }
  return "";
}

}  // namespace

absl::StatusOr<std::optional<std::string>> PlanFacts::IssuerOf(std::string_view name) const {
  const std::string_view plan = ParseName(name).plan;
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, store().TakeSnapshot()->GetRecord(plan));
  if (!record || record->deleted()) return std::nullopt;
  std::optional<std::string> issuer = IssuerIn(record->payload());
  if (!issuer) return BrokenRecord(plan);
  return issuer;
}

}  // namespace duban
