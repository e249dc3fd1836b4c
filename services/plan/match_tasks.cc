#include "services/plan/match_tasks.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "services/plan/phrases/likeness.h"

namespace duban {
namespace {

// What the text and the printed place are worth, and the least fit of two tasks that may be one: with the number the
// same, a third of the text has to be shared, else half. Where the texts are equal, the place says next to nothing:
// documents have rows that differ in a name only, and one put in before them shifts all their numbers.
constexpr double kTextWorth = 0.75;
constexpr double kPlaceWorth = 0.15;
constexpr double kEqualElsewhere = 0.99;
constexpr double kLeastFit = 0.4;
// Candidates of a task that are looked at further. A document of 2,000 tasks that all begin alike has no more that
// matter.
constexpr size_t kMostCandidates = 8;

using Bigrams = std::vector<Bigram>;

Bigrams BigramsOfTask(const v1::Task& task) {
  return BigramsOf(StrCat(task.title(), task.text()), false);
}

bool SamePlace(const v1::Task& a, const v1::Task& b) {
  return a.table() == b.table() && a.number() == b.number();
}

double TextFit(const v1::Task& a, const Bigrams& of_a, const v1::Task& b, const Bigrams& of_b) {
  if (a.text() == b.text() && a.title() == b.title()) return 1;
  return Likeness(of_a, of_b);
}

// How well two tasks fit, from 0 to 1.
double FitOf(const v1::Task& a, double text, const v1::Task& b) {
  if (text == 1) return SamePlace(a, b) ? 1 : kEqualElsewhere;
  return kTextWorth * text + (SamePlace(a, b) ? kPlaceWorth : 0);
}

// A known task that a task may be, and what is lost by taking it: 0 where it fits wholly.
struct Candidate {
  size_t known = 0;
  double cost = 0;
};

// For each task its candidates, the best first.
std::vector<std::vector<Candidate>> CandidatesOf(const std::vector<const v1::Task*>& tasks,
                                                 const std::vector<const v1::Task*>& known) {
  std::vector<Bigrams> of_known;
  std::map<Bigram, std::vector<size_t>> holders;
  for (const v1::Task* task : known) {
    const size_t place = of_known.size();
    of_known.push_back(BigramsOfTask(*task));
    for (const Bigram bigram : of_known.back()) {
      std::vector<size_t>& places = holders[bigram];
      if (places.empty() || places.back() != place) places.push_back(place);
    }
  }
  std::vector<std::vector<Candidate>> all(tasks.size());
  std::vector<size_t> shared(known.size());
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Bigrams own = BigramsOfTask(*tasks[i]);
    std::fill(shared.begin(), shared.end(), 0);
    for (auto bigram = own.begin(); bigram != own.end(); bigram = std::upper_bound(bigram, own.end(), *bigram)) {
      const auto found = holders.find(*bigram);
      if (found == holders.end()) continue;
      for (const size_t place : found->second) ++shared[place];
    }
    for (size_t j = 0; j < known.size(); ++j) {
      const bool same_text = tasks[i]->text() == known[j]->text();
      if (shared[j] == 0 && !same_text) continue;
      const double fit = FitOf(*tasks[i], TextFit(*tasks[i], own, *known[j], of_known[j]), *known[j]);
      if (fit >= kLeastFit) all[i].push_back({j, 1 - fit});
    }
    std::stable_sort(all[i].begin(), all[i].end(),
                     [](const Candidate& a, const Candidate& b) { return a.cost < b.cost; });
    if (all[i].size() > kMostCandidates) all[i].resize(kMostCandidates);
  }
  return all;
}

// Finds the matching of the least cost, where a task without a match costs what the worst one does: task after task, by
// the cheapest way of having others change theirs (shortest augmenting paths with potentials).
class Matching {
 public:
  Matching(const std::vector<std::vector<Candidate>>& candidates, size_t known)
      : candidates_(candidates),
        match_(candidates.size(), -1),
        taken_by_(known + candidates.size(), -1),
        potential_(known + candidates.size(), 0.0) {}

  std::vector<int> Run() {
    for (size_t task = 0; task < candidates_.size(); ++task) Place(task);
    const size_t known = taken_by_.size() - candidates_.size();
    for (int& match : match_) {
      if (match >= static_cast<int>(known)) match = -1;
    }
    return match_;
  }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  // What a task can take: its candidates, and a place of its own that means nothing.
  void VisitChoices(size_t task, const std::function<void(size_t choice, double cost)>& visit) const {
    for (const Candidate& candidate : candidates_[task]) visit(candidate.known, candidate.cost);
    visit(taken_by_.size() - candidates_.size() + task, 1 - kLeastFit);
  }

  // The cost of what a task has, of the choices it has.
  double CostOf(size_t task, size_t choice) const {
    double found = 1 - kLeastFit;
    for (const Candidate& candidate : candidates_[task]) {
      if (candidate.known == choice) found = candidate.cost;
    }
    return found;
  }

  void Place(size_t first) {
    std::map<size_t, double> distance;
    std::map<size_t, size_t> from;
    std::set<size_t> settled;
    using Reached = std::pair<double, size_t>;
    std::priority_queue<Reached, std::vector<Reached>, std::greater<>> next;
    const auto reach = [&](size_t task, double base) {
      VisitChoices(task, [&](size_t choice, double cost) {
        if (settled.contains(choice)) return;
        const double there = base + cost - potential_[choice];
        const auto [at, fresh] = distance.try_emplace(choice, kNever);
        if (!fresh && at->second <= there) return;
        at->second = there;
        from[choice] = task;
        next.emplace(there, choice);
      });
    };
    reach(first, 0);
    while (true) {
      const auto [length, choice] = next.top();
      next.pop();
      if (!settled.insert(choice).second) continue;
      if (taken_by_[choice] < 0) {
        // What was reached on a shorter way gets its price, so that no way costs less than nothing later.
        for (const auto& [other, reached] : distance) potential_[other] += std::min(reached - length, 0.0);
        return Assign(choice, from);
      }
      const auto holder = static_cast<size_t>(taken_by_[choice]);
      reach(holder, length - CostOf(holder, choice) + potential_[choice]);
    }
  }

  // Gives the end of the way to the last task on it, what that had to the one before, and so on.
  void Assign(size_t choice, const std::map<size_t, size_t>& from) {
    while (true) {
      const size_t task = from.at(choice);
      const int before = match_[task];
      match_[task] = static_cast<int>(choice);
      taken_by_[choice] = static_cast<int>(task);
      if (before < 0) return;
      choice = static_cast<size_t>(before);
    }
  }

  const std::vector<std::vector<Candidate>>& candidates_;
  // By task; then who has which choice, and what it costs beside others.
  std::vector<int> match_;
  std::vector<int> taken_by_;
  std::vector<double> potential_;
};

}  // namespace

double LikenessOf(const v1::Task& a, const v1::Task& b) {
  return TextFit(a, BigramsOfTask(a), b, BigramsOfTask(b));
}

std::vector<int> MatchToKnown(const std::vector<const v1::Task*>& tasks, const std::vector<const v1::Task*>& known) {
  return Matching(CandidatesOf(tasks, known), known.size()).Run();
}

}  // namespace duban
