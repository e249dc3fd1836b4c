import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';

import { useClients } from '../../../api/clients';
import { useAct } from '../../../api/useAct';
import { Answered } from '../../../components/Answered';
import { FaultView } from '../../../components/FaultView';
import type { Person, SignedInSession } from '../../../gen/duban/v1/person_pb';
import { live } from '../../../live/kinds';
import { timeWords, useWords } from '../../../words';

function One({ session }: { session: SignedInSession }) {
  const words = useWords();
  const { access } = useClients();
  const end = useAct({ call: (name: string) => access.revokeSession({ name }) });
  return (
    <li className="row">
      <span>{words.person.since(timeWords(session.createTime))}</span>
      <span className="quiet">{words.person.until(timeWords(session.expireTime))}</span>
      <span className="quiet">{session.carrier}</span>
      <Button size="small" loading={end.isPending} onClick={() => { end.mutate(session.name); }}>{words.person.endSession}</Button>
      {end.isError && <FaultView error={end.error} />}
    </li>
  );
}

/** Where somebody is signed in now. */
export function Sessions({ person }: { person: Person }) {
  const words = useWords();
  const { access } = useClients();
  const asked = useQuery({
    queryKey: ['sessions', person.name],
    meta: live('people'),
    queryFn: async () => (await access.listSessions({ person: person.name })).sessions,
  });
  return (
    <section className="paper column">
      <h2>{words.person.sessions}</h2>
      <Answered asked={asked}>
        {(sessions) => sessions.length === 0
          ? <p className="quiet">{words.person.noSessions}</p>
          : <ul className="plain-list">{sessions.map((one) => <One key={one.name} session={one} />)}</ul>}
      </Answered>
    </section>
  );
}
