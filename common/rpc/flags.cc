#include "common/rpc/flags.h"

#include <cstdlib>
#include <memory>
#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"

namespace duban {
namespace {

// The file without what the environment says too: CLI11 by itself lets the file win.
class FileBehindEnvironment final : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& file) const override {
    std::vector<CLI::ConfigItem> items = CLI::ConfigTOML::from_config(file);
    std::erase_if(
        items, [](const CLI::ConfigItem& item) { return std::getenv(EnvironmentName(item.name).c_str()) != nullptr; });
    return items;
  }
};

}  // namespace

std::string EnvironmentName(std::string_view flag) {
  std::string name = StrCat("DUBAN_", flag);
  for (char& c : name) c = c == '-' ? '_' : absl::ascii_toupper(static_cast<unsigned char>(c));
  return name;
}

void AddFile(CLI::App& app, std::string_view program) {
  app.config_formatter(std::make_shared<FileBehindEnvironment>());
  // CLI11 reads the file before the environment, so the file's own name is read here.
  const char* file = std::getenv("DUBAN_CONFIG");
  app.set_config("--config", file == nullptr ? "" : file,
                 "File with the same names, as TOML or INI: node = \"district\"", file != nullptr);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_version_flag("--version", StrCat(program, " ", DUBAN_VERSION));
}

std::optional<ParseFailure> ParseFlags(CLI::App& app, std::string_view program, int argc, const char* const* argv) {
  std::ostringstream out, err;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 has exit codes of its own, over 100; ours are 0 and 2.
    const int code = app.exit(e, out, err) == 0 ? 0 : 2;
    return ParseFailure{code == 0 ? out.str() : StrCat(program, ": ", err.str()), code};
  }
  return std::nullopt;
}

}  // namespace duban
