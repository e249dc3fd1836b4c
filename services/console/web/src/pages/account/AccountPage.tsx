import { Alert, Card, Descriptions, Tag } from 'antd';

import { useSession } from '../../app/session';
import { Role } from '../../gen/duban/v1/access_pb';
import { useUnitNames } from '../../api/units';
import { useWords, wordOf } from '../../words';
import { PasswordCard } from './PasswordCard';
import { SecondFactorCard } from './SecondFactorCard';

/** Who one is, what one holds, and what one signs in with. */
export default function AccountPage() {
  const words = useWords();
  const { who } = useSession();
  const nameOf = useUnitNames([...who.posts.keys()]);
  const posts = [...who.posts].map(([unit, roles]) => ({
    unit: unit === '' ? words.account.wholeNode : nameOf(unit),
    roles: [...roles].filter((role) => role !== Role.PERSON),
  })).filter((post) => post.roles.length > 0);
  return (
    <div className="column">
      <h1>{words.nav.account}</h1>
      <Card>
        <Descriptions column={1} items={[
          { key: 'who', label: words.account.who, children: who.person },
          { key: 'name', label: words.account.name, children: who.displayName },
        ]} />
        <h2>{words.account.posts}</h2>
        {who.secondFactorMissing && <Alert type="warning" showIcon message={words.account.needsSecondFactor} />}
        {posts.length === 0 && !who.secondFactorMissing && <Alert type="info" showIcon message={words.account.noPosts} />}
        {posts.map((post) => (
          <p key={post.unit}>
            {post.unit}{' '}
            {post.roles.map((role) => <Tag key={role}>{wordOf(words.Role, Role, role)}</Tag>)}
          </p>
        ))}
      </Card>
      <SecondFactorCard />
      <PasswordCard />
    </div>
  );
}
