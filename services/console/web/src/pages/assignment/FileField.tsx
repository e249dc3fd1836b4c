import { Alert, Button } from 'antd';
import { type DragEvent, useRef, useState } from 'react';

import { FaultView } from '../../components/FaultView';
import { useWords } from '../../words';
import { type FileItem, sizeWords, stateOf } from './fileItems';
import { useFiles } from './useFiles';

interface Props {
  /** Whose files they are. */
  unit: string;
  /** By the form. */
  id?: string;
  onChange?: (items: FileItem[]) => void;
}

/** Files are chosen or dropped, and go up at once; the form is told what became of them. */
export function FileField({ unit, id, onChange }: Props) {
  const words = useWords();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const files = useFiles(unit, (items) => { onChange?.(items); });
  const drag = (event: DragEvent, isOver: boolean): void => {
    event.preventDefault();
    setOver(isOver);
  };
  const drop = (event: DragEvent): void => {
    drag(event, false);
    files.add(event.dataTransfer.files);
  };
  return (
    <div
      className={over ? 'files files-over' : 'files'}
      onDragEnter={(event) => { drag(event, true); }}
      onDragOver={(event) => { drag(event, true); }}
      onDragLeave={(event) => { drag(event, false); }}
      onDrop={drop}
    >
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={words.files.choose}
        onChange={(event) => {
          files.add([...(event.target.files ?? [])]);
          // The same file may be chosen again.
          event.target.value = '';
        }}
      />
      <Button id={id} onClick={() => { input.current?.click(); }}>{words.files.choose}</Button>{' '}
      <span className="quiet">{words.files.drop}</span>
      {files.refused.length > 0 && <Alert type="error" role="alert" message={files.refused.map((why) => <div key={why}>{why}</div>)} />}
      <ul className="file-list">
        {files.items.map((item) => (
          <li key={item.key}>
            <div className="row">
              <span className="file-name">{item.name}</span>
              <span className="quiet">{sizeWords(item.size)}</span>
              <span role="status" className={item.state === 'failed' ? 'file-failed' : 'quiet'}>{stateOf(item, words)}</span>
              {item.state === 'failed' && <Button size="small" onClick={() => { files.retry(item.key); }}>{words.files.goOn}</Button>}
              <Button size="small" type="text" aria-label={words.files.remove(item.name)} onClick={() => { files.remove(item.key); }}>✕</Button>
            </div>
            {item.state !== 'done' && <progress aria-label={item.name} max={item.size} value={item.sent} />}
            {item.state === 'failed' && <FaultView error={files.errors.get(item.key)} />}
          </li>
        ))}
      </ul>
    </div>
  );
}
