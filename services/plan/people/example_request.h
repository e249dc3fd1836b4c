// A request made of fields that somebody asks about: for explaining a decision without making the call.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_EXAMPLE_REQUEST_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_EXAMPLE_REQUEST_H_

#include <memory>

#include "absl/status/statusor.h"
#include "duban/v1/access_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace duban {

// The request of `method` in which the fields of `asked` have their values: texts and bools, in lists too. Errors:
// INVALID_FIELD for `fields[i]`.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ExampleRequest(
    const google::protobuf::MethodDescriptor& method, const v1::ExplainAccessRequest& asked);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_EXAMPLE_REQUEST_H_
