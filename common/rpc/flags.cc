#include "common/rpc/flags.h"

#include <cstdlib>
#include <fstream>
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

// What the file says that no flag is called, and in which line; empty where the error is another one.
std::string UnknownInFile(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_name() != "ConfigError") return "";
  const std::string_view what = error.what();
  const std::string name(what.substr(what.rfind(' ') + 1));
  const std::string path = app.get_option("--config")->as<std::string>();
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::string key = line.substr(0, line.find('='));
    absl::StripAsciiWhitespace(&key);
    if (key != name) continue;
    return StrCat(path, " 第 ", number, " 行：没有参数“", name, "”，--help 列出全部参数\n", path, " line ", number,
                  ": there is no flag `", name, "`; --help lists them all\n");
  }
  return "";
}

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
                 "配置文件，参数名相同，TOML 或 INI：node = \"district\"\n"
                 "File with the same names, as TOML or INI: node = \"district\"",
                 file != nullptr);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_help_flag("-h,--help", "显示本说明\nPrint this");
  app.set_version_flag("--version", StrCat(program, " ", DUBAN_VERSION), "显示版本\nPrint the version");
}

std::optional<ParseFailure> ParseFlags(CLI::App& app, std::string_view program, int argc, const char* const* argv) {
  std::ostringstream out, err;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 has exit codes of its own, over 100; ours are 0 and 2.
    const int code = app.exit(e, out, err) == 0 ? 0 : 2;
    const std::string unknown = UnknownInFile(app, e);
    const std::string why = unknown.empty() ? err.str() : unknown;
    return ParseFailure{code == 0 ? out.str() : StrCat(program, ": ", why), code};
  }
  return std::nullopt;
}

}  // namespace duban
