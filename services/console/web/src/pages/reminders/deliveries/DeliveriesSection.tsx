import { ChannelTable } from './ChannelTable';
import { Digests } from './Digests';
import { OpenDeliveries } from './OpenDeliveries';

/** How reminders leave the house: what failed and waits, the channels, and what went out on a day. */
export default function DeliveriesSection() {
  return (
    <div className="column">
      <OpenDeliveries />
      <ChannelTable />
      <Digests />
    </div>
  );
}
