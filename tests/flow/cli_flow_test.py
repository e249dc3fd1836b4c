#!/usr/bin/python3
"""The main job on one node, through the command line alone.

A node is started on a day of issue and, later, on the day something is due. `duban` loads the directory, reads and
imports a document, settles what was unclear, publishes, pulls, signs, reports, hands in, is sent back, is accepted, and
confirms reminders, all with --format=json. Every table is then printed for 80 and 120 columns, in both languages, and
has to fit. The node has no TLS, as on a developer's machine: who may do what is levels_test's and the demo's.

    cli_flow_test.py --duban build/bin/duban --node build/bin/duban-node --scratch FOLDER
"""

import argparse
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
import unicodedata

SLOWNESS = int(os.environ.get("DUBAN_TEST_SLOWNESS", "1"))  # of programs with sanitizers
PATIENCE = 30 * SLOWNESS  # seconds to wait for anything that happens by itself
CALL_TIME = 60 * SLOWNESS  # and for a command
ISSUE_DAY, DUE_DAY = "2024-03-01", "2024-03-08"  # two Fridays, with a plain working week between them

DIRECTORY = """编号,名称,类别,别名,上级,节点,成员
xian,青禾县人民政府办公室,政府,县政府办,,,
jiaoyu,县教育局,部门,,xian,,
wenhua,县文化馆,机构,,xian,,
"""

PLAN = """青禾县2024年便民服务工作要点

一、优化服务

1．编制便民服务事项清单并在县政府网站公布。（牵头单位：县政府办；责任单位：县教育局；完成时限：2024年3月8日前）
2．公布全县公共文化场馆开放时间。（牵头单位：县文化馆；完成时限：2024年12月底前）
3．常态化开展政策咨询服务。（责任单位：县教育厅；完成时限：常态化开展）
"""


class Failure(SystemExit):
    """A claim that does not hold."""


def expect(actual, wanted, claim):
    if actual != wanted:
        raise Failure(f"NOT SO: {claim}\n  got    {actual!r}\n  wanted {wanted!r}")
    print(f"ok: {claim}", flush=True)


def eventually(claim, attempt):
    """Calls `attempt` until it returns something, for a bounded time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = attempt()
        if result:
            return result
        time.sleep(0.1)
    raise Failure(f"NOT SO within {PATIENCE} s: {claim}")


class Node:
    """A running node; stops with the `with` block and has to stop cleanly."""

    def __init__(self, program, scratch, day):
        self.port_file = os.path.join(scratch, f"ports-{day}")
        self.log = open(os.path.join(scratch, f"log-{day}"), "wb")
        self.process = subprocess.Popen(
            [program, "--node=xian", f"--data-dir={scratch}/data", "--listen=127.0.0.1:0",
             "--insecure", f"--port-file={self.port_file}", "--development", f"--pretend-date={day}"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        def port():
            if self.process.poll() is not None:
                raise Failure(f"the node ended with {self.process.returncode}; see {self.log.name}")
            if not os.path.exists(self.port_file):
                return None
            with open(self.port_file, encoding="utf-8") as file:
                return file.read().strip()

        try:
            return f"127.0.0.1:{eventually('the node serves', port)}"
        except BaseException:
            self.process.kill()
            raise

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=15 * SLOWNESS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.log.close()
        if kind is None:
            expect(code, 0, "the node drains and ends with 0")


class Duban:
    """The command line against one server."""

    def __init__(self, program, server):
        self.program = program
        self.environment = {"PATH": "/usr/bin:/bin", "DUBAN_SERVER": server, "DUBAN_PERSON": "王敏",
                            "DUBAN_INSECURE": "true"}

    def run(self, *arguments, stdin=None):
        return subprocess.run([self.program, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=CALL_TIME, env=self.environment, check=False)

    def json(self, *arguments, code=0, stdin=None):
        """Runs with --format=json; the object of standard output, or of the error where `code` is not 0."""
        done = self.run(*arguments, "--format=json", stdin=stdin)
        if done.returncode != code:
            raise Failure(f"NOT SO: duban {' '.join(arguments)} ends with {code}\n"
                          f"  got {done.returncode}: {done.stderr}")
        return json.loads(done.stderr)["error"] if code else json.loads(done.stdout)

    def terminal(self, typed, *arguments):
        """Runs in a terminal where a person types `typed`; what the terminal showed."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([self.program, *arguments], stdin=follower, stdout=follower, stderr=follower,
                                   env={**self.environment, "TERM": "xterm"})
        os.close(follower)
        os.write(leader, typed.encode())
        shown = b""
        while True:
            try:
                data = os.read(leader, 65536)
            except OSError:  # The other end is closed.
                break
            if not data:
                break
            shown += data
        os.close(leader)
        return process.wait(timeout=CALL_TIME), shown.decode()


