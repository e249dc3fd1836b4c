import { Alert } from 'antd';
import { memo, type MouseEvent, useEffect, useMemo, useRef } from 'react';

import { Nothing } from '../../components/Nothing';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import type { PlanSource } from '../../gen/duban/v1/plan_source_service_pb';
import { useWords } from '../../words';
import { marksOf, type Segment } from './sourceMarks';
import { type BlockView, type LineView, type RowView, sourceView } from './sourceView';

/** Colours that neighbours tell apart by. */
export const HUES = 6;

type HueOf = ReadonlyMap<string, number>;

function Piece({ segment, hues, lit }: { segment: Segment; hues: HueOf; lit: string }) {
  const task = segment.tasks.includes(lit) ? lit : segment.tasks[0];
  const classes = [
    task !== undefined && `src hue-${String(hues.get(task) ?? 0)}`,
    task !== undefined && task === lit && 'lit',
    segment.isUnit && 'src-unit',
    segment.isDoubt && 'src-doubt',
  ].filter((name) => name !== false);
  return classes.length === 0 ? (
    <>{segment.text}</>
  ) : (
    <span className={classes.join(' ')} data-task={segment.tasks.join(' ')}>{segment.text}</span>
  );
}

function Line({ line, hues, lit }: { line: LineView; hues: HueOf; lit: string }) {
  return <>{line.segments.map((segment, i) => <Piece key={i} segment={segment} hues={hues} lit={lit} />)}</>;
}

const Row = memo(function Row({ row, hues, lit }: { row: RowView; hues: HueOf; lit: string }) {
  return (
    <tr>
      {row.cells.map((cell, i) => (
        <td key={i} rowSpan={cell.rowSpan} colSpan={cell.columnSpan}>
          {cell.lines.map((line, j) => <div key={j}><Line line={line} hues={hues} lit={lit} /></div>)}
        </td>
      ))}
    </tr>
  );
});

const Block = memo(function Block({ block, hues, lit }: { block: BlockView; hues: HueOf; lit: string }) {
  if (block.kind === 'line') {
    return (
      <div className="src-line">
        <span className="src-number" aria-hidden>{block.line.line}</span>
        <span className="lines"><Line line={block.line} hues={hues} lit={lit} /></span>
      </div>
    );
  }
  return (
    <div className="src-table">
      <table>
        <tbody>
          {block.rows.map((row) => <Row key={row.key} row={row} hues={hues} lit={row.tasks.has(lit) ? lit : ''} />)}
        </tbody>
      </table>
    </div>
  );
});

interface Props {
  plan: Plan;
  source: PlanSource;
  /** The task whose words light up; empty: none. */
  lit: string;
  /** The task whose words are brought into view; empty: none. */
  shown: string;
  onHover: (task: string | null) => void;
  onChoose: (task: string) => void;
}

function taskAt(event: MouseEvent): string | null {
  const piece = (event.target as Element).closest('[data-task]');
  return piece?.getAttribute('data-task')?.split(' ')[0] ?? null;
}

/** Scrolls the pane alone; the page stays where it is. */
function bringIntoView(pane: HTMLElement, task: string): void {
  const piece = pane.querySelector(`[data-task~="${task}"]`);
  if (piece === null || pane.scrollHeight <= pane.clientHeight) return;
  const [box, at] = [pane.getBoundingClientRect(), piece.getBoundingClientRect()];
  if (at.top >= box.top + 24 && at.bottom <= box.bottom - 24) return;
  pane.scrollTop += at.top - box.top - box.height / 3;
}

/** The original with the words of each task in its colour. */
export function SourcePane({ plan, source, lit, shown, onHover, onChoose }: Props) {
  const words = useWords();
  const pane = useRef<HTMLElement>(null);
  const hues = useMemo(() => new Map(plan.tasks.map((task, i) => [task.taskId, i % HUES])), [plan.tasks]);
  const blocks = useMemo(() => sourceView(source, marksOf(plan)), [source, plan]);
  useEffect(() => {
    if (pane.current !== null && shown !== '') bringIntoView(pane.current, shown);
  }, [shown]);
  if (blocks.length === 0) {
    return <section className="paper source" aria-label={words.draft.original}><Nothing what={words.draft.noOriginal} hint={words.draft.noOriginalHint} /></section>;
  }
  return (
    <section
      ref={pane}
      className="paper source"
      aria-label={words.draft.original}
      tabIndex={0}
      onMouseOver={(event) => { onHover(taskAt(event)); }}
      onMouseLeave={() => { onHover(null); }}
      onClick={(event) => {
        const task = taskAt(event);
        if (task !== null && task !== '') onChoose(task);
      }}
    >
      <p className="quiet">{source.sourceName}</p>
      {blocks.map((block) => <Block key={block.key} block={block} hues={hues} lit={block.tasks.has(lit) ? lit : ''} />)}
      {source.cut && <Alert type="info" message={words.draft.cut} />}
    </section>
  );
}
