import { Checkbox, Input, InputNumber, Select } from 'antd';

import { ReadingHints_Layout } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { type Hints, isSaid } from './documents';

interface Props {
  hints: Hints;
  /** Whether they can be kept for the office's next document at once. */
  canKeep: boolean;
  onChange: (hints: Hints) => void;
}

/** What a person who sees the document can say of its layout. */
export function HintFields({ hints, canKeep, onChange }: Props) {
  const words = useWords();
  const set = (change: Partial<Hints>): void => { onChange({ ...hints, ...change }); };
  const layouts: [ReadingHints_Layout, string][] = [
    [ReadingHints_Layout.LAYOUT_UNSPECIFIED, words.import.anyLayout],
    [ReadingHints_Layout.PROSE, words.import.prose],
    [ReadingHints_Layout.CELLS, words.import.cells],
    [ReadingHints_Layout.ROWS, words.import.rows],
  ];
  return (
    <details className="hints" open={hints.withoutKept || undefined}>
      <summary>{words.import.hints}</summary>
      <p className="quiet">{words.import.hintsAbout}</p>
      <div className="hint-fields">
        <label className="wide">
          <span>{words.import.columns}</span>
          <Input placeholder={words.import.columnsHint} value={hints.columns} onChange={(event) => { set({ columns: event.target.value }); }} />
        </label>
        <label>
          <span>{words.import.layout}</span>
          <Select
            aria-label={words.import.layout}
            value={hints.layout}
            options={layouts.map(([value, label]) => ({ value, label }))}
            onChange={(layout: ReadingHints_Layout) => { set({ layout }); }}
          />
        </label>
        <label>
          <span>{words.import.firstLine}</span>
          <InputNumber min={1} max={100000} value={hints.firstLine} onChange={(firstLine) => { set({ firstLine }); }} />
        </label>
        <label>
          <span>{words.import.lastLine}</span>
          <InputNumber min={1} max={100000} value={hints.lastLine} onChange={(lastLine) => { set({ lastLine }); }} />
        </label>
      </div>
      <Checkbox
        checked={hints.withoutKept && !isSaid(hints)}
        disabled={isSaid(hints)}
        onChange={(event) => { set({ withoutKept: event.target.checked }); }}
      >
        {words.import.withoutKept}
      </Checkbox>
      {canKeep && (
        <Checkbox checked={hints.remember} onChange={(event) => { set({ remember: event.target.checked }); }}>{words.import.remember}</Checkbox>
      )}
    </details>
  );
}
