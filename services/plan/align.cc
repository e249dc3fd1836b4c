#include "services/plan/align.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "services/plan/phrases/likeness.h"

namespace duban {
namespace {

// A text as weighted bigrams of length 1 in the sense of Euclid, by rising bigram.
using TextVector = std::vector<std::pair<Bigram, double>>;

// In how many texts each bigram stands.
using Frequencies = std::map<Bigram, int>;

TextVector CountsOf(const std::string& text, Frequencies* frequencies) {
  TextVector counts;
  for (const Bigram bigram : BigramsOf(text, false)) {
    if (counts.empty() || counts.back().first != bigram) {
      counts.emplace_back(bigram, 0.0);
      ++(*frequencies)[bigram];
    }
    counts.back().second += 1;
  }
  return counts;
}

void Weigh(const Frequencies& frequencies, size_t texts, TextVector* vector) {
  double squares = 0;
  for (auto& [bigram, weight] : *vector) {
    // The logarithm dampens repeats; rare pairs tell more than common ones, and those of every text still tell a
    // little.
    weight =
        (1 + std::log(weight)) * std::log(1 + static_cast<double>(texts) / static_cast<double>(frequencies.at(bigram)));
    squares += weight * weight;
  }
  for (auto& [bigram, weight] : *vector) weight /= std::sqrt(squares);
}

}  // namespace

std::vector<AlignMatch> MatchTasks(const std::vector<AlignText>& tasks, const std::vector<AlignText>& upstream,
                                   double least, size_t most) {
  Frequencies frequencies;
  std::vector<TextVector> own, above;
  for (const AlignText& task : tasks) own.push_back(CountsOf(task.text, &frequencies));
  for (const AlignText& task : upstream) above.push_back(CountsOf(task.text, &frequencies));
  std::map<Bigram, std::vector<std::pair<size_t, double>>> postings;
  for (size_t i = 0; i < above.size(); ++i) {
    Weigh(frequencies, tasks.size() + upstream.size(), &above[i]);
    for (const auto& [bigram, weight] : above[i]) postings[bigram].emplace_back(i, weight);
  }
  std::vector<AlignMatch> matches;
  std::vector<double> scores(above.size());
  for (size_t i = 0; i < own.size(); ++i) {
    Weigh(frequencies, tasks.size() + upstream.size(), &own[i]);
    std::fill(scores.begin(), scores.end(), 0.0);
    for (const auto& [bigram, weight] : own[i]) {
      const auto found = postings.find(bigram);
      if (found == postings.end()) continue;
      for (const auto& [place, other] : found->second) scores[place] += weight * other;
    }
    std::vector<AlignMatch> of_task;
    for (size_t j = 0; j < scores.size(); ++j) {
      if (scores[j] >= least && scores[j] > 0) of_task.push_back({i, j, std::min(scores[j], 1.0)});
    }
    std::stable_sort(of_task.begin(), of_task.end(),
                     [](const AlignMatch& a, const AlignMatch& b) { return a.score > b.score; });
    if (of_task.size() > most) of_task.resize(most);
    matches.insert(matches.end(), of_task.begin(), of_task.end());
  }
  return matches;
}

}  // namespace duban
