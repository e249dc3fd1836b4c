#!/usr/bin/python3
"""A client in Python that knows Duban by its .proto files alone.

It starts a node, fills the directory, makes and settles a plan, publishes it, pulls and signs the assignments one by
one and together, hands in and reviews a result, restarts the node on the due day, and leases and confirms reminders. On
the way it reads the details of errors, of whole calls and of single items, and asks the health and reflection
services. Everything goes over TLS, each call with the certificate of who makes it: the node's own keeper, the
government, the department, the job. A clerk signs in and works over the connection of their department with a token.
publish_pull_confirm.js does the same with Node.js; its gRPC shares no code with this.

    publish_pull_confirm.py --duban build/bin/duban --node build/bin/duban-node --protos proto --scratch FOLDER

Stubs are generated into the scratch folder, which has to be empty or absent. Exits 0 if every claim held.
"""

import argparse
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid

import grpc

GRPC_PROTOS = "/usr/share/grpc-proto"  # Debian's package grpc-proto: health and reflection
SLOWNESS = int(os.environ.get("DUBAN_TEST_SLOWNESS", "1"))  # of programs with sanitizers
DOMAIN = "duban.example"
PATIENCE = 20 * SLOWNESS  # seconds to wait for anything that happens by itself
ISSUE_DAY, DUE_DAY = "2024-03-01", "2024-03-08"  # two Fridays, with a plain working week between them


def generate_stubs(protos, out):
    """Runs the system's protoc and puts the result on the module path."""
    os.makedirs(out)
    own = [os.path.relpath(os.path.join(folder, name), protos)
           for folder, _, names in os.walk(protos) for name in names if name.endswith(".proto")]
    others = ["grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto"]
    plugin = "--plugin=protoc-gen-grpc=" + shutil.which("grpc_python_plugin")
    subprocess.run(["protoc", f"-I{protos}", f"-I{GRPC_PROTOS}", f"--python_out={out}", f"--grpc_out={out}", plugin]
                   + own + others, check=True)
    # `grpc` is a package already; these two generated modules live beside it under another name.
    os.rename(os.path.join(out, "grpc"), os.path.join(out, "grpc_protos"))
    for folder, _, names in os.walk(os.path.join(out, "grpc_protos")):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("from grpc.health", "from grpc_protos.health")
                           .replace("from grpc.reflection", "from grpc_protos.reflection"))
    sys.path.insert(0, out)


def module(name):
    return importlib.import_module(name)


