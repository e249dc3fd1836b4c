// Short numbers for assignments, kept on the person's own machine: what `duban todo` shows as 2 stays 2, for `duban
// sign 2` today and `duban submit 2` next week. They are given once and used again only when none is in use.
//
// Not thread-safe. Where numbers cannot be kept, because there is no home folder or it cannot be written, they are good
// for looking only.

#ifndef DUBAN_TOOLS_CLI_TODO_NUMBERS_H_
#define DUBAN_TOOLS_CLI_TODO_NUMBERS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/session.h"

namespace duban::cli {

class TodoNumbers {
 public:
  // Those kept for the session's assignment server; none where there are none yet.
  static TodoNumbers Read(const Session& session);

  // Gives every name of `owed` its number, a new one where it has none, and forgets the other names of `unit`. Returns
  // whether they could be kept.
  bool Update(const std::string& unit, const std::vector<std::string>& owed);

  // The number of a name; 0 where it has none.
  int Of(const std::string& name) const;
  // The name behind a number; nothing where it stands for none.
  std::optional<std::string> NameOf(int number) const;

 private:
  bool Write() const;

  // Empty where numbers cannot be kept.
  std::string folder_, file_;
  int last_ = 0;
  std::map<std::string, int> numbers_;
};

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_TODO_NUMBERS_H_
