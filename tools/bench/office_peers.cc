#include "tools/bench/office_peers.h"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/pause.h"
#include "common/base/strings.h"
#include "tools/bench/bench_node.h"

namespace duban {
namespace {

constexpr char kPostgresPrograms[] = "/usr/lib/postgresql/15/bin";

// Runs a shell command; returns what it printed. One that fails ends the program.
std::string Shell(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) BenchDie(StrCat("cannot run ", command));
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
  if (pclose(pipe) != 0) BenchDie(StrCat(command, " failed: ", output));
  return output;
}

// The number behind a mark in a text; ends the program where there is none.
double NumberBehind(const std::string& text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == std::string::npos) BenchDie(StrCat("no `", mark, "` in: ", text));
  return std::strtod(text.c_str() + at + mark.size(), nullptr);
}

void Await(const std::string& what, const std::string& probe) {
  const absl::Duration end = RealClock().Steady() + absl::Seconds(30);
  while (std::system((probe + " >/dev/null 2>&1").c_str()) != 0) {
    if (RealClock().Steady() > end) BenchDie(StrCat(what, " did not start"));
    Pause(RealClock(), absl::Milliseconds(20));
  }
}

// A server in the background, ended by its process id.
class Server {
 public:
  explicit Server(std::vector<std::string> words, const std::string& log) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int descriptor : {1, 2}) {
      posix_spawn_file_actions_addopen(&actions, descriptor, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    }
    const int failed = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) BenchDie(StrCat("cannot start ", words[0]));
  }
  ~Server() {
    kill(pid_, SIGINT);
    waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  pid_t pid_ = -1;
};

void WriteFile(const std::string& path, std::string_view text) {
  std::ofstream(path) << text;
}

// Tables as an office would have them, with partial indexes for what waits. Everything commits durably; workers pull
// with SKIP LOCKED, one statement a bulk. pgbench is its client: compiled, prepared statements, as many connections.
class Postgres : public OfficePeer {
 public:
  explicit Postgres(const std::string& folder) : folder_(folder) {
    std::filesystem::create_directories(folder_);
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    // It refuses to run as root.
    if (geteuid() == 0) {
      const passwd* user = getpwnam("postgres");
      if (user == nullptr || chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) BenchDie("no user `postgres`");
      std::filesystem::path above = std::filesystem::path(folder_).parent_path();
      std::filesystem::permissions(above, std::filesystem::perms::all);
    }
    Shell(StrCat(AsUser(), kPostgresPrograms, "/initdb -D ", folder_, "/data -U postgres -A trust"));
    std::vector<std::string> words;
    if (geteuid() == 0) words = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
    for (const std::string& word :
         {StrCat(kPostgresPrograms, "/postgres"), std::string("-D"), StrCat(folder_, "/data"), std::string("-k"),
          folder_, std::string("-h"), std::string(""), std::string("-c"), std::string("shared_buffers=1GB"),
          std::string("-c"), std::string("max_wal_size=8GB"), std::string("-c"), std::string("max_connections=200"),
          std::string("-c"), std::string("synchronous_commit=on"), std::string("-c"), std::string("fsync=on")}) {
      words.push_back(word);
    }
    server_.emplace(words, folder_ + "/log");
    Await("PostgreSQL", StrCat(kPostgresPrograms, "/pg_isready -h ", folder_, " -U postgres"));
    Sql(R"(
      CREATE TABLE tasks(plan int, task int, heading int, text text, due date, PRIMARY KEY(plan, task));
      CREATE TABLE assignments(unit int, plan int, task int, state smallint NOT NULL DEFAULT 0, lease bigint,
        lease_until timestamptz, signer text, signed_at timestamptz, PRIMARY KEY(unit, plan, task));
      CREATE INDEX waiting ON assignments(unit) WHERE state = 0;
      CREATE TABLE board(unit int, state smallint, n bigint, PRIMARY KEY(unit, state));
      CREATE TABLE reminders(id bigserial PRIMARY KEY, unit int, due timestamptz, state smallint NOT NULL DEFAULT 0,
        lease bigint, confirmed_at timestamptz);
      CREATE INDEX due ON reminders(due) WHERE state = 0;
      CREATE INDEX leased ON reminders(lease) WHERE state = 1;)");
  }

  std::string name() const override { return "postgres"; }

