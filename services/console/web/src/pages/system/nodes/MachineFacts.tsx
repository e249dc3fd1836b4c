import { Descriptions } from 'antd';

import type { ServerProcess } from '../../../api/processes';
import { FactTable } from '../../../components/FactTable';
import { Health } from '../../../components/Health';
import { timeWords, useLanguage, useWords } from '../../../words';
import { countWords, millisecondWords, sizeWords } from '../../../words/amounts';

function Stores({ process }: { process: ServerProcess }) {
  const words = useWords();
  const columns = [words.node.store, words.node.state, words.node.head, words.node.size, words.node.sync];
  return (
    <FactTable label={words.node.store} columns={columns} numbers={columns.slice(2)}>
      {process.status.stores.map((store) => (
        <tr key={store.service}>
          <th scope="row">{words.node.services[store.service] ?? store.service}</th>
          <td>
            <Health kind={store.serving ? 'good' : 'bad'}>{store.serving ? words.node.serving : words.node.notServing}</Health>
            {store.failure !== '' && <div className="why">{store.failure}</div>}
          </td>
          <td className="number">{countWords(store.head?.sequence ?? 0n)}</td>
          <td className="number">{sizeWords(store.sizeBytes)}</td>
          <td className="number">{millisecondWords(store.lastSync)}</td>
        </tr>
      ))}
    </FactTable>
  );
}

/** One process: its stores, its disk, its certificate, and when it was last backed up and looked over. */
export function MachineFacts({ process }: { process: ServerProcess }) {
  const words = useWords();
  const language = useLanguage();
  const { machine, serverTime } = process.status;
  const services = process.services.map((one) => words.node.services[one] ?? one).join(language === 'zh' ? '、' : ', ');
  const verified = machine?.lastVerificationTime;
  const facts = [
    { label: words.node.serverTime, value: timeWords(serverTime) },
    ...(machine !== undefined && machine.diskBytes > 0n
      ? [{ label: words.node.disk, value: words.node.diskFree(sizeWords(machine.diskFreeBytes), sizeWords(machine.diskBytes), sizeWords(machine.keepFreeBytes)) }]
      : []),
    ...(machine?.certificateExpireTime !== undefined ? [{ label: words.node.certificate, value: timeWords(machine.certificateExpireTime) }] : []),
    ...(machine?.makesBackups === true
      ? [{ label: words.node.lastBackup, value: machine.lastBackupTime === undefined ? words.node.never : timeWords(machine.lastBackupTime) }]
      : []),
    {
      label: words.node.lastVerification,
      value: verified === undefined ? words.node.never : `${timeWords(verified)} ${machine?.lastVerificationGood === true ? words.node.good : words.node.bad}`,
    },
  ];
  return (
    <section className="column">
      <h2>{words.node.process(services)}</h2>
      <Stores process={process} />
      <div className="paper">
        <Descriptions
          size="small"
          column={{ xs: 1, md: 2, xl: 3 }}
          items={facts.map((fact) => ({ key: fact.label, label: fact.label, children: fact.value }))}
        />
      </div>
    </section>
  );
}
