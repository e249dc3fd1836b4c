import { Button, Form, Input, Modal, Popconfirm } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';

import { useClients } from '../../api/clients';
import { faultOf } from '../../api/fault';
import { lastOf } from '../../api/names';
import { useAct } from '../../api/useAct';
import { useMessage } from '../../app/Messages';
import { FaultView } from '../../components/FaultView';
import type { Plan } from '../../gen/duban/v1/plan_pb';
import { useWords } from '../../words';

interface Withdrawal {
  reason: string;
}

function WithdrawDialog({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const words = useWords();
  const clients = useClients();
  const message = useMessage();
  const [form] = Form.useForm<Withdrawal>();
  const withdraw = useAct({
    call: (input: Withdrawal & { etag: string }, requestId) =>
      clients.plans.withdrawPlan({ requestId, name: plan.name, reason: input.reason, etag: input.etag }),
    onDone: () => {
      void message.success(words.draft.withdrawn);
      onClose();
    },
  });
  return (
    <Modal
      open
      title={words.draft.withdraw}
      okText={words.draft.withdraw}
      okButtonProps={{ danger: true }}
      cancelText={words.app.cancel}
      confirmLoading={withdraw.isPending}
      maskClosable={false}
      onOk={form.submit}
      onCancel={onClose}
    >
      <p>{words.draft.withdrawSure}</p>
      <Form<Withdrawal>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ reason }) => { withdraw.mutate({ reason: reason.trim(), etag: plan.etag }); }}
      >
        <Form.Item name="reason" label={words.draft.withdrawReason} rules={[{ required: true, whitespace: true, message: words.field.needed }]}>
          <Input.TextArea autoFocus rows={3} maxLength={500} showCount />
        </Form.Item>
        {withdraw.isError && <FaultView error={withdraw.error} />}
      </Form>
    </Modal>
  );
}

/** What its planners can do with a plan that is in force. */
export function PublishedActions({ plan }: { plan: Plan }) {
  const words = useWords();
  const clients = useClients();
  const navigate = useNavigate();
  const [withdrawing, setWithdrawing] = useState(false);
  const revise = useAct({
    call: (input: { etag: string }, requestId) => clients.plans.revisePlan({ requestId, name: plan.name, etag: input.etag }),
    onDone: (draft) => void navigate(`/plans/${lastOf(draft.name)}`),
  });
  const open = revise.isError ? (faultOf(revise.error).metadata['by'] ?? '') : '';
  return (
    <>
      <div className="row">
        <Popconfirm
          title={words.draft.reviseSure}
          okText={words.draft.revise}
          cancelText={words.app.cancel}
          onConfirm={() => { revise.mutate({ etag: plan.etag }); }}
        >
          <Button size="small" loading={revise.isPending}>{words.draft.revise}</Button>
        </Popconfirm>
        <Button size="small" danger onClick={() => { setWithdrawing(true); }}>{words.draft.withdraw}</Button>
      </div>
      {open !== '' && <p>{words.draft.revising} <Link to={`/plans/${lastOf(open)}`}>{words.draft.goOn}</Link></p>}
      {revise.isError && open === '' && <FaultView error={revise.error} />}
      {withdrawing && <WithdrawDialog plan={plan} onClose={() => { setWithdrawing(false); }} />}
    </>
  );
}