class Keys:
    """The keys of an office made from nothing: one folder for each name, and the first officer's password."""

    def __init__(self, duban, scratch):
        self.duban, self.folder = duban, os.path.join(scratch, "office")
        made = subprocess.run([duban, "node", "init", self.folder, "--node=district", f"--domain={DOMAIN}",
                               "--officer=an", "--format=json"], check=True, capture_output=True)
        self.first_password = json.loads(made.stdout)["one_time_password"]

    def run(self, *arguments):
        subprocess.run([self.duban, "keys", *arguments], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def of(self, name):
        if name == "node/district":
            return os.path.join(self.folder, "keys")
        folder = os.path.join(self.folder, name.replace("/", "-"))
        if not os.path.exists(folder):
            self.run("issue", name, f"--authority={self.folder}/authority", f"--out={folder}")
        return folder

    def credentials(self, name):
        """What a gRPC client needs: the root it trusts, its own key, and its certificate with those behind it."""
        parts = []
        for part in ("ca.pem", "key.pem", "certificate.pem"):
            with open(os.path.join(self.of(name), "current", part), "rb") as file:
                parts.append(file.read())
        return grpc.ssl_channel_credentials(*parts)


class Node:
    """A running node; stops with the `with` block and has to stop cleanly."""

    def __init__(self, program, keys, scratch, day):
        self.keys, self.channels = keys, {}
        self.port_file = os.path.join(scratch, f"port-{day}")
        self.log = open(os.path.join(scratch, f"log-{day}"), "wb")
        self.process = subprocess.Popen(
            [program, "--node=district", f"--data-dir={scratch}/data", "--listen=127.0.0.1:0",
             f"--keys={keys.of('node/district')}", f"--port-file={self.port_file}", "--development",
             f"--pretend-date={day}"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        def port():
            if self.process.poll() is not None:
                raise SystemExit(f"the node ended with {self.process.returncode}; see {self.log.name}")
            if not os.path.exists(self.port_file):
                return None
            with open(self.port_file, encoding="utf-8") as file:
                return int(file.read())

        try:
            self.address = f"127.0.0.1:{eventually('the node serves', port)}"
        except BaseException:
            self.process.kill()
            raise
        return self

    def channel(self, part=""):
        """A connection as the node itself, or with `/unit/education` as somebody at it."""
        if part not in self.channels:
            # The certificate has the name of the node, not of the machine that it runs on.
            self.channels[part] = grpc.secure_channel(self.address, self.keys.credentials("node/district" + part),
                                                      [("grpc.ssl_target_name_override", f"district.{DOMAIN}")])
        return self.channels[part]

    def __exit__(self, kind, *_):
        for channel in self.channels.values():
            channel.close()
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


def expect(actual, wanted, claim):
    if actual != wanted:
        raise SystemExit(f"NOT SO: {claim}\n  got    {actual!r}\n  wanted {wanted!r}")
    print(f"ok: {claim}", flush=True)


def eventually(claim, attempt):
    """Calls `attempt` until it returns something, for a bounded time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = attempt()
        if result:
            return result
        time.sleep(0.05)
    raise SystemExit(f"NOT SO within {PATIENCE} s: {claim}")


def call(method, request):
    return method(request, timeout=20 * SLOWNESS)


def request_id():
    return str(uuid.uuid4())


def details_of(status):
    """Returns {type name: detail} of a google.rpc.Status."""
    details, found = module("google.rpc.error_details_pb2"), {}
    for packed in status.details:
        detail = getattr(details, packed.TypeName().rsplit(".", maxsplit=1)[-1])()
        packed.Unpack(detail)
        found[detail.DESCRIPTOR.name] = detail
    return found


def error_of(method, request):
    """Returns (code, {type name: detail}) of a call that has to fail."""
    try:
        call(method, request)
    except grpc.RpcError as error:
        found = {}
        for key, value in error.trailing_metadata():
            if key == "grpc-status-details-bin":
                found = details_of(module("google.rpc.status_pb2").Status.FromString(value))
        return error.code(), found
    raise SystemExit("NOT SO: a wrong request is refused")


def check_infrastructure(channel):
    """Health and reflection, as tools use them."""
    health, stub = module("grpc_protos.health.v1.health_pb2"), module("grpc_protos.health.v1.health_pb2_grpc")
    for service in ("", "duban.v1.PlanService", "duban.v1.AssignmentService", "duban.v1.NotificationService"):
        answer = call(stub.HealthStub(channel).Check, health.HealthCheckRequest(service=service))
        expect(answer.status, health.HealthCheckResponse.SERVING, f"health of '{service}' is SERVING")
    reflection = module("grpc_protos.reflection.v1.reflection_pb2")
    stub = module("grpc_protos.reflection.v1.reflection_pb2_grpc").ServerReflectionStub(channel)
    asked = iter([reflection.ServerReflectionRequest(list_services="*")])
    listed = next(stub.ServerReflectionInfo(asked, timeout=20 * SLOWNESS)).list_services_response.service
    expect("duban.v1.PlanService" in [service.name for service in listed], True, "reflection v1 lists PlanService")


def make_directory(channel):
    """A district's government and one department under it."""
    pb, units = module("duban.v1.directory_service_pb2"), module("duban.v1.unit_pb2")
    directory = module("duban.v1.directory_service_pb2_grpc").DirectoryServiceStub(channel)
    code, details = error_of(directory.GetUnit, pb.GetUnitRequest())
    expect(code, grpc.StatusCode.INVALID_ARGUMENT, "a request without a name is INVALID_ARGUMENT")
    expect((details["ErrorInfo"].reason, details["ErrorInfo"].domain), ("INVALID_FIELD", "duban"), "with its reason")
    expect([violation.field for violation in details["BadRequest"].field_violations], ["name"], "and names the field")
    expect(details["LocalizedMessage"].locale, "zh-CN", "and has a message for people")
    call(directory.CreateUnit, pb.CreateUnitRequest(
        request_id=request_id(), unit_id="government",
        unit=units.Unit(display_name="区人民政府", kind=units.Unit.GOVERNMENT)))
    repeated = pb.CreateUnitRequest(
        request_id=request_id(), unit_id="education",
        unit=units.Unit(display_name="区教育局", aliases=["教育局"], kind=units.Unit.DEPARTMENT,
                        superiors=[units.Unit.Superior(unit="units/government")]))
    unit = call(directory.CreateUnit, repeated)
    expect(call(directory.CreateUnit, repeated), unit, "the same request id gives the first answer again")
    repeated.unit.display_name = "区民政局"
    code, details = error_of(directory.CreateUnit, repeated)
    expect((code, details["ErrorInfo"].reason), (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"),
           "the same request id with another body is refused")


def draft_plan(plans):
    """Makes a draft with a task whose unit nobody knows."""
    pb, nouns, deadlines = (module(f"duban.v1.{name}_pb2") for name in ("plan_service", "plan", "deadline"))

    def task(number, unit):
        responsibility = nouns.Responsibility(printed=unit, unit=unit, role=nouns.Responsibility.LEAD)
        deadline = deadlines.Deadline(printed="3月8日前", kind=deadlines.Deadline.BY_DATE, due=DUE_DAY)
        return nouns.Task(task_id=f"body-{number}", table="body", number=number, headings=["一、校园开放"],
                          text=f"开放第{number}批学校操场", printed_units=unit, responsibilities=[responsibility],
                          deadline=deadline)

    plan = nouns.Plan(title="2024年校园开放工作要点", year=2024, tasks=[task(1, "区教育局"), task(2, "区教育体育局")])
    return call(plans.CreatePlan, pb.CreatePlanRequest(
        request_id=request_id(), plan_id="p2024", unit="units/government", plan=plan))


def publish_plan(channel):
    """From a draft through its findings to a published plan."""
    pb, nouns = module("duban.v1.plan_service_pb2"), module("duban.v1.plan_pb2")
    plans = module("duban.v1.plan_service_pb2_grpc").PlanServiceStub(channel)
    plan = draft_plan(plans)
    open_findings = [finding for finding in plan.findings if finding.blocking]
    expect([(finding.code, finding.task) for finding in open_findings], [("UNKNOWN_UNIT", "body-2")],
           "a unit that the directory does not know is a finding that blocks")

    def publishing():
        return pb.PublishPlanRequest(request_id=request_id(), name="plans/p2024", issuer="units/government")

    code, details = error_of(plans.PublishPlan, publishing())
    expect((code, details["ErrorInfo"].reason), (grpc.StatusCode.FAILED_PRECONDITION, "FINDINGS_OPEN"),
           "a plan with open findings is not published")
    answer = pb.SettleFindingsRequest.Answer(
        finding_id=open_findings[0].finding_id, settlement=nouns.Finding.ANSWERED, answer="区教育局")
    call(plans.SettleFindings, pb.SettleFindingsRequest(
        request_id=request_id(), name="plans/p2024", answers=[answer], settled_by="林晓"))
    plan = call(plans.PublishPlan, publishing())
    expect((plan.state, plan.revision), (nouns.Plan.PUBLISHED, 1), "the settled plan is published as revision 1")
    resolved = [task.responsibilities[0].resolved for task in plan.tasks]
    expect(resolved, ["units/education"] * 2, "with its units resolved")


def pull_and_sign(channel):
    """Both assignments reach the unit, which signs. Returns their names."""
    pb, nouns = module("duban.v1.assignment_service_pb2"), module("duban.v1.assignment_pb2")
    service = module("duban.v1.assignment_service_pb2_grpc").AssignmentServiceStub(channel)
    eventually("both assignments are issued", lambda: len(call(
        service.ListAssignments, pb.ListAssignmentsRequest(filter=pb.AssignmentFilter(unit="units/education"))
    ).assignments) == 2)
    pulling = pb.PullAssignmentsRequest(request_id=request_id(), unit="units/education")
    lease = call(service.PullAssignments, pulling)
    expect([(assignment.number, assignment.state) for assignment in lease.assignments],
           [(1, nouns.Assignment.ISSUED), (2, nouns.Assignment.ISSUED)], "the unit pulls both assignments")
    again = call(service.PullAssignments, pulling)
    expect(again.lease_token, lease.lease_token, "the same request id gives the same lease")

    def signing(token):
        return pb.ReceiveAssignmentRequest(
            request_id=request_id(), name=lease.assignments[0].name, lease_token=token, signer="王敏")

    code, details = error_of(service.ReceiveAssignment, signing("not-the-token"))
    expect((code, details["ErrorInfo"].reason), (grpc.StatusCode.FAILED_PRECONDITION, "LEASE_NOT_HELD"),
           "another token does not sign")
    signed = call(service.ReceiveAssignment, signing(lease.lease_token))
    expect((signed.state, signed.execution.receipt.signer), (nouns.Assignment.RECEIVED, "王敏"), "the token signs")
    both = call(service.ReceiveAssignments, pb.ReceiveAssignmentsRequest(
        request_id=request_id(), names=[assignment.name for assignment in lease.assignments],
        lease_token=lease.lease_token, signer="王敏")).results
    expect(details_of(both[0].error)["ErrorInfo"].reason, "WRONG_STATE",
           "of several, one that is signed for is refused")
    expect((both[1].HasField("error"), both[1].state), (False, nouns.Assignment.RECEIVED), "and the other is signed")
    expect(list(call(service.PullAssignments, pb.PullAssignmentsRequest(
        request_id=request_id(), unit="units/education")).assignments), [], "and nothing is left")
    return [assignment.name for assignment in lease.assignments]


def with_token(method, tokens):
    """A method as the person calls it to whom the tokens were given."""
    metadata = [("authorization", f"Bearer {tokens.access_token}")]
    return lambda request, timeout: method(request, timeout=timeout, metadata=metadata)


def sign_in(service, person, once):
    """With a password for one time, which has to be changed first. Returns the tokens."""
    pb, own = module("duban.v1.access_service_pb2"), "Correct-Horse-7"
    first = call(service.SignIn, pb.SignInRequest(person=person, password=once))
    expect((first.needs_password_change, first.HasField("tokens")), (True, False),
           f"{person} has to change the password for one time")
    call(service.ChangePassword, pb.ChangePasswordRequest(person=person, password=once, new_password=own))
    code, details = error_of(service.SignIn, pb.SignInRequest(person=person, password=once))
    expect((code, details["ErrorInfo"].metadata["cause"]), (grpc.StatusCode.UNAUTHENTICATED, "SIGN_IN"),
           "which counts no more")
    return call(service.SignIn, pb.SignInRequest(person=person, password=own)).tokens


def work_as_a_person(node_channel, channel, unit_channel, once):
    """The first officer, over their own certificate, takes in a clerk of the department, who works with a token."""
    pb, nouns, roles = (module(f"duban.v1.{name}_pb2") for name in ("access_service", "person", "access"))
    people = module("duban.v1.access_service_pb2_grpc").AccessServiceStub(channel)
    officer = sign_in(people, "people/an", once)
    expect(officer.needs_second_factor, False, "the officer's own certificate is the second factor")
    node = module("duban.v1.access_service_pb2_grpc").AccessServiceStub(node_channel)
    expect(error_of(with_token(node.WhoAmI, officer), pb.WhoAmIRequest())[0], grpc.StatusCode.UNAUTHENTICATED,
           "without which the token counts for nothing")
    clerk_once = call(with_token(people.CreatePerson, officer), pb.CreatePersonRequest(
        request_id=request_id(), person_id="wang", person=nouns.Person(display_name="王敏"))).one_time_password
    granting = pb.GrantRoleRequest(request_id=request_id(), person="people/wang",
                                   grant=nouns.Grant(role=roles.CLERK, unit="units/education"))
    expect(error_of(node.GrantRole, granting)[0], grpc.StatusCode.PERMISSION_DENIED, "the node itself grants nothing")
    call(with_token(people.GrantRole, officer), granting)

    service = module("duban.v1.access_service_pb2_grpc").AccessServiceStub(unit_channel)
    clerk = sign_in(service, "people/wang", clerk_once)
    who = call(with_token(service.WhoAmI, clerk), pb.WhoAmIRequest())
    expect((who.caller, who.carrier, who.display_name),
           ("people/wang", "node/district/unit/education", "王敏"), "the clerk is known over the department's connection")
    assignments = module("duban.v1.assignment_service_pb2")
    stub = module("duban.v1.assignment_service_pb2_grpc").AssignmentServiceStub(unit_channel)
    listed = call(with_token(stub.ListAssignments, clerk), assignments.ListAssignmentsRequest(
        filter=assignments.AssignmentFilter(unit="units/education"))).assignments
    expect(len(listed), 2, "and sees its assignments")
    plans, reading = module("duban.v1.plan_service_pb2"), module("duban.v1.plan_service_pb2_grpc").PlanServiceStub
    parsing = plans.ParsePlanRequest(content="一、校园开放".encode(), source_name="a.txt")
    expect(error_of(with_token(reading(unit_channel).ParsePlan, clerk), parsing)[0],
           grpc.StatusCode.PERMISSION_DENIED, "but may not what only the department's certificate may")

    fresh = call(service.RefreshSession, pb.RefreshSessionRequest(refresh_token=clerk.refresh_token))
    call(with_token(service.WhoAmI, fresh), pb.WhoAmIRequest())
    expect(error_of(service.RefreshSession, pb.RefreshSessionRequest(refresh_token=clerk.refresh_token))[0],
           grpc.StatusCode.UNAUTHENTICATED, "a refresh token counts once")
    expect(error_of(with_token(service.WhoAmI, fresh), pb.WhoAmIRequest())[0], grpc.StatusCode.UNAUTHENTICATED,
           "and its copy ends the session")
    fresh.access_token = fresh.access_token[:-4] + "AAAA"
    expect(error_of(with_token(service.WhoAmI, fresh), pb.WhoAmIRequest())[0], grpc.StatusCode.UNAUTHENTICATED,
           "a token that was altered is refused")


def hand_in_and_review(channel, issuer_channel, name):
    """The result of one assignment is sent back, handed in again and accepted."""
    pb, nouns = module("duban.v1.assignment_service_pb2"), module("duban.v1.assignment_pb2")
    service, issuer = (module("duban.v1.assignment_service_pb2_grpc").AssignmentServiceStub(one)
                       for one in (channel, issuer_channel))

    def submit(text):
        item = pb.SubmitResultsRequest.Item(name=name, submission=nouns.Submission(text=text, submitter="王敏"))
        return call(service.SubmitResults, pb.SubmitResultsRequest(request_id=request_id(), items=[item])).results[0]

    def review(verdict, comment=""):
        submission = call(service.GetAssignment, pb.GetAssignmentRequest(name=name)).execution.submissions[-1]
        item = pb.ReviewSubmissionsRequest.Item(
            name=name, submission_id=submission.submission_id, verdict=verdict, comment=comment)
        return call(issuer.ReviewSubmissions, pb.ReviewSubmissionsRequest(
            request_id=request_id(), items=[item], reviewer="李强")).results[0]

    code, details = error_of(service.ReviewSubmissions, pb.ReviewSubmissionsRequest(
        request_id=request_id(), reviewer="王敏", items=[pb.ReviewSubmissionsRequest.Item(
            name=name, submission_id="s1", verdict=nouns.Review.ACCEPTED)]))
    expect((code, details["ErrorInfo"].reason), (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED"),
           "nobody judges a result but who issued the task")
    expect("下发单位的审核" in details["LocalizedMessage"].message, True, "and it is said who may")

    expect(submit("操场已开放").state, nouns.Assignment.UNDER_REVIEW, "a result is handed in")
    expect(review(nouns.Review.RETURNED, "缺少照片").state, nouns.Assignment.RECEIVED, "and sent back")
    expect(details_of(review(nouns.Review.ACCEPTED).error)["ErrorInfo"].reason, "WRONG_STATE", "judged once only")
    submit("操场已开放，照片已附")
    expect(review(nouns.Review.ACCEPTED).state, nouns.Assignment.DONE, "handed in again, and accepted")
    kinds = [entry.kind for entry in call(service.GetTimeline, pb.GetTimelineRequest(name=name)).entries]
    expect([nouns.TimelineEntry.Kind.Name(kind) for kind in kinds],
           ["ISSUED", "DELIVERED", "RECEIVED", "SUBMITTED", "RETURNED", "SUBMITTED", "ACCEPTED"],
           "the timeline tells all of it")


def lease_and_confirm(channel, assignment):
    """On the due day a reminder about the assignment that is not done goes out."""
    pb, nouns = module("duban.v1.notification_service_pb2"), module("duban.v1.reminder_pb2")
    service = module("duban.v1.notification_service_pb2_grpc").NotificationServiceStub(channel)

    def leased():
        lease = call(service.LeaseReminders, pb.LeaseRemindersRequest(request_id=request_id(), max_reminders=500))
        return [(lease.lease_token, reminder) for reminder in lease.reminders if reminder.assignment == assignment]

    token, reminder = eventually("a reminder falls due", leased)[0]
    expect((reminder.recipient, reminder.due), ("units/education", DUE_DAY), "it is to the unit and about the due day")
    items = [pb.ConfirmRemindersRequest.Item(name=name) for name in (reminder.name, "reminders/none")]
    confirmed = call(service.ConfirmReminders, pb.ConfirmRemindersRequest(
        request_id=request_id(), lease_token=token, items=items)).results
    expect(confirmed[0].state, nouns.Reminder.CONFIRMED, "the job confirms it")
    expect(details_of(confirmed[1].error)["ErrorInfo"].reason, "RESOURCE_NOT_FOUND", "and not one that is not there")
    confirming = pb.ConfirmReminderRequest(request_id=request_id(), name=reminder.name, lease_token=token)
    code, details = error_of(service.ConfirmReminder, confirming)
    expect((code, details["ErrorInfo"].reason), (grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE"),
           "a confirmed reminder is not confirmed again")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--duban", "--node", "--protos", "--scratch"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.scratch, ignore_errors=True)
    os.makedirs(arguments.scratch)
    generate_stubs(arguments.protos, os.path.join(arguments.scratch, "stubs"))
    keys = Keys(arguments.duban, arguments.scratch)
    with Node(arguments.node, keys, arguments.scratch, ISSUE_DAY) as node:
        check_infrastructure(node.channel())
        make_directory(node.channel())
        publish_plan(node.channel("/unit/government"))
        done, left = pull_and_sign(node.channel("/unit/education"))
        hand_in_and_review(node.channel("/unit/education"), node.channel("/unit/government"), done)
        work_as_a_person(node.channel(), node.channel("/person/an"), node.channel("/unit/education"),
                         keys.first_password)
    with Node(arguments.node, keys, arguments.scratch, DUE_DAY) as node:
        lease_and_confirm(node.channel("/job/reminders"), left)


if __name__ == "__main__":
    main()
