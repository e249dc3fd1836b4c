import { useQuery } from '@tanstack/react-query';

import { useClients } from '../../api/clients';
import { Answered } from '../../components/Answered';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { timeWords, useWords } from '../../words';

/** What was published when, by whom and why; the latest first. */
export function RevisionsTab({ plan }: { plan: Plan }) {
  const words = useWords();
  const { plans } = useClients();
  const asked = useQuery({
    queryKey: ['revisions', plan.name],
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
                  {one.reviser !== '' && <>{words.plan.reviser}：{one.reviser} </>}
                  {one.publisher !== '' && <>{words.plan.publisher}：{one.publisher}</>}
                </div>
              </li>
            ))}
          </ol>
        )}
      </Answered>
    </section>
  );
}
