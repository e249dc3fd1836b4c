#include "services/plan/reader/readings.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "services/plan/reader/reading_moves.h"

namespace duban {
namespace {

using Role = v1::Responsibility::Role;

// States kept at a mark.
constexpr size_t kBeam = 14;
// A run of more marks keeps fewer states, and is not asked how sure it is.
constexpr size_t kManyMarks = 60000;
constexpr size_t kNarrowBeam = 4;
// What a step is given for being false, in training.
constexpr float kDefiance = 1;

size_t HashOf(const State& s) {
  uint64_t h = static_cast<uint64_t>(s.field) | s.column << 3 | s.role << 10 | s.bracket << 12 | s.nested << 13 |
               s.firm << 25 | s.level << 14 | s.item << 17 | s.units << 18 | static_cast<uint64_t>(s.fresh) << 19;
  for (uint16_t n : s.last) h = h * 1099511628211ULL + n;
  return h * 0x9E3779B97F4A7C15ULL >> 40;
}

struct Node {
  State state;
  double score = 0;
};

struct Edge {
  uint32_t from;
  uint32_t to;
  float score;
};

bool SameChoice(const Trace& a, const Trace& b) {
  return a.field == b.field && a.starts_item == b.starts_item && a.role == b.role && a.label == b.label;
}

bool Allows(const Truth& truth, const Mark& mark, const Trace& trace, const Layout& layout) {
  if (mark.kind == MarkKind::kNumber && truth.number != 0 && (truth.number > 0) != trace.starts_item) return false;
  if (mark.kind == MarkKind::kLabel && truth.number > 0 && !trace.label && !layout.has_columns()) return false;
  if (layout.has_columns() && trace.field != Field::kOutside && !trace.starts_item &&
      (truth.kinds >> static_cast<int>(layout.columns[trace.column].kind) & 1) == 0) {
    return false;
  }
  if ((truth.fields >> static_cast<int>(trace.field) & 1) == 0) return false;
  return trace.field != Field::kUnits || (truth.roles >> trace.role & 1) != 0;
}

MarkView ViewOf(const std::vector<Mark>& marks, TextView text, size_t i) {
  MarkView view;
  view.mark = &marks[i];
  view.evidence = EvidenceOf(marks[i], text);
  view.before = BeforeOf(i > 0 ? &marks[i - 1] : nullptr);
  view.opened = i > 0 && marks[i - 1].kind == MarkKind::kOpen;
  view.opened_line = view.opened && marks[i - 1].spacing >= Spacing::kBreak;
  return view;
}

// Finds the best path.
class PathFinder {
 public:
  PathFinder(const std::vector<Mark>& marks, TextView text, const Layout& layout, const Weights& weights,
             const std::vector<Truth>* truth, TruthUse use, bool margins)
      : marks_(marks),
        text_(text),
        layout_(layout),
        weights_(weights),
        truth_(truth),
        use_(use),
        margins_(margins && marks.size() <= kManyMarks),
        beam_(marks.size() > kManyMarks ? kNarrowBeam : kBeam),
        tally_(weights) {}

  Reading Find() {
    Node start;
    start.score = weights_[Feature(Family::kLayoutKind, layout_.kind)];
    nodes_ = {start};
    first_trace_.push_back(0);
    for (size_t i = 0; i < marks_.size(); ++i) Advance(i);
    return Best();
  }

 private:
  void Advance(size_t i) {
    view_ = ViewOf(marks_, text_, i);
    next_.clear();
    traces_of_next_.clear();
    slots_.assign(kSlots, 0);
    const size_t first_edge = edges_.size();
    for (uint32_t n = 0; n < nodes_.size(); ++n) {
      tally_.Start(false);
      tally_.set_score(nodes_[n].score);
      OfferSteps(layout_, nodes_[n].state, view_, tally_, [&](const State& to, Trace trace) {
        const bool false_step = truth_ != nullptr && !Allows((*truth_)[i], marks_[i], trace, layout_);
        if (false_step && use_ == TruthUse::kObey) return;
        trace.from = n;
        Keep(to, trace, tally_.score() + (false_step ? kDefiance : 0));
      });
    }
    // What is not allowed in any way is let pass.
    if (next_.empty()) {
      for (uint32_t n = 0; n < nodes_.size(); ++n) {
        Trace trace;
        trace.from = n;
        trace.field = nodes_[n].state.field;
        trace.column = nodes_[n].state.column;
        trace.role = nodes_[n].state.role;
        Keep(nodes_[n].state, trace, nodes_[n].score - 1);
      }
    }
    Prune(first_edge);
  }

