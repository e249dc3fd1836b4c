#!/usr/bin/python3
"""Who may do what, asked of the decision for every method, kind of caller and relation, and held against a second
opinion that shares nothing with it but the words of access.proto.

The table below says, method by method, who may call it and for what. The world has units in two lines with a move on a
date, and people with roles at them: at u-street, above, below and beside it, in the other line, elsewhere, and somebody
who left it on that date. Each cell is one call of one caller about one object on one day. `access_decider` answers for
the code in common/access, and every answer has to be the one found here.

    matrix_test.py build/bin/access_decider
"""

import json
import subprocess
import sys

HERE = 'city'
MOVE_DAY = '2024-07-01'  # u-street leaves u-east for u-west
DAYS = ('2024-06-30', '2024-07-01')

# unit -> [(superior, from, to)]; names that begin alike are units of their own.
UNITS = {
    'u-city': [],
    'u-east': [('u-city', '', '')],
    'u-west': [('u-city', '', '')],
    'u-eas': [('u-city', '', '')],
    'u-east-2': [],
    'u-street': [('u-east', '', MOVE_DAY), ('u-west', MOVE_DAY, '')],
    'u-section': [('u-street', '', '')],
    'u-lane': [('u-east', '', '')],
    'u-dock': [('u-west', '', '')],
    'u-ring-a': [('u-ring-b', '', '')],
    'u-ring-b': [('u-ring-a', '', '')],
    'u-stranger': [],
}
# plan -> who issued it, or drew it up, and whether it is issued; a plan that is not listed does not exist.
PLANS = {'p-city': ('u-city', True), 'p-east': ('u-east', True), 'p-stranger': ('u-stranger', True),
         'p-draft': ('u-east', False), 'p-old-draft': ('', False)}
NO_PLAN = 'p-none'

# What each kind of caller may be.
PLANNER, REVIEWER, CLERK, LEADER = 'planner', 'reviewer', 'clerk', 'leader'
REGISTRAR, OPERATOR, JOB, SERVICE, PEER = 'registrar', 'operator', 'job', 'service', 'peer'
SECURITY, AUDITOR, PERSON, NODE = 'security officer', 'auditor', 'person', 'the node itself'
OWN = 'own certificate'
# As access.proto writes them.
NAMES = {SECURITY: 'SECURITY_OFFICER'}
OFFICERS = {PLANNER, REVIEWER, CLERK, LEADER}


class Caller:
    """Whoever has a certificate."""

    person = ''

    def __init__(self, path):
        self.path = path
        parts = path.split('/')
        self.node, self.part, self.name = parts[1], *(parts[2:] or ('', ''))
        unit, roles = '', set()
        ours = self.node == HERE
        if self.part in ('', 'service') and not ours:
            roles = {PEER}
        elif self.part == '' and ours:
            roles = {OPERATOR, REGISTRAR, AUDITOR, SERVICE, NODE}
        elif self.part == 'service':
            roles = {OWN} if self.name == 'console' else {SERVICE}
        elif self.part == 'unit' and ours:
            roles, unit = OFFICERS, self.name
        elif self.part == 'job' and ours:
            roles = {JOB}
        elif self.part == 'person' and ours:
            roles = {OWN}
        self.held = [(unit, role, '', '') for role in roles]

    def posts(self, day):
        """What is held on a day: pairs of a unit, empty for the node, and a role."""
        return {(unit, role) for unit, role, begin, end in self.held if begin <= day and (not end or day < end)}

    def roles(self, day):
        return {role for _, role in self.posts(day)}


class Person(Caller):
    """Somebody who signed in, over the connection of `carrier`; `held`: unit, role, first day, day after the last."""

    def __init__(self, person, held, carrier=f'node/{HERE}/service/console', state='HELD'):
        super().__init__(carrier)
        self.path = f'{person} over {carrier}'
        self.person = person
        self.grants = [{'unit': unit and f'units/{unit}', 'role': NAMES.get(role, role.upper()), 'begin': begin,
                        'end': end, 'state': state} for unit, role, begin, end in held]
        own = (self.part, self.name) == ('person', person)
        carries = self.node == HERE and (own or self.part in ('', 'service', 'unit'))
        counted = [grant for grant in held if state == 'HELD' and (self.part != 'unit' or grant[0] == self.name)]
        self.carrier, self.held = carrier, counted + [('', PERSON, '', '')] if carries else []
        self.part = self.name = self.node = ''


RELATIONS = {'self': 'u-street', 'superior': 'u-east', 'top': 'u-city', 'subordinate': 'u-section',
             'sibling': 'u-lane', 'cousin': 'u-dock', 'stranger': 'u-stranger'}


