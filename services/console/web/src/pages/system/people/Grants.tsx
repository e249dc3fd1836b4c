import { Button, Popconfirm } from 'antd';

import { useClients } from '../../../api/clients';
import { lastOf } from '../../../api/names';
import { useUnitNames } from '../../../api/units';
import { useAct } from '../../../api/useAct';
import { useWho } from '../../../app/session';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { FaultView } from '../../../components/FaultView';
import { Health } from '../../../components/Health';
import { Nothing } from '../../../components/Nothing';
import { Role } from '../../../gen/duban/v1/access_pb';
import { type Grant, Grant_State, type Person } from '../../../gen/duban/v1/person_pb';
import { useWords, wordOf } from '../../../words';
import { GrantForm } from './GrantForm';
import { useGrants } from './people';

const KINDS: Partial<Record<Grant_State, 'good' | 'slow' | 'quiet'>> = {
  [Grant_State.HELD]: 'good',
  [Grant_State.AWAITING_APPROVAL]: 'slow',
};

function GrantActs({ grant }: { grant: Grant }) {
  const words = useWords();
  const { person } = useWho();
  const { access } = useClients();
  const approve = useAct({ call: (name: string, requestId) => access.approveGrant({ requestId, name }) });
  const revoke = useAct({ call: (name: string, requestId) => access.revokeRole({ requestId, name }) });
  if (grant.state === Grant_State.REVOKED) return null;
  // Another officer than the one who granted it, and nobody for themselves.
  const mayApprove =
    grant.state === Grant_State.AWAITING_APPROVAL && lastOf(grant.grantedBy) !== person && grant.name.split('/')[1] !== person;
  const error = approve.error ?? revoke.error;
  return (
    <>
      <div className="row">
        {mayApprove && (
          <Button size="small" type="primary" loading={approve.isPending} onClick={() => { approve.mutate(grant.name); }}>
            {words.person.approve}
          </Button>
        )}
        <Popconfirm
          title={words.person.revoke}
          description={words.person.revokeSure}
          okText={words.person.revoke}
          cancelText={words.app.cancel}
          onConfirm={() => { revoke.mutate(grant.name); }}
        >
          <Button size="small" danger loading={revoke.isPending}>{words.person.revoke}</Button>
        </Popconfirm>
      </div>
      {error !== null && <FaultView error={error} />}
    </>
  );
}

function By({ grant }: { grant: Grant }) {
  const words = useWords();
  const said = [
    grant.grantedBy !== '' && words.person.by(lastOf(grant.grantedBy)),
    grant.approvedBy !== '' && words.person.approvedBy(lastOf(grant.approvedBy)),
    grant.revokedBy !== '' && words.person.revokedBy(lastOf(grant.revokedBy)),
  ].filter((one) => one !== false);
  return <span className="quiet">{said.join(' · ')}</span>;
}

function GrantTable({ grants }: { grants: readonly Grant[] }) {
  const words = useWords();
  const nameOf = useUnitNames(grants.map((grant) => grant.unit));
  if (grants.length === 0) return <Nothing what={words.person.noGrants} />;
  const columns = [words.person.role, words.person.unit, words.person.state, words.person.begin, words.person.end, '', ''];
  return (
    <FactTable label={words.person.grants} columns={columns}>
      {grants.map((grant) => (
        <tr key={grant.name}>
          <th scope="row">{wordOf(words.Role, Role, grant.role)}</th>
          <td>{grant.unit === '' ? words.person.wholeNode : nameOf(grant.unit)}</td>
          <td><Health kind={KINDS[grant.state] ?? 'quiet'}>{wordOf(words.Grant_State, Grant_State, grant.state)}</Health></td>
          <td>{grant.beginDate}</td>
          <td>{grant.endDate}</td>
          <td><By grant={grant} /></td>
          <td><GrantActs grant={grant} /></td>
        </tr>
      ))}
    </FactTable>
  );
}

/** What somebody was granted, by whom; granting, approving and revoking. */
export function Grants({ person }: { person: Person }) {
  const words = useWords();
  const who = useWho();
  const asked = useGrants(person.name);
  return (
    <section className="column">
      <h2>{words.person.grants}</h2>
      <Answered asked={asked}>
        {(grants) => <GrantTable grants={[...grants].sort((a, b) => Number(a.state === Grant_State.REVOKED) - Number(b.state === Grant_State.REVOKED))} />}
      </Answered>
      {lastOf(person.name) !== who.person && <GrantForm person={person} />}
    </section>
  );
}
