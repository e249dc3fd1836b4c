import { Tag } from 'antd';

import type { Person } from '../../../gen/duban/v1/person_pb';
import { timeWords, useWords } from '../../../words';
import { isLocked } from './people';

/** Whether somebody can sign in, and what stands in the way. */
export function PersonState({ person }: { person: Person }) {
  const words = useWords();
  const free = !person.disabled && !isLocked(person);
  return (
    <span className="row">
      {free && <Tag color="green">{words.person.active}</Tag>}
      {person.disabled && <Tag color="red">{words.person.disabled}</Tag>}
      {isLocked(person) && <Tag color="orange">{words.person.locked(timeWords(person.lockedUntil))}</Tag>}
      {person.hasToChangePassword && <Tag>{words.person.mustChange}</Tag>}
      {person.secondFactor && <Tag>{words.person.secondFactor}</Tag>}
    </span>
  );
}