def people():
    for role in (PLANNER, REVIEWER, CLERK, LEADER):
        for relation, unit in RELATIONS.items():
            yield Person(f'{relation}-{role}', [(unit, role, '', '')])
        yield Person(f'former-{role}', [('u-street', role, '', MOVE_DAY)])
        yield Person(f'new-{role}', [('u-street', role, MOVE_DAY, '')])
    for role in (REGISTRAR, OPERATOR, SECURITY, AUDITOR):
        yield Person(role.replace(' ', '-'), [('', role, '', '')])
    yield Person('not-yet', [('', OPERATOR, '', '')], state='AWAITING_APPROVAL')
    yield Person('no-more', [('u-street', CLERK, '', '')], state='REVOKED')
    yield Person('nothing', [])
    both = [('u-street', CLERK, '', ''), ('u-east', CLERK, '', ''), ('u-east', LEADER, '', ''), ('', REGISTRAR, '', '')]
    yield Person('both', both)
    for carrier in ('', '/unit/u-street', '/unit/u-east', '/unit/u-stranger', '/job/reminders', '/person/both',
                    '/person/bot', '/person/both-2'):
        yield Person('both', both, f'node/{HERE}{carrier}')
    for carrier in ('node/district', 'node/district/service/plan', 'node/district/unit/u-east',
                    'node/district/person/both'):
        yield Person('both', both, carrier)


CALLERS = [Caller(path) for path in (
    f'node/{HERE}', f'node/{HERE}/service/plan', f'node/{HERE}/service/assignment', f'node/{HERE}/service/notification',
    f'node/{HERE}/service/console', 'node/district/service/console',
    f'node/{HERE}/job/reminders', f'node/{HERE}/person/both', 'node/district', 'node/district/service/assignment',
    'node/district/unit/u-east',
    'node/district/job/reminders', 'node/district/person/both', 'node/assignment', 'node/cit', 'node/city-2',
    *(f'node/{HERE}/unit/{unit}' for unit in UNITS), f'node/{HERE}/unit/u-unknown')] + list(people())


def superiors(unit, day):
    return [s for s, begin, end in UNITS.get(unit, ()) if begin <= day and (not end or day < end)]


def is_below(unit, above, day):
    """Whether `unit` is somewhere below `above`."""
    seen, waiting = set(), [unit]
    while waiting:
        for superior in superiors(waiting.pop(), day):
            if superior == above:
                return True
            if superior not in seen:
                seen.add(superior)
                waiting.append(superior)
    return False


def holds(caller, roles, unit, day, below=False):
    """Whether one of the roles is held at the unit, or with `below` at one above it."""
    return any(role in roles and at and (at == unit or (below and is_below(unit, at, day)))
               for at, role in caller.posts(day))


def anywhere(*roles):
    return lambda caller, about, day: bool(caller.roles(day) & set(roles))


def for_units(*roles, below=False):
    """One of the roles has to be held at every unit the call is about."""
    return lambda caller, about, day: bool(about['units']) and all(
        holds(caller, roles, unit, day, below) for unit in about['units'])


def for_units_below(*roles):
    return for_units(*roles, below=True)


def for_issuing_units(*roles):
    """One of the roles has to be held at the unit whose orders the call is about, whichever those are."""
    return lambda caller, about, day: bool(about['issuing']) and all(
        holds(caller, roles, unit, day) for unit in about['issuing'])


def for_issuers(*roles):
    return lambda caller, about, day: bool(caller.roles(day) & set(roles)) and bool(about['plans']) and all(
        plan in PLANS and (PLANS[plan] == ('', False) or holds(caller, roles, PLANS[plan][0], day))
        for plan in about['plans'])


def once_issued(*roles):
    return lambda caller, about, day: bool(caller.roles(day) & set(roles)) and all(
        plan in PLANS and PLANS[plan][1] for plan in about['plans'])


def both(*rules):
    return lambda caller, about, day: all(rule(caller, about, day) for rule in rules)


def as_node(caller, about, day):
    return PEER in caller.roles(day) and about['self'] == caller.node


def themselves(caller, about, day):
    return PERSON in caller.roles(day) and about['self'] == caller.person


def fetch(caller, about, day):
    if about['downstream']:
        return PEER in caller.roles(day) and about['self'] == caller.node
    return SERVICE in caller.roles(day) and (caller.part == '' or about['self'] == caller.name)