  void Keep(const State& to, const Trace& trace, double score) {
    size_t slot = HashOf(to) % kSlots;
    while (slots_[slot] != 0 && !(next_[slots_[slot] - 1].state == to)) slot = (slot + 1) % kSlots;
    if (slots_[slot] == 0) {
      if (next_.size() + 1 >= kSlots) return;
      next_.push_back({to, score});
      traces_of_next_.push_back(trace);
      slots_[slot] = static_cast<uint16_t>(next_.size());
    } else if (score > next_[slots_[slot] - 1].score) {
      next_[slots_[slot] - 1].score = score;
      traces_of_next_[slots_[slot] - 1] = trace;
    }
    if (margins_)
      edges_.push_back(
          {trace.from, static_cast<uint32_t>(slots_[slot] - 1), static_cast<float>(score - nodes_[trace.from].score)});
  }

  // Keeps the best states, and the edges that lead to them.
  void Prune(size_t first_edge) {
    order_.resize(next_.size());
    std::iota(order_.begin(), order_.end(), 0U);
    std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
      return next_[a].score != next_[b].score ? next_[a].score > next_[b].score : a < b;
    });
    if (order_.size() > beam_) order_.resize(beam_);
    place_.assign(next_.size(), UINT32_MAX);
    nodes_.clear();
    for (uint32_t n = 0; n < order_.size(); ++n) {
      place_[order_[n]] = n;
      nodes_.push_back(next_[order_[n]]);
      traces_.push_back(traces_of_next_[order_[n]]);
      if (margins_) scores_.push_back(nodes_.back().score);
    }
    first_trace_.push_back(traces_.size());
    if (margins_) {
      size_t to = first_edge;
      for (size_t e = first_edge; e < edges_.size(); ++e) {
        if (place_[edges_[e].to] == UINT32_MAX) continue;
        edges_[to] = edges_[e];
        edges_[to++].to = place_[edges_[e].to];
      }
      edges_.resize(to);
      first_edge_.push_back(first_edge);
    }
  }

  const Trace& TraceOf(size_t mark, uint32_t node) const { return traces_[first_trace_[mark] + node]; }
  double ScoreOf(size_t mark, uint32_t node) const { return scores_[first_trace_[mark] + node]; }
  size_t NodesOf(size_t mark) const { return first_trace_[mark + 1] - first_trace_[mark]; }

  Reading Best() {
    std::vector<double> last;
    for (const Node& node : nodes_) {
      tally_.Start(false);
      tally_.set_score(node.score);
      EndPath(layout_, node.state, tally_);
      last.push_back(tally_.score());
    }
    uint32_t best = static_cast<uint32_t>(std::max_element(last.begin(), last.end()) - last.begin());
    Reading reading;
    reading.layout = layout_;
    reading.score = last[best];
    reading.steps.resize(marks_.size());
    std::vector<uint32_t> path(marks_.size());
    for (size_t i = marks_.size(); i-- > 0;) {
      path[i] = best;
      const Trace& trace = TraceOf(i, best);
      reading.steps[i] = {trace.field,       trace.column,   static_cast<Role>(trace.role),
                          trace.starts_item, trace.label,    trace.lost_bracket,
                          trace.value,       trace.brackets, 0};
      best = trace.from;
    }
    if (margins_) FindMargins(last, path, reading);
    return reading;
  }

