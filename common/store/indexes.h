// What the indexes of a store are made of: a service says which rows its records ask for, the same function for the
// code that writes them and for the check that compares them.

#ifndef DUBAN_COMMON_STORE_INDEXES_H_
#define DUBAN_COMMON_STORE_INDEXES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/view.h"

namespace duban {

// Takes an index row: its key (IndexKey), and its value; no value where it holds what no record says, such as the token
// of a lease. Of several rows with one key the last counts.
using IndexRowSink = absl::FunctionRef<void(std::string key, std::optional<std::string> value)>;

// Gives every index row that the records of a service's store ask for, in any order, the same each time. `node` is the
// store's. A pure function of the view; errors: those of reading it.
using IndexRows = absl::Status (*)(const ReadView& view, std::string_view node, IndexRowSink sink);

// Compares the index rows that the records ask for with those that are there, both ways. Returns how many there are.
// Takes a megabyte of memory, and some more where they differ, however many there are. Errors: DATA_LOSS, which names a
// row that is missing, left over or other than it should be; those of reading the view.
absl::StatusOr<int64_t> VerifyIndexes(const ReadView& view, std::string_view node, IndexRows rows);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_INDEXES_H_
