// The words for values of the contracts agree with the one table of the suite, common/words, which is C++.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

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
