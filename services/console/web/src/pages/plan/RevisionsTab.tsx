import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';

import { useClients } from '../../api/clients';
import { Answered } from '../../components/Answered';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { liveOf } from '../../live/kinds';
import { timeWords, useWords } from '../../words';
import { Differences } from './Differences';

/** What was published when, by whom and why; the latest first. */
export function RevisionsTab({ plan }: { plan: Plan }) {
  const words = useWords();
  const { plans } = useClients();
  const [compared, setCompared] = useState(0);
  const asked = useQuery({
    queryKey: ['revisions', plan.name],
    meta: liveOf(plan.name),
    queryFn: () => plans.listPlanRevisions({ name: plan.name }),
  });
  return (
    <section className="paper">
      <Answered asked={asked}>
        {({ revisions }) => (
          <ol className="timeline">
            {revisions.map((one) => (
              <li key={one.revision}>
                <div><b>{words.plan.revision(one.revision)}</b> <span className="quiet">{timeWords(one.publishTime)}</span></div>
                {one.revisionReason !== '' && <div>{one.revisionReason}</div>}
                <div className="quiet">
                  {one.reviser !== '' && <>{words.plan.reviser}{words.app.colon}{one.reviser} </>}
                  {one.publisher !== '' && <>{words.plan.publisher}{words.app.colon}{one.publisher}</>}
                </div>
                {one.revision > 1 && compared !== one.revision && (
                  <Button type="link" size="small" onClick={() => { setCompared(one.revision); }}>{words.plan.compare}</Button>
                )}
                {compared === one.revision && <Differences name={plan.name} from={one.revision - 1} to={one.revision} />}
              </li>
            ))}
          </ol>
        )}
      </Answered>
    </section>
  );
}
