#include "tests/crash/power_cut.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/strings.h"

namespace duban::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSector = 512;

// A file or folder, whatever it is called. `id` 0: never touched, so its bytes are where its name is.
struct Node {
  int id = 0;
  bool folder = false;
  std::string untouched_path;
};
using Names = std::map<std::string, std::shared_ptr<Node>>;
// Names that change together; no node: the name goes.
using Change = std::vector<std::pair<std::string, std::shared_ptr<Node>>>;

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Replays the shim's journal.
class Replay {
 public:
  explicit Replay(const std::set<std::string>& before) {
    for (const std::string& path : before) {
      auto node = std::make_shared<Node>();
      node->folder = fs::is_directory(path);
      node->untouched_path = path;
      live_[path] = durable_[path] = std::move(node);
    }
  }

  void Line(const std::string& line) {
    const std::string rest = line.substr(2);
    switch (line[0]) {
      case 'N':
      case 'C':
        return Touch(rest, line[0] == 'C');
      case 'M': {
        auto node = std::make_shared<Node>();
        node->folder = true;
        return Do({{rest, std::move(node)}});
      }
      case 'R':
      case 'L': {
        const std::string from = rest.substr(0, rest.find('\t'));
        const std::string to = rest.substr(rest.find('\t') + 1);
        return line[0] == 'R' ? Do({{to, live_[from]}, {from, nullptr}}) : Do({{to, live_[from]}});
      }
      case 'U':
        return Do({{rest, nullptr}});
      default:
        return Sync(rest);
    }
  }

  // Lets the first `count` changes that were not synced last.
  void Keep(size_t count) {
    for (size_t i = 0; i < count; ++i) Apply(pending_[i], durable_);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  size_t pending() const { return pending_.size(); }
  const Names& durable() const { return durable_; }

 private:
  void Touch(const std::string& rest, bool made) {
    const size_t space = rest.find(' ');
    const std::string path = rest.substr(space + 1);
    auto found = live_.find(path);
    // One that was there: under whatever name it is durable, it is this one.
    if (!made && found != live_.end()) {
      found->second->id = std::stoi(rest);
      return;
    }
    auto node = std::make_shared<Node>();
    node->id = std::stoi(rest);
    Do({{path, std::move(node)}});
  }

  static void Apply(const Change& change, Names& names) {
    for (const auto& [path, node] : change) node == nullptr ? (void)names.erase(path) : (void)(names[path] = node);
  }

  void Do(Change change) {
    Apply(change, live_);
    pending_.push_back(std::move(change));
  }

  void Sync(const std::string& folder) {
    std::vector<Change> left;
    for (Change& change : pending_) {
      if (FolderOf(change[0].first) == folder) {
        Apply(change, durable_);
      } else {
        left.push_back(std::move(change));
      }
    }
    pending_ = std::move(left);
  }

  Names live_, durable_;
  std::vector<Change> pending_;
};

std::string BytesAfter(const std::string& durable, const std::string& live, Luck luck, std::mt19937_64& dice) {
  if (luck == Luck::kNone || live == durable) return durable;
  if (luck == Luck::kInOrder) {
    const size_t same = static_cast<size_t>(
        std::mismatch(live.begin(), live.end(), durable.begin(), durable.end()).first - live.begin());
    // Up to the last byte that changed: where a write inside the file tore.
    size_t end = live.size();
    while (live.size() == durable.size() && end > same && live[end - 1] == durable[end - 1]) --end;
    const size_t keep = same + dice() % (end - same + 1);
    return live.substr(0, keep) + (keep < durable.size() ? durable.substr(keep) : "");
  }
  const size_t shorter = std::min(durable.size(), live.size());
  const size_t longer = std::max(durable.size(), live.size());
  std::string bytes = durable;
  bytes.resize(shorter + dice() % (longer - shorter + 1));
  for (size_t at = 0; at < bytes.size(); at += kSector) {
    const size_t size = std::min(kSector, bytes.size() - at);
    if (dice() % 2 == 0 && at + size <= live.size()) bytes.replace(at, size, live, at, size);
  }
  // What was synced beyond the end of what is there now cannot be kept from it.
  if (live.size() >= durable.size() && bytes.size() < durable.size()) bytes.resize(durable.size());
  return bytes;
}

}  // namespace

std::set<std::string> NamesIn(const std::string& folder) {
  std::set<std::string> names;
  if (!fs::exists(folder)) return names;
  names.insert(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) names.insert(entry.path().string());
  return names;
}

int CutPower(const std::string& folder, const std::set<std::string>& before, const std::string& shadow, Luck luck,
             std::mt19937_64& dice) {
  Replay replay(before);
  std::ifstream journal(shadow + "/journal");
  for (std::string line; std::getline(journal, line);) replay.Line(line);
  int lost = static_cast<int>(replay.pending());
  if (luck != Luck::kNone) replay.Keep(dice() % (replay.pending() + 1));
  const std::string after = folder + ".after";
  // Folders come before what is in them.
  for (const auto& [path, node] : replay.durable()) {
    const std::string place = after + path.substr(folder.size());
    if (node->folder) {
      std::error_code ignored;
      fs::create_directory(place, ignored);
      continue;
    }
    if (!fs::exists(FolderOf(place))) continue;
    if (node->id == 0) {
      fs::copy_file(node->untouched_path, place);
      continue;
    }
    const std::string durable = ReadFile(StrCat(shadow, "/", node->id));
    const std::string live = ReadFile(StrCat(shadow, "/", node->id, ".live"));
    if (live != durable) ++lost;
    std::ofstream(place, std::ios::binary) << BytesAfter(durable, live, luck, dice);
  }
  fs::remove_all(folder);
  fs::rename(after, folder);
  return lost;
}

}  // namespace duban::testing
