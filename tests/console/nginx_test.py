#!/usr/bin/python3
"""The console behind nginx, by the sample in deploy/nginx as it stands: what a browser says of itself is not believed,
what nginx says is, cookies come only over TLS, and pages of other origins may nothing.

    nginx_test.py BUILD_DIR SOURCE_DIR

Exit status 77: nginx is not installed, which is said and no failure.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import unittest

# pylint: disable=wrong-import-order
from console_flow_test import HOST, PASSWORD, SOURCE, Browser, ConsoleFlow, Process
from demo_nodes import SLOWNESS, free_ports, wait_until

SKIPPED = 77
NGINX = shutil.which('nginx') or shutil.which('nginx', path='/usr/sbin')
TRIES = 5
# What the sample takes for granted of the machine; all else is tested as it stands.
AROUND = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def sample(folder, port, console):
    """The sample, for this machine's ports and certificate."""
    text = (SOURCE / 'deploy/nginx/duban-console.conf').read_text(encoding='utf-8')
    for here, there in (('127.0.0.1:7180', f'127.0.0.1:{console}'), ('listen 443', f'listen 127.0.0.1:{port}'),
                        ('console.district.example', HOST), ('/etc/duban/console.pem', f'{folder}/certificate.pem'),
                        ('/etc/duban/console.key', f'{folder}/key.pem')):
        assert text.count(here) == 1, f'the sample has not one {here}'
        text = text.replace(here, there)
    return text


class BehindNginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = folder = pathlib.Path(tempfile.mkdtemp(prefix='duban-nginx-'))
        made = ConsoleFlow.duban('node', 'init', folder / 'office', '--node=city', '--officer=an', '--name=安一')
        ConsoleFlow.duban('keys', 'issue', 'node/city/service/console',
                          f'--authority={folder / "office" / "authority"}', f'--out={folder / "console-keys"}')
        ConsoleFlow.certificate(folder, 'nginx')
        (folder / 'pages').mkdir()
        (folder / 'pages' / 'index.html').write_text('<!doctype html><title>督办</title>', encoding='utf-8')
        address = f'127.0.0.1:{free_ports(1)[0]}'
        cls.node = Process(folder, 'node', 'duban-node', '--node=city', f'--data-dir={folder / "data"}',
                           f'--listen={address}', f'--keys={folder / "office" / "keys"}', '--admin-listen=none')
        cls.console = Process(folder, 'console', 'duban-console', f'--server={address}',
                              f'--keys={folder / "console-keys"}', '--listen=127.0.0.1:0', f'--origin=https://{HOST}',
                              '--trusted-proxy=127.0.0.1', f'--pages={folder / "pages"}', '--admin-listen=none',
                              f'--sign-ins-per-minute={TRIES}')
        cls.start_nginx()
        person = {'person': 'people/an', 'password': json.loads(made)['one_time_password']}
        cls.browser().ok('AccessService/ChangePassword', **person, newPassword=PASSWORD)

    @classmethod
    def start_nginx(cls):
        cls.port = free_ports(1)[0]
        (cls.folder / 'site.conf').write_text(sample(cls.folder, cls.port, cls.console.port), encoding='utf-8')
        user = 'user root;' if os.geteuid() == 0 else ''
        (cls.folder / 'nginx.conf').write_text(AROUND.format(folder=cls.folder, user=user), encoding='utf-8')
        cls.nginx = subprocess.Popen([NGINX, '-p', cls.folder, '-c', cls.folder / 'nginx.conf', '-e',
                                      cls.folder / 'nginx.log', '-g', 'daemon off;'], stdin=subprocess.DEVNULL)

        def listens():
            assert cls.nginx.poll() is None, (cls.folder / 'nginx.log').read_text()
            with socket.socket() as one:
                return one.connect_ex(('127.0.0.1', cls.port)) == 0
        wait_until(listens, 'nginx does not start')

    @classmethod
    def tearDownClass(cls):
        cls.nginx.send_signal(signal.SIGTERM)
        cls.nginx.wait(timeout=30 * SLOWNESS)
        for process in (cls.console, cls.node):
            process.process.kill()
            process.process.wait()
        shutil.rmtree(cls.folder)

    @classmethod
    def browser(cls):
        return Browser(cls.port, cls.folder / 'certificate.pem')

    def call(self, headers, method='AccessService/WhoAmI', browser=None, **fields):
        """Status and code of a call with more headers."""
        browser = browser or self.browser()
        all_headers = {'Content-Type': 'application/json', 'Connect-Protocol-Version': '1', **headers}
        status, text = browser.ask('POST', f'/duban.v1.{method}', json.dumps(fields), all_headers)
        return status, json.loads(text).get('code', 'ok')

    def test_1_the_cookie_is_for_tls_alone_and_counts(self):
        browser = self.browser()
        browser.ok('AccessService/SignIn', person='people/an', password=PASSWORD)
        for rule in ('__Host-duban=', 'Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/'):
            self.assertIn(rule, browser.headers['set-cookie'])
        self.assertNotIn('Domain', browser.headers['set-cookie'])
        self.assertEqual(browser.ok('AccessService/WhoAmI')['caller'], 'people/an')
        type(self).person = browser

    def test_2_pages_of_other_origins_may_nothing(self):
        for headers, expected in (({'Origin': f'https://{HOST}'}, (200, 'ok')),
                                  ({'Origin': f'http://{HOST}'}, (403, 'permission_denied')),
                                  ({'Origin': 'https://evil.example'}, (403, 'permission_denied')),
                                  ({'Origin': 'null'}, (403, 'permission_denied')),
                                  ({'Sec-Fetch-Site': 'cross-site'}, (403, 'permission_denied')),
                                  ({'Sec-Fetch-Site': 'same-site'}, (403, 'permission_denied')),
                                  ({'Sec-Fetch-Site': 'same-origin'}, (200, 'ok'))):
            self.assertEqual(self.call(headers, browser=self.person), expected, headers)

    def test_2_another_name_that_leads_here_is_not_ours(self):
        browser = self.browser()
        for host, expected in ((HOST, 200), (HOST.upper(), 200), ('evil.example', 421)):
            browser.host = host
            self.assertEqual(browser.ask('GET', '/')[0], expected, host)
        browser.host = HOST
        self.assertEqual(browser.ask('GET', '/', headers={'X-Forwarded-Host': 'evil.example'})[0], 200)

    def test_2_what_a_browser_says_of_its_connection_is_replaced(self):
        browser = self.browser()
        browser.ask('GET', '/', headers={'X-Forwarded-Proto': 'http'})
        self.assertEqual(browser.headers['strict-transport-security'], 'max-age=31536000')
        for name in ('content-security-policy', 'x-content-type-options', 'x-frame-options'):
            self.assertNotIn(',', browser.headers[name].replace("', '", ''), f'{name} is said twice')
        # Straight to the console, which believes this address, it is nginx that has to say so.
        straight = Browser(self.console.port)
        straight.ask('GET', '/')
        self.assertNotIn('strict-transport-security', straight.headers)

    def test_2_only_tls_1_3_and_both_versions_of_http(self):
        context = ssl.create_default_context(cafile=self.folder / 'certificate.pem')
        context.set_alpn_protocols(['h2', 'http/1.1'])
        with socket.create_connection(('127.0.0.1', self.port), timeout=20 * SLOWNESS) as plain:
            with context.wrap_socket(plain, server_hostname=HOST) as secure:
                self.assertEqual((secure.version(), secure.selected_alpn_protocol()), ('TLSv1.3', 'h2'))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(('127.0.0.1', self.port), timeout=20 * SLOWNESS) as plain:
            self.assertRaises((ssl.SSLError, OSError), context.wrap_socket, plain, server_hostname=HOST)

    def test_2_a_piece_of_a_file_passes_and_what_is_too_large_does_not(self):
        for size, expected in ((1 << 20, (401, 'unauthenticated')), (5 << 20, None)):
            piece = {'sha256': '00' * 32, 'sizeBytes': size, 'content': 'AAAA' * (size // 3)}
            headers = {'Content-Type': 'application/json', 'Connect-Protocol-Version': '1'}
            status, text = self.browser().ask('POST', '/duban.v1.EvidenceService/UploadEvidence',
                                              json.dumps({'unit': 'units/x', 'piece': piece}), headers)
            if expected is None:
                self.assertEqual(status, 413)
            else:
                self.assertEqual((status, json.loads(text)['code']), expected)

    def test_2_streams_come_as_they_are_said(self):
        connection = self.browser().connect()
        envelope = struct.pack('>BI', 0, 2) + b'{}'
        connection.request('POST', '/grpc.health.v1.Health/Watch', body=envelope,
                           headers={'Host': HOST, 'Content-Type': 'application/connect+json',
                                    'Connect-Protocol-Version': '1', 'Cookie': self.person.cookie})
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        flags, length = struct.unpack('>BI', response.read(5))
        self.assertEqual((flags, json.loads(response.read(length))), (0, {'status': 'SERVING'}))
        connection.close()

    def test_3_forged_addresses_do_not_buy_attempts_to_sign_in(self):
        wrong = {'person': 'people/nobody', 'password': 'wrong'}
        codes = [self.call({'X-Forwarded-For': f'203.0.113.{i}'}, 'AccessService/SignIn', **wrong)[1]
                 for i in range(TRIES + 1)]
        self.assertEqual((codes[0], codes[-1]), ('unauthenticated', 'unavailable'), codes)


if __name__ == '__main__':
    if NGINX is None:
        print('SKIPPED: nginx is not installed (apt-get install nginx-light); its sample configuration is not tested')
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], defaultTest='BehindNginx', verbosity=2)
