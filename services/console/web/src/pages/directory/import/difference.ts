// A directory file beside the directory: what each of its lines would change. For people to look at before they take it
// in; what comes of it is decided, and counted, by the directory alone. Pure.
import { lastOf } from '../../../api/names';
import { type Unit, Unit_Kind, type UnitGroup } from '../../../gen/duban/v1/unit_pb';
import type { CsvRecord } from './csv';
import { splitList } from './csv';

export interface CellChange {
  column: string;
  before: string;
  after: string;
}

export interface LineChange {
  line: number;
  /** As the file names it. */
  name: string;
  kind: 'created' | 'updated' | 'same';
  cells: CellChange[];
}

const KINDS: Record<string, Unit_Kind> = {
  政府: Unit_Kind.GOVERNMENT, 部门: Unit_Kind.DEPARTMENT,
  街道: Unit_Kind.STREET, 镇: Unit_Kind.STREET, 乡镇: Unit_Kind.STREET,
  科室: Unit_Kind.SECTION, 处室: Unit_Kind.SECTION,
  机构: Unit_Kind.INSTITUTION, 事业单位: Unit_Kind.INSTITUTION, 企业: Unit_Kind.INSTITUTION, 其他: Unit_Kind.OTHER,
};
const KIND_COLUMNS: Partial<Record<Unit_Kind, string>> = {
  [Unit_Kind.GOVERNMENT]: '政府', [Unit_Kind.DEPARTMENT]: '部门', [Unit_Kind.STREET]: '街道', [Unit_Kind.SECTION]: '科室',
  [Unit_Kind.INSTITUTION]: '机构', [Unit_Kind.OTHER]: '其他',
};
const GROUP = '集合';
/** In the order in which they are shown. */
const COLUMNS = ['名称', '类别', '别名', '上级', '节点', '启用日期', '停用日期', '成员', '按类别', '联系人', '电话', '邮箱'];

type Entry = Unit | UnitGroup;
type Stored = ReadonlyMap<string, string>;

function isGroup(entry: Entry): entry is UnitGroup {
  return entry.$typeName === 'duban.v1.UnitGroup';
}

/** `区政府@2024-01-01~`, as the file writes when it holds. */
function dated(name: string, from: string, to: string): string {
  return from === '' && to === '' ? name : `${name}@${from}~${to}`;
}

/** An entry as the file would have it, column by column. */
function cellsOf(entry: Entry, nameOf: (unit: string) => string): Stored {
  const lists = new Map([['名称', entry.displayName], ['别名', entry.aliases.join('、')]]);
  if (isGroup(entry)) {
    lists.set('类别', GROUP);
    lists.set('成员', entry.members.map((one) => dated(nameOf(one.unit), one.validFrom, one.validTo)).join('、'));
    lists.set('按类别', entry.selections.map((one) =>
      `${nameOf(one.superior)}:${one.kinds.map((kind) => KIND_COLUMNS[kind] ?? '').join('+')}`).join('、'));
    return lists;
  }
  lists.set('类别', KIND_COLUMNS[entry.kind] ?? '');
  lists.set('上级', entry.superiors.map((one) => dated(nameOf(one.unit), one.validFrom, one.validTo)).join('、'));
  lists.set('节点', entry.node === '' ? entry.ownerNode : entry.node);
  lists.set('启用日期', entry.validFrom);
  lists.set('停用日期', entry.validTo);
  lists.set('联系人', entry.contacts.map((one) => one.person).join('、'));
  lists.set('电话', entry.contacts.map((one) => one.phone).join('、'));
  lists.set('邮箱', entry.contacts.map((one) => one.email).join('、'));
  return lists;
}

/** The directory, by id, name and alias. */
export class Known {
  private readonly entries = new Map<string, Entry>();

  constructor(units: readonly Unit[], groups: readonly UnitGroup[]) {
    for (const entry of [...units, ...groups]) {
      for (const said of [lastOf(entry.name), entry.displayName, ...entry.aliases]) this.entries.set(said, entry);
    }
  }

  find(said: string): Entry | undefined {
    return this.entries.get(said);
  }

  nameOf(unit: string): string {
    return this.entries.get(lastOf(unit))?.displayName ?? lastOf(unit);
  }

  /** A mention as the file writes it, by the entry's full name: two that mean the same read the same. */
  plain(mention: string): string {
    const end = mention.search(/[@:：]/);
    const said = end < 0 ? mention : mention.slice(0, end);
    const rest = end < 0 ? '' : mention.slice(end).replace('：', ':');
    return (this.entries.get(said)?.displayName ?? said) + (rest === '@~' ? '' : rest);
  }
}

const LISTS = new Set(['别名', '上级', '成员', '按类别', '联系人', '电话', '邮箱']);
const MENTIONS = new Set(['上级', '成员', '按类别']);

function comparable(column: string, cell: string, known: Known): string {
  if (column === '类别') return cell === GROUP ? GROUP : (KIND_COLUMNS[KINDS[cell] ?? Unit_Kind.KIND_UNSPECIFIED] ?? cell);
  if (!LISTS.has(column)) return cell;
  const items = splitList(cell).map((one) => (MENTIONS.has(column) ? known.plain(one) : one));
  return items.sort().join('、');
}

function changeOf(record: CsvRecord, header: readonly string[], known: Known): LineChange {
  const cellOf = (column: string): string => record.cells[header.indexOf(column)] ?? '';
  const name = cellOf('名称');
  const id = cellOf('编号');
  const entry = known.find(id === '' ? name : id);
  const stored = entry && cellsOf(entry, (unit) => known.nameOf(unit));
  const cells = COLUMNS.filter((column) => header.includes(column)).flatMap((column): CellChange[] => {
    const after = cellOf(column);
    const before = stored?.get(column) ?? '';
    // A blank node is the one that keeps the entry.
    if (column === '节点' && after === '' && entry !== undefined && !isGroup(entry) && entry.node === '') return [];
    return comparable(column, after, known) === comparable(column, before, known) ? [] : [{ column, before, after }];
  });
  if (entry === undefined) return { line: record.line, name, kind: 'created', cells: cells.filter((one) => one.column !== '名称') };
  return { line: record.line, name, kind: cells.length === 0 ? 'same' : 'updated', cells };
}

/** What each line would do, in the file's order. */
export function differenceOf(records: readonly CsvRecord[], known: Known): LineChange[] {
  const [header, ...lines] = records;
  return header === undefined ? [] : lines.map((line) => changeOf(line, header.cells, known));
}
