import { useQuery } from '@tanstack/react-query';

import { ASK_AGAIN } from '../../api/assignments';
import { useClients } from '../../api/clients';
import { Answered } from '../../components/Answered';
import { TimelineEntry_Kind } from '../../gen/duban/v1/assignment_pb';
import { liveOf } from '../../live/kinds';
import { timeWords, useWords, wordOf } from '../../words';

/** All that happened, by time. */
export function TimelinePaper({ name }: { name: string }) {
  const words = useWords();
  const { assignments } = useClients();
  const asked = useQuery({
    queryKey: ['timeline', name],
    meta: liveOf(name),
    refetchInterval: ASK_AGAIN,
    queryFn: () => assignments.getTimeline({ name }),
  });
  return (
    <section className="paper">
      <h2>{words.one.timeline}</h2>
      <Answered asked={asked}>
        {({ entries }) => (
          <ol className="timeline">
            {entries.map((entry, i) => (
              <li key={i}>
                <div><b>{wordOf(words.TimelineEntry_Kind, TimelineEntry_Kind, entry.kind)}</b> <span className="quiet">{entry.actor}</span></div>
                <div className="quiet">{timeWords(entry.eventTime)}</div>
                {entry.text !== '' && <div className="lines">{entry.text}</div>}
              </li>
            ))}
          </ol>
        )}
      </Answered>
    </section>
  );
}
