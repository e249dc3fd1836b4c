// A file on its way into a draft.
import { getOption, type MessageInitShape } from '@bufbuild/protobuf';

import { ReadingHints_Layout, type ReadingHintsSchema } from '../../gen/duban/v1/plan_pb';
import { ImportPlanRequestSchema } from '../../gen/duban/v1/plan_service_pb';
import { rules } from '../../gen/duban/v1/rules_pb';

/** What the browser's file dialogue offers; what it is, the service finds out from the bytes. */
export const ENDINGS = '.docx,.xlsx,.csv,.tsv,.txt,.html,.htm,.mht,.pdf,.doc,.xls,.wps,.ofd';

/** As the contract has it. */
export const MOST_BYTES: number = getOption(ImportPlanRequestSchema.field.content, rules).maxBytes;

/** What a person says of the layout, as the form has it. */
export interface Hints {
  columns: string;
  layout: ReadingHints_Layout;
  firstLine: number | null;
  lastLine: number | null;
  remember: boolean;
  /** Where nothing is said here: nor what was said of the office's earlier documents. */
  withoutKept: boolean;
}

export const NO_HINTS: Hints = {
  columns: '',
  layout: ReadingHints_Layout.LAYOUT_UNSPECIFIED,
  firstLine: null,
  lastLine: null,
  remember: false,
  withoutKept: false,
};

/** Whether anything is said of the layout. */
export function isSaid(hints: Hints): boolean {
  return /[^、，,\s]/.test(hints.columns) || hints.layout !== NO_HINTS.layout || hints.firstLine !== null || hints.lastLine !== null;
}

/** As a request has it; left out where nothing is said, so that what is kept counts; empty where that is not to. */
export function hintsOf(hints: Hints): { hints?: MessageInitShape<typeof ReadingHintsSchema> } {
  const columns = hints.columns.split(/[、，,\s]+/).filter((column) => column !== '');
  if (!isSaid(hints)) return hints.withoutKept ? { hints: {} } : {};
  return { hints: { columns, layout: hints.layout, firstLine: hints.firstLine ?? 0, lastLine: hints.lastLine ?? 0 } };
}

/** `3.4` of a file's size. */
export function megabytes(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1);
}

/** The bytes of a file. */
export function bytesOf(file: File): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => { resolve(new Uint8Array(reader.result as ArrayBuffer)); };
    reader.onerror = () => { reject(reader.error ?? new Error('the file cannot be read')); };
    reader.readAsArrayBuffer(file);
  });
}
