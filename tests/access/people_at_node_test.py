#!/usr/bin/python3
"""People at a real node: an office made from nothing, who signs in there, what they may, and what is refused before
anything of it runs. All by the CLI and by a client that knows gRPC alone.

    people_at_node_test.py BUILD_DIR SOURCE_DIR
"""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import grpc

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
sys.path.insert(0, str(SOURCE / 'tools'))
from demo_nodes import SLOWNESS, free_ports, wait_until  # noqa: E402

PASSWORD, OTHER = 'Correct-Horse-7', 'Another-Horse-8'
WHO_AM_I, CALENDARS = '/duban.v1.AccessService/WhoAmI', '/duban.v1.DirectoryService/ListCalendars'
DUBAN = BUILD / 'bin' / 'duban'


def decoded(part):
    return base64.urlsafe_b64decode(part + '=' * (-len(part) % 4))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def totp(secret, steps=0):
    """RFC 6238, written down once more."""
    counter = struct.pack('>Q', int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f'{(struct.unpack(">I", digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06}'


def sign_in_request(person, password):
    """A SignInRequest by hand: person = 1, password = 2; each shorter than 128 bytes."""
    fields = [(b'\x0a', f'people/{person}'.encode()), (b'\x12', password)]
    return b''.join(tag + bytes([len(text)]) + text for tag, text in fields)


class Office:
    """A node made by `duban node init`, and the CLI pointed at it."""

    def __init__(self, folder, node):
        self.folder, self.node = folder / node, node
        self.home = folder / 'homes'
        self.home.mkdir(exist_ok=True)
        self.address = f'127.0.0.1:{free_ports(1)[0]}'
        made = self.run('nobody', 'node', 'init', self.folder, f'--node={node}', '--officer=an', '--name=安一',
                        f'--listen={self.address}', keys=None)
        self.once = made['one_time_password']
        self.secrets = [self.once]
        self.process = None

    def start(self):
        log = open(self.folder / 'log', 'ab')
        port_file = self.folder / 'port'
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BUILD / 'bin' / 'duban-node', f'--config={self.folder / "node.conf"}', '--admin-listen=127.0.0.1:0',
             f'--port-file={port_file}', '--log-level=debug'], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        wait_until(lambda: port_file.exists() or self.process.poll() is not None, 'the node does not start')
        assert self.process.poll() is None, (self.folder / 'log').read_text()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30 * SLOWNESS)

    def keys(self, part=''):
        if not part:
            return self.folder / 'keys'
        out = self.folder / ('keys' + part.replace('/', '-'))
        if not out.exists():
            self.run('nobody', 'keys', 'issue', f'node/{self.node}{part}', f'--authority={self.folder / "authority"}',
                     f'--out={out}', keys=None)
        return out

    def command(self, who, *arguments, keys=''):
        """A run of the CLI by somebody with a home of their own; `keys`: whose connection, None: none."""
        words = [str(DUBAN), '--format=json', '--lang=en', *map(str, arguments)]
        if keys is not None:
            words += [f'--server={self.address}', f'--keys={self.keys(keys)}']
        home = self.home / f'{self.node}-{who}'
        home.mkdir(exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(('DUBAN_', 'XDG_'))}
        return subprocess.run(words, capture_output=True, text=True, timeout=60 * SLOWNESS, check=False,
                              env={**environment, 'HOME': str(home)})

    def run(self, who, *arguments, keys=''):
        done = self.command(who, *arguments, keys=keys)
        assert done.returncode == 0, (arguments, done.stderr)
        return json.loads(done.stdout)

    def refusal(self, who, *arguments, keys=''):
        """The reason and the metadata of a refusal."""
        done = self.command(who, *arguments, keys=keys)
        assert done.returncode != 0, (arguments, done.stdout)
        error = json.loads(done.stderr)['error']
        return error.get('reason', ''), error.get('metadata', {})

    def file(self, text):
        self.secrets.append(text)
        path = self.folder / f'secret-{len(self.secrets)}'
        path.write_text(text + '\n', encoding='utf-8')
        path.chmod(0o600)
        return path

    def sign_in(self, who, password, *more, keys=''):
        return self.run(who, 'sign-in', who, f'--password-file={self.file(password)}', *more, keys=keys)

    def settle(self, officer, who):
        """Takes somebody in, who sets a password of their own."""
        made = self.run(officer, 'people', 'create', who, '--name=某人')
        self.sign_in(who, made['one_time_password'], f'--new-password-file={self.file(PASSWORD)}')

    def enrol(self, who):
        """Has somebody who is signed in take a second factor."""
        secret = self.run(who, 'second-factor', 'begin')['secret']
        self.secrets.append(secret)
        self.run(who, 'second-factor', 'confirm', totp(secret, -1))
        return secret

    def saved(self, who):
        """The tokens that the CLI keeps."""
        path = next((self.home / f'{self.node}-{who}' / '.config' / 'duban').glob('session-*.json'))
        tokens = json.loads(path.read_text())['tokens']
        self.secrets += [tokens['accessToken'], tokens['refreshToken']]
        return tokens

    def call(self, method, token=None, keys='', request=b'', metadata=()):
        """The code, and the reason and cause in the details."""
        folder = self.keys(keys) / 'current'
        credentials = grpc.ssl_channel_credentials((folder / 'ca.pem').read_bytes(), (folder / 'key.pem').read_bytes(),
                                                   (folder / 'certificate.pem').read_bytes())
        options = [('grpc.ssl_target_name_override', f'{self.node}.duban.internal')]
        if token is not None:
            metadata = [('authorization', f'Bearer {token}'), *metadata]
        with grpc.secure_channel(self.address, credentials, options) as channel:
            try:
                channel.unary_unary(method)(request, timeout=20 * SLOWNESS, metadata=metadata)
                return 'OK', ''
            except grpc.RpcError as error:
                details = dict(error.trailing_metadata() or ()).get('grpc-status-details-bin', b'')
                reasons = [r for r in ('NOT_AUTHENTICATED', 'NOT_ALLOWED', 'OVERLOADED') if r.encode() in details]
                return error.code().name, ''.join(reasons)


