import { Alert, Button, Input } from 'antd';
import { type KeyboardEvent, useState } from 'react';

import type { Task } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { partsOf } from './edits';
import { rowsFor } from './taskForm';
import { TheirChanges } from './TheirChanges';

interface Props {
  opened: Task;
  /** What was typed before; undefined: nothing. */
  typed: string | undefined;
  onTyped: (text: string) => void;
  now: Task | undefined;
  busy: boolean;
  onSplit: (texts: string[]) => void;
  onClose: () => void;
}

function paragraphs(text: string): string[] {
  return text.split(/\n\s*\n/).map((part) => part.trim()).filter((part) => part !== '');
}

/** The text of a task, cut where it falls apart by itself; people move the empty lines. */
export function SplitEditor({ opened, typed, onTyped, now, busy, onSplit, onClose }: Props) {
  const words = useWords();
  const [text, setText] = useState(() => typed ?? partsOf(opened.text).join('\n\n'));
  const parts = paragraphs(text);
  const send = (): void => { if (parts.length > 1) onSplit(parts); };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) onClose();
  };
  return (
    <div className="task-form column" onKeyDown={onKeyDown}>
      <Input.TextArea
        autoFocus
        rows={rowsFor(text)}
        aria-label={words.draft.text}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onTyped(event.target.value);
        }}
      />
      <div className="quiet">{parts.length > 1 ? words.draft.splitHint : words.draft.splitNeeds}</div>
      {now === undefined ? <Alert type="warning" showIcon message={words.draft.goneMeanwhile} /> : <TheirChanges before={opened} now={now} />}
      <div className="row">
        <Button type="primary" size="small" disabled={parts.length < 2 || now === undefined} loading={busy} onClick={send}>
          {words.draft.splitInto(parts.length)}
        </Button>
        <Button size="small" onClick={onClose}>{words.app.cancel}</Button>
      </div>
    </div>
  );
}
