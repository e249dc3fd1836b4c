// The words for values of the contracts agree with the one table of the suite, common/words, which is C++.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { wordsOf } from '.';
import { enOfficeValues } from './enOfficeValues';
import { enValues } from './enValues';
import { methodWords } from './methodWords';
import { zhOfficeValues } from './zhOfficeValues';
import { zhValues } from './zhValues';

const common = resolve(__dirname, '../../../../../common');
const words = readFileSync(resolve(common, 'words/words.cc'), 'utf8');
const decision = readFileSync(resolve(common, 'access/decision.cc'), 'utf8');

type Table = Record<string, string>;

function ofEnum(name: string): { zh: Table; en: Table } {
  const type = name.replaceAll('_', '::');
  const begin = words.indexOf(`Phrase WordOf(v1::${type} `);
  expect(begin, `common/words has no WordOf(v1::${type})`).toBeGreaterThan(0);
  const body = words.slice(begin, words.indexOf('\n}\n', begin));
  const zh: Table = {};
  const en: Table = {};
  for (const found of body.matchAll(/case v1::[\w:]+::(\w+):\s*return \{"([^"]*)", "([^"]*)"\}|(default):\s*return \{"([^"]*)", "([^"]*)"\}/g)) {
    const key = found[1] ?? 'UNSPECIFIED';
    zh[key] = found[2] ?? found[5] ?? '';
    en[key] = found[3] ?? found[6] ?? '';
  }
  return { zh, en };
}

const enums = Object.keys(zhValues).filter((name) => name !== 'Field' && name !== 'Role') as (keyof typeof zhValues)[];

describe('words for values', () => {
  it.each(enums)('of %s are those of common/words', (name) => {
    const common = ofEnum(name);
    expect(Object.keys(common.zh).length).toBeGreaterThan(1);
    expect(zhValues[name]).toEqual(common.zh);
    expect(enValues[name]).toEqual(common.en);
  });

  it.each(Object.keys(zhOfficeValues) as (keyof typeof zhOfficeValues)[])('of %s are those of common/words', (name) => {
    const { zh, en } = ofEnum(name);
    expect(Object.keys(zh).length).toBeGreaterThan(1);
    expect(zhOfficeValues[name]).toEqual(zh);
    expect(enOfficeValues[name]).toEqual(en);
  });

  it('of methods are those of common/words', () => {
    const methods = readFileSync(resolve(common, 'words/method_words.cc'), 'utf8');
    const rows = [...methods.matchAll(/\{"(\w+\/\w+)", "([^"]+)"\}/g)];
    expect(rows.length).toBeGreaterThan(100);
    expect(methodWords).toEqual(Object.fromEntries(rows.map((row) => [row[1], row[2]])));
  });

  it('of fields are those of common/words', () => {
    const begin = words.indexOf('Phrase FieldWords');
    const body = words.slice(begin, words.indexOf('\n}\n', begin));
    const rows = [...body.matchAll(/\{"(\w+)", \{"([^"]*)", "([^"]*)"\}\}/g)];
    expect(rows.length).toBeGreaterThan(20);
    expect(zhValues.Field).toEqual(Object.fromEntries(rows.map((row) => [row[1], row[2]])));
    expect(enValues.Field).toEqual(Object.fromEntries(rows.map((row) => [row[1], row[3]])));
  });

  it('of roles are those of the access rules', () => {
    const rows = [...decision.matchAll(/\{v1::([A-Z_]+), "([^"]+)"\}/g)];
    expect(rows.length).toBeGreaterThan(10);
    expect(zhValues.Role).toEqual(Object.fromEntries(rows.map((row) => [row[1], row[2]])));
  });
});

/** All that says something: pages and what they are made of, without tests. */
function sources(): string {
  const root = resolve(__dirname, '..');
  const files = readdirSync(root, { recursive: true }).map(String);
  const speaking = files.filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|^gen\/|^words\/(zh|en)/.test(file));
  return speaking.map((file) => readFileSync(resolve(root, file), 'utf8')).join('\n');
}

/** Words that are not said by any of `said`: as `words.draft.save`, or by a name that is computed, as `words.act[act]`. */
function unsaid(said: string): string[] {
  const isAll = (group: string): boolean => new RegExp(`words\\.${group}\\b(?!\\.)`).test(said);
  return Object.entries(wordsOf('zh'))
    .filter(([group]) => !isAll(group))
    .flatMap(([group, table]) => Object.keys(table).filter((word) => !new RegExp(`\\b${group}\\.${word}\\b`).test(said)).map((word) => `${group}.${word}`));
}

describe('every word', () => {
  it('is said somewhere', () => {
    const said = sources();
    expect(said.length).toBeGreaterThan(100_000);
    expect(unsaid(said.replaceAll('words.boardView.fullScreen', ''))).toEqual(['boardView.fullScreen']);
    expect(unsaid(said)).toEqual([]);
  });
});