REFUSED = ('UNAUTHENTICATED', 'NOT_AUTHENTICATED')


class PeopleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-people-'))
        cls.office = Office(cls.folder, 'city')
        cls.office.start()
        cls.office.sign_in('an', cls.office.once, f'--new-password-file={cls.office.file(PASSWORD)}')
        assert cls.office.run('an', 'whoami')['posts'] == [{'unit': '', 'roles': ['PERSON']}], 'nothing before that'
        assert cls.office.refusal('an', 'people', 'list')[0] == 'NOT_ALLOWED'
        cls.office.enrol('an')
        for unit, name in (('tax', '税务局'), ('school', '教育局')):
            cls.office.run('an', '--as-keys', 'unit', 'create', f'--id={unit}', f'--name={name}', '--kind=department')

    @classmethod
    def tearDownClass(cls):
        cls.office.stop()
        shutil.rmtree(cls.folder)

    def test_the_first_officer_signs_in_and_is_one_and_nothing_else(self):
        who = self.office.run('an', 'whoami')
        self.assertEqual(who['caller'], 'people/an')
        self.assertEqual([(p['unit'], sorted(p['roles'])) for p in who['posts']],
                         [('', ['PERSON']), ('', ['SECURITY_OFFICER'])])
        self.assertEqual(self.office.refusal('an', 'node', 'status')[0], 'NOT_ALLOWED')
        self.assertEqual(self.office.run('an', '--as-keys', 'whoami')['caller'], 'node/city')

    def test_a_person_may_what_they_were_granted_and_over_their_units_client_that_alone(self):
        self.office.settle('an', 'zhang')
        self.assertEqual(self.office.refusal('zhang', 'assignment', 'list', '--unit=tax')[0], 'NOT_ALLOWED')
        self.office.run('an', 'access', 'grant', 'zhang', 'clerk', '--unit=tax')
        self.office.run('an', 'access', 'grant', 'zhang', '领导', '--unit=教育局')
        self.office.sign_in('zhang', PASSWORD)
        self.office.run('zhang', 'assignment', 'pull', '--unit=tax')
        self.office.run('zhang', 'assignment', 'list', '--unit=school')
        self.assertEqual(self.office.refusal('zhang', 'assignment', 'pull', '--unit=school')[0], 'NOT_ALLOWED')
        self.office.run('zhang', 'assignment', 'pull', '--unit=tax', keys='/unit/tax')
        self.assertEqual(self.office.refusal('zhang', 'assignment', 'list', '--unit=school', keys='/unit/tax')[0],
                         'NOT_ALLOWED')
        why = self.office.run('an', 'access', 'explain', 'zhang', 'AssignmentService/PullAssignments',
                              '--field=unit=units/school')
        self.assertFalse(why['allowed'])
        self.assertIn('clerk of the unit in `unit`', why['english'])

    def test_an_administrator_takes_two(self):
        self.office.settle('an', 'bo')
        self.office.settle('an', 'wang')
        officer = self.office.run('an', 'access', 'grant', 'bo', 'security-officer')['name']
        self.assertEqual(self.office.refusal('an', 'access', 'approve', officer)[0], 'NOT_ALLOWED')
        self.office.run('an', '--as-keys', 'access', 'approve', officer)
        self.office.sign_in('bo', PASSWORD)
        self.assertEqual(self.office.refusal('bo', 'people', 'list')[0], 'NOT_ALLOWED', 'one factor is not enough')
        self.office.sign_in('bo', PASSWORD, keys='/person/bo')
        operator = self.office.run('an', 'access', 'grant', 'wang', 'operator')['name']
        self.assertEqual(self.office.refusal('an', '--as-keys', 'access', 'approve', operator)[0], 'NOT_ALLOWED')
        self.office.run('bo', 'access', 'approve', operator, keys='/person/bo')
        self.assertEqual(self.office.refusal('bo', 'access', 'grant', 'wang', 'auditor', keys='/person/bo')[0],
                         'WRONG_STATE')
        self.office.sign_in('wang', PASSWORD, keys='/person/wang')
        self.office.run('wang', 'node', 'status', keys='/person/wang')
        unit = ('unit', 'create', '--id=x', '--name=x', '--kind=department')
        for command in (('people', 'list'), ('access', 'list'), unit):
            self.assertEqual(self.office.refusal('wang', *command, keys='/person/wang')[0], 'NOT_ALLOWED')
        # What the certificate was a factor for counts over nothing else, nor over somebody else's.
        token = self.office.saved('wang')['accessToken']
        self.assertEqual(self.office.call(WHO_AM_I, token, keys='/person/wang'), ('OK', ''))
        for keys in ('', '/person/bo', '/unit/tax'):
            self.assertEqual(self.office.call(WHO_AM_I, token, keys=keys), REFUSED, keys)
        file = self.office.file(PASSWORD)
        self.assertEqual(self.office.refusal('x', 'sign-in', 'bo', f'--password-file={file}', keys='/person/wang')[0],
                         'NOT_AUTHENTICATED')

    def test_a_second_factor(self):
        self.office.settle('an', 'totp')
        secret = self.office.enrol('totp')
        file = self.office.file(PASSWORD)
        self.assertEqual(self.office.refusal('totp', 'sign-in', 'totp', f'--password-file={file}'),
                         ('NOT_AUTHENTICATED', {'cause': 'SIGN_IN'}))
        code = totp(secret, 1)
        self.office.sign_in('totp', PASSWORD, f'--code={code}')
        self.assertEqual(self.office.refusal('totp', 'sign-in', 'totp', f'--password-file={file}', f'--code={code}')[0],
                         'NOT_AUTHENTICATED')

    def test_the_key_that_seals_is_replaced_and_nobody_has_to_enrol_again(self):
        self.office.settle('an', 'sealed')
        secret = self.office.enrol('sealed')
        before = set((self.office.keys() / 'sealing').iterdir())
        self.office.run('nobody', 'keys', 'rotate-sealing', 'city', f'--authority={self.office.folder / "authority"}',
                        f'--into={self.office.keys()}', keys=None)
        after = set((self.office.keys() / 'sealing').iterdir())
        self.assertEqual((len(after - before), before - after), (1, set()))
        self.assertEqual({path.stat().st_mode & 0o777 for path in after}, {0o600})
        self.office.sign_in('sealed', PASSWORD, f'--code={totp(secret, 1)}')

    def test_attempts_to_sign_in_are_counted_by_address(self):
        request = sign_in_request('crowd-none', b'x')
        other = Office(self.folder, 'counted')
        with open(other.folder / 'node.conf', 'a', encoding='ascii') as file:
            file.write('sign-ins-per-minute = 3\n')
        other.start()
        try:
            sign_in = '/duban.v1.AccessService/SignIn'
            # Each with a client of its own, so that no client's own budget is in the way.
            codes = [other.call(sign_in, request=request, keys=f'/unit/u{n}') for n in range(5)]
            self.assertEqual(codes[:3], [REFUSED] * 3)
            self.assertIn(('UNAVAILABLE', 'OVERLOADED'), codes[3:])
            by_token = '/duban.v1.AccessService/SignInWithIdToken'
            codes = [other.call(by_token, request=b'\x0a\x01x', keys=f'/unit/t{n}') for n in range(5)]
            self.assertIn(('UNAVAILABLE', 'OVERLOADED'), codes)
            self.assertEqual(other.call(sign_in, request=request, keys='/service/plan')[0], 'UNAUTHENTICATED',
                             'services carry many people')
            self.assertEqual(other.call(CALENDARS, keys='/unit/u0'), ('OK', ''), 'and other calls go on')
        finally:
            other.stop()

    def test_five_failures_lock_a_name_and_nobody_learns_whether_it_is_there(self):
        self.office.settle('an', 'locked')
        wrong, right = self.office.file('Wrong-Horse-999'), self.office.file(PASSWORD)
        said = {json.dumps(self.office.refusal('x', 'sign-in', 'locked', f'--password-file={wrong}'))
                for _ in range(5)}
        said.add(json.dumps(self.office.refusal('x', 'sign-in', 'locked', f'--password-file={right}')))
        said.add(json.dumps(self.office.refusal('x', 'sign-in', 'nobody-at-all', f'--password-file={right}')))
        self.assertEqual(said, {json.dumps(['NOT_AUTHENTICATED', {'cause': 'SIGN_IN'}])})
        people = {p['name']: p for p in self.office.run('an', 'people', 'list')['people']}
        self.assertTrue(people['people/locked']['locked_until'])
        self.office.settle('an', 'li')

    def test_a_name_that_nobody_has_takes_as_long(self):
        self.office.settle('an', 'slow')
        wrong = self.office.file('Wrong-Horse-999')

        def sign_in(person):
            request = sign_in_request(person, wrong.read_bytes().strip())
            begun = time.monotonic()
            self.assertEqual(self.office.call('/duban.v1.AccessService/SignIn', request=request), REFUSED)
            return time.monotonic() - begun

        there, absent = [], []
        for _ in range(7):  # The fifth locks: the rest are those of a locked name.
            there.append(sign_in('slow'))
            absent.append(sign_in('slow-one'))
        ratio = statistics.median(there) / statistics.median(absent)
        self.assertTrue(0.5 < ratio < 2, (there, absent))

    def test_tokens_that_are_not_right_are_refused_and_never_taken_for_the_carrier(self):
        self.office.settle('an', 'careful')
        token = self.office.saved('careful')['accessToken']
        self.assertEqual(self.office.call(WHO_AM_I, token), ('OK', ''))
        header, claims, signature = token.split('.')
        said = json.loads(decoded(claims))
        self.assertEqual((said['iss'], said['aud'], said['sub']), ('city', 'city', 'careful'))
        self.assertEqual(said['exp'] - said['iat'], 900)

        def altered(**changes):
            return f'{header}.{encoded(json.dumps({**said, **changes}).encode())}.{signature}'

        none = encoded(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())
        hs256 = encoded(decoded(header).replace(b'ES256', b'HS256'))
        public = next((self.office.keys() / 'tokens' / 'public').glob('*.pem')).read_bytes()
        mac = encoded(hmac.new(public, f'{hs256}.{claims}'.encode(), hashlib.sha256).digest())
        for wrong in (altered(posts=[{'roles': [7]}]), altered(exp=said['exp'] + 10**6), altered(sub='an'),
                      f'{none}.{claims}.', f'{none}.{claims}.{signature}', f'{hs256}.{claims}.{mac}', token + 'A',
                      token[:-2] + 'AA', '', 'x', '.' * 5, 'a' * 8193):
            self.assertEqual(self.office.call(WHO_AM_I, wrong), REFUSED, wrong[:100])
        for metadata in ([('authorization', 'Basic YTpi')], [('authorization', f'Bearer {token}')] * 2):
            self.assertEqual(self.office.call(WHO_AM_I, metadata=metadata), REFUSED)
        self.assertEqual(self.office.call(WHO_AM_I, token, keys='/job/mail'), REFUSED)
        # Roles that somebody writes into their metadata.
        self.assertEqual(self.office.call('/duban.v1.AccessService/ListPeople', token, metadata=[('duban-role', '7')]),
                         ('PERMISSION_DENIED', 'NOT_ALLOWED'))

    def test_a_token_of_another_node_is_refused(self):
        other = Office(self.folder, 'district')
        other.start()
        try:
            other.sign_in('an', other.once, f'--new-password-file={other.file(OTHER)}')
            token = other.saved('an')['accessToken']
            self.assertEqual(other.call(WHO_AM_I, token), ('OK', ''))
            self.assertEqual(self.office.call(WHO_AM_I, token), REFUSED)
            # Though this node had the key that signed it.
            half = next((other.keys() / 'tokens' / 'public').glob('*.pem'))
            taken = self.office.keys() / 'tokens' / 'public' / half.name
            shutil.copy(half, taken)
            time_over = time.monotonic() + 3
            while time.monotonic() < time_over:
                self.assertEqual(self.office.call(WHO_AM_I, token), REFUSED)
            taken.unlink()
        finally:
            other.stop()

    def test_a_refresh_token_counts_once_and_a_copy_of_it_ends_the_session(self):
        self.office.settle('an', 'stolen')
        tokens = self.office.saved('stolen')
        text = tokens['refreshToken'].encode()
        request = b'\x0a' + bytes([len(text)]) + text
        refresh = '/duban.v1.AccessService/RefreshSession'
        self.assertEqual(self.office.call(refresh, request=request), ('OK', ''))
        self.assertEqual(self.office.call(WHO_AM_I, tokens['accessToken']), ('OK', ''))
        self.assertEqual(self.office.call(refresh, request=request), REFUSED)
        self.assertEqual(self.office.call(WHO_AM_I, tokens['accessToken']), REFUSED)

    def test_sign_out_ends_it(self):
        self.office.settle('an', 'gone')
        token = self.office.saved('gone')['accessToken']
        self.office.run('gone', 'sign-out')
        self.assertEqual(self.office.call(WHO_AM_I, token), REFUSED)
        self.assertEqual(self.office.run('gone', 'whoami')['caller'], 'node/city')

    def test_the_key_that_signs_is_replaced_without_a_failed_call(self):
        self.office.settle('an', 'busy')
        before = self.office.saved('busy')['accessToken']
        self.office.run('nobody', 'keys', 'rotate-tokens', 'city', f'--authority={self.office.folder / "authority"}',
                        f'--into={self.office.keys()}', keys=None)

        def signs_anew():
            self.office.sign_in('busy', PASSWORD)
            self.assertEqual(self.office.call(WHO_AM_I, before), ('OK', ''))
            after = self.office.saved('busy')['accessToken']
            self.assertEqual(self.office.call(WHO_AM_I, after), ('OK', ''))
            return after.split('.')[0] != before.split('.')[0]

        wait_until(signs_anew, 'the new key is not used')

    def test_many_who_sign_in_do_not_stop_other_calls(self):
        self.office.settle('an', 'crowd')
        request = sign_in_request('crowd-none', b'Wrong-Horse-999')
        folder = self.office.keys() / 'current'
        credentials = grpc.ssl_channel_credentials((folder / 'ca.pem').read_bytes(), (folder / 'key.pem').read_bytes(),
                                                   (folder / 'certificate.pem').read_bytes())
        options = [('grpc.ssl_target_name_override', 'city.duban.internal'), ('grpc.use_local_subchannel_pool', 1)]
        with grpc.secure_channel(self.office.address, credentials, options) as crowd, \
                grpc.secure_channel(self.office.address, credentials, options) as quiet:
            def measured():
                begun = time.monotonic()
                quiet.unary_unary(CALENDARS)(b'', timeout=20 * SLOWNESS)
                return time.monotonic() - begun

            measured()
            sign_in = crowd.unary_unary('/duban.v1.AccessService/SignIn')
            waiting = [sign_in.future(request, timeout=60) for _ in range(120)]
            times = [measured() for _ in range(100)]
            under_way = sum(not answer.done() for answer in waiting)
            for answer in waiting:
                answer.cancel()
        self.assertGreater(under_way, 0, 'they were still signing in')
        self.assertLess(statistics.median(times), 0.25 * SLOWNESS)

    def test_who_signed_in_and_who_did_not_is_in_the_audit(self):
        self.office.settle('an', 'seen')
        wrong = self.office.file('Wrong-Horse-999')
        self.office.refusal('x', 'sign-in', 'seen', f'--password-file={wrong}')
        listed = self.office.run('x', '--as-keys', 'audit', 'list', '--service=plan', '--about=people/seen')
        told = [(entry['method'].split('/')[1], entry['caller'], entry['outcome']) for entry in listed['entries']]
        self.assertEqual(told, [('SignIn', 'node/city', 'REFUSED'), ('SignIn', 'node/city', 'DONE'),
                                ('ChangePassword', 'node/city', 'DONE'), ('SignIn', 'node/city', 'DONE'),
                                ('CreatePerson', 'people/an', 'DONE')])
        self.assertEqual(self.office.refusal('seen', 'audit', 'list', '--service=plan')[0], 'NOT_ALLOWED')

    def test_every_service_knows_a_token_without_asking(self):
        """Three processes; the one that signs is not there when the others are called."""
        office = Office(self.folder, 'apart')
        plan = office.keys('/service/plan')
        shutil.copy(office.keys() / 'first_officer.json', plan)
        ports = dict(zip(('plan', 'assignment', 'notification'), free_ports(3)))
        running = {}

        def start(name, *flags):
            port_file = office.folder / f'{name}-port'
            log = open(office.folder / f'{name}-log', 'ab')
            running[name] = subprocess.Popen(
                [BUILD / 'bin' / f'duban-{name}', '--node=apart', f'--data-dir={office.folder / "data"}',
                 f'--listen=127.0.0.1:{ports[name]}', '--admin-listen=127.0.0.1:0', f'--port-file={port_file}',
                 f'--keys={office.keys(f"/service/{name}")}', *flags], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
            log.close()
            wait_until(lambda: port_file.exists() or running[name].poll() is not None, f'{name} does not start')

        def stop(name):
            running[name].send_signal(signal.SIGTERM)
            running.pop(name).wait(timeout=30 * SLOWNESS)

        address = {name: f'127.0.0.1:{port}' for name, port in ports.items()}
        try:
            start('plan')
            start('assignment', f'--plan-address={address["plan"]}')
            start('notification', f'--plan-address={address["plan"]}', f'--assignment-address={address["assignment"]}')
            office.address = address['plan']
            office.sign_in('an', office.once, f'--new-password-file={office.file(PASSWORD)}')
            token = office.saved('an')['accessToken']
            self.assertEqual(office.call(WHO_AM_I, token), ('OK', ''))
            # What ends a session is heard of by the others before its token is past.
            ended = token
            office.address = address['assignment']
            self.assertNotEqual(office.call('/duban.v1.AssignmentService/GetBoard', ended), REFUSED)
            office.address = address['plan']
            office.run('an', 'sign-out')
            for name, method in (('assignment', '/duban.v1.AssignmentService/GetBoard'),
                                 ('notification', '/duban.v1.NotificationService/GetReminderPolicy')):
                office.address = address[name]
                wait_until(lambda m=method: office.call(m, ended) == REFUSED, f'{name} still takes the token')
            office.address = address['plan']
            office.sign_in('an', PASSWORD)
            token = office.saved('an')['accessToken']
            stop('plan')
            for name, method in (('assignment', '/duban.v1.AssignmentService/GetBoard'),
                                 ('notification', '/duban.v1.NotificationService/GetReminderPolicy')):
                office.address = address[name]
                # Known as who they are, and the request is looked at; not so without a signature.
                self.assertIn(office.call(method, token)[0], ('INVALID_ARGUMENT', 'PERMISSION_DENIED'), name)
                self.assertEqual(office.call(method, token[:-4] + 'AAAA'), REFUSED, name)
                self.assertFalse((office.keys(f'/service/{name}') / 'tokens' / 'signing.pem').exists())
        finally:
            for name in list(running):
                stop(name)

    def test_no_secret_is_in_the_log_or_in_the_store(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: self.office.settle('an', f'canary-{n}'), range(2)))
        self.office.saved('canary-0')
        files = [path for path in self.office.folder.rglob('*') if path.is_file() and (
            path.name == 'log' or (self.office.folder / 'data') in path.parents)]
        self.assertGreater(len(files), 5)
        text = b''.join(path.read_bytes() for path in files)
        self.assertIn(b'people/canary-0', text)
        self.assertGreater(len(self.office.secrets), 10)
        self.office.enrol('canary-0')
        text += b''.join(path.read_bytes() for path in files if path.exists())
        for secret in set(self.office.secrets):
            self.assertNotIn(secret.encode(), text)
        self.assertNotIn(base64.b32decode(self.office.secrets[-1]), text, 'the key of a second factor, as it is')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
