#!/usr/bin/python3
"""Holds the rules of this code base that no compiler or linter knows.

    tools/tidy.py [ROOT]     checks the tree, prints one line per problem, exits 1 if there is any
    tools/tidy.py --rules    lists the rules

A line that has to break a rule says so itself, on the line or just above it, with its reason:

    // tidy: allow RULE because REASON

A suppression without a reason, with an unknown rule or with nothing to suppress is a problem of its own.
Each rule is a function with the decorator `rule`; tests/tools/tidy_test.py shows each of them failing and passing.
"""

import ast
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
MAX_LINE = 120  # code points
MAX_FUNCTION = 70  # lines, from signature to closing brace

CODE = (".cc", ".h")
TEXT = CODE + (".proto", ".py", ".js", ".cmake", ".sh", ".yaml", ".json", ".md", ".txt", ".service")

# Which folder inside common/ may include which: base < access, calendar, store < backup, feed < node < rpc <
# replication.
COMMON_LAYERS = {
    "base": {"base"},
    "access": {"base", "access"},
    "calendar": {"base", "calendar"},
    "store": {"access", "base", "store"},
    "feed": {"access", "base", "calendar", "store", "feed"},
    "node": {"access", "base", "calendar", "store", "feed", "node"},
    "backup": {"access", "base", "store", "backup"},
    "replication": {"access", "base", "store", "node", "rpc", "replication"},
    "words": {"access", "base", "words"},
    "rpc": {"access", "base", "calendar", "store", "backup", "feed", "node", "rpc"},
}

# What else the folders inside a service may include: sources, phrases and the reader are pure, and the directory knows
# no plan.
SERVICE_FOLDERS = {
    "services/plan/source/": ("common/base/", "services/plan/source/"),
    "services/plan/phrases/": ("common/base/", "services/plan/source/", "services/plan/phrases/"),
    "services/plan/reader/": (
        "common/base/", "services/plan/source/", "services/plan/phrases/", "services/plan/reader/"),
    "services/plan/directory/": (
        "common/", "services/plan/source/", "services/plan/phrases/", "services/plan/directory/"),
}

# What lies at the top, beside dotfiles.
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "DECISIONS.md", "LICENSE", "README.md", "README.zh.md",
    "common", "deploy", "proto", "services", "tests", "tools",
}

# Where a thing that is banned elsewhere is at home. A path that ends in `/` stands for the folder.
HOMES = {
    "rocksdb-headers": {
        "common/store/": "the store is the one door to the disk",
        "tests/support/faulty_file_system.h": "injects faults beneath RocksDB",
        "tests/support/faulty_file_system.cc": "injects faults beneath RocksDB",
        "tests/support/memory_file_system.h": "keeps a store's files in memory",
        "tests/support/memory_file_system.cc": "keeps a store's files in memory",
        "tests/simulation/disk.h": "gives a simulated node its disk",
        "tests/simulation/disk.cc": "gives a simulated node its disk",
        "tests/replication/replicated_store_test.cc": "takes from a copy what was not synced",
        "tests/unit/store_backup_test.cc": "changes the bytes of copies",
        "tests/unit/store_verification_test.cc": "changes the bytes beneath a store",
        "tests/unit/store_fault_test.cc": "says which of RocksDB's errors a disk gives",
        "tests/unit/store_damage_test.cc": "changes the bytes beneath a store",
        "tests/support/test_store.h": "hands a store the files it lives on",
        "tools/bench/": "measures raw RocksDB beside the writer",
        "common/pch.cc": "precompiles headers, has no code",
    },
    "grpc-headers": {
        "common/replication/grpc_etcd.cc": "the one that calls etcd",
    },
    "grpc-status": {
        "common/rpc/grpc_status.cc": "the one bridge between absl::Status and gRPC",
        "common/rpc/transport_keys.cc": "what gRPC asks of who looks at a peer's certificate",
    },
    "real-time": {
        "common/base/clock.cc": "the one file that reads and waits for real time",
        "tools/bench/": "measures how long things take",
    },
    "randomness": {
        "common/base/ids.cc": "the one source of random ids",
    },
    "mutex": {
        "common/base/mutex.h": "the one lock, which the thread sanitizer can see",
        "common/pch.cc": "precompiles headers, has no code",
        "tests/crash/io_shim.cc": "is loaded before any library, of ours or others'",
    },
    "command-names": {
        "common/access/authority.cc": "what `duban keys` runs",
        "common/access/sealing_keys.cc": "told to whoever starts a program",
        "common/access/token_keys.cc": "told to whoever starts a program",
        "common/feed/rebuild.cc": "told to whoever starts a program on a store that `duban node rebuild` left halfway",
        "common/rpc/server_options.cc": "the flags of a program, and what is wrong with them",
        "common/store/rocks.h": "told to whoever starts a program on a store that is lost",
        "services/console/options_module.cc": "the flags of a program, and what is wrong with them",
    },
    "threads": {
        "common/base/loop.h": "the wrapper that loops are started with",
        "common/store/store.cc": "the writer's own threads",
        "common/feed/hop_runner.h": "a follower's own thread",
        "common/feed/hop_runner.cc": "a follower's own thread",
        "common/replication/replica_server.cc": "waits until it is its turn to lead",
        "common/rpc/": "the server's loops",
        "services/console/http_server.cc": "two threads look after all browsers",
        "tools/bench/": "many callers at once are what it measures",
        "tests/": "tests play many callers at once",
    },
}


