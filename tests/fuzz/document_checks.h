// What must hold of every document that was read, however strange: the fuzz targets check it.

#ifndef DUBAN_TESTS_FUZZ_DOCUMENT_CHECKS_H_
#define DUBAN_TESTS_FUZZ_DOCUMENT_CHECKS_H_

#include "absl/status/statusor.h"
#include "duban/v1/deadline.pb.h"
#include "services/plan/source/source_document.h"

namespace duban {

// Reads the document to the end and stops the process where a promise of the reader does not hold. A refusal has to be
// UNREADABLE_DOCUMENT with a message.
void CheckDocument(const absl::StatusOr<SourceDocument>& document);

// Stops the process where a deadline contradicts itself.
void CheckDeadline(const v1::Deadline& deadline);

}  // namespace duban

#endif  // DUBAN_TESTS_FUZZ_DOCUMENT_CHECKS_H_
