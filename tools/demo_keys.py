"""Certificates for the programs of a demo or a test, issued with `duban keys` as an office would do it."""

import json
import shutil
import subprocess

DOMAIN = 'duban.example'


class Keys:
    """An authority in a folder, and a key folder for each name that is asked for."""

    def __init__(self, duban, folder):
        self.duban = str(duban)
        self.folder = folder / 'keys'
        self.authority = self.folder / 'authority'
        self.folder.mkdir(exist_ok=True)
        if not self.authority.exists():
            self.run('init', self.authority, f'--domain={DOMAIN}')

    def run(self, *arguments):
        """`duban keys ...`; a failure is this program's own."""
        run = subprocess.run([self.duban, 'keys', *[str(a) for a in arguments]], capture_output=True, text=True,
                             timeout=60, check=False)
        if run.returncode != 0:
            raise RuntimeError(f'duban keys {arguments[0]}: {run.stderr.strip()}')
        return run.stdout

    def first_officer(self, node, person, name, into, day):
        """Has the plan service with the keys `into` take in a first security officer; their password for one time,
        which counts until a week behind `day`."""
        office = self.folder / f'office-{node}'
        made = subprocess.run([self.duban, 'node', 'init', office, f'--node={node}', f'--domain={DOMAIN}',
                               f'--officer={person}', f'--name={name}', '--format=json'],
                              capture_output=True, text=True, timeout=60, check=True)
        officer = json.loads((office / 'keys' / 'first_officer.json').read_text(encoding='utf-8'))
        officer['madeTime' if 'madeTime' in officer else 'made_time'] = f'{day}T00:00:00Z'
        (into / 'first_officer.json').write_text(json.dumps(officer), encoding='utf-8')
        (into / 'first_officer.json').chmod(0o600)
        shutil.rmtree(office)
        return json.loads(made.stdout)['one_time_password']

    def of(self, name):
        """The key folder of a name such as `node/city/unit/tax-bureau`."""
        folder = self.folder / name.replace('/', '-')
        if not folder.exists():
            self.run('issue', name, f'--authority={self.authority}', f'--out={folder}')
        return folder