class Problem:
    """One broken rule at one place."""

    def __init__(self, path, line, rule_name, message):
        self.path, self.line, self.rule, self.message = path, line, rule_name, message

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Source:
    """One text file: its lines, and its code with comments and literals blanked out, line for line."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")
        self.code = blank_literals(text) if path.endswith(CODE + (".proto",)) else text
        self.code_lines = self.code.split("\n")

    def includes(self):
        """Yields (line number, included path)."""
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if match:
                yield number, match.group(1)

    def search(self, pattern):
        """Yields (line number, match) for each match of a pattern in the code."""
        for match in re.finditer(pattern, self.code):
            yield self.code.count("\n", 0, match.start()) + 1, match


class Tree:
    """The files under a root, by path relative to it."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(list_files(root))
        self._sources = {}

    def source(self, path):
        if path not in self._sources:
            with open(os.path.join(self.root, path), encoding="utf-8") as file:
                self._sources[path] = Source(path, file.read())
        return self._sources[path]

    def having(self, *endings):
        return [self.source(path) for path in self.paths if path.endswith(endings)]

    def scripts(self):
        """Scripts without an ending, told by their first line."""
        for path in self.paths:
            if "." in os.path.basename(path) or os.path.getsize(os.path.join(self.root, path)) > 1 << 20:
                continue
            with open(os.path.join(self.root, path), "rb") as file:
                if file.read(2) == b"#!":
                    yield self.source(path)


def list_files(root):
    """What git would keep: tracked files and new ones that are not ignored. Without git: all but build folders."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if os.path.exists(os.path.join(root, ".git")):
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        return [path for path in listed if path and os.path.isfile(os.path.join(root, path))]
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not re.match(r"build.*$|node_modules$|__pycache__$|\.git$", name)]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    return found


# Order matters: a raw string begins like an ordinary one, a comment can hold quotes.
_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def blank_literals(text):
    """Replaces comments and the insides of literals by spaces; #include lines stay as they are."""

    def blank(match):
        found = match.group(0)
        if found.startswith('"') and re.search(r"#\s*include\s*$", text[max(0, match.start() - 20):match.start()]):
            return found
        spaces = re.sub(r"[^\n]", " ", found)
        return spaces if found.startswith("/") else '"' + spaces[1:-1] + '"'

    return _LITERAL.sub(blank, text)


RULES = {}


def rule(name):
    """Registers a check: a function of the tree that yields (path, line, message)."""

    def register(function):
        RULES[name] = function
        return function

    return register


def at_home(rule_name, path):
    return any(path == home or (home.endswith("/") and path.startswith(home)) for home in HOMES.get(rule_name, {}))


def production(path):
    return path.startswith(("common/", "services/")) or path.startswith("tools/cli/")


def banned(tree, rule_name, patterns, applies):
    """Checks code against a list of (pattern, what to use instead)."""
    for source in tree.having(*CODE):
        if at_home(rule_name, source.path) or not applies(source.path):
            continue
        for pattern, instead in patterns:
            for line, match in source.search(pattern):
                yield source.path, line, f"`{match.group(0).strip()}` is not allowed here. {instead}"


# ---------------------------------------------------------------------------------------------------------------------
# What may include what


def _layer_problem(path, included):
    parts, target = path.split("/"), included.split("/")
    if target[0] == "tests" and parts[0] != "tests":
        return "only tests include tests"
    if parts[0] == "common" and target[0] in ("services", "tools"):
        return "common/ knows no service and no tool"
    if parts[0] == "services" and target[0] == "tools":
        return "a service knows no tool"
    if parts[0] == "common" and target[0] == "common" and len(parts) > 2 and parts[1] in COMMON_LAYERS:
        if target[1] not in COMMON_LAYERS[parts[1]]:
            return f"common/{parts[1]} may include only common/{{{', '.join(sorted(COMMON_LAYERS[parts[1]]))}}}"
    if parts[0] == "services" and parts[1] != "node" and target[0] == "services" and target[1] != parts[1]:
        return "a service includes common/, generated code and its own folder, never another service"
    for folder, allowed in SERVICE_FOLDERS.items():
        if path.startswith(folder) and target[0] in ("common", "services") and not included.startswith(allowed):
            return f"{folder} may include of ours only {', '.join(allowed)}"
    return None


