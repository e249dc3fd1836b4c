// A person behind a call: the token in its metadata, `authorization: Bearer TOKEN`, over the connection of whoever
// carries it.
//
// Thread-safe.

#ifndef DUBAN_COMMON_RPC_PERSON_CALL_H_
#define DUBAN_COMMON_RPC_PERSON_CALL_H_

#include <grpcpp/support/string_ref.h>

#include <map>

#include "absl/status/statusor.h"
#include "common/access/caller.h"
#include "common/access/token_keys.h"

namespace duban {

// Who makes a call that `carrier` carries: the person of its token, or the carrier where it brings none. `tokens`: null
// where there is no TLS, and no token is taken. Errors: NOT_AUTHENTICATED with cause TOKEN, without a word of the
// token.
absl::StatusOr<Caller> CallerOfCall(const Caller& carrier,
                                    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                                    TokenKeys* tokens);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_PERSON_CALL_H_
