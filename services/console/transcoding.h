// Messages between JSON, as browsers have them, and bytes, as services do: by the descriptors of the contracts, so that
// no message is written down twice.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_CONSOLE_TRANSCODING_H_
#define DUBAN_SERVICES_CONSOLE_TRANSCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"

namespace duban::console {

// Protobuf's JSON, with names of fields in either writing. Errors: INVALID_FIELD for what is no JSON, or no message of
// this type; a name that the message does not have is one.
absl::StatusOr<std::string> JsonToBytes(const google::protobuf::Descriptor& type, std::string_view json);

// The other way, names in lowerCamelCase, fields that are not set left out. Errors: INVARIANT_BROKEN for bytes that are
// no message of this type.
absl::StatusOr<std::string> BytesToJson(const google::protobuf::Descriptor& type, std::string_view bytes);

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_TRANSCODING_H_