@rule("layout")
def check_layout(tree):
    """At the top lie only the folders and files that the list in tools/tidy.py names, and dotfiles."""
    for path in tree.paths:
        top = path.split("/")[0]
        if top not in TOP_LEVEL and not top.startswith("."):
            yield path, 1, f"`{top}` has no place at the top; see TOP_LEVEL"


@rule("include-layers")
def check_include_layers(tree):
    """common/base < calendar, store < backup, feed < node < rpc < replication < services.

    In services/plan: source < phrases < reader, directory < the rest.
    """
    for source in tree.having(*CODE):
        for line, included in source.includes():
            message = _layer_problem(source.path, included)
            if message:
                yield source.path, line, f'"{included}": {message}'


@rule("include-paths")
def check_include_paths(tree):
    """Our own headers are included by their path from the root, in quotes."""
    known = set(tree.paths)
    generated = "\n".join(cmake_text(tree, path) for path in tree.paths if path.endswith("CMakeLists.txt"))
    for source in tree.having(*CODE):
        for line, included in source.includes():
            if re.match(r"(common|services|tools|tests)/", included):
                if included not in known and f"/{included}" not in generated:
                    yield source.path, line, f'"{included}" does not exist'
                if "<" in source.lines[line - 1]:
                    yield source.path, line, f'write "{included}" in quotes'
            elif included.startswith(".") or os.path.join(os.path.dirname(source.path), included) in known:
                yield source.path, line, f'"{included}": write the path from the root'


@rule("rocksdb-headers")
def check_rocksdb_headers(tree):
    """RocksDB is seen by common/store alone."""
    patterns = [(r'#\s*include\s*[<"]rocksdb/|\brocksdb::', "Read and change stores through common/store.")]
    yield from banned(tree, "rocksdb-headers", patterns, lambda path: True)


@rule("grpc-headers")
def check_grpc_headers(tree):
    """gRPC is seen by common/rpc, tools and tests alone; services hand out tables of methods."""

    def inside(path):
        return path.startswith(("common/", "services/")) and not path.startswith("common/rpc/")

    # Of the health protocol, the messages alone.
    grpc = r'#\s*include\s*[<"](grpcpp|grpc)/(?!health/v1/health\.pb\.h)|#\s*include\s*"[^"]*\.grpc\.pb\.h'
    patterns = [(grpc, "Keep gRPC in common/rpc.")]
    yield from banned(tree, "grpc-headers", patterns, lambda path: inside(path) and path != "common/pch.cc")


@rule("pure-arrows")
def check_pure_arrows(tree):
    """The arrows X_to_Y are data in, data out: neither they nor what they include see clock, disk, RPC or log."""
    impure = re.compile(
        r"common/(store|feed|rpc)/|common/base/(child_process|clock|log|failpoint|mutex|thread)[^/]*\.h"
        r"|spdlog/|rocksdb/|grpc(pp)?/|.*\.grpc\.pb\.h|(fstream|iostream|filesystem|thread|mutex|future)$"
        r"|absl/synchronization/|services/.*(store|service)[^/]*\.h")
    known = set(tree.paths)
    for source in tree.having(*CODE):
        if not re.match(r"services/.*/\w+_to_\w+\.(cc|h)$", source.path):
            continue
        waiting, seen = [(source.path, ())], {source.path}
        while waiting:
            path, trail = waiting.pop()
            for line, included in tree.source(path).includes():
                if impure.match(included):
                    way = " -> ".join(trail + (path, included))
                    place = line if path == source.path else 1
                    yield source.path, place, f"a pure arrow reaches an edge: {way}"
                    continue
                for reached in (included, re.sub(r"^(services/.*)\.h$", r"\1.cc", included)):
                    if reached in known and reached not in seen:
                        seen.add(reached)
                        waiting.append((reached, trail + (path,)))


# ---------------------------------------------------------------------------------------------------------------------
# What may be called where


@rule("grpc-status")
def check_grpc_status(tree):
    """A grpc::Status is built in common/rpc/grpc_status.cc alone; everything else speaks absl::Status."""
    built = (r"\bgrpc::Status\s*[({](?!\s*[)}]|\s*grpc::\w*Context\b|\s*\w+::\*)|"
             r"\bgrpc::Status\s+\w+\s*[({]\s*(grpc::)?(StatusCode\b|[A-Z_]+\s*,)|"
             r"[({]\s*(::)?grpc::(StatusCode::)?[A-Z_]{2,}\s*,")
    patterns = [(built, "Return an absl::Status made with common/base/errors.h.")]
    yield from banned(tree, "grpc-status", patterns, lambda path: path.startswith(("common/", "services/")))


