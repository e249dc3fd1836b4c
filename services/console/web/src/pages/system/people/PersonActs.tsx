import { Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';

import { useClients } from '../../../api/clients';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { FaultView } from '../../../components/FaultView';
import type { Person } from '../../../gen/duban/v1/person_pb';
import { useWords } from '../../../words';
import { OncePassword } from './OncePassword';

function Rename({ person }: { person: Person }) {
  const words = useWords();
  const { access } = useClients();
  const message = useMessage();
  const rename = useAct({
    call: (input: { displayName: string; etag: string }, requestId) =>
      access.updatePerson({ requestId, person: { name: person.name, ...input }, updateMask: { paths: ['display_name'] } }),
    onDone: () => { void message.success(words.person.saved); },
  });
  const save = (text: string): void => {
    const displayName = text.trim();
    if (displayName !== '' && displayName !== person.displayName) rename.mutate({ displayName, etag: person.etag });
  };
  return (
    <>
      <Input.Search
        className="field-plan"
        key={person.etag}
        aria-label={words.person.rename}
        defaultValue={person.displayName}
        maxLength={64}
        enterButton={words.person.rename}
        loading={rename.isPending}
        onSearch={save}
      />
      {rename.isError && <FaultView error={rename.error} />}
    </>
  );
}

/** What a security officer may do about somebody's signing in. */
export function PersonActs({ person }: { person: Person }) {
  const words = useWords();
  const { access } = useClients();
  const [password, setPassword] = useState<string>();
  const reset = useAct({
    call: (name: string, requestId) => access.resetPassword({ requestId, name }),
    onDone: (done) => { setPassword(done.oneTimePassword); },
  });
  const disable = useAct({ call: (name: string, requestId) => access.disablePerson({ requestId, name }) });
  const enable = useAct({ call: (name: string, requestId) => access.enablePerson({ requestId, name }) });
  const error = reset.error ?? disable.error ?? enable.error;
  return (
    <>
      <div className="row">
        <Rename person={person} />
        <Popconfirm
          title={words.person.reset}
          description={words.person.resetSure}
          okText={words.person.reset}
          cancelText={words.app.cancel}
          onConfirm={() => { reset.mutate(person.name); }}
        >
          <Button loading={reset.isPending}>{words.person.reset}</Button>
        </Popconfirm>
        {person.disabled ? (
          <Button loading={enable.isPending} onClick={() => { enable.mutate(person.name); }}>{words.person.enable}</Button>
        ) : (
          <Popconfirm
            title={words.person.disable}
            description={words.person.disableSure}
            okText={words.person.disable}
            cancelText={words.app.cancel}
            onConfirm={() => { disable.mutate(person.name); }}
          >
            <Button danger loading={disable.isPending}>{words.person.disable}</Button>
          </Popconfirm>
        )}
      </div>
      {error !== null && <FaultView error={error} />}
      {password !== undefined && <OncePassword password={password} />}
    </>
  );
}
