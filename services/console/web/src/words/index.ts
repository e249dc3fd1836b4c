// Picks the words of a language; and what values, deadlines and times of the contracts read like.
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { createContext, useContext } from 'react';

import {
  type Deadline,
  Deadline_Frequency,
  Deadline_Kind,
} from '../gen/duban/v1/deadline_pb';
import { type DutyChange, Responsibility_Role } from '../gen/duban/v1/plan_pb';
import { en } from './en';
import { enFiles } from './enFiles';
import { enImport } from './enImport';
import { enLive } from './enLive';
import { enOffice } from './enOffice';
import { enTakeOn } from './enTakeOn';
import { enWork } from './enWork';
import { zh } from './zh';
import { zhFiles } from './zhFiles';
import { zhImport } from './zhImport';
import { zhLive } from './zhLive';
import { zhOffice } from './zhOffice';
import { zhTakeOn } from './zhTakeOn';
import { zhWork } from './zhWork';

export type Language = 'zh' | 'en';

const zhAll = { ...zh, ...zhWork, ...zhFiles, ...zhImport, ...zhLive, ...zhTakeOn, ...zhOffice };
const enAll = { ...en, ...enWork, ...enFiles, ...enImport, ...enLive, ...enTakeOn, ...enOffice };
const tables = {
  zh: { ...zhAll, nav: { ...zh.nav, ...zhOffice.nav } },
  en: { ...enAll, nav: { ...en.nav, ...enOffice.nav } },
};
export type Words = (typeof tables)['zh'];

export function wordsOf(language: Language): Words {
  return tables[language];
}

export const LanguageContext = createContext<Language>('zh');

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

export function useWords(): Words {
  return wordsOf(useLanguage());
}

/** The word for a value of an enum; `?` for one that is not known here (from a newer server). */
export function wordOf(table: Record<string, string>, names: Record<number, string>, value: number): string {
  return table[names[value] ?? ''] ?? table['UNSPECIFIED'] ?? '?';
}

/** A deadline in a few words: what is printed, with the date it means where that is not plain from it. */
export function deadlineWords(deadline: Deadline | undefined, words: Words, language: Language): string {
  if (deadline === undefined) return '—';
  const inBrackets = (text: string, due: string): string => (language === 'zh' ? `${text}（${due}）` : `${text} (${due})`);
  if (deadline.printed !== '') {
    const plain = deadline.printed.includes('年') && deadline.printed.includes('日');
    return deadline.due === '' || plain ? deadline.printed : inBrackets(deadline.printed, deadline.due);
  }
  const kind = wordOf(words.Deadline_Kind, Deadline_Kind, deadline.kind);
  switch (deadline.kind) {
    case Deadline_Kind.BY_DATE:
      return deadline.due;
    case Deadline_Kind.WHOLE_PERIOD:
      return inBrackets(kind, deadline.due);
    case Deadline_Kind.PERIODIC: {
      const often = wordOf(words.Deadline_Frequency, Deadline_Frequency, deadline.frequency);
      if (deadline.times <= 1) return often;
      return language === 'zh' ? `${often}${String(deadline.times)}次` : `${often} x${String(deadline.times)}`;
    }
    case Deadline_Kind.WORKING_DAYS: {
      const days = String(deadline.workingDays);
      return language === 'zh' ? `${days}个工作日内` : `within ${days} working days`;
    }
    case Deadline_Kind.STANDING:
      return kind;
    default:
      return '—';
  }
}

/** What a revision changed in a duty, with what it was before where that is short. */
export function dutyChangeWords(change: DutyChange, words: Words, language: Language): string {
  const before: Record<string, string> = {};
  if (change.deadlineBefore) before['deadline'] = deadlineWords(change.deadlineBefore, words, language);
  if (change.roleBefore !== Responsibility_Role.ROLE_UNSPECIFIED) {
    before['role'] = wordOf(words.Responsibility_Role, Responsibility_Role, change.roleBefore);
  }
  const fields: Record<string, string> = words.Field;
  return change.fields
    .map((field) => {
      const name = fields[field] ?? field;
      const was = before[field];
      if (was === undefined) return name;
      return language === 'zh' ? `${name}（原为${was}）` : `${name} (before: ${was})`;
    })
    .join(language === 'zh' ? '、' : ', ');
}

const SHANGHAI = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'short',
  timeStyle: 'short',
});

/** `2024-05-06 14:03` in Asia/Shanghai; empty where the time is unset. */
export function timeWords(time: Timestamp | undefined): string {
  return time === undefined ? '' : SHANGHAI.format(new Date(Number(time.seconds) * 1000));
}
