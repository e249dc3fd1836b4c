"""The processes of one level in the demo, and the CLI pointed at them."""

import json
import os
import random
import signal
import socket
import subprocess
import time

from demo_keys import Keys


class DemoError(Exception):
    """A step whose effect is not there."""


def free_ports(count):
    """Ports that are free now, on loopback.

    They lie below those the system gives out by itself, so that no connection of anybody takes one between now and the
    moment a server binds it, or while that server restarts.
    """
    with open('/proc/sys/net/ipv4/ip_local_port_range', encoding='ascii') as file:
        first_given_out = int(file.read().split()[0])
    ports = []
    for port in random.sample(range(10000, max(first_given_out, 20000)), 1000):
        if len(ports) == count:
            break
        with socket.socket() as one:
            try:
                one.bind(('127.0.0.1', port))
                ports.append(port)
            except OSError:
                pass
    return ports


# Sanitizers make programs so many times slower; the CMake presets say so.
SLOWNESS = int(os.environ.get('DUBAN_TEST_SLOWNESS', '1'))


def wait_until(attempt, otherwise, seconds=20.0):
    """What `attempt` returns once it is true; a DemoError with `otherwise` when the time is over."""
    end = time.monotonic() + seconds * SLOWNESS
    while True:
        result = attempt()
        if result:
            return result
        if time.monotonic() > end:
            raise DemoError(otherwise)
        time.sleep(0.1)


def launch(command, log, port_file, what, environment=None):
    """Starts a server and waits until it serves; returns its process."""
    port_file.unlink(missing_ok=True)
    with open(log, 'ab') as out:
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                   start_new_session=True, env={**os.environ, **(environment or {})})

    def ready():
        if process.poll() is not None:
            tail = log.read_text(errors='replace').strip().splitlines()[-1:]
            raise DemoError(f'{what} ended with {process.returncode}: {" ".join(tail)}')
        return port_file.exists()
    wait_until(ready, f'{what} does not start; see {log}')
    return process


