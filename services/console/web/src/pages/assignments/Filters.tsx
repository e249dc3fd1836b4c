import { Button, Checkbox, Select } from 'antd';

import type { AssignmentQuery } from '../../api/filter';
import { ScopeFields } from '../../components/ScopeFields';
import type { Scope } from '../../components/useScope';
import { Assignment_Light, Assignment_State } from '../../gen/duban/v1/assignment_pb';
import { useWords, wordOf } from '../../words';

const STATES = [
  Assignment_State.ISSUED,
  Assignment_State.RECEIVED,
  Assignment_State.IN_PROGRESS,
  Assignment_State.UNDER_REVIEW,
  Assignment_State.DECLINED,
  Assignment_State.DONE,
  Assignment_State.CANCELLED,
];
const LIGHTS = [Assignment_Light.RED, Assignment_Light.YELLOW, Assignment_Light.GREEN, Assignment_Light.GREY];

/** What the list is narrowed by; all of it stands in the address. */
export function Filters({ scope }: { scope: Scope }) {
  const words = useWords();
  const { query, set } = scope;
  return (
    <div className="row filters">
      <ScopeFields scope={scope} />
      <Select
        className="field-states"
        mode="multiple"
        maxTagCount="responsive"
        aria-label={words.list.state}
        placeholder={words.list.anyState}
        value={query.states}
        options={STATES.map((state) => ({ value: state, label: wordOf(words.Assignment_State, Assignment_State, state) }))}
        onChange={(states: Assignment_State[]) => { set({ states }); }}
      />
      <Select
        className="field-light"
        aria-label={words.list.light}
        value={query.light}
        options={[
          { value: Assignment_Light.LIGHT_UNSPECIFIED, label: words.list.anyLight },
          ...LIGHTS.map((light) => ({ value: light, label: words.light.label(wordOf(words.Assignment_Light, Assignment_Light, light)) })),
        ]}
        onChange={(light: Assignment_Light) => { set({ light }); }}
      />
      <Select
        className="field-order"
        aria-label={words.list.order}
        value={query.order}
        options={[
          { value: '', label: words.list.byPlan },
          { value: 'due', label: words.list.byDue },
          { value: 'due desc', label: words.list.byDueDesc },
        ]}
        onChange={(order: AssignmentQuery['order']) => { set({ order }); }}
      />
      <Checkbox checked={query.extensionOpen} onChange={(event) => { set({ extensionOpen: event.target.checked }); }}>
        {words.list.extensionOpen}
      </Checkbox>
      {(query.heading !== '' || query.withoutHeading) && (
        <span className="chip">
          {words.list.heading}{words.app.colon}{query.heading === '' ? words.list.withoutHeading : query.heading}
        </span>
      )}
      <Button type="link" onClick={scope.clear}>{words.list.clear}</Button>
    </div>
  );
}
