// Files in a form: what is known of each while it is being put in. Plain data; the files themselves stay beside it.
import { MOST_BYTES } from '../../api/evidence';
import type { Words } from '../../words';

/** Of a report or a result. */
export const MOST_EVIDENCE = 20;

export interface FileItem {
  key: number;
  name: string;
  size: number;
  state: 'waiting' | 'sending' | 'again' | 'done' | 'failed';
  /** Bytes that are over. */
  sent: number;
  /** Once it is done. */
  sha256: string;
}

/** Why a file is not even begun, in words; empty where it may be. */
export function refusalOf(file: File, count: number, words: Words): string {
  if (file.size > MOST_BYTES) return words.files.tooLarge(file.name);
  if (file.size === 0) return words.files.empty(file.name);
  return count >= MOST_EVIDENCE ? words.files.tooMany(MOST_EVIDENCE) : '';
}

export function percentOf({ sent, size }: FileItem): number {
  return Math.floor((100 * sent) / size);
}

export function stateOf(item: FileItem, words: Words): string {
  if (item.state === 'sending') return words.files.sending(percentOf(item));
  return words.files[item.state];
}

export function areDone(items: readonly FileItem[] | undefined): boolean {
  return (items ?? []).every((item) => item.state === 'done');
}

/** `1.4 MB`; sizes of files are told as their folders tell them. */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${String(bytes)} B`;
  const inKib = bytes / 1024;
  return inKib < 1000 ? `${inKib.toFixed(0)} KB` : `${(inKib / 1024).toFixed(1)} MB`;
}
