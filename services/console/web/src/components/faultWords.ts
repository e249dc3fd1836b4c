// What a fault is called, and what to do about it.
import type { Fault } from '../api/fault';
import { type Language, type Words } from '../words';

export interface FaultWords {
  title: string;
  /** What happened and to what, in the server's own words; may be empty. */
  what: string;
  /** What to do next; may be empty. */
  next: string;
}

function nextOf(fault: Fault, words: Words): string {
  switch (fault.kind) {
    case 'later':
      return fault.retrySeconds > 0 ? words.fault.laterSeconds(fault.retrySeconds) : words.fault.laterHint;
    case 'changed':
      return words.fault.changedHint;
    case 'offline':
      return words.fault.offlineHint;
    case 'broken':
      return words.fault.brokenHint;
    case 'notFound':
      return words.fault.notFoundHint;
    default:
      return '';
  }
}

export function faultWords(fault: Fault, words: Words, language: Language): FaultWords {
  const own = language === 'zh' && fault.chinese !== '' ? fault.chinese : fault.english;
  // What the browser says of a lost connection, or a server of its own breakage, helps nobody here.
  const silent = fault.kind === 'offline' || fault.kind === 'broken' || fault.kind === 'signedOut';
  return { title: words.fault[fault.kind], what: silent ? '' : own, next: nextOf(fault, words) };
}