  // The best score of all paths through each state, from both sides.
  void FindMargins(std::vector<double> behind, const std::vector<uint32_t>& path, Reading& reading) {
    constexpr double kNever = -1e9;
    for (uint32_t n = 0; n < behind.size() && !marks_.empty(); ++n) behind[n] -= ScoreOf(marks_.size() - 1, n);
    std::vector<double> before;
    for (size_t i = marks_.size(); i-- > 0;) {
      double other = kNever;
      const Trace& chosen = TraceOf(i, path[i]);
      for (uint32_t n = 0; n < NodesOf(i); ++n) {
        if (!SameChoice(TraceOf(i, n), chosen)) other = std::max(other, ScoreOf(i, n) + behind[n]);
      }
      reading.steps[i].margin = static_cast<float>(reading.score - other);
      if (i == 0) break;
      before.assign(NodesOf(i - 1), kNever);
      const size_t end = i + 1 < first_edge_.size() ? first_edge_[i + 1] : edges_.size();
      for (size_t e = first_edge_[i]; e < end; ++e) {
        before[edges_[e].from] = std::max(before[edges_[e].from], edges_[e].score + behind[edges_[e].to]);
      }
      behind.swap(before);
    }
  }

  static constexpr size_t kSlots = 1024;

  const std::vector<Mark>& marks_;
  const TextView text_;
  const Layout& layout_;
  const Weights& weights_;
  const std::vector<Truth>* truth_;
  const TruthUse use_;
  const bool margins_;
  const size_t beam_;
  Tally tally_;
  MarkView view_;  // Of the mark that is looked at.
  std::vector<Node> nodes_;
  std::vector<Node> next_;
  std::vector<Trace> traces_of_next_;
  std::vector<uint16_t> slots_;
  std::vector<uint32_t> order_;  // Of the next nodes, the best first.
  std::vector<uint32_t> place_;  // Where a next node is kept.
  // Of all marks, one behind the other.
  std::vector<Trace> traces_;
  std::vector<size_t> first_trace_;
  std::vector<Edge> edges_;
  std::vector<size_t> first_edge_;
  std::vector<double> scores_;  // Beside the traces, where margins are wanted.
};

}  // namespace

int Layout::ColumnOf(FieldKind wanted) const {
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].kind == wanted) return static_cast<int>(c);
  }
  return -1;
}

int Layout::PeopleColumnBehind(int column) const {
  for (size_t c = static_cast<size_t>(column + 1); c < columns.size(); ++c) {
    if (columns[c].purpose == FieldPurpose::kPeople) return static_cast<int>(c);
  }
  return -1;
}

int Layout::TextColumn() const {
  for (FieldKind wanted : {FieldKind::kText, FieldKind::kTitle, FieldKind::kHeading}) {
    if (const int column = ColumnOf(wanted); column >= 0) return column;
  }
  return 0;
}

Field FieldOf(FieldKind kind) {
  switch (kind) {
    case FieldKind::kNumber:
      return Field::kNumber;
    case FieldKind::kUnits:
      return Field::kUnits;
    case FieldKind::kDeadline:
      return Field::kDeadline;
    case FieldKind::kRemark:
      return Field::kOther;
    default:
      return Field::kText;
  }
}

Reading ReadMarks(const std::vector<Mark>& marks, TextView text, const Layout& layout, const Weights& weights,
                  const std::vector<Truth>* truth, TruthUse use, bool margins) {
  return PathFinder(marks, text, layout, weights, truth, use, margins).Find();
}

std::vector<FeatureId> FeaturesOf(const std::vector<Mark>& marks, TextView text, const Reading& reading) {
  static const Weights& none = *new Weights(std::vector<float>(FeatureCount(), 0));
  Tally tally(none);
  std::vector<FeatureId> all = {Feature(Family::kLayoutKind, reading.layout.kind)};
  State state;
  for (size_t i = 0; i < marks.size(); ++i) {
    const Step& step = reading.steps[i];
    State next = state;
    std::vector<FeatureId> features;
    tally.Start(true);
    OfferSteps(reading.layout, state, ViewOf(marks, text, i), tally, [&](const State& to, const Trace& trace) {
      const bool same = trace.field == step.field && trace.column == step.column && trace.role == step.role &&
                        trace.starts_item == step.starts_item && trace.label == step.label &&
                        trace.brackets == step.brackets && trace.lost_bracket == step.lost_bracket;
      if (!same) return;
      next = to;
      features = tally.features();
    });
    all.insert(all.end(), features.begin(), features.end());
    state = next;
  }
  tally.Start(true);
  EndPath(reading.layout, state, tally);
  all.insert(all.end(), tally.features().begin(), tally.features().end());
  return all;
}

}  // namespace duban