READERS = anywhere(PLANNER, REVIEWER, CLERK, LEADER, REGISTRAR, OPERATOR, JOB)
ASSIGNMENT_READERS = (for_units(CLERK, PLANNER), for_units_below(LEADER), for_issuers(PLANNER, REVIEWER, LEADER))
TABLE = {
    'PlanService': {
        'ParsePlan ListKeptHints DeleteKeptHints': (anywhere(PLANNER),),
        'CreatePlan ImportPlan': (for_units(PLANNER),),
        'GetPlan ListPlanRevisions ComparePlanRevisions':
            (for_issuers(PLANNER, REVIEWER, LEADER), once_issued(*OFFICERS)),
        'ListPlans': (for_units(*OFFICERS),),
        'UpdatePlan UpdateTask EditPlan ReimportPlan DeletePlan SettleFindings ReopenFindings ProposeAlignments '
        'AlignTasks PreviewPublication RevisePlan WithdrawPlan': (for_issuers(PLANNER),),
        'PublishPlan': (both(for_units(PLANNER), for_issuers(PLANNER)),),
    },
    'PlanSearchService': {'SearchPlans': (for_units(*OFFICERS),)},
    'PlanSourceService': {'GetPlanSource': (for_issuers(PLANNER, REVIEWER, LEADER),)},
    'AssignmentSearchService': {
        'SearchAssignments': (*ASSIGNMENT_READERS, for_issuing_units(PLANNER, REVIEWER, LEADER)),
    },
    'DirectoryService': {
        'GetUnitGroup ListUnitGroups ExpandUnitGroup ListAliases ListCalendars': (READERS,),
        'GetUnit ListUnits ResolveUnit': (READERS, anywhere(SECURITY)),
        'CreateUnit UpdateUnit DeleteUnit CreateUnitGroup UpdateUnitGroup DeleteUnitGroup ImportDirectory '
        'RemoveAlias UpdateCalendar': (anywhere(REGISTRAR),),
    },
    'AssignmentService': {
        'PullAssignments ReceiveAssignment ReceiveAssignments ReportProgress SubmitResult SubmitResults '
        'DeclineAssignment RequestExtension RetractReport':
            (for_units(CLERK),),
        'ReviewSubmission ReviewSubmissions': (for_issuers(REVIEWER),),
        'ReaddressAssignment BindAssignment AnswerExtension': (for_issuers(PLANNER, REVIEWER),),
        'MarkReportsRead AddRemark UrgeAssignments': (for_issuers(PLANNER, REVIEWER, LEADER),),
        'GetAssignment ListAssignments GetTimeline GetBoard': ASSIGNMENT_READERS,
        'GetIssuance': (for_units(PLANNER, REVIEWER, LEADER),),
    },
    'IssuerService': {'ListIssuerItems': (for_units(PLANNER, REVIEWER, LEADER),)},
    'WatchService': {'Watch': (anywhere(*OFFICERS, REGISTRAR, OPERATOR, SECURITY),)},
    'EvidenceService': {
        'UploadEvidence': (for_units(CLERK),),
        'GetEvidenceFile ReadEvidence': ASSIGNMENT_READERS,
        'HandUpEvidence': (as_node,),
    },
    'NotificationService': {
        'LeaseReminders ConfirmReminder ConfirmReminders': (anywhere(JOB),),
        'RedriveReminder RedriveDelivery UpdateReminderPolicy': (anywhere(OPERATOR),),
        'GetReminder GetDigest ListDigests ListDeliveries': (anywhere(JOB, OPERATOR),),
        'GetContact ListContacts UpdateContact ListChannels': (anywhere(REGISTRAR, OPERATOR),),
        'ListReminders': (anywhere(JOB, OPERATOR), for_units(CLERK, LEADER)),
        'GetReminderPolicy': (READERS,),
    },
    'FeedService': {'Fetch': (fetch,), 'Offer GiveBack': (as_node,)},
    'AuditService': {'ListAuditEntries ExportAudit': (anywhere(AUDITOR),)},
    'NodeService': {
        'GetNodeStatus StartBackup StartVerification GetJob ListJobs CancelJob ListBackups SetLogLevel':
            (anywhere(OPERATOR),),
    },
    'AccessService': {
        'SignIn BeginSingleSignOn SignInWithIdToken RefreshSession ChangePassword':
            (anywhere(*OFFICERS, SERVICE, PERSON, OWN),),
        'SignOut BeginTotp ConfirmTotp': (anywhere(PERSON),),
        'WhoAmI': (anywhere(*OFFICERS, REGISTRAR, OPERATOR, SECURITY, AUDITOR, JOB, PEER, SERVICE, PERSON, NODE,
                            OWN),),
        'ListSessions RevokeSession ListGrants': (anywhere(SECURITY), themselves),
        'CreatePerson ListPeople UpdatePerson DisablePerson EnablePerson GrantRole RevokeRole ExplainAccess':
            (anywhere(SECURITY),),
        'ResetPassword ApproveGrant': (anywhere(SECURITY, NODE),),
    },
}
RULES = {f'duban.v1.{service}/{method}': rules
         for service, rows in TABLE.items() for methods, rules in rows.items() for method in methods.split()}


