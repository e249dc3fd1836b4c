// Comma-separated values, as common/base/csv.h reads them: RFC 4180 with quotes, quoted line breaks, CRLF or LF. Pure.

export interface CsvRecord {
  /** Line of the file where it begins, from 1. */
  line: number;
  /** Without spaces at the ends. */
  cells: string[];
}

/** UTF-8, or where it is none GB18030, as spreadsheets in Chinese offices save it. */
export function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** Records of blank cells only are left out. */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let record: CsvRecord = { line, cells: [] };
  let cell = '';
  let quoted = false;
  const endCell = (): void => {
    record.cells.push(cell.trim());
    cell = '';
  };
  const endRecord = (): void => {
    endCell();
    if (record.cells.some((one) => one !== '')) records.push(record);
  };
  for (let i = 0; i < text.length; ++i) {
    const letter = text[i] ?? '';
    if (letter === '\n') line += 1;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else quoted = false;
    } else if (letter === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (letter === ',') endCell();
    else if (letter === '\n') {
      endRecord();
      record = { line, cells: [] };
    } else if (letter !== '\r') cell += letter;
  }
  if (cell !== '' || record.cells.length > 0) endRecord();
  return records;
}

/** Splits a cell that lists several things. */
export function splitList(cell: string): string[] {
  return cell.split(/[、；;\n]/).map((one) => one.trim()).filter((one) => one !== '');
}
