import { FactTable } from '../../../components/FactTable';
import { useWords } from '../../../words';
import type { CellChange, LineChange } from './difference';

function Cell({ change, isNew }: { change: CellChange; isNew: boolean }) {
  const words = useWords();
  return (
    <div>
      <span className="quiet">{change.column}{words.app.colon}</span>
      {!isNew && <><del>{change.before === '' ? words.directoryImport.empty : change.before}</del> </>}
      <ins>{change.after === '' ? words.directoryImport.cleared : change.after}</ins>
    </div>
  );
}

/** Lines that change something, beside what is there now. */
export function DifferenceTable({ changes }: { changes: readonly LineChange[] }) {
  const words = useWords();
  const shown = changes.filter((one) => one.kind !== 'same');
  const same = changes.length - shown.length;
  return (
    <>
      {shown.length > 0 && (
        <FactTable
          label={words.directoryImport.preview}
          columns={[words.directoryImport.line, words.directoryImport.entry, words.directoryImport.what, words.directoryImport.change]}
          numbers={[words.directoryImport.line]}
        >
          {shown.map((one) => (
            <tr key={one.line}>
              <td className="number">{one.line}</td>
              <th scope="row">{one.name}</th>
              <td>{words.directoryImport[one.kind]}</td>
              <td className="wide-words">{one.cells.map((cell) => <Cell key={cell.column} change={cell} isNew={one.kind === 'created'} />)}</td>
            </tr>
          ))}
        </FactTable>
      )}
      {same > 0 && <p className="quiet">{words.directoryImport.sameHidden(same)}</p>}
    </>
  );
}