def about(units=(), plans=(), self_='', downstream=False, issuing=()):
    return {'units': list(units), 'plans': list(plans), 'self': self_, 'downstream': downstream,
            'issuing': list(issuing)}


def assignment(plan, unit):
    return f'plans/{plan}/tasks/t1/assignments/{unit}'


def places():
    """Assignments: of each unit, and of each plan there is or is not."""
    for unit in (*UNITS, 'u-unknown'):
        for plan in (*PLANS, NO_PLAN):
            yield plan, unit


def pairs():
    """Several at once: all the caller's, and one among them that is not."""
    for first in ('u-east', 'u-street'):
        for second in ('u-east', 'u-eas', 'u-street', 'u-stranger'):
            for plan in ('p-city', 'p-east'):
                yield [('p-east', first), (plan, second)]


def searches(unit):
    """Searches of a unit's assignments, or of whosever: with a plan, with an issuer, with both, with neither."""
    for plan, issuer in ((None, None), *((plan, None) for plan in (*PLANS, NO_PLAN)),
                         *((None, issuer) for issuer in (*UNITS, 'u-unknown')), ('p-east', 'u-street')):
        wanted = {**({'unit': f'units/{unit}'} if unit else {}), **({'plan': f'plans/{plan}'} if plan else {}),
                  **({'issuer': f'units/{issuer}'} if issuer else {})}
        yield wanted, about([unit] if unit else [], [plan] if plan else [], issuing=[issuer] if issuer else [])


def calls(method):
    """Requests of a method, and what each is about."""
    name = method.split('/')[1]
    if name in ('CreatePlan', 'ImportPlan', 'ListPlans', 'SearchPlans'):
        for unit in (None, *UNITS, 'u-unknown'):
            field = 'viewer' if name in ('ListPlans', 'SearchPlans') else 'unit'
            yield {field: f'units/{unit}'} if unit else {}, about([unit] if unit else [])
    elif name in ('GetPlan', 'ListPlanRevisions', 'ComparePlanRevisions'):
        for plan in (*PLANS, NO_PLAN):
            yield {'name': f'plans/{plan}'}, about(plans=[plan])
    elif name in ('UpdatePlan', 'UpdateTask', 'EditPlan', 'ReimportPlan', 'DeletePlan', 'SettleFindings',
                  'ReopenFindings', 'ProposeAlignments', 'AlignTasks', 'PreviewPublication', 'RevisePlan',
                  'WithdrawPlan'):
        for plan in (*PLANS, NO_PLAN):
            resource = f'plans/{plan}'
            request = {'UpdatePlan': {'plan': {'name': resource}},
                       'UpdateTask': {'task': {'name': resource + '/tasks/t1'}}}.get(name, {'name': resource})
            yield request, about(plans=[plan])
        yield {}, about()
    elif name == 'PublishPlan':
        for plan, unit in places():
            yield {'name': f'plans/{plan}', 'issuer': f'units/{unit}'}, about([unit], [plan])
    elif name == 'GetIssuance':
        for unit in (*UNITS, 'u-unknown'):
            yield {'plan': 'plans/p-city', 'issuer': f'units/{unit}'}, about(units=[unit])
        yield {}, about()
    elif name == 'ListIssuerItems':
        for unit in (None, *UNITS, 'u-unknown'):
            yield {'issuer': f'units/{unit}'} if unit else {}, about([unit] if unit else [])
    elif name in ('PullAssignments', 'UploadEvidence'):
        for unit in (*UNITS, 'u-unknown'):
            yield {'unit': f'units/{unit}'}, about(units=[unit])
        yield {}, about()
    elif name in ('ReceiveAssignment', 'ReportProgress', 'SubmitResult', 'ReviewSubmission', 'GetAssignment',
                  'GetTimeline', 'DeclineAssignment', 'RequestExtension', 'RetractReport', 'ReaddressAssignment',
                  'BindAssignment', 'AnswerExtension', 'MarkReportsRead', 'AddRemark', 'GetEvidenceFile',
                  'ReadEvidence'):
        for plan, unit in places():
            yield {'name': assignment(plan, unit)}, about([unit], [plan])
    elif name in ('ReceiveAssignments', 'SubmitResults', 'ReviewSubmissions', 'UrgeAssignments'):
        for several in [[place] for place in places()] + list(pairs()) + [[]]:
            names = [assignment(*place) for place in several]
            request = {'names': names} if name == 'ReceiveAssignments' else {'items': [{'name': n} for n in names]}
            yield request, about([unit for _, unit in several], [plan for plan, _ in several])
    elif name in ('ListAssignments', 'GetBoard'):
        for unit in (None, *UNITS, 'u-unknown'):
            for plan in (None, *PLANS, NO_PLAN):
                wanted = {**({'unit': f'units/{unit}'} if unit else {}), **({'plan': f'plans/{plan}'} if plan else {})}
                yield {'filter': wanted}, about([unit] if unit else [], [plan] if plan else [])
        yield {}, about()
    elif name == 'SearchAssignments':
        for unit in (None, *UNITS, 'u-unknown'):
            yield from searches(unit)
    elif name == 'ListReminders':
        for unit in (None, *UNITS, 'u-unknown'):
            yield {'recipient': f'units/{unit}'} if unit else {}, about([unit] if unit else [])
    elif name == 'Fetch':
        for follower in (HERE, 'district', 'assignment', 'notification', 'plan', 'cit', 'city-2'):
            for downstream in (False, True):
                yield {'follower': follower, 'downstream': downstream}, about(self_=follower, downstream=downstream)
    elif name in ('ListSessions', 'ListGrants', 'RevokeSession'):
        for person in ('self-clerk', 'self-cler', 'self-clerk-2', 'security-officer', 'both', 'nobody'):
            session = f'people/{person}/sessions/s1'
            yield {'name': session} if name == 'RevokeSession' else {'person': f'people/{person}'}, about(self_=person)
        yield {}, about()
    elif name in ('Offer', 'GiveBack', 'HandUpEvidence'):
        for node in (HERE, 'district', 'assignment', 'plan', 'cit', 'city-2', 'stranger'):
            yield {'node': node}, about(self_=node)
    else:
        yield {}, about()


