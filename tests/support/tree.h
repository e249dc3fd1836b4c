// Where the tree lies that is tested. Two functions and no macro, so that one object alone knows the paths: all others
// are the same in every clone, and the compiler's cache serves them.
#ifndef DUBAN_TESTS_SUPPORT_TREE_H_
#define DUBAN_TESTS_SUPPORT_TREE_H_

#include <string>

namespace duban {

// The folder of the sources, absolute, without a slash at its end.
std::string SourceFolder();

// The folder of the build, absolute, without a slash at its end; programs are in its `bin`.
std::string BuildFolder();

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_TREE_H_
