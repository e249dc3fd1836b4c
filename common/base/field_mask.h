// Applying an update mask to the top-level fields of a message, by reflection.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_FIELD_MASK_H_
#define DUBAN_COMMON_BASE_FIELD_MASK_H_

#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace duban {

// Which of the `changeable` fields a request changes: those of the mask; `*` means all of them, and an empty mask all
// that are populated in `from`. Errors: INVALID_FIELD for `update_mask.paths[i]` where a path is not changeable.
absl::StatusOr<std::set<std::string>> FieldsToChange(const google::protobuf::Message& from,
                                                     const google::protobuf::FieldMask& mask,
                                                     const std::set<std::string>& changeable);

// Makes `fields` of `to` what they are in `from`; both are of one type and have those fields.
void CopyFields(const google::protobuf::Message& from, const std::set<std::string>& fields,
                google::protobuf::Message* to);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_FIELD_MASK_H_
