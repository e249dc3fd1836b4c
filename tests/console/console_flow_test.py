#!/usr/bin/python3
"""The console as it is run: an office made from nothing, its node, `duban-console` in a process of its own with TLS for
browsers and keys of its own for the services, and the console inside `duban-node`. A browser is http.client here.

    console_flow_test.py BUILD_DIR SOURCE_DIR
"""

import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
sys.path.insert(0, str(SOURCE / 'tools'))
from demo_nodes import SLOWNESS, free_ports, wait_until  # noqa: E402

PASSWORD = 'Correct-Horse-7'
HOST = 'console.example'


def totp(secret, steps=0):
    counter = struct.pack('>Q', int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f'{(struct.unpack(">I", digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06}'


class Process:
    """A program of ours that writes its port into a file, and its log."""

    def __init__(self, folder, name, *command):
        self.log, self.port_file = folder / f'{name}.log', folder / f'{name}.port'
        words = [str(BUILD / 'bin' / command[0]), *map(str, command[1:]), f'--port-file={self.port_file}']
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.port_file.exists() or self.process.poll() is not None, f'{name} does not start')
        assert self.process.poll() is None, self.log.read_text()
        self.port = int(self.port_file.read_text())

    def event(self, name):
        """A line of the log, once it is there."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines())
        return next((line for line in lines if line.get('event') == name), None)

    def stop(self):
        """How long it took to end by itself, with 0."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30 * SLOWNESS) == 0
        return time.monotonic() - begin


class Browser:
    """Keeps one cookie, as browsers do."""

    def __init__(self, port, authority=None, host=HOST):
        context = ssl.create_default_context(cafile=authority) if authority else None
        self.connect = lambda: self._connect(port, context)
        self.host, self.cookie, self.headers = host, '', {}

    def _connect(self, port, context):
        if context is None:
            return http.client.HTTPConnection('127.0.0.1', port, timeout=20 * SLOWNESS)
        connection = http.client.HTTPSConnection('127.0.0.1', port, timeout=20 * SLOWNESS, context=context)
        # The name in the certificate is the console's, whatever address it is reached by.
        context.check_hostname = False
        return connection

    def ask(self, method, path, body=None, headers=()):
        connection = self.connect()
        all_headers = {'Host': self.host, **dict(headers)}
        if self.cookie:
            all_headers['Cookie'] = self.cookie
        connection.request(method, path, body=body, headers=all_headers)
        response = connection.getresponse()
        self.headers = dict((name.lower(), value) for name, value in response.getheaders())
        if 'set-cookie' in self.headers:
            self.cookie = self.headers['set-cookie'].split(';')[0]
        text = response.read()
        connection.close()
        return response.status, text

    def call(self, method, **fields):
        """The status and the answer of a call."""
        headers = {'Content-Type': 'application/json', 'Connect-Protocol-Version': '1'}
        status, text = self.ask('POST', f'/duban.v1.{method}', json.dumps(fields), headers)
        return status, json.loads(text)

    def ok(self, method, **fields):
        status, answer = self.call(method, **fields)
        assert status == 200, (method, status, answer)
        return answer


def request_id():
    return str(uuid.uuid4())


