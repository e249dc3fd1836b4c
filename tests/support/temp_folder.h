// A fresh folder for one test.

#ifndef DUBAN_TESTS_SUPPORT_TEMP_FOLDER_H_
#define DUBAN_TESTS_SUPPORT_TEMP_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace duban::testing {

// Made at the start, removed with everything in it at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "duban_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEMP_FOLDER_H_
