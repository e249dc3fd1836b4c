// The first of the three arrows: a document becomes a plan, with a finding for all that was not clear.
//
//   SplitDocument ─▶ CutRegions ─▶ MarkRegion ─▶ BestReading ─▶ AddReadingRows ─▶ FinishPlan ─▶ v1::Plan
//   (head, parts)    (text, rows    (marks)      (of all        (TaskRow; real    (units, deadlines,
//                     in columns)                 layouts)       tables give them  targets, findings)
//                                                                without a reading)
//
// Everything is read twice: the second pass knows the names of units that the first has seen, and in which column.
//
// A pure function: no clock, disk, RPC or log; any thread. The plan keeps the printed words beside what was understood,
// and every repair, inheritance and doubt is a finding (findings.h); nothing is guessed in silence.
// Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) where the document is beyond the limits of a plan; INVALID_ARGUMENT
// (INVALID_FIELD) that names a hint which says nothing.
#ifndef DUBAN_SERVICES_PLAN_READER_DOCUMENT_TO_PLAN_H_
#define DUBAN_SERVICES_PLAN_READER_DOCUMENT_TO_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/source/source_document.h"

namespace duban {

class Weights;

// A plan has at most this many tasks, as the contract says.
inline constexpr int kMaxTasks = 2000;

// A unit or group of the directory.
struct KnownUnit {
  std::string display_name;
  std::vector<std::string> aliases;
  std::string resource;  // `units/{unit}` or `groups/{group}`.
  bool group = false;
};

// What is known besides the document. All of it may be left empty.
struct ReadContext {
  // The directory. Where given, names that are not in it are reported with the nearest ones, and a name with lost
  // characters is repaired by it; else other spellings in the document serve for that.
  std::vector<KnownUnit> known_units;
  // The year of deadlines without a year, where the document itself names none; 0: none.
  int year = 0;
  // What a person says of the layout.
  v1::ReadingHints hints;
  // Weights of readings other than those compiled in, for training; null: those.
  const Weights* weights = nullptr;
};

absl::StatusOr<v1::Plan> DocumentToPlan(const SourceDocument& document, const ReadContext& context);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_DOCUMENT_TO_PLAN_H_
