#include "services/plan/plan_facts.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "common/contract/names.h"
#include "duban/v1/plan.pb.h"

namespace duban {
namespace {

using google::protobuf::internal::WireFormatLite;

// What a plan's bytes say of where it comes from. A plan can have three megabytes, and this is asked before every call
// about it: the rest is passed over.
std::optional<Origin> OriginIn(const std::string& plan) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(plan.data()),
                                            static_cast<int>(plan.size()));
  Origin origin;
  while (const uint32_t tag = in.ReadTag()) {
    switch (WireFormatLite::GetTagFieldNumber(tag)) {
      case v1::Plan::kIssuerFieldNumber:
        origin.issued = true;
        if (!WireFormatLite::ReadString(&in, &origin.unit)) return std::nullopt;
        return origin;
      case v1::Plan::kDrafterFieldNumber:
        if (!WireFormatLite::ReadString(&in, &origin.unit)) return std::nullopt;
        break;
      default:
        if (!WireFormatLite::SkipField(&in, tag)) return std::nullopt;
    }
  }
  return origin;
}

}  // namespace

absl::StatusOr<std::optional<Origin>> PlanFacts::OriginOf(std::string_view name) const {
  const std::string_view plan = ParseName(name).plan;
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, store().TakeSnapshot()->GetRecord(plan));
  if (!record || record->deleted()) return std::nullopt;
  std::optional<Origin> origin = OriginIn(record->payload());
  if (!origin) return BrokenRecord(plan);
  return origin;
}

}  // namespace duban
