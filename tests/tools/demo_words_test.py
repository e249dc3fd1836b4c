#!/usr/bin/python3
"""Tests of what tools/demo says where something is missing: Chinese first, English on request."""

import contextlib
import io
import os
import pathlib
import re
import sys
import tempfile
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tools'))

# pylint: disable=wrong-import-position
import demo_console  # noqa: E402
import demo_nodes  # noqa: E402
import demo_story  # noqa: E402

CHINESE = re.compile('[\u4e00-\u9fff]')


class MissingTest(unittest.TestCase):
    """On a machine that has nothing."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.build = pathlib.Path(scratch.name)
        # Tools that shell scripts need, and nothing else.
        tools = self.build / 'tools'
        tools.mkdir()
        for name in ('bash', 'realpath', 'dirname', 'flock', 'env'):
            (tools / name).symlink_to(f'/usr/bin/{name}')
        patched = mock.patch.dict(os.environ, PATH=str(tools))
        patched.start()
        self.addCleanup(patched.stop)

    def assert_said(self, lacks, chinese, english):
        zh, en = lacks
        self.assertIn(chinese, zh)
        self.assertTrue(CHINESE.search(zh))
        self.assertIn(english, en)
        self.assertFalse(CHINESE.search(en))

    def test_each_thing_is_said_in_chinese_and_in_english(self):
        pages = self.build / 'pages'
        self.assert_said(demo_console.missing(self.build, pages), '请安装：apt-get install chromium', 'no chromium')
        self.assert_said(demo_console.missing(self.build, pages, browser=False), '还没有构建', 'is not built')
        (self.build / 'bin').mkdir()
        (self.build / 'bin' / 'duban-console').touch()
        self.assert_said(demo_console.missing(self.build, pages, browser=False), '页面没有构建', 'there is no node here')

    def test_a_story_says_it_in_its_language(self):
        for language, words in (('zh', '没有控制台：没有 chromium'), ('en', 'There is no console: there is no chromium')):
            story = demo_story.Story(language)
            demo = types.SimpleNamespace(story=story, build=self.build)
            said = io.StringIO()
            with contextlib.redirect_stderr(said), self.assertRaises(demo_nodes.DemoError) as refused:
                demo_story.finish(demo, types.SimpleNamespace(pictures='pictures', keep=False))
            self.assertIn(words, said.getvalue())
            self.assertEqual(bool(CHINESE.search(str(refused.exception))), language == 'zh')


if __name__ == '__main__':
    unittest.main()
