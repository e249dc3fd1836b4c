import { useQuery } from '@tanstack/react-query';
import { Alert, Checkbox } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { listPage } from '../../api/assignments';
import { type Clients, useClients } from '../../api/clients';
import { ANY } from '../../api/filter';
import { assignmentPath } from '../../api/names';
import { Answered } from '../../components/Answered';
import { Nothing } from '../../components/Nothing';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { Responsibility_Role } from '../../gen/duban/v1/plan_pb';
import { live } from '../../live/kinds';
import { useWords, type Words } from '../../words';
import { isTakenOn, matrixOf, type Taken, takenOf } from './matrix';

const PAGE = 500;
/** So many are looked at; a table of more is read by nobody. */
const MOST = 4000;

// A shape for each, so that nobody needs colours to tell them apart.
const SHAPES: Record<Taken, string> = { plan: '◆', signed: '●', open: '○', declined: '✕', done: '✓', cancelled: '—' };

async function listAll(clients: Clients, plan: string): Promise<{ assignments: Assignment[]; cut: boolean }> {
  const assignments: Assignment[] = [];
  let pageToken = '';
  do {
    const page = await listPage(clients, { ...ANY, plan }, PAGE, pageToken);
    assignments.push(...page.assignments);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && assignments.length < MOST);
  return { assignments, cut: pageToken !== '' };
}

function roleLetter(role: Responsibility_Role, words: Words): string {
  if (role === Responsibility_Role.LEAD) return words.takeOn.role.lead;
  return role === Responsibility_Role.COOPERATE ? words.takeOn.role.cooperate : words.takeOn.role.responsible;
}

function Cell({ assignment }: { assignment: Assignment | undefined }) {
  const words = useWords();
  if (assignment === undefined) return <td />;
  const taken = takenOf(assignment);
  const plans = assignment.decomposition?.planTitles ?? [];
  const said = `${assignment.unitDisplayName}${words.app.colon}${words.takeOn.cell[taken]}`;
  return (
    <td className={`taken taken-${taken}`}>
      <Link
        to={assignmentPath(assignment.name)}
        aria-label={said}
        title={plans.length > 0 ? `${said} ${words.takeOn.withPlans(plans.join('、'))}` : said}
      >
        {SHAPES[taken]} {roleLetter(assignment.role, words)}
      </Link>
    </td>
  );
}

function Table({ assignments, onlyOpen }: { assignments: Assignment[]; onlyOpen: boolean }) {
  const words = useWords();
  const { units, rows } = matrixOf(assignments);
  const shown = rows.filter((row) => !onlyOpen || [...row.cells.values()].some((one) => !isTakenOn(one)));
  if (shown.length === 0) return <Nothing what={words.takeOn.allTaken} />;
  return (
    <div className="board matrix" role="region" aria-label={words.takeOn.matrix} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.takeOn.task}</th>
            {units.map((one) => <th key={one.unit} scope="col">{one.name}</th>)}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.task}>
              <th scope="row"><span className="two-lines">{row.number} {row.text}</span></th>
              {units.map((one) => <Cell key={one.unit} assignment={row.cells.get(one.unit)} />)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{words.takeOn.sum}</th>
            {units.map((one) => <td key={one.unit}>{one.took} / {one.has}</td>)}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** What each unit took on of a published plan. */
export function UnitMatrix({ plan }: { plan: string }) {
  const words = useWords();
  const clients = useClients();
  const [onlyOpen, setOnlyOpen] = useState(false);
  const asked = useQuery({ queryKey: ['matrix', plan], meta: live('assignments', 'plans'), queryFn: () => listAll(clients, plan) });
  const shapes = Object.entries(SHAPES) as [Taken, string][];
  return (
    <div className="column">
      <div className="row">
        {shapes.map(([taken, shape]) => <span key={taken} className={`taken-${taken}`}>{shape} {words.takeOn.cell[taken]}</span>)}
        <span className="quiet">{words.takeOn.legend}</span>
        <span className="push" />
        <Checkbox checked={onlyOpen} onChange={(event) => { setOnlyOpen(event.target.checked); }}>{words.takeOn.onlyOpen}</Checkbox>
      </div>
      <Answered asked={asked}>
        {({ assignments, cut }) => (
          <>
            {cut && <Alert type="info" showIcon message={words.takeOn.cut(assignments.length)} />}
            <Table assignments={assignments} onlyOpen={onlyOpen} />
          </>
        )}
      </Answered>
    </div>
  );
}