  std::optional<double> Publish(int tasks, int units) override {
    units_ = units;
    std::vector<double> times;
    for (int i = 0; i < 4; ++i) {
      const int plan = ++plans_;
      const std::string out =
          Sql(StrCat("\\timing on\n", "WITH t AS (INSERT INTO tasks SELECT ", plan,
                     ", t, t % 10, '梳理本单位事项清单', '2024-12-31' ", "FROM generate_series(1,", tasks,
                     ") t RETURNING task), a AS (INSERT INTO assignments(unit, plan, task) SELECT u, ", plan,
                     ", t.task FROM t, generate_series(0,", units - 1, ") u RETURNING unit) ",
                     "INSERT INTO board SELECT unit, 0, count(*) FROM a GROUP BY unit ON CONFLICT (unit, state) DO "
                     "UPDATE SET n = ",
                     "board.n + excluded.n;"));
      times.push_back(NumberBehind(out, "Time: "));
    }
    std::sort(times.begin() + 1, times.end());
    return times[2];
  }

  std::optional<double> PullAndSign(int workers, int bulk, int64_t most) override {
    while (Count("assignments WHERE state = 0") < most) Publish(50, units_);
    const std::string script = folder_ + "/sign.sql";
    WriteFile(script,
              StrCat("\\set unit random(0, ", units_ - 1, ")\n\\set lease random(1, 9000000000000000)\n",
                     "UPDATE assignments SET lease = :lease, lease_until = now() + interval '10 min' WHERE ",
                     "(unit, plan, task) IN (SELECT unit, plan, task FROM assignments WHERE unit = :unit AND ",
                     "state = 0 AND (lease_until IS NULL OR lease_until < now()) LIMIT ", bulk,
                     " FOR UPDATE SKIP LOCKED) RETURNING plan, task;\n",
                     "UPDATE assignments SET state = 1, signer = '王一', signed_at = now() WHERE unit = :unit AND ",
                     "state = 0 AND lease = :lease;\n"));
    const int64_t before = Count("assignments WHERE state = 1");
    const int64_t each = std::max<int64_t>(1, most / workers / bulk);
    const double seconds = Bench(script, workers, each);
    return static_cast<double>(Count("assignments WHERE state = 1") - before) / seconds;
  }

  std::optional<double> Board(int calls) override {
    const std::string script = folder_ + "/board.sql";
    WriteFile(script, "SELECT unit, state, n FROM board;\n");
    return Bench(script, 1, calls) * 1000 / calls;
  }

  std::optional<double> Remind(int jobs, int bulk, int64_t count) override {
    Sql(StrCat("INSERT INTO reminders(unit, due) SELECT i % 200, now() FROM generate_series(1, ", count,
               ") i; ANALYZE;"));
    const std::string script = folder_ + "/remind.sql";
    WriteFile(script,
              StrCat("\\set lease random(1, 9000000000000000)\n",
                     "UPDATE reminders SET state = 1, lease = :lease WHERE id IN (SELECT id FROM reminders WHERE ",
                     "state = 0 AND due <= now() ORDER BY due LIMIT ", bulk, " FOR UPDATE SKIP LOCKED) RETURNING id;\n",
                     "UPDATE reminders SET state = 2, confirmed_at = now() WHERE lease = :lease AND state = 1;\n"));
    const double seconds = Bench(script, jobs, std::max<int64_t>(1, count / jobs / bulk));
    return static_cast<double>(Count("reminders WHERE state = 2")) / seconds;
  }

 private:
  static std::string AsUser() {
    return geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "";
  }

  std::string Sql(const std::string& text) {
    WriteFile(folder_ + "/text.sql", text);
    return Shell(StrCat("psql -q -v ON_ERROR_STOP=1 -h ", folder_, " -U postgres -At -f ", folder_, "/text.sql"));
  }

  int64_t Count(const std::string& from) {
    int64_t count = 0;
    std::string out = Sql(StrCat("SELECT count(*) FROM ", from, ";"));
    out.erase(out.find_last_not_of('\n') + 1);
    if (!ParseNumber(out, &count)) BenchDie(StrCat("no count: ", out));
    return count;
  }

  // Seconds that as many clients need for `each` runs of a script, without connecting.
  double Bench(const std::string& script, int clients, int64_t each) {
    const std::string out =
        Shell(StrCat(kPostgresPrograms, "/pgbench -n -M prepared -h ", folder_, " -U postgres -c ", clients, " -j ",
                     std::min(clients, 2), " -t ", each, " -f ", script, " postgres"));
    return static_cast<double>(clients) * static_cast<double>(each) / NumberBehind(out, "tps = ");
  }

  const std::string folder_;
  std::optional<Server> server_;
  int units_ = 200;
  int plans_ = 0;
};

// Lists of what waits by unit, hashes of what is signed, counters of the board; a script does a bulk at once, pulling
// and signing together, which is more than a client could do with two calls. Every write is synced (appendfsync
// always).
class Redis : public OfficePeer {
 public:
  explicit Redis(const std::string& folder) : socket_(folder + "/socket") {
    std::filesystem::create_directories(folder);
    server_.emplace(std::vector<std::string>{"redis-server", "--dir", folder, "--port", "0", "--unixsocket", socket_,
                                             "--appendonly", "yes", "--appendfsync", "always", "--save", ""},
                    folder + "/log");
    Await("Redis", StrCat("redis-cli -s ", socket_, " ping"));
  }

