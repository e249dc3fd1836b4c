import { Alert, Button, Form, Modal } from 'antd';

import { FaultView } from '../../components/FaultView';
import type { Assignment } from '../../gen/duban/v1/assignment_pb';
import { useWords } from '../../words';
import type { ActForm } from './actCalls';
import { ActFields } from './ActFields';
import type { Act } from './acts';
import { openDecline, openExtension, waitingSubmission } from './facts';

interface Props {
  assignment: Assignment;
  act: Act;
  /** It is another one by now. */
  changed: boolean;
  onLook: () => void;
  busy: boolean;
  error: Error | null;
  onSend: (form: ActForm) => void;
  onClose: () => void;
}

/** What is decided about: whoever decides reads it here. */
function Subject({ assignment, act }: { assignment: Assignment; act: Act }) {
  const words = useWords();
  if (act === 'accept' || act === 'return') {
    const result = waitingSubmission(assignment);
    return <Alert type="info" message={words.one.results} description={<span className="lines">{result?.text}</span>} />;
  }
  if (act === 'readdress' || act === 'bind') {
    return <Alert type="info" message={words.field.declineReason} description={openDecline(assignment)?.reason} />;
  }
  if (act === 'grant' || act === 'refuse') {
    const request = openExtension(assignment);
    return <Alert type="info" message={`${words.one.extendTo} ${request?.proposedDue ?? ''}`} description={request?.reason} />;
  }
  return null;
}

/** Asks for the words of an act and sends them; they stay until it went through. */
export function ActDialog({ assignment, act, changed, onLook, busy, error, onSend, onClose }: Props) {
  const words = useWords();
  const [form] = Form.useForm<ActForm>();
  const request = openExtension(assignment);
  return (
    <Modal
      open
      title={words.act[act]}
      okText={words.act[act]}
      cancelText={words.app.cancel}
      confirmLoading={busy}
      maskClosable={false}
      onOk={form.submit}
      onCancel={onClose}
    >
      <p className="two-lines quiet">{assignment.text}</p>
      <Subject assignment={assignment} act={act} />
      {changed && (
        <Alert
          type="warning"
          message={words.live.changedUnderneath}
          action={<Button size="small" onClick={onLook}>{words.live.look}</Button>}
        />
      )}
      <Form<ActForm>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={act === 'grant' ? { due: request?.proposedDue } : {}}
        onFinish={onSend}
      >
        <ActFields assignment={assignment} act={act} />
      </Form>
      {error !== null && <FaultView error={error} />}
    </Modal>
  );
}

interface FaultProps {
  act: Act;
  error: unknown;
  onRetry: () => void;
  onClose: () => void;
}

/** Why an act that needs no words did not go through. */
export function ActFault({ act, error, onRetry, onClose }: FaultProps) {
  const words = useWords();
  return (
    <Modal open footer={null} title={words.act[act]} onCancel={onClose}>
      <FaultView error={error} onRetry={onRetry} />
    </Modal>
  );
}
