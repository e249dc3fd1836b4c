import { Button, DatePicker, Form, Select } from 'antd';
import type { Dayjs } from 'dayjs';

import { useClients } from '../../../api/clients';
import { useUnits } from '../../../api/units';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { FaultView } from '../../../components/FaultView';
import { Role } from '../../../gen/duban/v1/access_pb';
import type { Person } from '../../../gen/duban/v1/person_pb';
import { useWords, wordOf } from '../../../words';
import { isForUnit, NODE_ROLES, UNIT_ROLES } from './people';

interface Given {
  role: Role;
  unit?: string;
  begin?: Dayjs | null;
  end?: Dayjs | null;
}

const DAY = 'YYYY-MM-DD';

/** Grants a role: for a unit, or for the node. */
export function GrantForm({ person }: { person: Person }) {
  const words = useWords();
  const { access } = useClients();
  const message = useMessage();
  const [form] = Form.useForm<Given>();
  const role = Form.useWatch('role', form) as Role | undefined;
  const forUnit = role !== undefined && isForUnit(role);
  const units = useUnits();
  const grant = useAct({
    call: (input: { role: Role; unit: string; beginDate: string; endDate: string }, requestId) =>
      access.grantRole({ requestId, person: person.name, grant: input }),
    onDone: () => {
      void message.success(words.person.granted);
      form.resetFields();
    },
  });
  const send = (given: Given): void => {
    grant.mutate({
      role: given.role,
      unit: isForUnit(given.role) ? (given.unit ?? '') : '',
      beginDate: given.begin?.format(DAY) ?? '',
      endDate: given.end?.format(DAY) ?? '',
    });
  };
  return (
    <Form<Given> form={form} layout="vertical" className="paper" requiredMark={false} onFinish={send}>
      <div className="row grant-fields">
        <Form.Item name="role" label={words.person.role} rules={[{ required: true, message: words.field.needed }]}>
          <Select
            className="field-unit"
            options={[...UNIT_ROLES, ...NODE_ROLES].map((one) => ({ value: one, label: wordOf(words.Role, Role, one) }))}
          />
        </Form.Item>
        {forUnit && (
          <Form.Item name="unit" label={words.person.unit} rules={[{ required: true, message: words.field.needed }]}>
            <Select
              className="field-unit"
              showSearch
              optionFilterProp="label"
              options={(units.data ?? []).map((unit) => ({ value: unit.name, label: unit.displayName }))}
            />
          </Form.Item>
        )}
        <Form.Item name="begin" label={words.person.begin}><DatePicker /></Form.Item>
        <Form.Item name="end" label={words.person.end} tooltip={words.person.endHint}><DatePicker /></Form.Item>
        <Form.Item label=" " colon={false}>
          <Button htmlType="submit" type="primary" loading={grant.isPending}>{words.person.grant}</Button>
        </Form.Item>
      </div>
      {role !== undefined && !forUnit && role !== Role.REGISTRAR && <p className="quiet">{words.person.separate}</p>}
      {grant.isError && <FaultView error={grant.error} />}
    </Form>
  );
}