def cells():
    for method, rules in RULES.items():
        for request, subject in calls(method):
            for caller in CALLERS:
                for day in DAYS:
                    allowed = any(rule(caller, subject, day) for rule in rules)
                    yield method, caller, day, request, allowed


def main():
    facts = [{'unit': f'units/{unit}', 'superiors': [{'unit': f'units/{s}', 'valid_from': b, 'valid_to': e}
                                                     for s, b, e in above]} for unit, above in UNITS.items()]
    facts += [{'plan': f'plans/{plan}', 'unit': f'units/{unit}' if unit else '', 'issued': issued}
              for plan, (unit, issued) in PLANS.items()]
    asked = list(cells())
    lines = [json.dumps(fact) for fact in facts]
    for number, caller in enumerate(CALLERS):
        carrier = caller.carrier if caller.person else caller.path
        lines.append(json.dumps({'is': str(number), 'here': HERE, 'carrier': f'spiffe://duban.example/{carrier}',
                                 'person': caller.person, 'grants': caller.grants if caller.person else []}))
    numbers = {id(caller): str(number) for number, caller in enumerate(CALLERS)}
    lines += [json.dumps({'method': method, 'caller': numbers[id(caller)], 'day': day, 'request': request})
              for method, caller, day, request, _ in asked]
    run = subprocess.run([sys.argv[1]], input='\n'.join(lines) + '\n', capture_output=True, text=True, timeout=120,
                         check=True)
    answers = run.stdout.split()
    if answers[:1] != ['methods'] or set(answers[1].split(',')) != set(RULES):
        print(f'NOT SO: the table has every method of the contracts; the difference is '
              f'{set(answers[1].split(",")) ^ set(RULES)}')
        return 1
    answers = answers[2:]
    wrong = [(cell, answer) for cell, answer in zip(asked, answers) if answer != ('allow' if cell[4] else 'refuse')]
    for (method, caller, day, request, _), answer in wrong[:20]:
        print(f'NOT SO: {method} by {caller.path} on {day} about {json.dumps(request)}: the code says {answer}')
    allowed = sum(cell[4] for cell in asked)
    print(f'{len(asked)} cells, {allowed} allowed, {len(wrong)} differences')
    return 0 if not wrong and len(answers) == len(asked) >= 5000 else 1


if __name__ == '__main__':
    sys.exit(main())
