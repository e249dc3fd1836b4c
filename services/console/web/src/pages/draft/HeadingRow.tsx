import { Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';

import { useWords } from '../../words';
import { renamed } from './edits';
import type { DeskActions } from './useDesk';

interface Props {
  /** Those it stands under, and itself. */
  path: string[];
  count: number;
  actions: DeskActions;
}

/** A heading over its tasks, renamed or taken away in its place. */
export function HeadingRow({ path, count, actions }: Props) {
  const words = useWords();
  const title = path.at(-1) ?? '';
  const [typed, setTyped] = useState<string | null>(null);
  const rename = (): void => {
    const next = typed?.trim() ?? '';
    setTyped(null);
    if (next !== '' && next !== title) actions.edit((latest) => renamed(latest, path, next));
  };
  if (typed !== null) {
    return (
      <div className="row heading-row" onKeyDown={(event) => { event.stopPropagation(); }}>
        <Input
          autoFocus
          size="small"
          className="answer"
          aria-label={words.draft.heading}
          maxLength={500}
          value={typed}
          onChange={(event) => { setTyped(event.target.value); }}
          onPressEnter={(event) => { if (!event.nativeEvent.isComposing) rename(); }}
          onKeyDown={(event) => { if (event.key === 'Escape') setTyped(null); }}
        />
        <Button size="small" type="primary" onClick={rename}>{words.draft.save}</Button>
        <Button size="small" onClick={() => { setTyped(null); }}>{words.app.cancel}</Button>
      </div>
    );
  }
  return (
    <div className="row heading-row">
      <h3>{title}</h3>
      <span className="quiet">{count}</span>
      <span className="heading-tools">
        <Button size="small" type="link" onClick={() => { setTyped(title); }}>{words.draft.renameHeading}</Button>
        <Popconfirm
          title={words.draft.dropHeadingSure}
          okText={words.draft.dropHeading}
          cancelText={words.app.cancel}
          onConfirm={() => { actions.edit((latest) => renamed(latest, path, '')); }}
        >
          <Button size="small" type="link">{words.draft.dropHeading}</Button>
        </Popconfirm>
      </span>
    </div>
  );
}
