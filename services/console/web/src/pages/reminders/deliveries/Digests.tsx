import { useQuery } from '@tanstack/react-query';
import { Button, DatePicker, Modal } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';

import { ASK_AGAIN } from '../../../api/assignments';
import { useClient } from '../../../api/clients';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { lastOf } from '../../../api/names';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { Nothing } from '../../../components/Nothing';
import type { Digest } from '../../../gen/duban/v1/digest_pb';
import { live, NEVER } from '../../../live/kinds';
import { useLanguage, useWords } from '../../../words';
import { DeliveryState } from './DeliveryState';

const MOST = 500;

/** One message, as it would be sent now. */
function Content({ name, onClose }: { name: string; onClose: () => void }) {
  const language = useLanguage();
  const notifications = useClient(NotificationService);
  const asked = useQuery({ queryKey: ['digest', name], meta: NEVER, queryFn: () => notifications.getDigest({ name }) });
  const chinese = language === 'zh';
  return (
    <Modal open footer={null} onCancel={onClose} title={asked.data && (chinese ? asked.data.subjectZh : asked.data.subjectEn)}>
      <Answered asked={asked}>{(one) => <p className="lines">{chinese ? one.textZh : one.textEn}</p>}</Answered>
    </Modal>
  );
}

function Table({ digests }: { digests: readonly Digest[] }) {
  const words = useWords();
  const [open, setOpen] = useState<string>();
  if (digests.length === 0) return <Nothing what={words.reminders.noDigests} />;
  return (
    <>
      <FactTable label={words.reminders.digests} columns={[words.reminders.to, words.reminders.count, words.reminders.deliveries, '']} numbers={[words.reminders.count]}>
        {digests.map((one) => (
          <tr key={one.name}>
            <th scope="row">{one.recipientDisplayName === '' ? one.recipient : one.recipientDisplayName}</th>
            <td className="number">{one.reminderCount}</td>
            <td>
              {one.deliveries.map((delivery) => (
                <div key={delivery.name}>
                  {lastOf(delivery.channel)} {delivery.address} <DeliveryState delivery={delivery} />
                </div>
              ))}
            </td>
            <td><Button size="small" onClick={() => { setOpen(one.name); }}>{words.reminders.show}</Button></td>
          </tr>
        ))}
      </FactTable>
      {open !== undefined && <Content name={open} onClose={() => { setOpen(undefined); }} />}
    </>
  );
}

/** The messages that were put together on a day; today's where none is named. */
export function Digests() {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const [params, setParams] = useSearchParams();
  const day = params.get('day') ?? '';
  const asked = useQuery({
    queryKey: ['digests', day],
    meta: live('contacts', 'policies'),
    refetchInterval: ASK_AGAIN,
    queryFn: async () => (await notifications.listDigests({ day, pageSize: MOST })).digests,
  });
  return (
    <section className="column">
      <div className="row">
        <h2>{words.reminders.digests}</h2>
        <DatePicker
          aria-label={words.reminders.day}
          value={day === '' ? null : dayjs(day)}
          onChange={(to) => { setParams(to === null ? {} : { day: to.format('YYYY-MM-DD') }); }}
        />
        <span className="quiet">{words.reminders.digestsHint}</span>
      </div>
      <Answered asked={asked}>{(digests) => <Table digests={digests} />}</Answered>
    </section>
  );
}
