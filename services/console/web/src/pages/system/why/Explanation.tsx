import { Alert } from 'antd';

import { useUnitNames } from '../../../api/units';
import { type AccessRule_Row, AccessRule_Scope, Role } from '../../../gen/duban/v1/access_pb';
import type { ExplainAccessResponse } from '../../../gen/duban/v1/access_service_pb';
import type { Post } from '../../../gen/duban/v1/person_pb';
import { useLanguage, useWords, wordOf, type Words } from '../../../words';

function scopeWords(row: AccessRule_Row, words: Words): string {
  const { scopes } = words.why;
  switch (row.scope) {
    case AccessRule_Scope.UNIT:
      return row.below ? scopes.BELOW(row.field) : scopes.UNIT(row.field);
    case AccessRule_Scope.ISSUER:
      return scopes.ISSUER(row.field);
    case AccessRule_Scope.ISSUED:
      return scopes.ISSUED(row.field);
    case AccessRule_Scope.SELF:
      return scopes.SELF(row.field);
    default:
      return scopes.NODE();
  }
}

function conditionWords(row: AccessRule_Row, words: Words): string {
  if (row.also !== '') return words.why.also(row.also);
  if (row.when !== '') return words.why.when(row.when);
  return row.unless === '' ? '' : words.why.unless(row.unless);
}

function Rule({ rows }: { rows: readonly AccessRule_Row[] }) {
  const words = useWords();
  return (
    <ul>
      {rows.map((row, i) => (
        <li key={i}>
          {row.roles.map((role) => wordOf(words.Role, Role, role)).join(words.why.or)}
          {words.app.colon}{scopeWords(row, words)}{conditionWords(row, words)}
        </li>
      ))}
    </ul>
  );
}

function Posts({ posts }: { posts: readonly Post[] }) {
  const words = useWords();
  const nameOf = useUnitNames(posts.map((post) => post.unit));
  if (posts.length === 0) return <p>{words.why.holdsNone}</p>;
  return (
    <ul>
      {posts.map((post) => (
        <li key={post.unit}>
          {post.unit === '' ? words.person.wholeNode : nameOf(post.unit)}{words.app.colon}
          {post.roles.map((role) => wordOf(words.Role, Role, role)).join(words.why.any)}
        </li>
      ))}
    </ul>
  );
}

/** Whether, and why: the answer, what the person holds, and what the call asks for. */
export function Explanation({ answer }: { answer: ExplainAccessResponse }) {
  const words = useWords();
  const language = useLanguage();
  const said = language === 'zh' && answer.chinese !== '' ? answer.chinese : answer.english;
  return (
    <div className="column">
      <Alert
        type={answer.allowed ? 'success' : 'error'}
        showIcon
        role="status"
        message={answer.allowed ? words.why.may : words.why.mayNot}
        description={answer.allowed ? undefined : said}
      />
      <div className="two-columns">
        <section className="paper"><h2>{words.why.holds}</h2><Posts posts={answer.posts} /></section>
        <section className="paper"><h2>{words.why.rule}</h2><Rule rows={answer.rule?.rows ?? []} /></section>
      </div>
    </div>
  );
}
