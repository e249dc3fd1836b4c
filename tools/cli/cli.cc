#include "tools/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "services/plan/phrases/nearest_names.h"
#include "tools/cli/command.h"
#include "tools/cli/commands.h"
#include "tools/cli/completion.h"
#include "tools/cli/printer.h"

namespace duban::cli {
namespace {

// Global options that are not the Session's business.
struct Appearance {
  std::string format = "table";
  std::string language;
  std::string color = "auto";
  std::optional<int> width;
  std::optional<absl::Duration> timeout;
};

// The language has to be known before the commands describe themselves, so it is looked for first. `--lang`, then
// DUBAN_LANG, then the locale: English where it says so, else Chinese.
Language ChooseLanguage(const std::vector<std::string>& arguments, const Environment& environment) {
  std::string wanted;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") break;
    if (arguments[i].rfind("--lang=", 0) == 0) wanted = arguments[i].substr(7);
    if (arguments[i] == "--lang" && i + 1 < arguments.size()) wanted = arguments[i + 1];
  }
  for (const char* variable : {"DUBAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (wanted.empty()) wanted = environment.variable(variable);
  }
  return wanted.rfind("en", 0) == 0 ? Language::kEnglish : Language::kChinese;
}

// The same words where arguments are wrong, whatever the parser says in English.
Phrase ProblemOf(const CLI::ParseError& error) {
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string extras = what.substr(std::min(what.size(), what.find(": ") + 2));
    return {StrCat("不认识的参数：", extras), StrCat("unknown argument: ", extras)};
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    const std::string missing = what.substr(0, what.find(" is required"));
    return {StrCat("缺少 ", missing), StrCat(missing, " is missing")};
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return {StrCat("选项的值缺少或多余：", what), what};
  }
  return {what, what};
}

// The command that was reached, as a person would type it.
std::string PathOf(const CLI::App& root) {
  std::string path = "duban";
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    StrAppend(&path, " ", app->get_name());
  }
  return path;
}

