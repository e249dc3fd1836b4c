#include "tests/crash/oracle.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "services/plan/directory/indexes.h"

namespace duban::testing {
namespace {

constexpr int kMostComplaints = 5;
constexpr size_t kMostRepeats = 40;

// What a command left behind: its parts, which have to be there all or none, and the answer that they hold.
struct Trace {
  absl::Status readable;
  std::vector<bool> parts;
  std::string answer;
};

Trace TraceOfStoreVictim(const Snapshot& snapshot, const std::string& id) {
  auto a = snapshot.Get<v1::Unit>("units/a-" + id);
  auto b = snapshot.Get<v1::Unit>("units/b-" + id);
  auto memo = snapshot.GetRow(MemoKey("anybody", "r-" + id));
  for (const absl::Status& status : {a.status(), b.status(), memo.status()}) {
    if (!status.ok()) return {status, {}, ""};
  }
  return {
      absl::OkStatus(), {a->has_value(), b->has_value(), memo->has_value()}, a->has_value() ? (*a)->value.etag() : ""};
}

Trace TraceOfPlanService(const Snapshot& snapshot, const std::string& id) {
  const std::string name = "units/" + id;
  auto unit = snapshot.Get<v1::Unit>(name);
  auto memo = snapshot.GetRow(MemoKey("anybody", "create-" + id));
  if (!unit.ok()) return {unit.status(), {}, ""};
  if (!memo.ok()) return {memo.status(), {}, ""};
  auto by_name = snapshot.GetIndex(kDirectoryName, {"单位" + id, name});
  if (!by_name.ok()) return {by_name.status(), {}, ""};
  return {absl::OkStatus(),
          {unit->has_value(), memo->has_value(), by_name->has_value()},
          unit->has_value() ? EtagOf((*unit)->sequence) : ""};
}

}  // namespace

void Tally::Add(const Tally& other) {
  for (int64_t Tally::*count : {&Tally::cycles, &Tally::faults, &Tally::acknowledged, &Tally::refused, &Tally::unknown,
                                &Tally::lost, &Tally::silent, &Tally::stuck, &Tally::unclear, &Tally::late}) {
    this->*count += other.*count;
  }
}

void Oracle::Complain(int64_t Tally::*count, const std::string& what) {
  if (++(tally_.*count) <= kMostComplaints) StrAppend(&complaints_, "  ", what, "\n");
}

void Oracle::Note(const std::string& reports) {
  std::set<std::string> sent;
  for (absl::string_view line : absl::StrSplit(reports, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() < 2 || words[0] == "failed") continue;
    Known& known = known_[words[1]];
    if (words[0] == "i") {
      sent.insert(words[1]);
      known.seen.reset();
      if (known.state == Known::kRefused) known.state = Known::kOpen;
    } else {
      sent.erase(words[1]);
      Settle(words[0], words[1], words.size() > 2 ? words[2] : "");
    }
  }
  // Whatever was sent and got no answer.
  for (const std::string& id : sent) {
    known_[id].cut_off = true;
    ++tally_.unknown;
  }
}

void Oracle::Settle(const std::string& word, const std::string& id, const std::string& answer) {
  Known& known = known_[id];
  if (word == "a") {
    ++tally_.acknowledged;
    if (known.state == Known::kAcknowledged && known.answer != answer) {
      Complain(&Tally::lost, StrCat(id, " was answered ", known.answer, ", and now ", answer));
    }
    known.state = Known::kAcknowledged;
    known.answer = answer;
    last_acknowledged_ = id;
  } else if (word == "n") {
    ++tally_.refused;
    if (known.state == Known::kOpen && !known.cut_off) known.state = Known::kRefused;
  } else if (word == "u") {
    ++tally_.unknown;
    known.cut_off = true;
  } else if (word == "w") {
    Complain(&Tally::silent, id + " was read, and is not as acknowledged");
  }
}

std::vector<std::string> Oracle::ToRepeat() const {
  std::vector<std::string> ids;
  for (const auto& [id, known] : known_) {
    if (known.state == Known::kOpen && ids.size() < kMostRepeats) ids.push_back(id);
  }
  if (!last_acknowledged_.empty()) ids.push_back(last_acknowledged_);
  return ids;
}

void Oracle::Judge(int64_t Tally::*count, const std::string& id, Known& known, bool there, const std::string& answer) {
  if (known.state == Known::kAcknowledged && !there) Complain(count, id + " was acknowledged and is lost");
  if (known.state == Known::kAcknowledged && there && answer != known.answer) {
    Complain(count, StrCat(id, " was answered ", known.answer, " and holds ", answer));
  }
  if (known.state == Known::kRefused && there) Complain(count, id + " was refused and is there");
  if (known.seen.has_value() && *known.seen != there) {
    Complain(count, StrCat(id, there ? " came" : " went", " without being sent again"));
  }
  known.seen = there;
}

Oracle::View Oracle::Look(const std::string& path, bool damaged, std::string* why) {
  StoreOptions options;
  options.path = path;
  options.service = "plan";
  options.node = "city";
  auto store = Store::Open(options);
  if (!store.ok()) {
    *why = std::string(ToStd(store.status().message()));
    return View::kNotOpened;
  }
  const auto count = damaged ? &Tally::silent : &Tally::lost;
  for (const absl::Status& status : {(*store)->VerifyChain(), (*store)->VerifyFeed()}) {
    if (status.ok()) continue;
    *why = std::string(ToStd(status.message()));
    // Whoever says that it cannot read a file has to stop as well; else nobody but us would ever have known.
    if (damaged && !(*store)->serving().ok()) return View::kUnreadable;
    Complain(count, *why);
    return View::kWhole;
  }
  const auto snapshot = (*store)->TakeSnapshot();
  // Which values of each counter are taken: 1 to the last, each once.
  std::map<char, std::set<int64_t>> values;
  for (auto& [id, known] : known_) {
    const Trace trace =
        writer_ == Writer::kStoreVictim ? TraceOfStoreVictim(*snapshot, id) : TraceOfPlanService(*snapshot, id);
    if (!trace.readable.ok()) {
      *why = std::string(ToStd(trace.readable.message()));
      if (damaged && !(*store)->serving().ok()) return View::kUnreadable;
      Complain(count, StrCat(id, " cannot be read: ", *why));
      continue;
    }
    const bool there = trace.parts[0];
    if (trace.parts != std::vector<bool>(trace.parts.size(), there)) Complain(count, id + " is there in part");
    Judge(count, id, known, there, trace.answer);
    int64_t value = 0;
    if (there && writer_ == Writer::kStoreVictim && ParseNumber(trace.answer, &value) &&
        !values[static_cast<char>((id.back() - '0') % 3)].insert(value).second) {
      Complain(count, id + " has a value that another command has too");
    }
  }
  for (const auto& [counter, taken] : values) {
    if (*taken.rbegin() != static_cast<int64_t>(taken.size())) Complain(count, "a counter has holes");
  }
  return View::kWhole;
}

}  // namespace duban::testing