_SLEEP = r"\bSleepFor\s*\(|\bsleep_(for|until)\s*\(|\bu?sleep\s*\(|\bnanosleep\s*\("
_NOW = (r"\babsl::(Now|GetCurrentTimeNanos|LocalTimeZone)\s*\(|\b(system|steady|high_resolution)_clock::now\b|"
        r"(?<![\w.>:])(std::)?time\s*\(\s*(nullptr|NULL|0|&)|\bgettimeofday\s*\(|\bclock_gettime\s*\(|"
        r"\blocaltime(_r)?\s*\(|\bgpr_now\s*\(|[.>]wait_(for|until)\s*\(|\bWaitForNotificationWithTimeout\s*\(|"
        r"\bWaitWith(Timeout|Deadline)\s*\(|\b\w*mu(tex)?\w*(\.|->)\w*With(Timeout|Deadline)\s*\(")


@rule("real-time")
def check_real_time(tree):
    """Rules get `now`, loops get a Clock; tests never sleep."""
    instead = "Take `now` as an argument or wait with a Clock (common/base/clock.h)."
    yield from banned(tree, "real-time", [(_NOW, instead)], production)
    yield from banned(tree, "real-time", [(_SLEEP, instead)], lambda path: True)


@rule("randomness")
def check_randomness(tree):
    """Random ids come from common/base/ids.h; tests and benchmarks may draw from a seed that they print."""
    instead = "Use common/base/ids.h."
    always = r"\bstd::random_device\b|\barc4random|\bgetrandom\s*\(|\babsl::(Insecure)?BitGen\b|\buuid_generate"
    seeded = r"\bmt19937(_64)?\b|(?<![\w.>:])(std::)?s?rand\s*\(|\bdrand48\b"
    yield from banned(tree, "randomness", [(always, instead)], lambda path: True)
    yield from banned(tree, "randomness", [(seeded, instead)], production)


@rule("threads")
def check_threads(tree):
    """Threads are started in few places; logic has none."""
    patterns = [(r"\bstd::(j?thread|async)\b(?!::)|\bpthread_create\b", "Logic has no threads; loops live in common/.")]
    yield from banned(tree, "threads", patterns, lambda path: not path.endswith("/main.cc"))


@rule("mutex")
def check_mutex(tree):
    """Locks are those of common/base/mutex.h: the thread sanitizer sees them, clang's analysis knows them."""
    banned_here = (r"\babsl::((Reader|Writer|Releasable)?Mutex(Lock)?(Maybe)?|CondVar|Notification|Barrier|"
                   r"BlockingCounter)\b|"
                   r"\bstd::((recursive_|shared_|timed_)*mutex|condition_variable(_any)?|(lock|scoped)_(guard|lock)|"
                   r"(unique|shared)_lock|call_once)\b|\bpthread_(mutex|rwlock|cond|spin)_\w+")
    yield from banned(tree, "mutex", [(banned_here, "Use common/base/mutex.h, or std::latch.")], lambda path: True)


@rule("unordered")
def check_unordered(tree):
    """The same input gives the same bytes: nothing iterates over a container without an order."""

    def ordered(path):
        return path.startswith(("services/", "common/calendar/", "common/store/", "common/feed/", "common/node/"))

    instead = "Use std::map or absl::btree_map; where only looked up, absl::flat_hash_map."
    patterns = [(r"\bstd::unordered_\w+", instead)]
    yield from banned(tree, "unordered", patterns, ordered)
    for source in tree.having(*CODE):
        if not ordered(source.path):
            continue
        declared = source.code
        header = re.sub(r"\.cc$", ".h", source.path)
        if header != source.path and header in tree.paths:
            declared += tree.source(header).code
        container = r"\b(?:flat|node)_hash_(?:map|set)<[^;{}()]*>[&*]?\s+(\w+)\s*(?:[;={,)]|ABSL_)"
        for name in set(re.findall(container, declared)):
            walk = rf"\bfor\s*\([^;()]*:\s*\*?(?:this->)?{name}\s*\)|\b{name}(?:\.|->)c?begin\s*\("
            for line, _ in source.search(walk):
                yield source.path, line, f"`{name}` has no order. Copy to a sorted container before going through it."


# Where planted bugs are declared, listed and compiled.
BUG_MACRO = "common/base/planted_bug.h"
BUG_LIST = "tests/teeth/planted_bugs.cc"
BUG_BUILD = "tests/teeth/CMakeLists.txt"


