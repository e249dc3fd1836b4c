import { Fragment, type ReactNode, useMemo } from 'react';

import { Nothing } from '../../components/Nothing';
import type { Finding, Task } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';
import { type Branch, countOf, treeOf } from '../plan/taskTree';
import { OpenFinding, SettledFindings } from './FindingEntry';
import { alike, DOCUMENT, isOpen } from './findings';
import { HeadingRow } from './HeadingRow';
import { HUES } from './SourcePane';
import { TaskCard } from './TaskCard';
import { cardId, currentFinding, type Desk } from './useDesk';
import { WorkPlace } from './WorkPlace';

interface Props {
  desk: Desk;
  onlyOpen: boolean;
}

const NONE: readonly Finding[] = [];

function byTask(findings: readonly Finding[]): Map<string, Finding[]> {
  const map = new Map<string, Finding[]>();
  for (const finding of findings) {
    const there = map.get(finding.task);
    if (there === undefined) map.set(finding.task, [finding]);
    else there.push(finding);
  }
  return map;
}

/** What is asked of the document as a whole. */
function DocumentCard({ desk, findings, current }: { desk: Desk; findings: readonly Finding[]; current: string }) {
  const words = useWords();
  if (findings.length === 0) return null;
  return (
    <section
      id={cardId(DOCUMENT)}
      className="task-card document-card"
      tabIndex={-1}
      aria-label={words.draft.document}
      onFocus={() => { desk.actions.look(DOCUMENT); }}
    >
      <div className="card-body">
        <b>{words.draft.document}</b>
        {findings.filter(isOpen).map((finding) => (
          <OpenFinding
            key={finding.findingId}
            finding={finding}
            alike={alike(desk.plan, finding)}
            isCurrent={current === finding.findingId}
            isRemembered={desk.remembered.has(finding.findingId)}
            actions={desk.actions}
          />
        ))}
        <SettledFindings findings={findings} actions={desk.actions} />
      </div>
    </section>
  );
}

function BranchView({ branch, path, card, desk }: { branch: Branch; path: string[]; card: (task: Task) => ReactNode; desk: Desk }) {
  return (
    <>
      {branch.tasks.length > 0 && <ul className="task-cards">{branch.tasks.map(card)}</ul>}
      {branch.branches.map((one) => {
        // A table that is not the main part stands above its headings and is none of them.
        const isTable = path.length === 0 && firstTask(one)?.headings[0] !== one.title;
        const under = isTable ? [] : [...path, one.title];
        return (
          <section key={one.key} className="draft-branch">
            {isTable ? <h3>{one.title}</h3> : <HeadingRow path={under} count={countOf(one)} actions={desk.actions} />}
            <BranchView branch={one} path={under} card={card} desk={desk} />
          </section>
        );
      })}
    </>
  );
}

function firstTask(branch: Branch): Task | undefined {
  return branch.tasks[0] ?? branch.branches.map(firstTask).find((task) => task !== undefined);
}

/** The reading: headings, tasks, and what is asked about each, all to be mended in its place. */
export function ReadingPane({ desk, onlyOpen }: Props) {
  const words = useWords();
  const { plan, place, hovered, work, actions } = desk;
  const findings = useMemo(() => byTask(plan.findings), [plan.findings]);
  const hues = useMemo(() => new Map(plan.tasks.map((task, i) => [task.taskId, i % HUES])), [plan.tasks]);
  const alikeOf = useMemo(() => {
    const found = new Map(plan.findings.filter(isOpen).map((finding) => [finding.findingId, alike(plan, finding)]));
    return (finding: Finding) => found.get(finding.findingId) ?? NONE;
  }, [plan]);
  const shown = useMemo(
    () => plan.tasks.filter((task) => !onlyOpen || (findings.get(task.taskId) ?? NONE).some(isOpen)),
    [plan.tasks, findings, onlyOpen],
  );
  const tree = useMemo(() => treeOf(shown), [shown]);
  const current = currentFinding(plan, place)?.findingId ?? '';
  const known = plan.tasks.some((task) => task.taskId === place?.task);
  const stop = known ? place?.task : plan.tasks[0]?.taskId;
  const lit = hovered ?? place?.task;
  const card = (task: Task): ReactNode => {
    const own = findings.get(task.taskId) ?? NONE;
    const isWorkedOn = work !== null && work.kind !== 'add' && work.taskId === task.taskId;
    return (
      <Fragment key={task.taskId}>
        {isWorkedOn ? (
          <li className={`task-card lit hue-${String(hues.get(task.taskId) ?? 0)}`}><WorkPlace desk={desk} work={work} /></li>
        ) : (
          <TaskCard
            task={task}
            findings={own}
            alikeOf={alikeOf}
            hue={hues.get(task.taskId) ?? 0}
            isLit={lit === task.taskId}
            isChosen={place?.task === task.taskId}
            isStop={stop === task.taskId}
            current={own.some((one) => one.findingId === current) ? current : ''}
            remembered={desk.remembered}
            actions={actions}
          />
        )}
        {work?.kind === 'add' && work.taskId === task.taskId && <li className="task-card lit"><WorkPlace desk={desk} work={work} /></li>}
      </Fragment>
    );
  };
  const isHomeless = work !== null && !shown.some((task) => task.taskId === work.taskId);
  return (
    <section className="reading" aria-label={words.draft.reading}>
      <DocumentCard desk={desk} findings={findings.get(DOCUMENT) ?? NONE} current={current} />
      {isHomeless && <div className="task-card lit"><WorkPlace desk={desk} work={work} /></div>}
      {countOf(tree) === 0 && !isHomeless && (
        <div className="paper">
          <Nothing
            what={onlyOpen && plan.tasks.length > 0 ? words.draft.noOpen : words.draft.empty}
            hint={plan.tasks.length > 0 ? undefined : words.draft.emptyHint}
          />
        </div>
      )}
      <BranchView branch={tree} path={[]} card={card} desk={desk} />
    </section>
  );
}