def await_end(process, what, allowed=(0,)):
    """Waits for a server that was told to stop."""
    try:
        process.wait(timeout=15 * SLOWNESS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise DemoError(f'{what} did not stop in time') from None
    if process.returncode not in allowed:
        raise DemoError(f'{what} ended with {process.returncode}')


class Level:
    """The processes of one node. Stopped by the process ids it started."""

    def __init__(self, node, folder, build, language):
        self.node = node
        self.folder = folder / node
        self.folder.mkdir(exist_ok=True)
        self.bin = build / 'bin'
        self.keys = Keys(self.bin / 'duban', folder)
        self.unit = None  # the id of the unit that calls here, unless a call says another one
        self.language = language
        self.processes = []
        self.servers = []

    def keys_of(self, part=''):
        """The key folder of this node, or with `/unit/x` and so on of somebody at it."""
        return self.keys.of(f'node/{self.node}{part}')

    def _start(self, program, name, port, day, extra, environment=None):
        port_file = self.folder / f'{name}.port'
        command = [self.bin / program, f'--node={self.node}', f'--data-dir={self.folder / "data"}',
                   f'--listen=127.0.0.1:{port}', '--admin-listen=127.0.0.1:0', f'--port-file={port_file}',
                   f'--keys={self.keys_of("" if name == "node" else f"/service/{name}")}',
                   '--development', f'--pretend-date={day}', *extra]
        self.processes.append(launch(command, self.folder / f'{name}.log', port_file, f'{program} of {self.node}',
                                     environment))

    def start_services(self, ports, day):
        """The three services as three processes."""
        plan, assignment = f'127.0.0.1:{ports["plan"]}', f'127.0.0.1:{ports["assignment"]}'
        self._start('duban-plan', 'plan', ports['plan'], day, [])
        self._start('duban-assignment', 'assignment', ports['assignment'], day, [f'--plan-address={plan}'])
        self._start('duban-notification', 'notification', ports['notification'], day,
                    [f'--plan-address={plan}', f'--assignment-address={assignment}'])
        self.servers = [f'--plan-server={plan}', f'--assignment-server={assignment}',
                        f'--notification-server=127.0.0.1:{ports["notification"]}']

    def start_node(self, port, day, upstream=None, environment=None):
        """The three services as one process; `environment` adds variables to its own."""
        self._start('duban-node', 'node', port, day, [f'--upstream={upstream}'] if upstream else [], environment)
        self.servers = [f'--server=127.0.0.1:{port}']

    def say_pretended(self, story):
        """Proves that the log says that the date is not real."""
        for log in self.folder.glob('*.log'):
            if 'pretend' not in log.read_text(errors='replace'):
                raise DemoError(f'{log} does not say that the date is pretended')

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            await_end(process, f'process {process.pid} of {self.node} (its logs are in {self.folder})',
                      (0, -signal.SIGKILL))
        self.processes = []

    def running(self):
        """Whether all processes of the node live."""
        return bool(self.processes) and all(process.poll() is None for process in self.processes)

    def forget_killed(self):
        """After a test killed the node's process."""
        self.processes = [process for process in self.processes if process.poll() is None]

    def pids(self):
        return [process.pid for process in self.processes]

    def caller(self, command, unit):
        """The key folder of who gives such a command: the office itself, its reminder job, or a unit's client."""
        if command in ('node', 'unit', 'calendar', 'audit'):
            return self.keys_of()
        return self.keys_of('/job/reminders' if command == 'reminder' else f'/unit/{unit or self.unit}')

    def refused(self, keys, *arguments):
        """What the CLI says where this node lets nobody do that with those keys; None: without any."""
        command = [str(self.bin / 'duban'), *self.servers, f'--keys={keys}' if keys else '--insecure',
                   f'--lang={self.language}', '--timeout=5s', *[str(a) for a in arguments]]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)
        if run.returncode == 0:
            raise DemoError(f'{self.node}: duban {" ".join(arguments[:2])} was let through with {keys}')
        return run.stderr.strip().splitlines()[0]

    def person(self, who, keys, *arguments, table=False, refused=False):
        """Runs the CLI as somebody with a home of their own, over the connection of `keys`; returns its JSON, its text
        where `table`, or what it says where it has to be refused."""
        home = self.folder / f'home-{who}'
        home.mkdir(exist_ok=True)
        shape = [f'--lang={self.language}'] if table or refused else ['--format=json']
        command = [str(self.bin / 'duban'), *self.servers, f'--keys={self.keys_of(keys)}', *shape,
                   *[str(a) for a in arguments]]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(('DUBAN_', 'XDG_'))}
        run = subprocess.run(command, capture_output=True, text=True, timeout=60 * SLOWNESS, check=False,
                             env={**environment, 'HOME': str(home), 'COLUMNS': '100', 'NO_COLOR': '1'})
        if (run.returncode == 0) == refused:
            raise DemoError(f'{self.node}: duban {" ".join(map(str, arguments[:3]))} by {who}: '
                            f'{run.stderr.strip() or run.stdout.strip()}')
        if refused:
            return run.stderr.strip().splitlines()[0]
        return run.stdout if table else json.loads(run.stdout)

    def secret(self, text):
        """A file with a password in it, for its owner alone."""
        path = self.folder / f'secret-{random.getrandbits(64):x}'
        path.write_text(text + '\n', encoding='utf-8')
        path.chmod(0o600)
        return path

    def duban(self, *arguments, parse=True, table=False, unit=None):
        """Runs the CLI against this node, as the client of `unit`; returns its JSON, or its text where `table`."""
        shape = [f'--lang={self.language}'] if table else ['--format=json']
        command = [str(self.bin / 'duban'), *self.servers, f'--keys={self.caller(arguments[0], unit)}', *shape,
                   *[str(a) for a in arguments]]
        environment = {**os.environ, 'COLUMNS': '100', 'NO_COLOR': '1'}
        run = subprocess.run(command, capture_output=True, text=True, timeout=60 * SLOWNESS, env=environment)
        if run.returncode != 0:
            shown = ' '.join(str(a) for a in arguments[:3])
            said = '\n'.join(text for text in (run.stderr.strip(), run.stdout.strip()) if text)
            raise DemoError(f'{self.node}: duban {shown}: {said}')
        return run.stdout if table or not parse else json.loads(run.stdout)

    def hops(self):
        """All hops that processes of this node turn."""
        def settled():
            try:
                status = self.duban('node', 'status')
            except DemoError:  # a hop fails, for now
                return None
            processes = status.get('nodes', status.get('servers', [status]))
            # What is taken in from below is the offerer's to push on.
            hops = [hop for one in processes for hop in one.get('hops', []) if hop.get('direction') != 'TAKE_IN']
            return hops if hops and all(h.get('at_head') and h.get('connected') for h in hops) else None
        return wait_until(settled, f'{self.node}: hops have not caught up')
