import { Button, Popconfirm } from 'antd';

import { useClient } from '../../../api/clients';
import { NodeService } from '../../../gen/duban/v1/node_service_pb';
import { faultOf } from '../../../api/fault';
import { atProcess } from '../../../api/processes';
import { useAct } from '../../../api/useAct';
import { useMessage } from '../../../app/Messages';
import { faultWords } from '../../../components/faultWords';
import type { Job } from '../../../gen/duban/v1/job_pb';
import { useLanguage, useWords } from '../../../words';

export function CancelButton({ service, job }: { service: string; job: Job }) {
  const words = useWords();
  const language = useLanguage();
  const node = useClient(NodeService);
  const message = useMessage();
  const cancel = useAct({
    call: (name: string) => node.cancelJob({ name }, atProcess(service)),
    onDone: () => { void message.success(words.job.cancelled); },
  });
  const stop = (): void => {
    cancel.mutate(job.name, {
      onError: (error) => { void message.error(faultWords(faultOf(error), words, language).title); },
    });
  };
  return (
    <Popconfirm title={words.job.cancel} description={words.job.cancelSure} okText={words.job.cancel} cancelText={words.app.back} onConfirm={stop}>
      <Button size="small" danger loading={cancel.isPending}>{words.job.cancel}</Button>
    </Popconfirm>
  );
}
