#!/usr/bin/python3
"""What a stranger needs who has the contracts alone: that it is in them, and that what their README shows works."""

import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = ROOT / 'proto'
README = (PROTO / 'README.md').read_text(encoding='utf-8')
PLAN = ROOT / 'services' / 'plan'


def shell_of(section: str) -> str:
    """The first block of shell in a section of proto/README.md, as it is printed there."""
    text = README.split(f'\n## {section}\n', 1)[1]
    return re.search(r'```sh\n(.*?)```', text, re.S).group(1)


def comment_of(file: str, declaration: str) -> str:
    """The comment right above a declaration of a contract."""
    lines = (PROTO / 'duban' / 'v1' / file).read_text(encoding='utf-8').split('\n')
    at = next(i for i, line in enumerate(lines) if line.strip().startswith(declaration))
    first = at
    while lines[first - 1].strip().startswith('//'):
        first -= 1
    return '\n'.join(line.strip().removeprefix('//').removeprefix(' ') for line in lines[first:at])


class StubsTest(unittest.TestCase):
    """The command that makes stubs, verbatim, where nothing but proto/ is."""

    def test_makes_stubs_of_every_contract(self):
        with tempfile.TemporaryDirectory() as scratch:
            (pathlib.Path(scratch) / 'proto').symlink_to(PROTO)
            done = subprocess.run(['sh', '-e', '-c', shell_of('Stubs')], cwd=scratch, capture_output=True, text=True,
                                  timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            made = {str(path.relative_to(f'{scratch}/stubs')) for path in pathlib.Path(scratch).glob('stubs/**/*.py')}
            for contract in PROTO.glob('**/*.proto'):
                name = str(contract.relative_to(PROTO).with_suffix(''))
                self.assertIn(f'{name}_pb2.py', made)
            self.assertIn('duban/v1/plan_service_pb2_grpc.py', made)


class ContractTest(unittest.TestCase):
    """Nothing in the contracts sends a reader to what a stranger does not have."""

    def test_points_to_no_source_of_ours(self):
        for contract in sorted((PROTO / 'duban' / 'v1').glob('*.proto')):
            for number, line in enumerate(contract.read_text(encoding='utf-8').split('\n'), 1):
                self.assertIsNone(re.search(r'\b(services|common|tools)/\S+\.(h|cc)\b', line),
                                  f'{contract.name}:{number}: {line}')

    def test_tells_every_code_of_findings(self):
        header = (PLAN / 'reader' / 'findings.h').read_text(encoding='utf-8')
        codes = dict(re.findall(r'constexpr char (k\w+)\[\] = "(\w+)"', header))
        table = (PLAN / 'reader' / 'findings.cc').read_text(encoding='utf-8')
        rows = re.findall(r'\{(k\w+), (true|false), AnswerKind::(k\w+),', table)
        self.assertEqual({code for code, _, _ in rows}, set(codes))
        words = {'kNone': '-', 'kUnitList': 'list', 'kUnitName': 'name', 'kDeadline': 'deadline', 'kNumber': 'number'}
        told = re.findall(r'^ {2}(\w+) +(blocks|-) +(list|name|deadline|number|-) ',
                          comment_of('plan.proto', 'string code = 1'), re.M)
        self.assertEqual(told, [(codes[code], 'blocks' if blocks == 'true' else '-', words[answer])
                                for code, blocks, answer in rows])

    def test_tells_every_column_of_a_directory_file(self):
        header = (PLAN / 'directory' / 'directory_file.h').read_text(encoding='utf-8')
        columns = re.findall(r'^// {3}(\S[^\n]*?) {2,}', header, re.M)
        self.assertGreater(len(columns), 10)
        told = comment_of('directory_service.proto', 'bytes content = 2')
        self.assertEqual(re.findall(r'^ {2}(\S.*?) {2,}', told, re.M), columns)


if __name__ == '__main__':
    unittest.main()