@rule("planted-bugs")
def check_planted_bugs(tree):
    """A planted bug stands in a .cc file that tests/teeth compiles again, is listed there, and is named once."""
    listed = tree.source(BUG_LIST).lines if BUG_LIST in tree.paths else []
    names = {}
    for number, line in enumerate(listed, 1):
        for name in re.findall(r'^\s*\{"([\w.]+)"', line):
            names[name] = number
    built = set(re.findall(r"\b(?:common|services)/[\w/]+\.cc", cmake_text(tree, BUG_BUILD))) \
        if BUG_BUILD in tree.paths else set()
    planted, files = set(), set()
    for source in tree.having(*CODE):
        if source.path == BUG_MACRO or not re.search(r"\bDUBAN_BUG\b", source.code):
            continue
        if source.path.endswith(".h") or not source.path.startswith(("common/", "services/")):
            yield source.path, 1, "only a .cc file of common/ or services/ can hold a planted bug"
            continue
        files.add(source.path)
        if source.path not in built:
            yield source.path, 1, f"it holds a planted bug: list it in {BUG_BUILD}"
        for line, start in ((line, match.start()) for line, code in enumerate(source.code_lines, 1)
                            for match in re.finditer(r"\bDUBAN_BUG\b", code)):
            name = re.match(r'DUBAN_BUG\("([a-z]+\.[a-z_]+)"\)', source.lines[line - 1][start:])
            if name is None:
                yield source.path, line, 'write DUBAN_BUG("part.what_is_wrong") on one line'
            elif name.group(1) not in names:
                yield source.path, line, f"`{name.group(1)}` is not in {BUG_LIST}"
            else:
                planted.add(name.group(1))
    for name in sorted(set(names) - planted):
        yield BUG_LIST, names[name], f"`{name}` is planted nowhere"
    for path in sorted(built - files):
        yield BUG_BUILD, 1, f"{path} holds no planted bug"


@rule("seam")
def check_seam(tree):
    """Logic runs on handed-in ports: it reaches for no clock, ids, files, environment, network or process itself."""

    def logic(path):
        edge = re.search(r"_module\.(cc|h)$", path) or path.endswith("/main.cc")
        inner = path.startswith(("common/calendar/", "common/store/", "common/feed/", "common/node/"))
        return inner or (path.startswith("services/") and not edge)

    ports = "Take it as a port (common/node/service_logic.h)."
    patterns = [
        (r"(?<!= &)\b(RealClock|SystemIds)\s*\(", ports),
        (r"\b(secure_)?getenv\s*\(|\bsetlocale\s*\(|\bstd::locale\b", ports),
        (r"\bfopen\s*\(|\bstd::[io]?fstream\b|(?<![\w.>:])(::)?open\s*\(", ports),
        (r"\bstd::filesystem::(?!path\b)\w+", ports),
        (r"(?<![\w.>])(::)?(socket|connect|fork|execv\w*|popen)\s*\(|(?<![\w.>])std::system\s*\(", ports),
        (r"\bstd::hash\b|\babsl::Hash\w*\b", "It differs between builds and runs; use XXH3."),
        (r"\bthread_local\b", "State belongs to an object that is handed in."),
        (r'#\s*include\s*"common/rpc/(?!validate\.h")', "Keep what a server is in *_module and main.cc."),
    ]
    yield from banned(tree, "seam", patterns, logic)


def class_bodies(code):
    """Yields (offset, text) of what stands in each class of blanked C++ code, with deeper braces blanked out."""
    for match in re.finditer(r"\b(?:class|struct)\s+(?:\w+\s+)*?\w+[^;{}()]*\{", code):
        depth, text = 1, []
        for mark in code[match.end():]:
            depth += {"{": 1, "}": -1}.get(mark, 0)
            if depth == 0:
                break
            text.append(mark if depth == 1 or mark == "\n" else " ")
        yield match.end(), "".join(text)


@rule("command-state")
def check_command_state(tree):
    """What a command decides from lies in its transaction: a class that is handed one shares nothing that changes."""
    member = re.compile(r"^[ \t]+(mutable )?([\w:<>,*& \t]+?)[ \t]*\b(\w+_)[ \t]*"
                        r"(ABSL_(?:PT_)?GUARDED_BY\([^()]*\))?[ \t]*(?:=[^;()]*|\{[^;]*)?;", re.M)
    for source in tree.having(".h"):
        if not source.path.startswith(("services/", "common/feed/")):
            continue
        for offset, body in class_bodies(source.code):
            if not re.search(r"[(,]\s*Transaction\s*&", body):
                continue
            for match in member.finditer(body):
                shared = match.group(1) or match.group(4)
                if shared and not match.group(2).strip().endswith("Mutex"):
                    line = source.code.count("\n", 0, offset + match.start(3)) + 1
                    yield source.path, line, f"`{match.group(3)}` outlives the command; keep it in the store"


@rule("using-namespace")
def check_using_namespace(tree):
    """Names say where they come from."""
    patterns = [(r"\busing\s+namespace\s+(?!std::\w*literals)", "Name what you use.")]
    yield from banned(tree, "using-namespace", patterns, lambda path: True)


