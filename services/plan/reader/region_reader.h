// Reads a region of a document: its marks, the layouts that are possible, the best reading of all, and the rows that
// reading has. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_REGION_READER_H_
#define DUBAN_SERVICES_PLAN_READER_REGION_READER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/plan/reader/marks.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/reader/readings.h"
#include "services/plan/reader/regions.h"

namespace duban {

// In which columns of units, from 1, a name stood, and how often.
using NameColumns = absl::flat_hash_map<std::u32string, std::map<int, int>>;

// What one pass over a document teaches the next.
struct Learned {
  UnitLexicon lexicon;
  NameColumns columns;
};

struct MarkedRegion {
  TextRun run;
  std::vector<Mark> marks;
  std::vector<Layout> layouts;  // At least one.
};
MarkedRegion MarkRegion(const Region& region, const Learned& learned);

// The best reading in any layout. `truth` and `use` are for training. `margins`: also how sure it is.
Reading BestReading(const MarkedRegion& region, const Weights& weights, bool margins,
                    const std::vector<Truth>* truth = nullptr, TruthUse use = TruthUse::kObey);

// Adds the rows of a reading to `table`. `weights`: where by them another reading is near and its row differs, the row
// says so; the reading has margins. Null: nothing is said.
void AddReadingRows(const MarkedRegion& region, const Reading& reading, const Weights* weights, RowTable& table);
// Counts in `columns` where names stood.
void CountColumns(const MarkedRegion& region, const Reading& reading, NameColumns& columns);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_REGION_READER_H_