class ConsoleFlow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-console-'))
        made = cls.duban('node', 'init', cls.folder / 'office', '--node=city', '--officer=an', '--name=安一')
        cls.once = json.loads(made)['one_time_password']
        for name in ('service/console', 'unit/tax'):
            cls.duban('keys', 'issue', f'node/city/{name}', f'--authority={cls.folder / "office" / "authority"}',
                      f'--out={cls.folder / name.replace("/", "-")}')
        cls.pages = cls.folder / 'pages'
        cls.pages.mkdir()
        (cls.pages / 'index.html').write_text('<!doctype html><title>督办</title>', encoding='utf-8')
        cls.certificate(cls.folder, 'first')
        cls.address = f'127.0.0.1:{free_ports(1)[0]}'
        cls.node = Process(cls.folder, 'node', 'duban-node', '--node=city', f'--data-dir={cls.folder / "data"}',
                           f'--listen={cls.address}', f'--keys={cls.folder / "office" / "keys"}',
                           '--console-listen=127.0.0.1:0', f'--console-pages={cls.pages}', '--admin-listen=none')
        cls.console = cls.start('console', '--admin-listen=127.0.0.1:0')

    @classmethod
    def tearDownClass(cls):
        for process in (cls.console, cls.node):
            process.process.kill()
            process.process.wait()
        shutil.rmtree(cls.folder)

    @classmethod
    def duban(cls, *words):
        command = [str(BUILD / 'bin' / 'duban'), '--format=json', *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60 * SLOWNESS).stdout

    @classmethod
    def certificate(cls, folder, name):
        """What browsers see: a certificate that signs itself, in the place of the last one."""
        command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days',
                   '2', '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:{HOST}',
                   '-keyout', folder / 'new-key.pem', '-out', folder / 'new-certificate.pem']
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        (folder / 'new-key.pem').rename(folder / 'key.pem')
        (folder / 'new-certificate.pem').rename(folder / 'certificate.pem')

    @classmethod
    def flags(cls, keys='service-console', tls=None):
        tls = tls or cls.folder
        return [f'--server={cls.address}', f'--keys={cls.folder / keys}', '--listen=127.0.0.1:0',
                f'--origin=https://{HOST}', f'--tls-certificate={tls / "certificate.pem"}',
                f'--tls-key={tls / "key.pem"}', f'--pages={cls.pages}']

    @classmethod
    def start(cls, name, *more, tls=None):
        return Process(cls.folder, name, 'duban-console', *cls.flags(tls=tls), *more)

    def browser(self, console=None, tls=None):
        return Browser((console or self.console).port, (tls or self.folder) / 'certificate.pem')

    def officer(self):
        """The first officer, signed in with two factors; made so by whoever comes first."""
        cls = type(self)
        browser = self.browser()
        if not hasattr(cls, 'secret'):
            answer = browser.ok('AccessService/SignIn', person='people/an', password=self.once)
            self.assertEqual(answer, {'needsPasswordChange': True})
            self.assertEqual(browser.cookie, '', 'nobody is signed in before that')
            browser.ok('AccessService/ChangePassword', person='people/an', password=self.once, newPassword=PASSWORD)
            answer = browser.ok('AccessService/SignIn', person='people/an', password=PASSWORD)
            self.assertTrue(answer['tokens']['needsSecondFactor'])
            status, error = browser.call('AccessService/ListPeople')
            self.assertEqual((status, error['code']), (403, 'permission_denied'))
            cls.secret = browser.ok('AccessService/BeginTotp')['secret']
            browser.ok('AccessService/ConfirmTotp', code=totp(cls.secret, -1))
            cls.officers = browser
        return cls.officers

    def test_an_officer_signs_in_and_what_they_hold_counts_at_once(self):
        browser = self.officer()
        self.assertIn('people/an', [p['name'] for p in browser.ok('AccessService/ListPeople')['people']])
        who = browser.ok('AccessService/WhoAmI')
        self.assertEqual((who['caller'], who['carrier']), ('people/an', 'node/city/service/console'))

    def test_a_person_has_the_roles_they_were_granted_until_they_sign_out(self):
        officer = self.officer()
        made = officer.ok('AccessService/CreatePerson', requestId=request_id(), personId='zhang',
                          person={'displayName': '张三'})
        person = self.browser()
        once = made['oneTimePassword']
        person.ok('AccessService/ChangePassword', person='people/zhang', password=once, newPassword=PASSWORD)
        answer = person.ok('AccessService/SignIn', person='people/zhang', password=PASSWORD)
        self.assertEqual(sorted(answer['tokens']),
                         ['accessExpireTime', 'accessLifetime', 'refreshExpireTime', 'session'])
        for rule in ('__Host-duban=', 'Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/'):
            self.assertIn(rule, person.headers['set-cookie'])
        self.assertEqual(person.call('AccessService/ListPeople')[0], 403)
        officer.ok('AccessService/GrantRole', requestId=request_id(), person='people/zhang',
                   grant={'role': 'REGISTRAR'})
        unit = {'requestId': request_id(), 'unitId': 'tax', 'unit': {'displayName': '税务局', 'kind': 'DEPARTMENT'}}
        # A new role takes a new token; a role that is taken away, too, and the call goes again by itself.
        wait_until(lambda: person.call('DirectoryService/CreateUnit', **unit)[0] == 200 or not self.renew(person),
                   'the role never counts')
        cookie = person.cookie
        self.assertEqual(person.ok('AccessService/SignOut'), {})
        self.assertIn('Max-Age=0', person.headers['set-cookie'])
        person.cookie = cookie
        status, error = person.call('AccessService/WhoAmI')
        self.assertEqual((status, error['code']), (401, 'unauthenticated'), 'the cookie is worth nothing now')

    @staticmethod
    def renew(person):
        return person.ok('AccessService/SignIn', person='people/zhang', password=PASSWORD)

    def test_who_is_not_signed_in_may_nothing(self):
        browser = self.browser()
        for method in ('AccessService/WhoAmI', 'DirectoryService/ListCalendars', 'FeedService/Fetch',
                       'NodeService/GetNodeStatus'):
            self.assertEqual(browser.call(method)[0], 401, method)
        self.assertEqual(browser.call('AccessService/SignIn', person='people/an', password='wrong')[0], 401)
        self.assertEqual(browser.cookie, '')

    def test_pages_and_their_headers_over_tls(self):
        browser = self.browser()
        status, text = browser.ask('GET', '/', headers={'Accept': 'text/html'})
        self.assertEqual((status, '督办' in text.decode()), (200, True))
        self.assertEqual(browser.headers['strict-transport-security'], 'max-age=31536000')
        self.assertIn("default-src 'none'", browser.headers['content-security-policy'])
        self.assertEqual(browser.ask('GET', '/', headers={'If-None-Match': browser.headers['etag']})[0], 304)
        browser.host = 'evil.example'
        self.assertEqual(browser.ask('GET', '/')[0], 421)

    def test_only_tls_1_3_is_spoken(self):
        context = ssl.create_default_context(cafile=self.folder / 'certificate.pem')
        context.check_hostname = False
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        connection = http.client.HTTPSConnection('127.0.0.1', self.console.port, timeout=20, context=context)
        self.assertRaises(ssl.SSLError, connection.request, 'GET', '/')

    def test_a_new_certificate_is_taken_while_it_runs(self):
        tls = self.folder / 'renewed'
        tls.mkdir()
        self.certificate(tls, 'first')
        console = self.start('renewed', tls=tls)
        try:
            self.assertEqual(self.browser(console, tls).ask('GET', '/')[0], 200)
            self.certificate(tls, 'second')

            def taken():
                try:
                    return self.browser(console, tls).ask('GET', '/')[0] == 200
                except ssl.SSLError:
                    return False
            wait_until(taken, 'the new certificate is never shown')
        finally:
            console.stop()

    def test_the_console_of_a_node_speaks_with_the_nodes_keys(self):
        port = int(wait_until(lambda: self.node.event('console.serving'), 'the console never serves')['port'])
        self.officer()
        browser = Browser(port, host=f'127.0.0.1:{port}')
        browser.ok('AccessService/SignIn', person='people/an', password=PASSWORD, code=totp(self.secret))
        self.assertEqual(browser.ok('AccessService/WhoAmI')['carrier'], 'node/city')
        self.assertEqual(Browser(port, host=f'127.0.0.1:{port}').call('NodeService/GetNodeStatus')[0], 401,
                         'the node itself would be allowed to')

    def test_it_stops_within_five_seconds_whatever_is_open(self):
        console = self.start('stopped')
        waiting, half = self.browser(console).connect(), self.browser(console).connect()
        waiting.request('GET', '/', headers={'Host': HOST})
        waiting.getresponse().read()
        half.connect()
        half.sock.sendall(b'POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12')
        self.assertLess(console.stop(), 5 * SLOWNESS)
        waiting.close()
        half.close()

    def test_operators_see_numbers_and_readiness(self):
        port = int(self.console.event('console.serving')['admin_port'])
        admin = Browser(port)
        self.assertEqual(admin.ask('GET', '/readyz'), (200, b'ok\n'))
        metrics = admin.ask('GET', '/metrics')[1].decode()
        for name in ('duban_console_sessions', 'duban_console_connections', 'duban_console_calls_total{code="ok"}',
                     'process_resident_memory_bytes'):
            self.assertIn(name, metrics)

    def test_no_secret_is_logged(self):
        self.officer()
        log = self.console.log.read_text() + self.node.log.read_text()
        for secret in (self.once, PASSWORD, self.secret, self.officers.cookie.split('=')[1]):
            self.assertNotIn(secret, log)

    def test_what_cannot_be_served_is_said_before_anything_is(self):
        def fails(*flags):
            done = subprocess.run([str(BUILD / 'bin' / 'duban-console'), *flags], capture_output=True, text=True,
                                  check=False, timeout=60 * SLOWNESS)
            return done.returncode, done.stderr
        cases = (
            (self.flags('unit-tax'), 'and not of a console'),
            (['--insecure', '--listen=0.0.0.0:0'], 'reaches other machines'),
            (['--insecure', '--server=192.0.2.1:7100'], '--insecure is for this machine alone'),
            ([f'--keys={self.folder / "service-console"}', '--listen=0.0.0.0:0'], 'there is no TLS'),
            ([], '--keys is missing'),
            (['--insecure', '--origin=console.example'], 'is no origin'),
            (['--insecure', '--trusted-proxy=proxy.example'], 'is no address of a proxy'),
            (['--insecure', '--listen=127.0.0.1:0', f'--pages={self.folder / "service-console"}'], 'index.html'),
            (['--insecure', '--admin-listen=0.0.0.0:0'], 'of this machine alone'),
        )
        for flags, words in cases:
            code, said = fails(*flags)
            self.assertEqual(code, 2, said)
            self.assertIn(words, said)
        code, said = fails('--insecure', f'--listen=127.0.0.1:{self.console.port}')
        self.assertEqual(code, 4, said)
        shown = subprocess.run([str(BUILD / 'bin' / 'duban-console'), '--help'], capture_output=True, text=True,
                               check=True)
        self.assertIn('浏览器', shown.stdout)
        self.assertIn('What browsers talk to', shown.stdout)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
