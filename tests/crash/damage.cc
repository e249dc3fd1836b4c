#include "tests/crash/damage.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "common/base/strings.h"

namespace duban::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSector = 512;
constexpr size_t kBlock = 4096;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Files with content whose path contains `part`, in order.
std::vector<std::string> Matching(const std::string& folder, const std::string& part) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    const bool matches = path.find(part, folder.size()) != std::string::npos;
    if (entry.is_regular_file() && matches && entry.file_size() > 0) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Changes bytes in place; says how.
std::string Spoil(std::string& bytes, std::mt19937_64& dice) {
  const size_t at = dice() % bytes.size();
  switch (dice() % 6) {
    case 0: {
      const int bit = static_cast<int>(dice() % 8);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      return StrCat("bit ", bit, " of byte ", at, " flipped");
    }
    case 1:
      bytes[at] = static_cast<char>(bytes[at] + 1 + static_cast<char>(dice() % 255));
      return StrCat("byte ", at, " changed");
    case 2: {
      const size_t begin = at / kBlock * kBlock;
      const size_t size = std::min(kBlock, bytes.size() - begin);
      bytes.replace(begin, size, size, '\0');
      return StrCat("block at ", begin, " zeroed");
    }
    case 3: {
      const size_t other = dice() % bytes.size() / kSector * kSector;
      const size_t begin = at / kSector * kSector;
      const size_t size = std::min({kSector, bytes.size() - begin, bytes.size() - other});
      std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                       bytes.begin() + static_cast<std::ptrdiff_t>(begin + (begin == other ? 0 : size)),
                       bytes.begin() + static_cast<std::ptrdiff_t>(other));
      return StrCat("sectors at ", begin, " and ", other, " exchanged");
    }
    case 4: {
      const size_t begin = at / kSector * kSector;
      const size_t size = std::min(kSector, bytes.size() - begin);
      for (size_t i = 0; i < size; ++i) bytes[begin + i] = static_cast<char>(dice());
      return StrCat("noise in the sector at ", begin);
    }
    default:
      bytes.resize(at);
      return StrCat("cut to ", at, " bytes");
  }
}

// Older files over the newer ones: those of one sort, or the whole database, or the mark alone.
std::string BringBack(const std::string& folder, const std::string& earlier, const std::string& part,
                      std::mt19937_64& dice) {
  if (dice() % 3 == 0) {
    fs::remove_all(folder + "/db");
    fs::copy(earlier + "/db", folder + "/db", fs::copy_options::recursive);
    return "the database changed for an older copy";
  }
  const std::vector<std::string> old = Matching(earlier, part);
  for (const std::string& path : old) {
    fs::copy_file(path, folder + path.substr(earlier.size()), fs::copy_options::overwrite_existing);
  }
  return StrCat(old.size(), " older files ", part, " brought back");
}

}  // namespace

std::string Damage(const std::string& folder, const std::string& earlier, std::mt19937_64& dice) {
  static const char* const kParts[] = {".log",    ".log",       ".sst",    ".sst",    "MANIFEST",
                                       "CURRENT", "high_water", "OPTIONS", "IDENTITY"};
  const std::string part = kParts[dice() % std::size(kParts)];
  const std::vector<std::string> files = Matching(folder, part);
  if (files.empty()) return "";
  const std::string& path = files[dice() % files.size()];
  switch (dice() % 12) {
    case 0:
      fs::remove(path);
      return path + " deleted";
    case 1: {
      const std::vector<std::string> all = Matching(folder, "/");
      const std::string& other = all[dice() % all.size()];
      const std::string bytes = ReadFile(path);
      WriteFile(path, ReadFile(other));
      WriteFile(other, bytes);
      return StrCat(path, " and ", other, " exchanged");
    }
    case 2:
      return BringBack(folder, earlier, part, dice);
    case 3:
      WriteFile(path, "");
      return path + " emptied";
    default: {
      std::string bytes = ReadFile(path);
      const std::string how = Spoil(bytes, dice);
      WriteFile(path, bytes);
      return StrCat(path, ": ", how);
    }
  }
}

}  // namespace duban::testing
