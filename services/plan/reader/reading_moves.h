// The steps of a reading: from a state over a mark to the states that may follow, each with the features that speak for
// and against it. One file for what all layouts share; running text and columns differ in where a step may lead.
//
// Internal to readings.cc. Not thread-safe: a maker belongs to one reading.
#ifndef DUBAN_SERVICES_PLAN_READER_READING_MOVES_H_
#define DUBAN_SERVICES_PLAN_READER_READING_MOVES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "services/plan/reader/readings.h"

namespace duban {

inline constexpr int kOutlineLevels = 6;

// What a path needs to remember.
struct State {
  Field field = Field::kOutside;
  uint8_t column = 0;
  uint8_t role = 0;
  bool bracket = false;  // A bracket that holds units is open.
  bool nested = false;   // So is one inside it, or inside a list without one.
  bool firm = false;     // The units were opened by a label, or by a bracket behind a full stop.
  uint8_t level = 0;     // Of the open item; 0: none, or one without a number.
  bool item = false;     // An item is open.
  bool units = false;    // It has units.
  bool led = false;      // They stand in front of its text, behind the label that began it.
  uint8_t fresh = 0x3F;  // By level: numbers may begin again.
  std::array<uint16_t, kOutlineLevels> last = {};

  friend bool operator==(const State&, const State&) = default;
};

// How a node was reached: kept for every mark.
struct Trace {
  uint32_t from = 0;
  Field field = Field::kOutside;
  uint8_t column = 0;
  uint8_t role = 0;
  bool starts_item = false;
  bool label = false;
  bool lost_bracket = false;
  uint8_t brackets = 0;
  uint16_t value = 0;
};

// Adds up weights, and keeps the features where they are wanted.
class Tally {
 public:
  explicit Tally(const Weights& weights) : weights_(weights) {}
  Tally& operator<<(FeatureId id) {
    score_ += weights_[id];
    if (keep_) features_.push_back(id);
    return *this;
  }
  void Start(bool keep) {
    score_ = 0;
    keep_ = keep;
    features_.clear();
  }
  double score() const { return score_; }
  void set_score(double score) { score_ = score; }
  const std::vector<FeatureId>& features() const { return features_; }
  size_t size() const { return features_.size(); }
  void Shrink(size_t size) { features_.resize(size); }

 private:
  const Weights& weights_;
  double score_ = 0;
  bool keep_ = false;
  std::vector<FeatureId> features_;
};

// A mark as a step sees it.
struct MarkView {
  const Mark* mark = nullptr;
  Evidence evidence = Evidence::kSomeWords;
  Before before = Before::kWords;
  bool opened = false;       // The mark before it is an opening bracket.
  bool opened_line = false;  // So it is, and begins a line.
};

// Takes a step: the state behind it and how it was reached. Its score is the tally's.
using OfferStep = absl::FunctionRef<void(const State& to, const Trace& trace)>;

// Offers every step from `state` over a mark. `tally` has the score of `state`.
void OfferSteps(const Layout& layout, const State& state, const MarkView& view, Tally& tally, OfferStep offer);

// Adds what the end of the run says of a path.
void EndPath(const Layout& layout, const State& state, Tally& tally);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_READING_MOVES_H_