def width(text):
    """Columns in a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def import_and_publish(duban, scratch):
    with open(os.path.join(scratch, "units.csv"), "w", encoding="utf-8") as file:
        file.write(DIRECTORY)
    checked = duban.json("unit", "import", f"{scratch}/units.csv", "--check")
    expect(checked["units_created"], 3, "a directory file can be checked first")
    expect(duban.json("unit", "list")["units"], [], "and the check stores nothing")
    duban.json("unit", "import", f"{scratch}/units.csv")
    expect(duban.json("unit", "resolve", "县政府办")["match"], "units/xian", "an alias leads to its unit")

    plan_file = os.path.join(scratch, "plan.txt")
    with open(plan_file, "w", encoding="utf-8") as file:
        file.write(PLAN)
    parsed = duban.json("plan", "parse", plan_file)
    expect([task["number"] for task in parsed["tasks"]], [1, 2, 3], "the document has three tasks")
    plan = duban.json("plan", "import", plan_file, "--plan-id=bianmin", "--request-id=import-1")
    again = duban.json("plan", "import", plan_file, "--plan-id=bianmin", "--request-id=import-1")
    expect(again, plan, "the same request id gives the same answer")
    unknown = [finding for finding in plan["findings"] if finding["code"] == "UNKNOWN_UNIT"]
    expect([finding["subject"] for finding in unknown], ["县教育厅"], "the one unit that is not in the directory is found")
    error = duban.json("plan", "publish", "bianmin", "--issuer=县政府办", "--yes", code=4)
    expect(error["reason"], "FINDINGS_OPEN", "an open finding blocks publishing")
    return unknown[0]


def settle_and_publish(duban, finding):
    code, shown = duban.terminal("q\n", "plan", "settle", "bianmin")
    expect((code, finding["finding_id"] in shown), (0, True), "a terminal is asked about the finding")
    duban.json("plan", "settle", "bianmin", f"--finding={finding['finding_id']}", "--answer=县教育局")
    plan = duban.json("plan", "settle", "bianmin", "--accept-all")
    for left in plan["findings"]:
        if left["settlement"] == "SETTLEMENT_UNSPECIFIED" and left["blocking"]:
            plan = duban.json("plan", "settle", "bianmin", f"--finding={left['finding_id']}", "--dismiss")
    expect(plan["tasks"][2]["responsibilities"][0]["unit"], "县教育局", "the answer is in the task")
    expect(duban.json("unit", "resolve", "县教育厅")["match"], "", "and nowhere else")
    reopened = duban.json("plan", "reopen", "bianmin", finding["finding_id"])
    expect(reopened["tasks"][2]["responsibilities"][0]["unit"], "县教育厅", "it can be taken back")
    duban.json("plan", "settle", "bianmin", f"--finding={finding['finding_id']}", "--answer=县教育局", "--remember")
    aliases = duban.json("unit", "alias", "list")["aliases"]
    expect([(alias["alias"], alias["entry"]) for alias in aliases if alias["alias"] == "县教育厅"],
           [("县教育厅", "units/jiaoyu")], "what is to be remembered is listed")
    duban.json("unit", "alias", "remove", "县教育厅")
    plan = work_on_draft(duban)
    preview = duban.json("plan", "preview", "bianmin")
    expect((preview["issuance"]["assignments"], preview["issuance"]["units"], preview["tasks_without_lead"]),
           (4, 3, ["body-3"]), "a preview says what would be issued")
    stale = duban.json("plan", "publish", "bianmin", "--issuer=县政府办", "--yes", "--etag=old", code=6)
    expect(stale["reason"], "ETAG_MISMATCH", "an old etag is refused with the code for `read again`")
    unasked = duban.json("plan", "publish", "bianmin", "--issuer=县政府办", code=2)
    expect("--yes" in unasked["message_zh"], True, "where nobody can be asked, publishing says what to do")
    code, shown = duban.terminal("n\n", "plan", "publish", "bianmin", "--issuer=县政府办")
    expect((code, "发布后将交办 4 项，涉及 3 个单位" in shown), (4, True), "a terminal is shown what would be issued")
    published = duban.json("plan", "publish", "bianmin", "--issuer=县政府办", "--yes", "--wait", f"--etag={plan['etag']}")
    expect((published["state"], published["revision"]), ("PUBLISHED", 1), "the plan is published")
    issued = duban.json("assignment", "list", "--plan=bianmin")["assignments"]
    expect(len(issued), published["issuance"]["assignments"], "and all of it is issued when a waiting call ends")


def work_on_draft(duban):
    """A task is added, moved, split, joined again and removed; the draft is as it was. Another draft is discarded."""
    added = duban.json("plan", "task", "add", "bianmin", "--text=甲，乙", "--lead=县文化馆", "--deadline=9月底前",
                       "--before=body-1")
    task = added["tasks"][0]
    expect((task["text"], task["deadline"]["due"]), ("甲，乙", "2024-09-30"), "a task is added where it is wanted")
    duban.json("plan", "task", "move", "bianmin", task["task_id"])
    split = duban.json("plan", "task", "split", "bianmin", task["task_id"], "--text=甲", "--text=乙")
    expect([one["text"] for one in split["tasks"][3:]], ["甲", "乙"], "one task becomes two")
    joined = duban.json("plan", "task", "join", "bianmin", task["task_id"], split["tasks"][4]["task_id"])
    expect(joined["tasks"][3]["text"], "甲\n乙", "and one again")
    plan = duban.json("plan", "task", "remove", "bianmin", task["task_id"])
    expect([one["task_id"] for one in plan["tasks"]], ["body-1", "body-2", "body-3"], "and goes")
    error = duban.json("plan", "import", "-", "--name=letter.txt", code=1, stdin="关于开会的通知\n请参加。\n")
    expect(error["reason"], "UNREADABLE_DOCUMENT", "a document without a task is refused")
    duban.json("plan", "import", "-", "--name=letter.txt", "--plan-id=letter", "--keep-empty", stdin="关于开会的通知\n")
    duban.json("plan", "delete", "letter")
    expect(duban.json("plan", "show", "letter", code=5)["reason"], "RESOURCE_NOT_FOUND", "a discarded draft is gone")
    return plan


def sign_and_report(duban):
    lease = duban.json("assignment", "pull", "--unit=县教育局", "--lease=5m")
    expect(len(lease["assignments"]), 2, "the two assignments of a unit can be pulled")
    names = [assignment["name"] for assignment in lease["assignments"]]
    expect(duban.json("assignment", "pull", "--unit=jiaoyu")["assignments"], [], "what is leased is passed over")
    error = duban.json("assignment", "receive", names[0], "--lease-token=wrong", code=4)
    expect(error["reason"], "LEASE_NOT_HELD", "another token signs for nothing")
    held = duban.run("assignment", "receive", names[0])
    expect((held.returncode, "已被另一次领取占用" in held.stderr), (4, True), "and without one it is said who holds it")
    left_out = duban.run("assignment", "receive", "--all", "--unit=县教育局")
    expect((left_out.returncode, left_out.stdout.count("未办成")), (4, 2), "--all says what it leaves out")
    done = duban.json("assignment", "receive", *names, f"--lease-token={lease['lease_token']}")
    expect([item["state"] for item in done["results"]], ["RECEIVED", "RECEIVED"], "both are signed for")
    error = duban.json("assignment", "receive", names[0], code=4)
    expect(("王敏" in error["message_zh"], error["reason"]), (True, "WRONG_STATE"),
           "nobody signs twice, and it is said why")
    wenhua = duban.json("assignment", "list", "--unit=县文化馆")["assignments"][0]["name"].split("/")
    one = f"{wenhua[1]}/{wenhua[3]}/县文化馆"
    done = duban.json("assignment", "receive", one, "--by=赵云")
    expect([item["state"] for item in done["results"]], ["RECEIVED"], "one is pulled and signed for by its short id")
    signed = duban.json("assignment", "show", one)
    expect(signed["execution"]["receipt"]["signer"], "赵云", "by the person who said so")
    expect(duban.json("assignment", "receive", "--all", "--unit=县文化馆")["results"], [], "and then nothing is left")
    dated = next(item["name"] for item in lease["assignments"] if item["number"] == 1)
    report = duban.json("assignment", "report", dated, "--text=清单初稿已完成", "--percent=40", "--evidence=初稿=ref:qd.docx")
    expect((report["state"], report["execution"]["reports"][0]["evidence"][0]["reference"]),
           ("IN_PROGRESS", "qd.docx"), "a report moves the assignment on")
    return dated


def ask_and_decide(duban, dated):
    """What a unit asks of the issuer and what that decides, about others than the one that is handed in later."""
    standing = next(item["name"] for item in duban.json("assignment", "list", "--unit=县教育局")["assignments"]
                    if item["name"] != dated)
    declined = duban.json("assignment", "decline", standing, "--reason=不属于本单位职责")
    expect((declined["state"], declined["light"]), ("DECLINED", "GREY"), "what is declined is waited for by nobody")
    bound = duban.json("assignment", "bind", standing, "--comment=属于该单位职责", "--by=李强")
    expect(bound["state"], "RECEIVED", "what is binding stands where it stood")
    error = duban.json("assignment", "decline", standing, "--reason=仍不属于", code=4)
    expect(error["reason"], "WRONG_STATE", "and is not declined again")
    library = duban.json("assignment", "list", "--unit=县文化馆")["assignments"][0]["name"]
    duban.json("assignment", "extend", library, "--to=2025-01-31", "--reason=场馆维修")
    error = duban.json("assignment", "extend", library, "--to=2025-02-28", "--reason=场馆维修", code=4)
    expect(error["reason"], "WRONG_STATE", "one request is open at a time")
    code, shown = duban.terminal("g\n2025-01-15\n", "review", "--plan=bianmin")
    expect((code, "请办：答复延期" in shown, "共办理 1 项" in shown), (0, True, True), "the issuer answers by a key")
    granted = duban.json("assignment", "show", library)
    expect((granted["deadline"]["due"], granted["issued_due"]), ("2025-01-15", "2024-12-31"),
           "the day that was granted is the due day")
    duban.json("assignment", "report", library, "--text=误报")
    expect(duban.json("assignment", "retract", library)["state"], "RECEIVED", "a report is taken back")
    duban.json("assignment", "report", library, "--text=已公布两处")
    duban.json("assignment", "read", library, "--by=李强")
    expect(duban.json("assignment", "retract", library, code=4)["reason"], "WRONG_STATE", "until it is read")
    duban.json("assignment", "remark", library, "--text=请抓紧", "--by=李强")
    duban.json("assignment", "urge", library, "--text=请本周内办结", "--by=李强")
    eventually("an urge is a reminder", lambda: [
        item for item in duban.json("reminder", "list", "--unit=县文化馆")["reminders"] if item["reason"] == "URGE"])
    csv = duban.run("assignment", "list", "--unit=县文化馆", "--csv").stdout
    expect((csv[0], "2025-01-15" in csv), ("\ufeff", True), "a list is CSV that Excel reads")


def hand_in_and_review(duban, name):
    duban.json("assignment", "submit", name, "--text=清单已公布")
    back = duban.json("assignment", "review", name, "--return", "--comment=缺少公布网址", "--by=李强")["results"]
    expect(back[0]["state"], "IN_PROGRESS", "what is sent back is where it was before")
    duban.json("assignment", "submit", name, "--text=清单已公布，网址已附")
    done = duban.json("assignment", "review", "--all-waiting", "--plan=bianmin", "--accept", "--by=李强")["results"]
    expect([(item["name"], item["state"]) for item in done], [(name, "DONE")], "what is accepted is done")
    error = duban.json("assignment", "review", name, "--accept", code=4)
    expect(error["reason"], "WRONG_STATE", "and waits for no review any more")
    kinds = [entry["kind"] for entry in duban.json("assignment", "timeline", name)["entries"]]
    expect(kinds, ["ISSUED", "DELIVERED", "RECEIVED", "REPORTED", "SUBMITTED", "RETURNED", "SUBMITTED", "ACCEPTED"],
           "the timeline tells all of it in order")


def board_equals_lists(duban):
    for row in duban.json("assignment", "board", "--group-by=unit")["rows"]:
        for state, count in row["counts"].items():
            if state == "total":
                continue
            listed = duban.json("assignment", "list", f"--unit={row['key']}", f"--state={state}")["assignments"]
            if len(listed) != int(count):
                raise Failure(f"NOT SO: {row['key']} has {count} {state} on the board and {len(listed)} in the list")
    print("ok: every number of the board equals the list it opens", flush=True)
    days = [item["deadline"]["due"] or "~" for item in
            duban.json("assignment", "list", "--sort=deadline")["assignments"]]
    expect(days, sorted(days), "the nearest deadline stands first where asked")
    expect(duban.json("assignment", "list", "--plan=nothere", code=5)["reason"], "RESOURCE_NOT_FOUND",
           "a list of a plan that is not there is an error")


def remind(duban):
    lease = eventually("reminders fall due", lambda: (lambda answer: answer if answer["reminders"] else None)(
        duban.json("reminder", "lease", "--lease=5m")))
    names = [reminder["name"] for reminder in lease["reminders"]]
    failed = duban.json("reminder", "confirm", names[0], f"--lease-token={lease['lease_token']}", "--error=电话没人接")
    expect((failed["results"][0]["state"], duban.json("reminder", "show", names[0])["attempts"]), ("SCHEDULED", 1),
           "a failed delivery comes again")
    if len(names) > 1:
        done = duban.json("reminder", "confirm", *names[1:], f"--lease-token={lease['lease_token']}")
        expect({result["state"] for result in done["results"]}, {"CONFIRMED"}, "the others are confirmed")
    policy = duban.json("reminder", "policy", "update", "--before-due=3,1", "--time=08:30")
    expect((policy["before_due_working_days"], policy["minute_of_day"]), ([3, 1], 510), "the policy is changed")
    return names[0]


def tables_fit(duban, assignment, reminder):
    commands = [["plan", "show", "bianmin", "--all-findings"], ["plan", "list"], ["unit", "list"],
                ["unit", "show", "县教育局"], ["unit", "group", "list"], ["calendar", "list"],
                ["assignment", "board"], ["assignment", "board", "--group-by=unit"], ["assignment", "list"],
                ["assignment", "show", assignment], ["assignment", "timeline", assignment], ["reminder", "list"],
                ["reminder", "show", reminder], ["reminder", "policy", "show"], ["node", "status"],
                ["plan", "propose", "bianmin"]]
    for columns in (80, 120):
        for language in ("zh", "en"):
            for command in commands:
                done = duban.run(*command, f"--width={columns}", f"--lang={language}")
                if done.returncode != 0:
                    raise Failure(f"NOT SO: duban {' '.join(command)} works\n{done.stderr}")
                print(f"--- duban {' '.join(command)} --width={columns} --lang={language}\n{done.stdout}", flush=True)
                wide = [line for line in done.stdout.splitlines() if width(line) > columns]
                expect(wide, [], f"{' '.join(command)} fits {columns} columns in {language}")
    piped = duban.run("assignment", "list").stdout
    expect([line for line in piped.splitlines() if width(line) > 120], [], "a list that is piped fits 120 columns")
    unknown = duban.run("assignment", "bord")
    expect((unknown.returncode, "是不是 duban assignment board" in unknown.stderr), (2, True),
           "an unknown command is told with the nearest one")


def completion_works(duban):
    """What bash offers after a few beginnings."""
    script = duban.run("completion", "bash").stdout
    for typed, wanted in ((["pl"], ["plan"]), (["plan", "settle", "--f"], ["--finding=", "--format="]),
                          (["plan", "list", "--state", "=", "d"], ["draft"]),
                          (["unit", "group", "ex"], ["expand"]), (["completion", ""], ["bash", "zsh"])):
        words = " ".join(f"'{word}'" for word in ["duban", *typed])
        done = subprocess.run(
            ["bash", "-c", f"{script}\ncompopt() {{ :; }}\nCOMP_WORDS=({words}); COMP_CWORD={len(typed)}\n"
             "_duban\nprintf '%s\\n' \"${COMPREPLY[@]}\""], capture_output=True, text=True, timeout=CALL_TIME,
            check=True)
        expect(done.stdout.split(), wanted, f"bash completes: duban {' '.join(typed)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--duban", required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("--scratch", required=True)
    options = parser.parse_args()
    shutil.rmtree(options.scratch, ignore_errors=True)
    os.makedirs(options.scratch)
    with Node(options.node, options.scratch, ISSUE_DAY) as server:
        duban = Duban(options.duban, server)
        finding = import_and_publish(duban, options.scratch)
        settle_and_publish(duban, finding)
        assignment = sign_and_report(duban)
        ask_and_decide(duban, assignment)
    with Node(options.node, options.scratch, DUE_DAY) as server:
        duban = Duban(options.duban, server)
        reminder = remind(duban)
        hand_in_and_review(duban, assignment)
        board_equals_lists(duban)
        tables_fit(duban, assignment, reminder)
        completion_works(duban)
    gone = Duban(options.duban, server).json("plan", "list", code=3)
    expect(gone["code"], "UNAVAILABLE", "a server that is gone is told apart from one that refuses")


if __name__ == "__main__":
    sys.exit(main())