const CLI::App* Reached(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

// The first word that no command took; empty where there is none.
std::string UnknownWord(const CLI::App& root) {
  for (const std::string& word : root.remaining(true)) {
    if (!word.empty() && word.front() != '-') return word;
  }
  return "";
}

// What to say of a word where one of the commands of `group` belongs: the nearest one, or all there are.
Phrase UnknownCommand(const std::string& word, const CLI::App& group, const std::string& path) {
  std::vector<std::string> names;
  NearestNames nearest;
  for (const CLI::App* command : group.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    nearest.Add(names.back());
  }
  const std::vector<size_t> found = nearest.Find(word, 1, [](size_t) { return true; });
  const std::string typed = StrCat(path, " ", word);
  if (!found.empty()) {
    const std::string& meant = names[found.front()];
    return {StrCat("不认识的命令：", typed, "。是不是 ", path, " ", meant, "？"),
            StrCat("unknown command: ", typed, "; did you mean ", path, " ", meant, "?")};
  }
  return {StrCat("不认识的命令：", typed, "。可用的有：", absl::StrJoin(names, "、"), "。"),
          StrCat("unknown command: ", typed, "; there are: ", absl::StrJoin(names, ", "), ";")};
}

// As the parser takes them: last first. `--remark=` becomes `--remark` and an empty value, which the parser would
// otherwise take for none.
std::vector<std::string> Reversed(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (auto it = arguments.rbegin(); it != arguments.rend(); ++it) {
    const bool empty_value = it->size() > 3 && it->rfind("--", 0) == 0 && it->find('=') == it->size() - 1;
    if (empty_value) out.emplace_back();
    out.push_back(empty_value ? it->substr(0, it->size() - 1) : *it);
  }
  return out;
}

class Program {
 public:
  Program(const std::vector<std::string>& arguments, const Environment& environment)
      : arguments_(arguments),
        environment_(environment),
        words_(ChooseLanguage(arguments, environment)),
        app_(words_({"督办：从工作要点到办结", "Duban: from a plan to results"}), "duban") {
    options_.language = words_.language();
    Describe();
  }

  int Run() {
    try {
      app_.parse(Reversed(arguments_));
    } catch (const CLI::CallForVersion&) {
      *environment_.out << "duban " << DUBAN_VERSION << "\n";
      return 0;
    } catch (const CLI::Success&) {
      *environment_.out << app_.help();
      return 0;
    } catch (const CLI::ParseError& error) {
      return Refuse(error);
    }
    return RunCommand();
  }

 private:
  void Describe();
  void DescribeOptions();
  void DescribeCompletion();
  Printer MakePrinter() const;
  int Refuse(const CLI::ParseError& error);
  int RunCommand();

  const std::vector<std::string>& arguments_;
  const Environment& environment_;
  const Words words_;
  Options options_;
  Appearance appearance_;
  Command::Runs runs_;
  CLI::App app_;
};

void Program::Describe() {
  app_.set_help_flag("-h,--help", words_({"显示用法", "show this help"}));
  app_.set_version_flag("--version", DUBAN_VERSION, words_({"显示版本", "show the version"}))
      ->group(words_({"选项", "Options"}));
  app_.option_defaults()->group(words_({"选项", "Options"}));
  app_.get_help_ptr()->group(words_({"选项", "Options"}));
  app_.group(words_({"命令", "Commands"}));
  auto formatter = std::make_shared<CLI::Formatter>();
  formatter->column_width(32);
  formatter->label("Usage", words_({"用法", "Usage"}));
  formatter->label("Positionals", words_({"参数", "Arguments"}));
  formatter->label("OPTIONS", words_({"选项", "OPTIONS"}));
  formatter->label("SUBCOMMAND", words_({"命令", "COMMAND"}));
  formatter->label("SUBCOMMANDS", words_({"命令", "COMMAND"}));
  formatter->label("REQUIRED", words_({"（必填）", "(required)"}));
  app_.formatter(formatter);
  app_.require_subcommand(1);
  app_.fallthrough();
  DescribeOptions();
  const Command root(&app_, words_, &runs_);
  AddPlanCommands(root);
  AddUnitCommands(root);
  AddCalendarCommands(root);
  AddTodoCommands(root);
  AddAssignmentCommands(root);
  AddEvidenceCommands(root);
  AddReminderCommands(root);
  AddNodeCommands(root);
  AddDoctor(root);
  AddSignInCommands(root);
  AddPeopleCommands(root);
  AddAccessCommands(root);
  AddKeysCommands(root);
  AddAuditCommands(root);
  AddSearchCommand(root);
  DescribeCompletion();
  app_.footer(words_(
      {"退出码：\n"
       "  0  办成\n"
       "  1  被拒绝：请求或文件有误，或无权办理。改正后再试\n"
       "  2  命令行有误，或文件读不了\n"
       "  3  服务器连不上、未就绪或未及时答复。用同一 --request-id 重试\n"
       "  4  现在还不能办：有待核实事项未处理、状态不符、已被别处领取或领取已到期、容量已满\n"
       "  5  没有这个对象\n"
       "  6  读取之后已被别人改过。重新查看再决定\n"
       "  7  服务器内部错误。请告诉管理员\n"
       "\n环境变量：DUBAN_SERVER、DUBAN_KEYS（证书）、DUBAN_UNIT（单位）、DUBAN_PERSON（经办人）、DUBAN_LANG（zh 或 "
       "en）、NO_COLOR\n"
       "补全：source <(duban completion bash)",
       "Exit codes:\n"
       "  0  done\n"
       "  1  refused: the request or the document is wrong, or not for this caller; change it\n"
       "  2  the command line is wrong, or a file cannot be read\n"
       "  3  not reached, not serving, or no answer in time; repeat with the same --request-id\n"
       "  4  not now: open findings, another state, a lease that is not held, something that is full\n"
       "  5  there is no such thing\n"
       "  6  changed since it was read; read again, then decide again\n"
       "  7  internal error of the server; tell the operator\n"
       "\nEnvironment: DUBAN_SERVER, DUBAN_KEYS, DUBAN_UNIT, DUBAN_PERSON (who acts), DUBAN_LANG (zh or en), NO_COLOR\n"
       "Completion: source <(duban completion bash)"}));
}

void Program::DescribeOptions() {
  Command root(&app_, words_, &runs_);
  root.Text("--server=HOST:PORT", &options_.server,
            {"服务器；默认取 DUBAN_SERVER，再默认 127.0.0.1:7100",
             "the server; DUBAN_SERVER, else 127.0.0.1:7100 if left out"})
      .Text("--plan-server=HOST:PORT", &options_.plan_server, {"计划服务另在别处时", "where the plan service is apart"})
      .Text("--assignment-server=HOST:PORT", &options_.assignment_server,
            {"交办服务另在别处时", "where the assignment service is apart"})
      .Text("--notification-server=HOST:PORT", &options_.notification_server,
            {"提醒服务另在别处时", "where the notification service is apart"})
      .Text("--keys=DIR", &options_.keys,
            {"本方证书所在文件夹；默认取 DUBAN_KEYS", "folder of the caller's keys; DUBAN_KEYS if left out"})
      .Flag("--as-keys", &options_.as_keys,
            {"只以证书身份调用，不用登录人身份", "call as the keys alone, whoever is signed in"})
      .Flag("--insecure", &options_.insecure,
            {"不用证书，只限本机、只限开发", "without certificates, to this machine alone, for development"})
      .Choice("--format", &appearance_.format, {"table", "json"},
              {"table 给人看，json 给程序用；默认 table", "table for people, json for programs; table if left out"})
      .Choice("--lang", &appearance_.language, {"zh", "en"},
              {"语言；默认取 DUBAN_LANG、LANG", "language; DUBAN_LANG, then LANG if left out"})
      .Choice("--color", &appearance_.color, {"auto", "always", "never"},
              {"颜色；默认 auto", "colours; auto if left out"})
      .Number("--width=COLUMNS", &appearance_.width, 40, 1000,
              {"按此宽度排版；默认终端宽度", "columns to wrap to; the terminal's if left out"})
      .Duration("--timeout=TIME", &appearance_.timeout,
                {"每次调用的时限，如 30s；默认 30s", "for each call, such as 30s; 30s if left out"});
}

void Program::DescribeCompletion() {
  auto shell = std::make_shared<std::string>();
  Command(&app_, words_, &runs_)
      .Leaf("completion", {"输出 shell 补全脚本", "print a completion script"},
            [this, shell](Session& session) {
              *session.environment().out << (*shell == "zsh" ? ZshCompletion(app_) : BashCompletion(app_));
              return absl::OkStatus();
            })
      .Choice("SHELL", shell.get(), {"bash", "zsh"}, {"bash 或 zsh", "bash or zsh"}, kRequired)
      .Footer({"bash：source <(duban completion bash)\nzsh： source <(duban completion zsh)",
               "bash: source <(duban completion bash)\nzsh:  source <(duban completion zsh)"});
}

Printer Program::MakePrinter() const {
  Look look;
  look.width = appearance_.width.has_value()  ? static_cast<size_t>(*appearance_.width)
               : environment_.out_is_terminal ? environment_.width
                                              : 0;
  const bool plain = !environment_.variable("NO_COLOR").empty() || environment_.variable("TERM") == "dumb";
  look.color = appearance_.color == "always" || (appearance_.color == "auto" && environment_.out_is_terminal && !plain);
  return Printer(environment_.out, environment_.err, words_, look, options_.json, environment_.out_is_terminal,
                 environment_.err_is_terminal);
}

int Program::Refuse(const CLI::ParseError& error) {
  // Nothing was parsed for certain, so the format is looked for as the language is.
  options_.json = std::find(arguments_.begin(), arguments_.end(), "--format=json") != arguments_.end();
  Printer printer = MakePrinter();
  const CLI::App* reached = Reached(app_);
  const bool no_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                          std::string(error.what()).find("ubcommand") != std::string::npos;
  const std::string path = PathOf(app_);
  const std::string unknown = no_command ? UnknownWord(app_) : "";
  if (!unknown.empty()) {
    const Phrase problem = UnknownCommand(unknown, *reached, path);
    printer.Error(
        UsageError({StrCat(problem.zh, "用法见 ", path, " --help"), StrCat(problem.en, " see ", path, " --help")}));
    return static_cast<int>(ExitCode::kUsage);
  }
  if (no_command && !options_.json) {
    // The parser puts the command's own name behind.
    const size_t last = path.rfind(' ');
    *environment_.err << reached->help(last == std::string::npos ? "" : path.substr(0, last));
    return static_cast<int>(ExitCode::kUsage);
  }
  Phrase problem = ProblemOf(error);
  if (no_command) problem = {"缺少命令", "a command is missing"};
  printer.Error(
      UsageError({StrCat(problem.zh, "。用法见 ", path, " --help"), StrCat(problem.en, "; see ", path, " --help")}));
  return static_cast<int>(ExitCode::kUsage);
}

int Program::RunCommand() {
  options_.json = appearance_.format == "json";
  if (appearance_.timeout.has_value()) options_.timeout = *appearance_.timeout;
  Printer printer = MakePrinter();
  const CLI::App* reached = Reached(app_);
  for (const auto& [app, run] : runs_) {
    if (app != reached) continue;
    Session session(environment_, options_, &printer);
    const absl::Status status = run(session);
    if (!status.ok()) printer.Error(status);
    environment_.out->flush();
    return static_cast<int>(ExitCodeOf(status));
  }
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace

int RunCli(const std::vector<std::string>& arguments, const Environment& environment) {
  return Program(arguments, environment).Run();
}

}  // namespace duban::cli
