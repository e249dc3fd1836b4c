#include "services/plan/phrases/vocabulary.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "common/base/text.h"

namespace duban {

std::vector<std::string_view> SplitAt(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

WordTable::WordTable(std::string_view file_text) {
  for (std::string_view line : SplitAt(file_text, '\n')) {
    if (line[0] == '#') continue;
    std::string_view tag;
    for (std::string_view word : SplitAt(line, ' ')) {
      if (tag.empty() && word.size() > 1 && word.back() == ':' && word.data() == line.data()) {
        tag = word.substr(0, word.size() - 1);
        continue;
      }
      const std::u32string text = DecodeUtf8(word);
      by_first_[text.front()].push_back({text, tag});
      by_last_[text.back()].push_back({text, tag});
      if (text.front() < first_.size()) first_.set(text.front());
      if (text.back() < last_.size()) last_.set(text.back());
    }
  }
  for (Buckets* buckets : {&by_first_, &by_last_}) {
    for (auto& [c, words] : *buckets) {
      std::stable_sort(words.begin(), words.end(),
                       [](const Word& a, const Word& b) { return a.text.size() > b.text.size(); });
    }
  }
}

const WordTable& WordTable::Of(std::string_view file) {
  static const auto& tables = *[] {
    auto* all = new std::map<std::string_view, std::unique_ptr<WordTable>>();
    for (const WordFile& file : WordFiles()) (*all)[file.name].reset(new WordTable(file.text));
    return all;
  }();
  const auto it = tables.find(file);
  if (it == tables.end()) std::abort();
  return *it->second;
}

const WordTable& DocumentSigns() {
  static const WordTable& signs = WordTable::Of("document_signs");
  return signs;
}

WordTable::Match WordTable::At(TextView text, size_t at, std::string_view tag) const {
  if (at >= text.size() || text[at] >= first_.size() || !first_.test(text[at])) return Match();
  for (const Word& word : by_first_.find(text[at])->second) {
    if ((tag.empty() || word.tag == tag) && StartsWith(text.substr(at), word.text)) {
      return {word.text.size(), word.tag, word.text};
    }
  }
  return Match();
}

WordTable::Match WordTable::Before(TextView text, size_t end, std::string_view tag) const {
  if (end == 0 || end > text.size() || text[end - 1] >= last_.size() || !last_.test(text[end - 1])) return Match();
  for (const Word& word : by_last_.find(text[end - 1])->second) {
    if ((tag.empty() || word.tag == tag) && EndsWith(text.substr(0, end), word.text)) {
      return {word.text.size(), word.tag, word.text};
    }
  }
  return Match();
}

size_t WordTable::Find(TextView text, std::string_view tag) const {
  for (size_t i = 0; i < text.size(); ++i) {
    if (At(text, i, tag).length > 0) return i;
  }
  return TextView::npos;
}

}  // namespace duban
