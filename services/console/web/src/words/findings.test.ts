// What findings are called, and what an answer to one is, agrees with the one table of them, which is C++.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

import { answerKind } from '../pages/draft/findings';
import { enImport } from './enImport';
import { zhImport } from './zhImport';

const reader = resolve(__dirname, '../../../../plan/reader');
const names = new Map(
  [...readFileSync(resolve(reader, 'findings.h'), 'utf8').matchAll(/char (k\w+)\[\] = "(\w+)"/g)].map((row) => [row[1], row[2]]),
);
const rows = [
  ...readFileSync(resolve(reader, 'findings.cc'), 'utf8').matchAll(
    /\{(k\w+), (?:true|false), AnswerKind::(\w+), "([^"]*)", "([^"]*)"\}/g,
  ),
].map((row) => ({ code: names.get(row[1]) ?? '?', answer: row[2], zh: row[3], en: row[4] }));

const KINDS: Record<string, string> = { kUnitList: 'units', kUnitName: 'name', kDeadline: 'deadline', kNumber: 'number', kNone: 'note' };

it('findings are called what the reader calls them', () => {
  expect(rows.length).toBeGreaterThan(20);
  expect(zhImport.code).toEqual(Object.fromEntries(rows.map((row) => [row.code, row.zh])));
  expect(enImport.code).toEqual(Object.fromEntries(rows.map((row) => [row.code, row.en])));
});

it('answers are what the reader takes', () => {
  // The year of a document is no answer about a task, and is asked all the same.
  const expected = rows.map((row) => [row.code, row.code === 'NO_YEAR' ? 'year' : KINDS[row.answer ?? '']]);
  expect(rows.map((row) => [row.code, answerKind(row.code)])).toEqual(expected);
});
