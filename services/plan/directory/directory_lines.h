// A first directory out of plan documents: every unit and group they name, as lines of a directory file
// (directory_file.h). A person completes them; what a document does not say is guessed by the last words of a name.
//
// Pure; any thread. Errors: none.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_LINES_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_LINES_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "duban/v1/plan.pb.h"

namespace duban {

// What is known besides the documents.
struct DirectoryLinesOptions {
  // The unit that issues the plans, above all others. Empty: the issuing unit of the first plan, or `本级政府`.
  std::string issuer;
  // Where units work that do not work at this node, by the unit's name.
  std::map<std::string, std::string> nodes;
  // Names that the directory has already; they get no line.
  std::set<std::string> known;
};

// The whole file, with its header. Units come in the order in which the plans name them, behind the issuer; groups
// come last, with members chosen by kind where the name says which (各街道, 各科室, 各区县政府), else all departments.
std::string DirectoryLinesOf(const std::vector<v1::Plan>& plans, const DirectoryLinesOptions& options);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_DIRECTORY_LINES_H_
