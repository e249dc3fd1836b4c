import { useQuery } from '@tanstack/react-query';
import { Button, Form, Input, Select } from 'antd';
import { useSearchParams } from 'react-router-dom';

import { useClients } from '../../../api/clients';
import { lastOf } from '../../../api/names';
import { Answered } from '../../../components/Answered';
import { live } from '../../../live/kinds';
import { useLanguage, useWords } from '../../../words';
import { methodInWords } from '../../../words/methods';
import { usePeople } from '../people/people';
import { Explanation } from './Explanation';
import { fieldsOf, METHODS } from './methodFields';

interface Asked {
  person: string;
  method: string;
  fields: Record<string, string>;
}

const FIELD = 'f.';

function askedOf(params: URLSearchParams): Asked {
  const method = params.get('method') ?? '';
  return {
    person: params.get('person') ?? '',
    method: METHODS.has(method) ? method : '',
    fields: Object.fromEntries(fieldsOf(method).map((path) => [path, params.get(FIELD + path) ?? ''])),
  };
}

function paramsOf(asked: Asked): URLSearchParams {
  const params = new URLSearchParams({ person: asked.person, method: asked.method });
  for (const [path, value] of Object.entries(asked.fields)) if (value !== '') params.set(FIELD + path, value);
  return params;
}

function Answer({ asked }: { asked: Asked }) {
  const { access } = useClients();
  const answer = useQuery({
    queryKey: ['why', asked],
    meta: live('people', 'units'),
    queryFn: () =>
      access.explainAccess({
        person: `people/${asked.person}`,
        method: `duban.v1.${asked.method}`,
        fields: Object.entries(asked.fields).filter(([, value]) => value !== '').map(([path, value]) => ({ path, value })),
      }),
  });
  return <Answered asked={answer}>{(one) => <Explanation answer={one} />}</Answered>;
}

/** Why somebody may, or may not, do something today. The question stands in the address. */
export default function WhySection() {
  const words = useWords();
  const language = useLanguage();
  const [params, setParams] = useSearchParams();
  const asked = askedOf(params);
  const people = usePeople();
  const set = (change: Partial<Asked>): void => { setParams(paramsOf({ ...asked, ...change })); };
  return (
    <div className="column">
      <p className="quiet">{words.why.hint}</p>
      <Form
        key={asked.method}
        layout="vertical"
        className="paper"
        onFinish={(given: { fields?: Record<string, string> }) => { set({ fields: Object.fromEntries(fieldsOf(asked.method).map((path, i) => [path, (given.fields?.[String(i)] ?? '').trim()])) }); }}
      >
        <div className="row why-fields">
          <Form.Item label={words.why.person}>
            <Select
              className="field-unit"
              aria-label={words.why.person}
              value={asked.person === '' ? null : asked.person}
              showSearch
              optionFilterProp="label"
              options={(people.data ?? []).map((one) => ({ value: lastOf(one.name), label: `${one.displayName} ${lastOf(one.name)}` }))}
              onChange={(person: string) => { set({ person }); }}
            />
          </Form.Item>
          <Form.Item label={words.why.method}>
            <Select
              className="field-plan"
              aria-label={words.why.method}
              value={asked.method === '' ? null : asked.method}
              showSearch
              optionFilterProp="label"
              popupMatchSelectWidth={false}
              options={[...METHODS.keys()].map((name) => ({ value: name, label: `${methodInWords(name, language)} ${name}` }))}
              onChange={(method: string) => { setParams(paramsOf({ ...asked, method, fields: {} })); }}
            />
          </Form.Item>
          {fieldsOf(asked.method).map((path, i) => (
            <Form.Item key={path} name={['fields', String(i)]} label={words.why.field(path)} initialValue={asked.fields[path] ?? ''}>
              <Input className="field-plan" maxLength={300} placeholder={path.includes('unit') ? words.why.unitHint : ''} />
            </Form.Item>
          ))}
          {fieldsOf(asked.method).length > 0 && (
            <Form.Item label=" " colon={false}><Button htmlType="submit">{words.why.ask}</Button></Form.Item>
          )}
        </div>
      </Form>
      {asked.person !== '' && asked.method !== '' && <Answer asked={asked} />}
    </div>
  );
}
