#include "services/plan/phrases/flow_text.h"

#include <algorithm>

#include "common/base/text.h"

namespace duban {
namespace {

bool IsLatin(char32_t c) {
  return c > ' ' && c < 0x250 && c != '(' && c != ')' && c != ',' && c != ';' && c != ':' && c != '.';
}

}  // namespace

FlowText::FlowText(std::string_view utf8) {
  const std::u32string decoded = DecodeUtf8(utf8);
  const SourceLine line = MakeSourceLine(decoded, 0);
  Append(line);
  runs_.clear();
}

bool FlowText::KeepsSpace(char32_t next) const {
  if (text_.empty()) return false;
  if (open_quotes_ > 0 && next != U'”' && text_.back() != U'“') return true;
  return IsLatin(text_.back()) && IsLatin(next) && !(IsDigit(text_.back()) && IsDigit(next));
}

void FlowText::AddGap(bool is_break) {
  if (text_.empty()) return;
  const auto at = static_cast<uint32_t>(text_.size());
  if (gaps_.empty() || gaps_.back() != at) gaps_.push_back(at);
  if (is_break && (breaks_.empty() || breaks_.back() != at)) breaks_.push_back(at);
}

void FlowText::Push(char32_t text, char32_t printed, int32_t line, int32_t column) {
  const auto at = static_cast<uint32_t>(text_.size());
  const bool continues = !runs_.empty() && runs_.back().line == line &&
                         runs_.back().column + static_cast<int32_t>(at - runs_.back().offset) == column;
  if (!continues) runs_.push_back({at, line, column});
  if (text == U'“') ++open_quotes_;
  if (text == U'”' && open_quotes_ > 0) --open_quotes_;
  // A quotation that is never closed must not keep the spaces of the rest.
  if (text == U'。') open_quotes_ = 0;
  text_.push_back(text);
  printed_.push_back(printed);
}

void FlowText::Append(const SourceLine& line, size_t begin, size_t end) {
  end = std::min(end, line.text.size());
  bool gap = !text_.empty() && !runs_.empty() && runs_.back().line != line.line;
  const bool is_break = gap;
  bool first = true;
  for (size_t i = begin; i < end; ++i) {
    const char32_t c = line.text[i];
    if (c == ' ') {
      gap = true;
      continue;
    }
    const int32_t column = line.column + static_cast<int32_t>(i);
    if (gap && !text_.empty()) {
      if (KeepsSpace(c)) {
        AddGap(is_break && first);
        text_.push_back(' ');
        printed_.push_back(' ');
        runs_.push_back({static_cast<uint32_t>(text_.size()), line.line, column});
      }
      AddGap(is_break && first);
    }
    gap = false;
    first = false;
    Push(c, line.printed[i], line.line, column);
  }
}

void FlowText::Append(const FlowText& other) {
  if (other.empty()) return;
  AddGap(true);
  if (KeepsSpace(other.text_.front())) {
    text_.push_back(' ');
    printed_.push_back(' ');
    AddGap(true);
  }
  const auto base = static_cast<uint32_t>(text_.size());
  for (const Run& run : other.runs_) runs_.push_back({run.offset + base, run.line, run.column});
  for (uint32_t gap : other.gaps_) gaps_.push_back(gap + base);
  for (uint32_t at : other.breaks_) breaks_.push_back(at + base);
  text_ += other.text_;
  printed_ += other.printed_;
  open_quotes_ = other.open_quotes_;
}

FlowText FlowText::Slice(size_t begin, size_t end) const {
  end = std::min(end, text_.size());
  begin = std::min(begin, end);
  while (begin < end && text_[begin] == ' ') ++begin;
  while (end > begin && text_[end - 1] == ' ') --end;
  FlowText out;
  out.text_ = text_.substr(begin, end - begin);
  out.printed_ = printed_.substr(begin, end - begin);
  if (begin == end) return out;
  if (const Run* run = RunAt(begin); run != nullptr) {
    const auto into = static_cast<int32_t>(begin - run->offset);
    out.runs_.push_back({0, run->line, run->column + into});
    for (++run; run != runs_.data() + runs_.size() && run->offset < end; ++run) {
      out.runs_.push_back({run->offset - static_cast<uint32_t>(begin), run->line, run->column});
    }
  }
  const auto copy = [&](const Offsets& from, Offsets& to) {
    auto it = std::upper_bound(from.begin(), from.end(), static_cast<uint32_t>(begin));
    for (; it != from.end() && *it < end; ++it) to.push_back(*it - static_cast<uint32_t>(begin));
  };
  copy(gaps_, out.gaps_);
  copy(breaks_, out.breaks_);
  return out;
}

bool FlowText::GapBefore(size_t at) const {
  return std::binary_search(gaps_.begin(), gaps_.end(), static_cast<uint32_t>(at));
}

size_t FlowText::GapUpTo(size_t at) const {
  auto it = std::lower_bound(gaps_.begin(), gaps_.end(), static_cast<uint32_t>(at));
  return it == gaps_.begin() ? 0 : *(it - 1);
}

bool FlowText::BreakBefore(size_t at) const {
  return std::binary_search(breaks_.begin(), breaks_.end(), static_cast<uint32_t>(at));
}

std::string FlowText::Printed(size_t begin, size_t end) const {
  end = std::min(end, printed_.size());
  begin = std::min(begin, end);
  return EncodeUtf8(TextView(printed_).substr(begin, end - begin));
}

const FlowText::Run* FlowText::RunAt(size_t at) const {
  auto it = std::upper_bound(runs_.begin(), runs_.end(), at, [](size_t a, const Run& run) { return a < run.offset; });
  return it == runs_.begin() ? nullptr : &*(it - 1);
}

v1::SourceSpan FlowText::SpanOf(size_t begin, size_t end) const {
  v1::SourceSpan span;
  end = std::min(end, text_.size());
  if (begin >= end) return span;
  const Run* first = RunAt(begin);
  const Run* last = RunAt(end - 1);
  if (first == nullptr || last == nullptr) return span;
  span.set_line(first->line);
  span.set_column(first->column + static_cast<int32_t>(begin - first->offset));
  span.set_end_line(last->line);
  span.set_end_column(last->column + static_cast<int32_t>(end - last->offset));
  return span;
}

int32_t FlowText::LineAt(size_t at) const {
  const Run* run = RunAt(at);
  return run == nullptr ? 0 : run->line;
}

}  // namespace duban
