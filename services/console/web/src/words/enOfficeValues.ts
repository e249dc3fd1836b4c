// What the values that offices keep their house by are called, in English. As common/words has them; words.test.ts looks whether it is so.
import type { OfficeValues } from './zhOfficeValues';

export const enOfficeValues: OfficeValues = {
  Channel_Kind: {
    LOG: 'log',
    MAIL: 'mail',
    STANDARD: 'webhook',
    WECOM: 'WeCom robot',
    DINGTALK: 'DingTalk robot',
    FEISHU: 'Feishu robot',
  },
  Grant_State: {
    AWAITING_APPROVAL: 'awaiting approval',
    HELD: 'held',
    REVOKED: 'revoked',
  },
  Job_Kind: {
    BACKUP: 'backup',
    VERIFICATION: 'verification',
  },
  Job_State: {
    RUNNING: 'running',
    DONE: 'done',
    FAILED: 'failed',
    CANCELLED: 'cancelled',
    INTERRUPTED: 'interrupted',
  },
  NodeStatus_Hop_Direction: {
    FETCH: 'fetch',
    OFFER: 'offer',
    TAKE_IN: 'take in',
  },
  ReminderDelivery_State: {
    WAITING: 'waiting',
    LEASED: 'under way',
    SENT: 'sent',
    DEAD: 'dead',
    CANCELLED: 'cancelled',
  },
  Reminder_Reason: {
    UNSIGNED: 'unsigned',
    BEFORE_DUE: 'before due',
    DUE: 'due',
    OVERDUE: 'overdue',
    ESCALATION: 'escalation',
    PERIODIC_REPORT: 'periodic report',
    URGE: 'urge',
  },
  Reminder_State: {
    SCHEDULED: 'scheduled',
    LEASED: 'leased',
    CONFIRMED: 'confirmed',
    CANCELLED: 'cancelled',
    DEAD: 'dead',
    MISSED: 'missed',
  },
  Unit_Kind: {
    GOVERNMENT: 'government',
    DEPARTMENT: 'department',
    STREET: 'street',
    SECTION: 'section',
    INSTITUTION: 'institution',
    OTHER: 'other',
  },
};
