import { InboxOutlined } from '@ant-design/icons';
import { type DragEvent, useRef, useState } from 'react';

import { ENDINGS } from './documents';

interface Props {
  what: string;
  hint: string;
  multiple: boolean;
  disabled?: boolean;
  onFiles: (files: File[]) => void;
}

/** Where documents are dropped, or chosen: a button for the keyboard. */
export function DropZone({ what, hint, multiple, disabled = false, onFiles }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const take = (files: FileList | null): void => {
    const all = [...(files ?? [])];
    if (all.length > 0 && !disabled) onFiles(multiple ? all : all.slice(0, 1));
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <div
      className={`drop${isOver ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => { setIsOver(false); }}
      onDrop={drop}
    >
      <button type="button" disabled={disabled} onClick={() => input.current?.click()}>
        <InboxOutlined aria-hidden />
        <span>{what}</span>
        <span className="quiet">{hint}</span>
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={multiple}
        accept={ENDINGS}
        aria-label={what}
        onChange={(event) => {
          take(event.target.files);
          // The same file, mended, can be chosen again.
          event.target.value = '';
        }}
      />
    </div>
  );
}