  std::string name() const override { return "redis"; }

  std::optional<double> Publish(int tasks, int units) override {
    units_ = units;
    std::vector<double> times;
    for (int i = 0; i < 4; ++i) {
      const int plan = ++plans_;
      const absl::Duration begin = RealClock().Steady();
      Cli(StrCat(
          "EVAL \"for t = 1, ", tasks, " do redis.call('HSET', 'task:", plan,
          ":' .. t, 'text', '梳理本单位事项清单', 'due', '2024-12-31') end for u = 0, ", units - 1,
          " do local w = {} for t = 1, ", tasks, " do w[t] = '", plan,
          ":' .. t end redis.call('RPUSH', 'waiting:' .. u, unpack(w)) redis.call('HINCRBY', 'board', u .. ':0', ",
          tasks, ") end return 1\" 0"));
      times.push_back(absl::ToDoubleMilliseconds(RealClock().Steady() - begin));
    }
    std::sort(times.begin() + 1, times.end());
    return times[2];
  }

  std::optional<double> PullAndSign(int workers, int bulk, int64_t most) override {
    for (int64_t waiting = 0; waiting < 2 * most; waiting += 4LL * 50 * units_) Publish(50, units_);
    const std::string before = Cli("GET signed");
    const std::string script =
        StrCat("local u = tonumber(ARGV[1]) % ", units_, " local p = redis.call('LPOP', 'waiting:' .. u, ", bulk,
               ") if not p then return 0 end local s = {} for i, t in ipairs(p) do s[2 * i - 1] = t s[2 * i] = "
               "'1|王一|1709514000' ",
               "end redis.call('HSET', 'state:' .. u, unpack(s)) redis.call('HINCRBY', 'board', u .. ':0', -#p) ",
               "redis.call('HINCRBY', 'board', u .. ':1', #p) redis.call('INCRBY', 'signed', #p) return #p");
    const double seconds = Bench(workers, std::max<int64_t>(workers, most / bulk), script);
    return (std::strtod(Cli("GET signed").c_str(), nullptr) - std::strtod(before.c_str(), nullptr)) / seconds;
  }

  std::optional<double> Board(int calls) override {
    const std::string out = Shell(StrCat("redis-benchmark -s ", socket_, " -c 1 -n ", calls, " --csv HGETALL board"));
    return 1000 / NumberBehind(out.substr(out.rfind("board")), "\",\"");
  }

  std::optional<double> Remind(int jobs, int bulk, int64_t count) override {
    for (int64_t first = 0; first < count; first += 100'000) {
      Cli(StrCat("EVAL \"for i = ", first, ", ", std::min(count, first + 100'000) - 1,
                 " do redis.call('ZADD', 'due', 1, i) end return 1\" 0"));
    }
    const std::string script = StrCat(
        "local p = redis.call('ZPOPMIN', 'due', ", bulk, ") local c = {} for i = 1, #p, 2 do c[i] = p[i] c[i + 1] = ",
        "'1709514000' end if #c > 0 then redis.call('HSET', 'confirmed', unpack(c)) end return #p");
    const double seconds = Bench(jobs, std::max<int64_t>(jobs, count / bulk), script);
    return std::strtod(Cli("HLEN confirmed").c_str(), nullptr) / seconds;
  }

 private:
  std::string Cli(const std::string& command) { return Shell(StrCat("redis-cli -s ", socket_, " ", command)); }

  // Seconds that as many clients need for `times` runs of a script with a random number.
  double Bench(int clients, int64_t times, const std::string& script) {
    std::string sha = Cli(StrCat("SCRIPT LOAD \"", script, "\""));
    sha.erase(sha.find_last_not_of('\n') + 1);
    const std::string out = Shell(StrCat("redis-benchmark -s ", socket_, " -c ", clients, " -n ", times,
                                         " -r 1000000000 --csv EVALSHA ", sha, " 0 __rand_int__"));
    return static_cast<double>(times) / NumberBehind(out.substr(out.rfind("__rand_int__")), "\",\"");
  }

  const std::string socket_;
  std::optional<Server> server_;
  int units_ = 200;
  int plans_ = 0;
};

}  // namespace

std::unique_ptr<OfficePeer> StartPostgres(const std::string& folder) {
  if (!std::filesystem::exists(StrCat(kPostgresPrograms, "/postgres"))) return nullptr;
  return std::make_unique<Postgres>(folder);
}

std::unique_ptr<OfficePeer> StartRedis(const std::string& folder) {
  if (!std::filesystem::exists("/usr/bin/redis-server")) return nullptr;
  return std::make_unique<Redis>(folder);
}

}  // namespace duban
