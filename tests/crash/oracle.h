// What is known from outside of what a victim was asked and what it said, and the comparison with what is left on disk.
//
// Not thread-safe.

#ifndef DUBAN_TESTS_CRASH_ORACLE_H_
#define DUBAN_TESTS_CRASH_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace duban::testing {

// What went on and what went wrong; everything from `lost` on must stay 0.
struct Tally {
  int64_t cycles = 0, faults = 0;
  int64_t acknowledged = 0, refused = 0, unknown = 0;
  // Acknowledged, and gone, or there in part, or answered differently; refused, and there.
  int64_t lost = 0;
  // Damage that was neither harmless nor noticed: wrong data was shown, or a store was opened below its mark.
  int64_t silent = 0;
  // Nothing promised was lost, and still the victim did not start again by itself.
  int64_t stuck = 0;
  // Said no without the file, the meaning and what to do, or with an exit code that says something else.
  int64_t unclear = 0;
  // Stopped later than promised after its disk had failed.
  int64_t late = 0;

  int64_t bad() const { return lost + silent + stuck + unclear + late; }
  void Add(const Tally& other);
};

// Which program wrote the folder: what a command leaves there.
enum class Writer { kStoreVictim, kPlanService };

class Oracle {
 public:
  explicit Oracle(Writer writer) : writer_(writer) {}

  // Takes in the lines that a victim reported (see store_victim.cc).
  void Note(const std::string& reports);
  // Ids whose outcome is open, and one that was acknowledged: each has to be answered as before from now on.
  std::vector<std::string> ToRepeat() const;
  // Opens the store at `path` and compares; `why` says why it did not open or cannot be read. Whatever is missing or
  // different counts as lost; where the files were `damaged` on purpose, as silent, and what says that it cannot be
  // read is no fault.
  enum class View { kWhole, kUnreadable, kNotOpened };
  View Look(const std::string& path, bool damaged, std::string* why);

  // Counts and complaints begin anew; what is known stays.
  void StartTally() {
    tally_ = {};
    complaints_.clear();
  }
  const Tally& tally() const { return tally_; }
  // The first few things that are wrong, a line each.
  const std::string& complaints() const { return complaints_; }
  void Complain(int64_t Tally::*count, const std::string& what);

 private:
  struct Known {
    enum State { kOpen, kAcknowledged, kRefused } state = kOpen;
    std::string answer;
    // An earlier attempt was cut off, so that a refusal says nothing.
    bool cut_off = false;
    // Whether it was there when it was looked for last; nothing once it is sent again.
    std::optional<bool> seen;
  };

  void Settle(const std::string& word, const std::string& id, const std::string& answer);
  void Judge(int64_t Tally::*count, const std::string& id, Known& known, bool there, const std::string& answer);

  const Writer writer_;
  std::map<std::string, Known> known_;
  std::string last_acknowledged_;
  Tally tally_;
  std::string complaints_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_ORACLE_H_
