import type { Client } from '@connectrpc/connect';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';

import { useClient } from '../../../api/clients';
import { lastOf } from '../../../api/names';
import { Answered } from '../../../components/Answered';
import { FactTable } from '../../../components/FactTable';
import { Nothing } from '../../../components/Nothing';
import type { Contact } from '../../../gen/duban/v1/digest_pb';
import { NotificationService } from '../../../gen/duban/v1/notification_service_pb';
import { live } from '../../../live/kinds';
import { useWords } from '../../../words';
import { ContactDialog } from './ContactDialog';

async function listContacts(notifications: Client<typeof NotificationService>): Promise<Contact[]> {
  const contacts: Contact[] = [];
  let pageToken = '';
  do {
    const page = await notifications.listContacts({ pageSize: 500, pageToken });
    contacts.push(...page.contacts);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return contacts;
}

function Table({ contacts, onEdit }: { contacts: readonly Contact[]; onEdit: (contact: Contact) => void }) {
  const words = useWords();
  if (contacts.length === 0) return <Nothing what={words.reminders.noContacts} hint={words.reminders.contactHint} />;
  return (
    <FactTable label={words.reminders.contacts} columns={[words.reminders.unit, words.reminders.mail, words.reminders.webhooks, '']}>
      {contacts.map((one) => (
        <tr key={one.name}>
          <th scope="row">{one.unitDisplayName === '' ? lastOf(one.name) : one.unitDisplayName}</th>
          <td>{one.mailAddresses.join(', ')}</td>
          <td>{one.webhooks.join(', ')}</td>
          <td><Button size="small" onClick={() => { onEdit(one); }}>{words.reminders.editContact}</Button></td>
        </tr>
      ))}
    </FactTable>
  );
}

/** How units are reached: by mail, by webhooks. */
export default function ContactsSection() {
  const words = useWords();
  const notifications = useClient(NotificationService);
  const [editing, setEditing] = useState<Contact | 'new'>();
  const asked = useQuery({ queryKey: ['contacts'], meta: live('contacts'), queryFn: () => listContacts(notifications) });
  return (
    <div className="column">
      <div className="row">
        <span className="quiet">{words.reminders.contactHint}</span>
        <span className="push" />
        <Button type="primary" onClick={() => { setEditing('new'); }}>{words.reminders.addContact}</Button>
      </div>
      <Answered asked={asked}>{(contacts) => <Table contacts={contacts} onEdit={setEditing} />}</Answered>
      {editing !== undefined && (
        <ContactDialog {...(editing !== 'new' && { contact: editing })} onClose={() => { setEditing(undefined); }} />
      )}
    </div>
  );
}
