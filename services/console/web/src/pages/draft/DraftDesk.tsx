import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Modal, Segmented } from 'antd';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { Link } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { Answered } from '../../components/Answered';
import { FaultView } from '../../components/FaultView';
import { KeyTable } from '../../components/KeyTable';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { NEVER } from '../../live/kinds';
import { useWords } from '../../words';
import { taskNumber } from '../plan/taskTree';
import { NO_HINTS } from '../import/documents';
import { Alike } from './Alike';
import { DeskContext } from './deskContext';
import { onDeskKey } from './deskKeys';
import { removed } from './edits';
import { isOpen } from './findings';
import { MoveUnder } from './MoveUnder';
import { ReadingPane } from './ReadingPane';
import { ReimportDialog } from './ReimportDialog';
import { SourcePane } from './SourcePane';
import { Overtaken } from './TheirChanges';
import { TypedContext } from './typed';
import { type Desk, useDesk } from './useDesk';

type View = 'reading' | 'original';

interface BarProps {
  desk: Desk;
  onlyOpen: boolean;
  onOnlyOpen: (on: boolean) => void;
  view: View;
  onView: (view: View) => void;
}

/** How far it is, and the way to the next question; stays in sight. */
function Bar({ desk, onlyOpen, onOnlyOpen, view, onView }: BarProps) {
  const words = useWords();
  const { plan, acts, actions } = desk;
  const open = plan.findings.filter(isOpen);
  const blocking = open.filter((finding) => finding.blocking).length;
  return (
    <div className="desk-bar">
      <div className="row">
        <Segmented<View>
          className="desk-view"
          size="small"
          value={view}
          options={[{ value: 'reading', label: words.draft.reading }, { value: 'original', label: words.draft.original }]}
          onChange={onView}
        />
        <strong role="status">
          {open.length === 0 ? words.draft.clean(plan.tasks.length) : words.draft.counts(plan.tasks.length, open.length, blocking)}
        </strong>
        <span className="push" />
        {open.length > 0 && (
          <>
            <Checkbox checked={onlyOpen} onChange={(event) => { onOnlyOpen(event.target.checked); }}>{words.draft.onlyOpen}</Checkbox>
            <Button size="small" type="primary" onClick={() => { actions.next(1); }}>{words.draft.next}</Button>
          </>
        )}
        <Button size="small" onClick={() => { actions.start('add', plan.tasks.at(-1)?.taskId ?? ''); }}>{words.draft.add}</Button>
        <KeyTable rows={words.draft.keyRows} />
        {blocking === 0 && plan.tasks.length > 0 && <Link to="?tab=preview">{words.draft.toPreview}</Link>}
      </div>
      {acts.overtaken !== null && <Overtaken changes={acts.overtaken} onClose={acts.forget} />}
      {acts.error !== null && acts.overtaken === null && <FaultView error={acts.error} />}
    </div>
  );
}

/** Asks before a task goes. */
function Removing({ desk }: { desk: Desk }) {
  const words = useWords();
  const { plan, removing, actions } = desk;
  const place = plan.tasks.findIndex((task) => task.taskId === removing);
  const task = plan.tasks[place];
  if (task === undefined) return null;
  const neighbour = plan.tasks[place + 1] ?? plan.tasks[place - 1];
  return (
    <Modal
      open
      title={words.draft.removeSure(taskNumber(task))}
      okText={words.draft.remove}
      okButtonProps={{ danger: true, autoFocus: true }}
      cancelText={words.app.cancel}
      onOk={() => {
        actions.askRemove('');
        actions.edit((latest) => removed(latest, task.taskId), neighbour?.taskId);
      }}
      onCancel={() => {
        actions.askRemove('');
        actions.go(task.taskId);
      }}
    >
      <p className="lines">{task.text}</p>
    </Modal>
  );
}

function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest('input, textarea, select, .ant-select, .ant-modal') !== null;
}

/** A draft beside the document it was read from: looked at, answered and mended in one place, by keyboard as well. */
export function DraftDesk({ plan }: { plan: Plan }) {
  const { planSources } = useClients();
  const [onlyOpen, setOnlyOpen] = useState(false);
  const [view, setView] = useState<View>('reading');
  const [moving, setMoving] = useState('');
  const [readAnew, setReadAnew] = useState(false);
  const desk = useDesk(plan);
  const { actions, place, hovered } = desk;
  const asked = useQuery({
    queryKey: ['source', plan.name, plan.sourceSha256],
    meta: NEVER,
    staleTime: Infinity,
    queryFn: () => planSources.getPlanSource({ name: plan.name }),
  });
  const around = useMemo(() => ({ plan, onMoveUnder: setMoving, onReadAnew: () => { setReadAnew(true); } }), [plan]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (onDeskKey(desk, event.key, event.repeat)) event.preventDefault();
  };
  return (
    <DeskContext.Provider value={around}>
      <TypedContext.Provider value={desk.typed}>
        <div className="desk" onKeyDown={onKeyDown}>
          <Bar desk={desk} onlyOpen={onlyOpen} onOnlyOpen={setOnlyOpen} view={view} onView={setView} />
          <Alike desk={desk} />
          <div className={`desk-panes show-${view}`}>
            <Answered asked={asked}>
              {(source) => (
                <SourcePane
                  plan={plan}
                  source={source}
                  lit={hovered ?? place?.task ?? ''}
                  shown={place?.task ?? ''}
                  onHover={actions.hover}
                  onChoose={(task) => {
                    setView('reading');
                    actions.go(task);
                  }}
                />
              )}
            </Answered>
            <ReadingPane desk={desk} onlyOpen={onlyOpen} />
          </div>
          <Removing desk={desk} />
          {readAnew && <ReimportDialog plan={plan} begin={{ ...NO_HINTS, withoutKept: true }} onClose={() => { setReadAnew(false); }} />}
          {moving !== '' && <MoveUnder desk={desk} task={moving} onClose={() => { setMoving(''); }} />}
        </div>
      </TypedContext.Provider>
    </DeskContext.Provider>
  );
}
