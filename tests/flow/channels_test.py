#!/usr/bin/env python3
"""Reminders leave a real node: by mail over TLS to an SMTP sink, and as a signed webhook over TLS to a receiver that
verifies the signature by itself; a robot that refuses is a dead letter that can be sent again. One message a morning.

The SMTP sink and the receiver are programs of this file that know nothing of the sender but what the standards say
(RFC 5321, RFC 3207; Standard Webhooks).

Usage: channels_test.py BUILD_DIR SOURCE_DIR
"""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import socketserver
import ssl
import subprocess
import threading

from flow_support import BUILD, FlowTest, import_directory, main, plan_text, publish
from demo_nodes import Level, free_ports, wait_until

# A pretended day begins at 08:00, before the hour of reminders: those of the 5th are due on the 6th's first minute.
ISSUED, MORNING = '2024-03-04', '2024-03-06'
TASKS = 39
SECRET = base64.b64encode(b'a secret of thirty-two bytes long').decode()
DIRECTORY = '编号,名称,类别,上级\nu-city,测试市政府,政府,\nu-first,第一区政府,政府,u-city\n'


class SmtpSink(socketserver.ThreadingTCPServer):
    """Takes mail after STARTTLS and a login, and nothing before; refuses a mailbox that it does not have."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context):
        super().__init__(('127.0.0.1', 0), SmtpSession)
        self.context, self.mails, self.clear = context, [], []


class SmtpSession(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b'\r\n')

    def handle(self):
        secure, known, recipient = False, False, ''
        self.say('220 sink ESMTP')
        while line := self.rfile.readline().decode().strip():
            verb = line.upper()
            if verb.startswith('EHLO'):
                self.say('250-sink')
                self.say('250 AUTH PLAIN' if secure else '250 STARTTLS')
            elif verb == 'STARTTLS':
                self.say('220 go ahead')
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile, secure = self.request.makefile('rb'), self.request.makefile('wb', 0), True
            elif not secure:
                self.server.clear.append(line)
                self.say('530 TLS first')
            elif verb.startswith('AUTH PLAIN'):
                words = base64.b64decode(line.split()[2] if len(line.split()) > 2 else self.prompt()).split(b'\0')
                known = words[1:] == [b'duban', b'geheim']
                self.say('235 welcome' if known else '535 no')
            elif verb.startswith('MAIL FROM'):
                self.say('250 ok' if known else '530 log in first')
            elif verb.startswith('RCPT TO'):
                recipient = line[line.index('<') + 1:line.index('>')]
                self.say('550 no such mailbox' if recipient.startswith('nobody') else '250 ok')
            elif verb == 'DATA':
                self.say('354 go on')
                lines = []
                while (data := self.rfile.readline()) not in (b'.\r\n', b''):
                    lines.append(data[1:] if data.startswith(b'..') else data)
                self.server.mails.append((recipient, b''.join(lines)))
                self.say('250 taken')
            elif verb == 'QUIT':
                self.say('221 bye')
                return
            else:
                self.say('250 ok')

    def prompt(self):
        self.say('334 ')
        return self.rfile.readline()


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what is signed right and new, and answers as told for the robot."""

    def __init__(self, context):
        super().__init__(('127.0.0.1', 0), ReceiverCall)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.seen, self.wrong, self.robot = {}, [], []
        self.robot_answer = {'errcode': 93000, 'errmsg': 'invalid webhook url'}


