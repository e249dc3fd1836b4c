// Errors: one way to make them, one table from reason to status code.
//
// An error is an absl::Status that carries, as payloads, the details the wire knows: a google.rpc.ErrorInfo with a
// stable reason, a BadRequest where fields are wrong, a LocalizedMessage in Chinese, a RetryInfo where the code is
// UNAVAILABLE: the same call again helps, and only there.
// common/rpc turns it into a grpc::Status and back; nothing else knows both.
//
// All functions are thread-safe and keep nothing.

#ifndef DUBAN_COMMON_BASE_ERRORS_H_
#define DUBAN_COMMON_BASE_ERRORS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "duban/v1/errors.pb.h"
#include "google/rpc/status.pb.h"

namespace duban {

// Type URLs of the payloads an error carries.
inline constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
inline constexpr char kLocalizedMessageUrl[] = "type.googleapis.com/google.rpc.LocalizedMessage";
inline constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";

// The dynamic parts of a message, by lowerCamelCase key.
using ErrorMetadata = std::map<std::string, std::string>;

// The status code that belongs to `reason`. The code says what the caller should do next: UNAVAILABLE, the same call
// again later; ABORTED, read again and redo; FAILED_PRECONDITION, not before something else changes.
absl::StatusCode CodeOf(v1::ErrorReason reason);

// Makes an error. Both messages say what happened, to what, and what to do next.
absl::Status Error(v1::ErrorReason reason, std::string_view english, std::string_view chinese,
                   ErrorMetadata metadata = {});

// Makes INVALID_FIELD for one field; `field` is its path with original names, such as `unit.aliases[2]`.
absl::Status InvalidField(std::string_view field, std::string_view english, std::string_view chinese);

// Makes RESOURCE_NOT_FOUND for a resource name.
absl::Status NotFound(std::string_view name);

// OK where `given` is empty or equals `current`; else ETAG_MISMATCH for `name`.
absl::Status CheckEtag(std::string_view name, std::string_view given, std::string_view current);

// Makes INVARIANT_BROKEN: a promise inside the server does not hold. `what` is for the log and the operator.
absl::Status InvariantBroken(std::string_view what);

// The reason an error carries; ERROR_REASON_UNSPECIFIED for OK and for errors not made here.
v1::ErrorReason ReasonOf(const absl::Status& status);

// The metadata an error carries; empty where it has none.
ErrorMetadata MetadataOf(const absl::Status& status);

// The error as a message, with all its payloads as details, for what is answered item by item. OK is code 0.
google::rpc::Status ToRpcStatus(const absl::Status& status);
// The other way: the details as payloads.
absl::Status FromRpcStatus(const google::rpc::Status& message);

// The Chinese message of an error; the English one where it has none.
std::string ChineseMessage(const absl::Status& status);

// How a field is called towards people, with its quotes: 字段“plan.title”; of a column in a line of an uploaded table,
// whose path is `content[LINE].COLUMN`: 第3行“类别”.
std::string FieldInChinese(std::string_view field);

// Collects broken fields, to report all of them at once. Not thread-safe.
class FieldErrors {
 public:
  // Notes that `field` breaks a rule.
  void Add(std::string_view field, std::string_view english, std::string_view chinese);
  bool empty() const { return violations_.empty(); }
  // OK where nothing was added; else INVALID_FIELD with the first 20 violations and their number.
  absl::Status ToStatus() const;

 private:
  struct Violation {
    std::string field, english, chinese;
  };
  std::vector<Violation> violations_;
};

// Returns from the enclosing function where `expr` is not OK. (Abseil's own macro comes with version 20250127.)
#define DUBAN_RETURN_IF_ERROR(expr)                                                    \
  do {                                                                                 \
    if (::absl::Status duban_status = (expr); !duban_status.ok()) return duban_status; \
  } while (false)

#define DUBAN_CONCAT_INNER(a, b) a##b
#define DUBAN_CONCAT(a, b) DUBAN_CONCAT_INNER(a, b)

// Evaluates `expr`, a StatusOr; returns its error, or puts its value into `lhs`.
#define DUBAN_ASSIGN_OR_RETURN(lhs, expr) DUBAN_ASSIGN_OR_RETURN_INNER(DUBAN_CONCAT(duban_or_, __LINE__), lhs, expr)
#define DUBAN_ASSIGN_OR_RETURN_INNER(statusor, lhs, expr) \
  auto statusor = (expr);                                 \
  if (!statusor.ok()) return statusor.status();           \
  lhs = std::move(statusor).value()

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_ERRORS_H_