# ---------------------------------------------------------------------------------------------------------------------
# Form


_TYPE = re.compile(
    r"\s*((public|protected|private)\s*:\s*)?(template\s*<.*>\s*)?(class|struct|union|enum|namespace|extern)\b",
    re.DOTALL,
)


def functions(code):
    """Yields (first line, last line) of each function body at namespace or class level in blanked C++ code."""
    directive = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
    code = directive.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), code)
    scopes, begin, position = [], 0, 0  # scopes: None for a namespace or class, else the first line of a function
    for match in re.finditer(r"[{};]", code):
        position, mark = match.start(), match.group(0)
        inside = any(scope is not None for scope in scopes)
        if mark == "{":
            head = code[begin:position]
            is_function = not inside and "(" in head and not _TYPE.match(head)
            start = begin + len(head) - len(head.lstrip())
            scopes.append(code.count("\n", 0, start) + 1 if is_function else (-1 if inside else None))
        elif mark == "}" and scopes:
            first = scopes.pop()
            if first is not None and first > 0:
                yield first, code.count("\n", 0, position) + 1
        begin = match.end()


@rule("function-length")
def check_function_length(tree):
    """A function fits a screen."""
    message = "the function has {} lines; at most " + str(MAX_FUNCTION) + ". Give its parts names of their own."
    for source in tree.having(*CODE):
        for first, last in functions(source.code):
            if last - first + 1 > MAX_FUNCTION:
                yield source.path, first, message.format(last - first + 1)
    for source in tree.having(".py"):
        for node in ast.walk(ast.parse(source.text, source.path)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > MAX_FUNCTION:
                yield source.path, node.lineno, message.format(node.end_lineno - node.lineno + 1)


@rule("line-length")
def check_line_length(tree):
    """Lines have at most 120 code points."""
    code = tree.having(*[ending for ending in TEXT if ending not in (".md", ".json", ".txt")])
    for source in code + list(tree.scripts()):
        for number, line in enumerate(source.lines, 1):
            if len(line) > MAX_LINE:
                yield source.path, number, f"{len(line)} code points; at most {MAX_LINE}"


@rule("unfinished")
def check_unfinished(tree):
    """Nothing is left marked as unfinished."""
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
    for source in tree.having(*TEXT) + list(tree.scripts()):
        for number, line in enumerate(source.lines, 1):
            if marks.search(line):
                yield source.path, number, "finish it, or say in plain words what is not there and why"


@rule("machine-paths")
def check_machine_paths(tree):
    """The tree knows no single machine."""
    paths = re.compile(r"(?<![\w.}>])/(work|root|home/\w+)/")
    for source in tree.having(*TEXT) + list(tree.scripts()):
        for number, line in enumerate(source.lines, 1):
            if paths.search(line):
                yield source.path, number, "a path of one machine; make it relative or an argument"


@rule("command-names")
def check_command_names(tree):
    """Services speak to pages and programs, too: what they answer names no command of `duban`; the CLI adds its own."""
    for source in tree.having(*CODE):
        if not source.path.startswith(("common/", "services/")) or at_home("command-names", source.path):
            continue
        for literal in _LITERAL.finditer(source.text):
            if literal.group(0).startswith("/") or not re.search(r"\bduban [a-z]", literal.group(0)):
                continue
            line = source.text.count("\n", 0, literal.start()) + 1
            yield source.path, line, "say what to do; the command for it is added by the CLI (tools/cli/printer.cc)"


@rule("header-guard")
def check_header_guard(tree):
    """The guard is DUBAN_ and the path."""
    for source in tree.having(".h"):
        guard = "DUBAN_" + re.sub(r"\W", "_", source.path).upper() + "_"
        if not re.search(rf"^#ifndef {guard}\n#define {guard}$", source.text, re.M):
            yield source.path, 1, f"the guard must be {guard}"


@rule("header-comment")
def check_header_comment(tree):
    """A header opens with what it is; one that declares a class says what threads may do with it."""
    for source in tree.having(".h"):
        opening = re.sub(r"^#(ifndef|define) \w+$|^#include .*$", "", source.text, flags=re.M).lstrip()
        if not re.match(r"//\s*\S.{20,}", opening):
            yield source.path, 1, "open with a comment: what it is, threads, ownership, errors"
        elif production(source.path) and re.search(r"^class \w+[^;]*\{", source.code, re.M):
            if not re.search(r"thread", source.text, re.I):
                yield source.path, 1, "it declares a class: say what threads may do with it"


@rule("links")
def check_links(tree):
    """Relative links in Markdown lead somewhere."""
    for source in tree.having(".md"):
        for number, line in enumerate(source.lines, 1):
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                if re.match(r"\w+:", target):
                    continue
                if not os.path.exists(os.path.join(tree.root, os.path.dirname(source.path), target)):
                    yield source.path, number, f"the link leads nowhere: {target}"


# ---------------------------------------------------------------------------------------------------------------------
# Build lists


def cmake_text(tree, path):
    return re.sub(r"#[^\n]*", "", tree.source(path).text)


@rule("build-lists")
def check_build_lists(tree):
    """Every source is built and every test is run: listed in a CMakeLists.txt of its folder or of one above it."""
    paths = [path for path in tree.paths if os.path.basename(path) == "CMakeLists.txt"]
    lists = {os.path.dirname(path): cmake_text(tree, path) for path in paths}
    for folder in lists:
        parent, name = os.path.split(folder)
        if folder and not re.search(rf"add_subdirectory\(\s*{re.escape(name)}[\s)]", lists.get(parent, "")):
            yield os.path.join(folder, "CMakeLists.txt"), 1, f"not added by {os.path.join(parent, 'CMakeLists.txt')}"
    for source in tree.having(".cc", "_test.py"):
        is_test = source.path.endswith(("_test.cc", "_test.py"))
        listed = _is_run if is_test else _is_listed
        if not any(listed(text, os.path.relpath(source.path, folder or "."))
                   for folder, text in lists.items() if source.path.startswith(folder)):
            yield source.path, 1, f"not in any {'duban_test(...)' if is_test else 'CMakeLists.txt'}"


def _is_run(text, relative):
    """Whether a test is listed as one, or as a program that a test runs."""
    if _is_listed(text, relative, r"(duban_test|add_test)"):
        return True
    program = os.path.splitext(os.path.basename(relative))[0]
    runs = re.search(rf"add_test\([^()]*\bCOMMAND {program}\b", text)
    return bool(runs) and _is_listed(text, relative, r"duban_program")


def _is_listed(text, relative, call=r"\w+"):
    for match in re.finditer(call + r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
        named = rf"(?<![\w./-])(\$\{{CMAKE_CURRENT_SOURCE_DIR\}}/)?{re.escape(relative)}(?![\w.])"
        if re.search(named, match.group(0)):
            return True
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Contracts


def _descriptors(tree):
    """The contracts as file descriptors with comments; an empty list where there are none."""
    from google.protobuf import descriptor_pb2  # pylint: disable=import-outside-toplevel

    names = [path[len("proto/"):] for path in tree.paths if path.startswith("proto/duban/") and path.endswith(".proto")]
    if not names:
        return []
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "image")
        command = ["protoc", "-I", os.path.join(tree.root, "proto"), "--include_source_info", "-o", image] + names
        subprocess.run(command, check=True)
        with open(image, "rb") as file:
            return descriptor_pb2.FileDescriptorSet.FromString(file.read()).file


def _comments(file):
    """Maps the path of a declaration in its descriptor to (line, comment)."""
    return {tuple(place.path): (place.span[0] + 1, place.leading_comments + place.trailing_comments)
            for place in file.source_code_info.location}


def promised_errors(tree):
    """Yields (path, line, method, reason) for each error that the comment of an RPC lists with its reason."""
    for file in _descriptors(tree):
        comments = _comments(file)
        for s, service in enumerate(file.service):
            for m, method in enumerate(service.method):
                line, comment = comments.get((6, s, 2, m), (1, ""))
                for reasons in re.findall(r"^\s*- [A-Z_]+ \(([A-Z_, ]+)\)", comment, re.M):
                    for reason in reasons.split(", "):
                        yield f"proto/{file.name}", line, method.name, reason


@rule("error-tests")
def check_error_tests(tree):
    """Every error that an RPC lists has a test that calls it, itself or by a helper, and names the reason."""
    bodies = [source.text for source in tree.having("_test.py")]
    for source in tree.having(*CODE):
        if source.path.startswith("tests/"):
            bodies += ["\n".join(source.lines[first - 1:last]) for first, last in functions(source.code)]
    for path, line, method, reason in promised_errors(tree):
        direct = re.compile(rf"\b{method}(Request)?\b")
        heads = [re.search(r"(\w+)\s*\(", body) for body in bodies if direct.search(body)]
        helpers = {head.group(1) for head in heads if head} - {"TEST", "TEST_F", "TEST_P", "main"}
        called = re.compile(rf"\b({'|'.join(sorted(helpers | {method, method + 'Request'}))})\b")
        if not any(called.search(body) and re.search(rf"\b{reason}\b", body) for body in bodies):
            yield path, line, f"no test calls {method} and names {reason}"


@rule("services-listed")
def check_services_listed(tree):
    """Every service stands in the table of proto/README.md, which callers read first."""
    if "proto/README.md" not in tree.paths:
        return
    rows = "\n".join(line for line in tree.source("proto/README.md").lines if line.startswith("|"))
    for source in tree.having(".proto"):
        if not source.path.startswith("proto/duban/v1/"):
            continue
        for line, match in source.search(r"(?m)^service (\w+)"):
            if not re.search(rf"\b{match.group(1)}\b", rows):
                yield source.path, line, f"{match.group(1)} is in no row of proto/README.md"


@rule("rpc-errors")
def check_rpc_errors(tree):
    """Every RPC says which errors it can give."""
    for file in _descriptors(tree):
        comments = _comments(file)
        for s, service in enumerate(file.service):
            for m, method in enumerate(service.method):
                line, comment = comments.get((6, s, 2, m), (1, ""))
                if "Errors:" not in comment:
                    yield f"proto/{file.name}", line, f"{service.name}.{method.name}: list its errors after `Errors:`"


@rule("rpc-access")
def check_rpc_access(tree):
    """Every RPC says who may call it."""
    access_tag = bytes([0xB2, 0xD4, 0x18])  # field 50502, length-delimited: duban.v1.access
    for file in _descriptors(tree):
        comments = _comments(file)
        for s, service in enumerate(file.service):
            for m, method in enumerate(service.method):
                if access_tag not in method.options.SerializeToString():
                    line, _ = comments.get((6, s, 2, m), (1, ""))
                    yield f"proto/{file.name}", line, f"{service.name}.{method.name}: say with (access) who may call it"


def _messages(file):
    """Yields (full name, path, message), nested ones too."""
    def walk(prefix, path, message):
        yield f"{prefix}.{message.name}", path, message
        for n, nested in enumerate(message.nested_type):
            yield from walk(f"{prefix}.{message.name}", path + (3, n), nested)

    for m, message in enumerate(file.message_type):
        yield from walk(f".{file.package}", (4, m), message)


@rule("field-rules")
def check_field_rules(tree):
    """Everything of unbounded size that a request can carry has a limit, and its (rules) state it."""
    files = _descriptors(tree)
    known = {name: (file, path, message) for file in files for name, path, message in _messages(file)}
    waiting = [method.input_type for file in files for service in file.service for method in service.method]
    rules_tag = bytes([0xAA, 0xD4, 0x18])  # field 50501, length-delimited: duban.v1.rules
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        file, path, message = known[name]
        comments = _comments(file)
        for f, field in enumerate(message.field):
            line, comment = comments.get(path + (2, f), (1, ""))
            if re.search("output only", comment, re.I):
                continue
            waiting.append(field.type_name)
            unbounded = field.label == field.LABEL_REPEATED or field.type in (field.TYPE_STRING, field.TYPE_BYTES)
            if unbounded and rules_tag not in field.options.SerializeToString():
                yield f"proto/{file.name}", line, f"{name[1:]}.{field.name}: state its limit with (rules)"


# ---------------------------------------------------------------------------------------------------------------------


def suppressions(tree):
    """Returns ({(path, line, rule): line of the comment}, problems with the comments themselves)."""
    allowed, problems = {}, []
    for source in tree.having(".cc", ".h", ".proto", ".js", ".py", ".cmake", "CMakeLists.txt") + list(tree.scripts()):
        if source.path in ("tools/tidy.py", "tests/tools/tidy_test.py"):
            continue
        for number, line in enumerate(source.lines, 1):
            if not re.search(r"(//|#)\s*tidy:", line):
                continue
            match = re.search(r"(?://|#) tidy: allow ([\w-]+) because (\S+ \S+.*)$", line)
            if not match or match.group(1) not in RULES:
                form = "// tidy: allow RULE because REASON"
                problems.append(Problem(source.path, number, "suppression", f"write `{form}` with a rule that exists"))
                continue
            alone = line.lstrip().startswith(("//", "#"))
            below = number
            while alone and below < len(source.lines) and source.lines[below].lstrip().startswith(("//", "#")):
                below += 1
            allowed[(source.path, below + 1 if alone else number, match.group(1))] = number
    return allowed, problems


def check(root):
    """Returns every problem of the tree under `root`, by place."""
    tree = Tree(root)
    allowed, problems = suppressions(tree)
    used = set()
    for name, function in RULES.items():
        for path, line, message in function(tree):
            if (path, line, name) in allowed:
                used.add((path, line, name))
            else:
                problems.append(Problem(path, line, name, message))
    for place, line in allowed.items():
        if place not in used:
            problems.append(Problem(place[0], line, "suppression", f"{place[2]} is kept here; remove the comment"))
    return sorted(problems, key=lambda problem: (problem.path, problem.line, problem.rule))


def main(arguments):
    if arguments[:1] == ["--rules"]:
        for name, function in RULES.items():
            print(f"{name:16} {function.__doc__}")
        return 0
    problems = check(arguments[0] if arguments else ROOT)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
