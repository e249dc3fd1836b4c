#!/usr/bin/python3
"""Who gets in: a real node with certificates, and callers with none, wrong ones and forged ones. What is not right is
refused before anything of it runs; what is revoked or renewed counts without a restart.

    handshake_test.py BUILD_DIR SOURCE_DIR
"""

import base64
import collections
import json
import os
import pathlib
import shutil
import ssl
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc
from grpc._cython import cygrpc

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
sys.path.insert(0, str(SOURCE / 'tools'))
from demo_keys import DOMAIN, Keys  # noqa: E402
from demo_nodes import SLOWNESS, Level, free_ports, wait_until  # noqa: E402

DAY = '2024-03-04'
# For the operator; for planners and their like; for whoever belongs to the node.
STATUS, PLANS = '/duban.v1.NodeService/GetNodeStatus', '/duban.v1.PlanService/ListPlans'
CALENDARS = '/duban.v1.DirectoryService/ListCalendars'


def openssl(*arguments):
    subprocess.run(['openssl', *[str(a) for a in arguments]], capture_output=True, check=True, timeout=30)


class Forger:
    """Makes certificates that `duban keys` would not, with the keys of an authority."""

    def __init__(self, folder, root):
        self.folder, self.root = folder, root
        folder.mkdir()

    def make(self, name, authority, subject, names, begin=None, end=None, ca=False):
        """A folder as Keys.of gives it. `authority` has ca.pem and ca.key; `names` is a subjectAltName, None: none."""
        out = self.folder / name / 'current'
        out.mkdir(parents=True)
        lines = [f'basicConstraints=critical,CA:{"TRUE" if ca else "FALSE"}', 'extendedKeyUsage=clientAuth']
        if names:
            lines.append(f'subjectAltName={names}')
        (out / 'ca.conf').write_text(
            '[ca]\ndefault_ca=c\n[c]\ndatabase=' + str(out / 'index') + '\nnew_certs_dir=' + str(out) +
            '\nrand_serial=yes\npolicy=p\ndefault_md=sha256\nunique_subject=no\n[p]\nO=optional\nOU=optional\n'
            'CN=optional\n[e]\n' + '\n'.join(lines) + '\n', encoding='ascii')
        (out / 'index').touch()
        openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subject,
                '-keyout', out / 'key.pem', '-out', out / 'request')
        dates = ['-startdate', begin or '20240101000000Z', '-enddate', end or '20400101000000Z']
        openssl('ca', '-batch', '-notext', '-preserveDN', '-config', out / 'ca.conf', '-extensions', 'e', *dates,
                '-cert', authority / 'ca.pem', '-keyfile', authority / 'ca.key', '-in', out / 'request',
                '-out', out / 'leaf.pem')
        chain = (out / 'leaf.pem').read_text() + (authority / 'ca.pem').read_text()
        (out / 'certificate.pem').write_text(chain)
        shutil.copy(self.root, out / 'ca.pem')
        return out.parent


class HandshakeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-handshake-'))
        cls.city = Level('city', cls.folder, BUILD, 'zh')
        cls.keys = cls.city.keys
        cls.port = free_ports(1)[0]
        cls.city.start_node(cls.port, DAY)
        cls.root = (cls.city.keys_of() / 'current' / 'ca.pem').read_bytes()
        cls.keys.of('node/district')
        cls.city_authority = cls.keys.authority / 'nodes' / 'city'
        cls.district_authority = cls.keys.authority / 'nodes' / 'district'
        cls.forger = Forger(cls.folder / 'forged', cls.keys.authority / 'root.pem')

    @classmethod
    def tearDownClass(cls):
        cls.city.stop()
        shutil.rmtree(cls.folder)

    def channel(self, folder, *options):
        """A connection of its own, with the keys of a folder; None: with no certificate."""
        files = [(folder / 'current' / name).read_bytes() for name in ('key.pem', 'certificate.pem')] if folder else ()
        credentials = grpc.ssl_channel_credentials(self.root, *files)
        return grpc.secure_channel(f'127.0.0.1:{self.port}', credentials,
                                   [('grpc.ssl_target_name_override', f'city.{DOMAIN}'),
                                    ('grpc.use_local_subchannel_pool', 1), *options])

    def call(self, channel, method=CALENDARS):
        """The code of the answer and the reason in it."""
        try:
            channel.unary_unary(method)(b'', timeout=10 * SLOWNESS)
            return 'OK', ''
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata() or ()).get('grpc-status-details-bin', b'')
            reason = next((r for r in ('NOT_AUTHENTICATED', 'NOT_ALLOWED') if r.encode() in details), '')
            return error.code().name, reason
        finally:
            channel.close()

    def refused(self, folder, code='UNAVAILABLE', reason=''):
        self.assertEqual(self.call(self.channel(folder)), (code, reason))

    def test_whoever_has_a_certificate_of_this_node_gets_in_as_what_it_says(self):
        unit, node = self.city.keys_of('/unit/tax'), self.city.keys_of()
        self.assertEqual(self.call(self.channel(unit)), ('OK', ''))
        self.assertEqual(self.call(self.channel(unit), STATUS), ('PERMISSION_DENIED', 'NOT_ALLOWED'))
        self.assertEqual(self.call(self.channel(node), STATUS), ('OK', ''))
        self.assertEqual(self.call(self.channel(node), PLANS), ('PERMISSION_DENIED', 'NOT_ALLOWED'))

    def test_clients_and_jobs_of_another_node_may_nothing_here(self):
        for name in ('node/district/unit/tax', 'node/district/job/reminders', 'node/district'):
            for method in (CALENDARS, PLANS, STATUS):
                self.assertEqual(self.call(self.channel(self.keys.of(name)), method),
                                 ('PERMISSION_DENIED', 'NOT_ALLOWED'), name)

    def test_without_a_certificate_nothing_is_answered(self):
        self.refused(None)

    def test_nothing_is_answered_without_tls(self):
        self.assertEqual(self.call(grpc.insecure_channel(f'127.0.0.1:{self.port}')), ('UNAVAILABLE', ''))

    def test_another_authority_of_the_same_name_counts_for_nothing(self):
        (self.folder / 'other').mkdir()
        stranger = Keys(self.keys.duban, self.folder / 'other')
        self.refused(stranger.of('node/city/unit/tax'))

    def tls(self, version):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.city.keys_of() / 'current' / 'ca.pem')
        keys = self.city.keys_of('/unit/tax') / 'current'
        context.load_cert_chain(keys / 'certificate.pem', keys / 'key.pem')
        context.set_alpn_protocols(['h2'])
        context.maximum_version = version
        with socket.create_connection(('127.0.0.1', self.port), timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname=f'city.{DOMAIN}') as connection:
                return connection.version(), connection.getpeercert()['serialNumber']

    def test_only_tls_1_3_is_spoken(self):
        self.assertEqual(self.tls(ssl.TLSVersion.TLSv1_3)[0], 'TLSv1.3')
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.tls(ssl.TLSVersion.TLSv1_2)

    def test_a_certificate_that_does_not_hold_now_is_refused(self):
        subject, names = f'/O={DOMAIN}/OU=city/CN=x', f'URI:spiffe://{DOMAIN}/node/city/unit/tax'
        good = self.forger.make('good', self.city_authority, subject, names)
        self.assertEqual(self.call(self.channel(good)), ('OK', ''), 'what is forged below has one fault each')
        expired = self.forger.make('expired', self.city_authority, subject, names, '20240101000000Z',
                                   '20240201000000Z')
        self.refused(expired)
        (expired / 'crls').mkdir()
        command = [str(BUILD / 'bin' / 'duban'), *self.city.servers, f'--keys={expired}', '--lang=en', 'plan', 'list']
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        self.assertIn('ran out on 2024-02-01', run.stderr)
        self.assertEqual(run.returncode, 2)
        self.refused(self.forger.make('early', self.city_authority, subject, names, '20390101000000Z',
                                      '20400101000000Z'))

    def test_a_certificate_says_who_it_is_once_and_as_we_do(self):
        uri = f'URI:spiffe://{DOMAIN}/node/city/unit/tax'
        for name, names in (('two', f'{uri},URI:spiffe://{DOMAIN}/node/city/unit/school'),
                            ('dns', f'DNS:city.{DOMAIN}'),
                            ('none', None), ('other', f'URI:spiffe://{DOMAIN}/node/city/role/all'),
                            ('upper', f'URI:spiffe://{DOMAIN}/node/City'), ('deep', f'{uri}/x'),
                            ('scheme', f'URI:https://{DOMAIN}/node/city/unit/tax')):
            forged = self.forger.make(name, self.city_authority, f'/O={DOMAIN}/OU=city/CN=x', names)
            self.refused(forged, 'UNAUTHENTICATED', 'NOT_AUTHENTICATED')

    def test_a_district_cannot_mint_what_is_not_its_own(self):
        city = f'URI:spiffe://{DOMAIN}/node/city/unit/tax'
        # Its constraints keep it to its own subjects and host names, and a name of another node beside such a subject
        # is none.
        self.refused(self.forger.make('minted', self.district_authority, f'/O={DOMAIN}/OU=city/CN=x', city))
        self.refused(self.forger.make('beside', self.district_authority, f'/O={DOMAIN}/OU=district/CN=x', city),
                     'UNAUTHENTICATED', 'NOT_AUTHENTICATED')
        self.refused(self.forger.make('nobody', self.district_authority, '/CN=x', city))
        self.refused(self.forger.make('abroad', self.city_authority, f'/O={DOMAIN}/OU=city/CN=x',
                                      'URI:spiffe://other.example/node/city/unit/tax'))
        self.refused(self.forger.make('authority', self.city_authority, f'/O={DOMAIN}/OU=city/CN=x', city, ca=True))

    def serial(self, folder):
        return os.readlink(folder / 'current')

    def test_what_is_revoked_is_refused_without_a_restart(self):
        good = self.city.keys_of('/unit/tax')
        for name in ('lost', 'stolen'):  # The second list comes behind the first.
            folder = self.city.keys_of(f'/unit/{name}')
            self.assertEqual(self.call(self.channel(folder)), ('OK', ''))
            self.keys.run('revoke', self.serial(folder), f'--authority={self.keys.authority}',
                          f'--into={self.city.keys_of()}')
            wait_until(lambda f=folder: self.call(self.channel(f)) == ('UNAVAILABLE', ''), f'{name} still gets in')
            self.assertEqual(self.call(self.channel(good)), ('OK', ''))

    def test_who_is_revoked_is_cut_off_over_an_open_connection_too(self):
        folder = self.city.keys_of('/unit/open')
        channel = self.channel(folder)
        call = channel.unary_unary(CALENDARS)
        self.addCleanup(channel.close)
        call(b'', timeout=10 * SLOWNESS)
        self.keys.run('revoke', self.serial(folder), f'--authority={self.keys.authority}',
                      f'--into={self.city.keys_of()}')

        def answer():
            try:
                call(b'', timeout=10 * SLOWNESS)
                return 'OK'
            except grpc.RpcError as error:
                return error.code().name

        # Never anything but these two: the connection itself stays.
        wait_until(lambda: {'OK': False, 'UNAUTHENTICATED': True}[answer()], 'a revoked certificate still counts')

    def test_a_resumed_session_in_which_no_certificate_was_looked_at_is_refused(self):
        cache = ('grpc.ssl_session_cache', cygrpc.SSLSessionCacheLRU(1))
        unit = self.city.keys_of('/unit/tax')
        self.assertEqual(self.call(self.channel(unit, cache)), ('OK', ''))
        self.assertEqual(self.call(self.channel(unit, cache)), ('UNAUTHENTICATED', 'NOT_AUTHENTICATED'))

    def test_who_calls_more_than_its_budget_is_told_so_and_others_are_not(self):
        # Without a name it is refused as soon as somebody looks at it: cheap, and in no lane that could be full.
        channel = self.channel(self.city.keys_of('/unit/tireless'))
        call = channel.unary_unary('/duban.v1.DirectoryService/GetUnit')
        codes = collections.Counter()
        for answer in [call.future(b'', timeout=60 * SLOWNESS) for _ in range(3000)]:
            error = answer.exception()
            details = dict(error.trailing_metadata()).get('grpc-status-details-bin', b'')
            codes[error.code().name, b'callsPerSecond' in details] += 1
        channel.close()
        self.assertEqual(set(codes), {('INVALID_ARGUMENT', False), ('UNAVAILABLE', True)}, codes)
        # At least what a caller may do after a pause: three seconds of 200 calls.
        self.assertGreaterEqual(codes['INVALID_ARGUMENT', False], 600)
        self.assertEqual(self.call(self.channel(self.city.keys_of('/unit/tax'))), ('OK', ''))

    def test_certificates_are_renewed_under_load_without_a_failed_call(self):
        unit, done, failed, answered = self.city.keys_of('/unit/busy'), threading.Event(), [], [0]

        def call_on(make):
            while not done.is_set():
                answer = self.call(make())
                answered[0] += 1
                if answer != ('OK', ''):
                    failed.append(answer)

        # Each call dials anew, so that each has a handshake.
        callers = [threading.Thread(target=call_on, args=(lambda: self.channel(unit),)) for _ in range(2)]
        for caller in callers:
            caller.start()
        before = self.tls(ssl.TLSVersion.TLSv1_3)[1]
        # With DUBAN_LONG=1 every ten seconds, for a minute.
        rounds, apart = (6, 10) if os.environ.get('DUBAN_LONG') else (3, 0)
        for _ in range(rounds):
            self.keys.run('renew', self.city.keys_of(), f'--authority={self.keys.authority}')
            wanted = self.serial(self.city.keys_of())
            wait_until(lambda w=wanted: self.tls(ssl.TLSVersion.TLSv1_3)[1].lstrip('0') == w.lstrip('0'),
                       'the new certificate is not used')
            wait_until(lambda seen=answered[0]: answered[0] >= seen + 30, 'calls are not answered any more')
            done.wait(apart)
        done.set()
        for caller in callers:
            caller.join()
        self.assertNotEqual(self.tls(ssl.TLSVersion.TLSv1_3)[1], before)
        self.assertEqual(failed, [])

    def refusals(self, caller):
        """What the audit has of refused calls of a caller, the latest first."""
        return self.city.duban('audit', 'list', '--refused', f'--caller={caller}', '--most=1000').get('entries', [])

    def test_who_was_refused_is_in_the_audit_and_noise_is_counted(self):
        unit, calls = self.city.keys_of('/unit/nosy'), 25
        for _ in range(calls):
            self.assertEqual(self.call(self.channel(unit), STATUS), ('PERMISSION_DENIED', 'NOT_ALLOWED'))
        told = wait_until(lambda: (found := self.refusals('node/city/unit/nosy')) and len(found) >= 10 and found,
                          'refused calls are not in the audit')
        self.assertEqual({entry['method'] for entry in told}, {'duban.v1.NodeService/GetNodeStatus'})
        self.assertEqual({(entry['outcome'], entry['reason'], entry['address']) for entry in told},
                         {('REFUSED', 'NOT_ALLOWED', '127.0.0.1')})
        # At most two minutes have begun meanwhile, and what is beyond the first ten of one comes when it is over.
        self.assertLessEqual(len(told), 20)
        self.assertEqual(self.refusals('node/city/unit/other'), [])
        self.assertEqual(self.refused_by(self.city.keys_of('/unit/nosy')), 1, 'the audit is not for units')

    def refused_by(self, keys):
        return subprocess.run([self.keys.duban, *self.city.servers, f'--keys={keys}', 'audit', 'list'],
                              capture_output=True, timeout=60 * SLOWNESS, check=False).returncode

    def test_an_export_of_the_audit_holds_and_a_changed_one_does_not(self):
        self.city.duban('unit', 'create', '--name=审计测试局', '--kind=department')
        entries = self.city.duban('audit', 'list', '--method=duban.v1.DirectoryService/CreateUnit')['entries']
        self.assertEqual((entries[0]['caller'], entries[0]['outcome']), ('node/city', 'DONE'))
        export = self.folder / 'audit.jsonl'
        self.city.duban('audit', 'export', export, parse=False)
        witness = self.folder / 'status.json'
        witness.write_text(json.dumps(self.city.duban('node', 'status')), encoding='utf-8')

        def verify(path):
            run = subprocess.run([self.keys.duban, '--lang=en', 'audit', 'verify', path, f'--witness={witness}'],
                                 capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
            return run.returncode, run.stdout + run.stderr

        code, words = verify(export)
        self.assertEqual(code, 0, words)
        self.assertIn('good: nothing altered', words)
        lines = export.read_text(encoding='utf-8').splitlines()
        for number, line in enumerate(lines):
            part = json.loads(line)
            if not part.get('commits'):
                continue
            record = bytearray(base64.b64decode(part['commits'][-1]['record']))
            record[-1] ^= 1
            part['commits'][-1]['record'] = base64.b64encode(record).decode('ascii')
            changed = self.folder / 'changed.jsonl'
            changed.write_text('\n'.join([*lines[:number], json.dumps(part), *lines[number + 1:]]), encoding='utf-8')
            code, words = verify(changed)
            self.assertNotEqual(code, 0)
            self.assertIn('does not hold at sequence', words)

    def resident_mib(self):
        with open(f'/proc/{self.city.pids()[0]}/status', encoding='ascii') as file:
            return next(int(line.split()[1]) for line in file if line.startswith('VmRSS:')) / 1024

    def test_strangers_cost_little_and_keep_nobody_waiting(self):
        """A thousand that say nothing, a thousand that speak without TLS, and some who begin a handshake for ever."""
        unit, before, opened = self.city.keys_of('/unit/tax'), self.resident_mib(), []
        self.assertEqual(self.call(self.channel(unit)), ('OK', ''))
        hello = b'\x16\x03\x01\x40\x00' + b'\x01' * 1000  # A record of 16 KiB of which the rest never comes.
        slowest, most = 0.0, before
        for number in range(2000):
            stranger = socket.create_connection(('127.0.0.1', self.port), timeout=10)
            opened.append(stranger)
            try:
                if number % 2:
                    stranger.sendall(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + b'\0' * 9)
                elif number % 10 == 0:
                    stranger.sendall(hello)
            except ConnectionError:
                pass
            if number % 200 == 199:
                begun = time.monotonic()
                self.assertEqual(self.call(self.channel(unit)), ('OK', ''))
                slowest, most = max(slowest, time.monotonic() - begun), max(most, self.resident_mib())
        for stranger in opened:
            stranger.close()
        self.assertLess(slowest, 1.0 * SLOWNESS, 'a call with its handshake')
        self.assertLess(most - before, 64, 'MiB of memory')

    def test_a_server_does_not_start_with_keys_that_are_not_its_own(self):
        program = [str(BUILD / 'bin' / 'duban-node'), f'--data-dir={self.folder / "none"}', '--node=city',
                   '--admin-listen=none']

        def refusal(*flags):
            run = subprocess.run([*program, *flags], capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(run.returncode, 2, run.stderr)
            return run.stderr.strip().splitlines()[-1]

        self.assertIn('are those of node/district', refusal(f'--keys={self.keys.of("node/district")}'))
        self.assertIn('are those of node/city/unit/tax', refusal(f'--keys={self.city.keys_of("/unit/tax")}'))
        self.assertIn('are those of node/city/service/plan', refusal(f'--keys={self.city.keys_of("/service/plan")}'))
        self.assertIn('--keys is missing', refusal())
        self.assertIn('for this machine alone', refusal('--insecure', '--listen=0.0.0.0:0'))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
