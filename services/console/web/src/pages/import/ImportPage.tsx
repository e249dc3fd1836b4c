import { Alert, Button, Select, Spin } from 'antd';
import { type ReactNode, useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';

import { lastOf } from '../../api/names';
import { usePlans } from '../../api/plans';
import { useUnitNames } from '../../api/units';
import { useWho } from '../../app/session';
import { unitsWith } from '../../app/who';
import { Answered } from '../../components/Answered';
import { FaultView } from '../../components/FaultView';
import { Nothing } from '../../components/Nothing';
import { Role } from '../../gen/duban/v1/access_pb';
import { type Plan, Plan_State } from '../../gen/duban/v1/plan_pb';
import { timeWords, useWords } from '../../words';
import { isOpen } from '../draft/findings';
import { type Hints, megabytes, NO_HINTS } from './documents';
import { DropZone } from './DropZone';
import { HintFields } from './HintFields';
import { type Imported, type Outcome, useImports } from './useImports';

interface EntryProps {
  imported: Imported;
  onAgain: (keepEmpty: boolean) => void;
  onRemove: () => void;
}

function OutcomeView({ outcome, file }: { outcome: Outcome; file: File }) {
  const words = useWords();
  switch (outcome.state) {
    case 'waiting':
      return <span className="quiet">{words.import.waiting}</span>;
    case 'reading':
      return <span className="row"><Spin size="small" />{words.import.reading}</span>;
    case 'tooLarge':
      return <Alert type="error" showIcon role="alert" message={words.import.tooLarge(megabytes(file.size))} />;
    case 'unreadable':
      return <Alert type="error" showIcon role="alert" message={words.import.unreadable} />;
    case 'refused':
      return <FaultView error={outcome.error} />;
    case 'read':
      return <span>{words.import.read(outcome.plan.tasks.length, outcome.plan.findings.filter(isOpen).length)}</span>;
  }
}

/** What became of one file, and what to do next. */
function Entry({ imported, onAgain, onRemove }: EntryProps) {
  const words = useWords();
  const { file, outcome } = imported;
  const acts: ReactNode[] = [];
  if (outcome.state === 'read') {
    acts.push(<Link key="open" to={`/plans/${lastOf(outcome.plan.name)}`}>{words.import.openDraft}</Link>);
  }
  if (outcome.state === 'refused' || outcome.state === 'unreadable') {
    acts.push(<Button key="again" size="small" onClick={() => { onAgain(false); }}>{words.import.again}</Button>);
  }
  if (outcome.state === 'refused' && outcome.canKeep) {
    acts.push(<Button key="keep" size="small" onClick={() => { onAgain(true); }}>{words.import.keepEmpty}</Button>);
  }
  if (outcome.state !== 'waiting' && outcome.state !== 'reading') {
    acts.push(<Button key="remove" size="small" type="text" onClick={onRemove}>{words.import.remove}</Button>);
  }
  return (
    <li>
      <div className="card-body column import-entry">
        <div className="row"><b className="import-name">{file.name}</b><span className="quiet">{megabytes(file.size)} MB</span></div>
        <OutcomeView outcome={outcome} file={file} />
        {acts.length > 0 && <div className="row">{acts}</div>}
      </div>
    </li>
  );
}

function Drafts({ plans }: { plans: Plan[] }) {
  const words = useWords();
  if (plans.length === 0) return <Nothing what={words.import.noDrafts} />;
  return (
    <ul className="cards">
      {plans.map((plan) => (
        <li key={plan.name}>
          <div className="card-body">
            <Link className="card-text" to={`/plans/${lastOf(plan.name)}`}>{plan.title === '' ? plan.sourceName : plan.title}</Link>
            <div className="card-facts">
              <span>{plan.sourceName}</span>
              <span>{words.app.updated(timeWords(plan.updateTime))}</span>
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Documents become drafts here; a single one goes straight to its desk. */
export default function ImportPage() {
  const words = useWords();
  const navigate = useNavigate();
  const units = unitsWith(useWho(), Role.PLANNER);
  const nameOf = useUnitNames(units);
  const [chosen, setChosen] = useState('');
  const [hints, setHints] = useState<Hints>(NO_HINTS);
  const unit = units.includes(chosen) ? chosen : (units[0] ?? '');
  const drafts = usePlans(unit, Plan_State.DRAFT);
  const { imports, add, again, remove } = useImports((plan) => void navigate(`/plans/${lastOf(plan.name)}`));
  return (
    <div className="column">
      <h1>{words.import.title}</h1>
      <p className="quiet">{words.import.intro}</p>
      {units.length > 1 && (
        <label className="row">
          {words.import.unit}
          <Select
            className="field-unit"
            aria-label={words.import.unit}
            value={unit}
            options={units.map((one) => ({ value: one, label: nameOf(one) }))}
            onChange={setChosen}
          />
        </label>
      )}
      <section className="paper column">
        <DropZone multiple what={words.import.drop} hint={words.import.dropHint} onFiles={(files) => { add(files, unit, hints); }} />
        <HintFields canKeep hints={hints} onChange={setHints} />
      </section>
      {imports.length > 0 && (
        <ul className="cards" aria-live="polite">
          {imports.map((imported) => (
            <Entry
              key={imported.key}
              imported={imported}
              onAgain={(keepEmpty) => { again(imported, unit, hints, keepEmpty); }}
              onRemove={() => { remove(imported.key); }}
            />
          ))}
        </ul>
      )}
      <section className="column desk-section">
        <h2>{words.import.readingDrafts}</h2>
        <Answered asked={drafts}>{(plans) => <Drafts plans={plans} />}</Answered>
      </section>
    </div>
  );
}