class ReceiverCall(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['content-length']))
        if self.path.startswith('/robot'):
            self.server.robot.append(json.loads(body))
            return self.answer(200, self.server.robot_answer)
        if self.path == '/elsewhere':
            self.server.wrong.append('a redirect was followed')
            return self.answer(200, {})
        ident, stamp = self.headers['webhook-id'], self.headers['webhook-timestamp']
        wanted = hmac.new(base64.b64decode(SECRET), f'{ident}.{stamp}.'.encode() + body, hashlib.sha256).digest()
        given = [base64.b64decode(each.split(',')[1]) for each in self.headers['webhook-signature'].split()
                 if each.startswith('v1,')]
        if not any(hmac.compare_digest(wanted, each) for each in given):
            self.server.wrong.append(self.headers['webhook-signature'])
            return self.answer(401, {})
        self.server.seen.setdefault(ident, []).append(json.loads(body))
        return self.answer(200, {})

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header('content-length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Office(Level):
    """A node whose operator sees to its reminders."""

    def caller(self, command, unit):
        return self.keys_of() if command == 'reminder' else super().caller(command, unit)


class ChannelsTest(FlowTest):
    def setUp(self):
        super().setUp()
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                        '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout',
                        self.folder / 'key.pem', '-out', self.folder / 'ca.pem'], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / 'ca.pem', self.folder / 'key.pem')
        self.sink, self.receiver = SmtpSink(context), Receiver(context)
        for server in (self.sink, self.receiver):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.write('password', 'geheim\n')
        self.write('secret', f'whsec_{SECRET}\n')
        hook = f'https://localhost:{self.receiver.server_address[1]}'
        self.write('channels.json', json.dumps({
            'mail': {'server': f'localhost:{self.sink.server_address[1]}', 'security': 'STARTTLS',
                     'sender': 'duban@city.example', 'user': 'duban', 'passwordFile': 'password',
                     'authoritiesFile': 'ca.pem'},
            'webhooks': [
                {'id': 'office', 'kind': 'STANDARD', 'url': f'{hook}/hook', 'secretFile': 'secret',
                 'authoritiesFile': 'ca.pem'},
                {'id': 'group', 'kind': 'WECOM', 'url': f'{hook}/robot?key=k', 'authoritiesFile': 'ca.pem'}]}))
        self.city = Office('city', self.folder, BUILD, 'zh')
        self.city.unit = 'u-city'
        self.port = free_ports(1)[0]

    def tearDown(self):
        self.city.stop()
        for server in (self.sink, self.receiver):
            server.shutdown()
            server.server_close()

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content, encoding='utf-8')
        path.chmod(0o600)

    def start(self, day):
        self.city.start_node(self.port, day, environment={'DUBAN_CHANNELS': str(self.folder / 'channels.json')})

    def publish(self):
        import_directory(self.city, DIRECTORY)
        publish(self.city, '测试市政府', plan_text('测试市2024年工作要点分工方案', '第一区政府', TASKS))
        wait_until(lambda: len(self.city.duban('assignment', 'list', '--unit', '第一区政府')['assignments']) == TASKS,
                   'the assignments do not come', seconds=30)

    def dead(self):
        listed = self.city.duban('reminder', 'deliveries', '--state', 'dead')
        return {(each['channel'], each['address']): each for each in listed['deliveries']}

    def test_one_message_a_morning_over_each_channel(self):
        self.start(ISSUED)
        self.publish()
        contact = self.city.duban('reminder', 'contact', 'set', '第一区政府', '--mail', 'first@city.example', '--mail',
                                  'nobody@city.example', '--webhook', 'office', '--webhook', 'group')
        self.assertEqual(contact['webhooks'], ['office', 'group'])
        self.city.stop()
        self.start(MORNING)
        wait_until(lambda: len(self.sink.mails) == 1 and len(self.receiver.seen) == 1 and len(self.dead()) == 2,
                   'the messages do not arrive', seconds=60)

        self.assertEqual(self.sink.clear, [], 'nothing is said in the clear')
        recipient, raw = self.sink.mails[0]
        self.assertEqual(recipient, 'first@city.example')
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertIn(f'第一区政府：{TASKS}项', mail['subject'])
        self.assertIn(f'{TASKS}. 【待签收】', mail.get_content())

        self.assertEqual(self.receiver.wrong, [])
        (ident, bodies), = self.receiver.seen.items()
        self.assertEqual(len(bodies), 1)
        self.assertEqual(bodies[0]['type'], 'reminders.digest')
        self.assertEqual(bodies[0]['digest']['name'], f'digests/{ident}')
        self.assertEqual(len(bodies[0]['reminders']), TASKS)

        confirmed = self.city.duban('reminder', 'list', '--state', 'confirmed')['reminders']
        self.assertEqual(len(confirmed), TASKS, 'each item is confirmed with the message')

        dead = self.dead()
        self.assertIn('550', dead['channels/mail', 'nobody@city.example']['last_error'])
        robot = dead['channels/group', '']
        self.assertIn('93000', robot['last_error'])
        self.receiver.robot_answer = {'errcode': 0, 'errmsg': 'ok'}
        self.city.duban('reminder', 'redeliver', robot['name'])
        wait_until(lambda: len(self.receiver.robot) == 2 and len(self.dead()) == 1, 'it is not sent again', seconds=30)
        self.assertIn(f'{TASKS}项', self.receiver.robot[1]['text']['content'])
        self.assertLessEqual(len(self.receiver.robot[1]['text']['content'].encode()), 2048)

    def test_a_server_that_is_down_is_tried_again(self):
        self.start(ISSUED)
        self.publish()
        self.city.duban('reminder', 'policy', 'update', '--backoff', '1s')
        self.city.duban('reminder', 'contact', 'set', '第一区政府', '--webhook', 'office')
        real = ReceiverCall.do_POST
        refused = []

        def refuse(call):
            refused.append(call.headers['webhook-id'])
            call.rfile.read(int(call.headers['content-length']))
            # A redirect is no answer; it is not followed.
            call.send_response(503 if len(refused) > 1 else 302)
            call.send_header('location', '/elsewhere')
            call.send_header('content-length', '0')
            call.end_headers()

        ReceiverCall.do_POST = refuse
        self.addCleanup(setattr, ReceiverCall, 'do_POST', real)
        self.city.stop()
        self.start(MORNING)
        wait_until(lambda: len(self.dead()) == 1, 'a redirect is refused for good', seconds=60)
        self.assertEqual(self.receiver.wrong, [])
        self.city.duban('reminder', 'redeliver', '--all-dead')
        wait_until(lambda: len(refused) >= 2, 'it is not tried', seconds=30)
        ReceiverCall.do_POST = real
        wait_until(lambda: len(self.receiver.seen) == 1, 'it is not tried again', seconds=60)
        self.assertEqual(set(refused), set(self.receiver.seen), 'each attempt has the same id')

    def test_settings_that_others_can_read_keep_the_node_from_starting(self):
        os.chmod(self.folder / 'channels.json', 0o644)
        node = subprocess.run([BUILD / 'bin/duban-node', '--node=city', f'--data-dir={self.folder}/other', '--insecure',
                               '--listen=127.0.0.1:0', f'--channels={self.folder}/channels.json'],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(node.returncode, 2, node.stderr)
        self.assertIn('channels.json', node.stderr)
        self.assertIn('0644', node.stderr)


if __name__ == '__main__':
    main()
