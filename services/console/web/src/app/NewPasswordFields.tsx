import { Form, Input } from 'antd';

import { useWords } from '../words';

const LEAST = 12;
const MOST = 128;

/** A new password, twice, within a form. The node judges it by all its rules. */
export function NewPasswordFields() {
  const words = useWords();
  return (
    <>
      <Form.Item
        name="newPassword"
        label={words.signIn.newPassword}
        extra={words.signIn.newPasswordRules}
        rules={[{ required: true, min: LEAST, max: MOST, message: words.signIn.newPasswordRules }]}
      >
        <Input.Password autoComplete="new-password" maxLength={MOST} />
      </Form.Item>
      <Form.Item
        name="again"
        label={words.signIn.again}
        dependencies={['newPassword']}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              value === getFieldValue('newPassword') ? Promise.resolve() : Promise.reject(new Error(words.signIn.notSame)),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" maxLength={MOST} />
      </Form.Item>
    </>
  );
}
