// What the values that offices keep their house by are called. As common/words has them; words.test.ts looks whether it is so.
export const zhOfficeValues = {
  Channel_Kind: {
    LOG: '日志文件',
    MAIL: '邮件',
    STANDARD: '网络回调',
    WECOM: '政务微信机器人',
    DINGTALK: '钉钉机器人',
    FEISHU: '飞书机器人',
  },
  Grant_State: {
    AWAITING_APPROVAL: '待核准',
    HELD: '有效',
    REVOKED: '已撤销',
  },
  Job_Kind: {
    BACKUP: '备份',
    VERIFICATION: '核对',
  },
  Job_State: {
    RUNNING: '进行中',
    DONE: '已完成',
    FAILED: '失败',
    CANCELLED: '已取消',
    INTERRUPTED: '中断',
  },
  NodeStatus_Hop_Direction: {
    FETCH: '接收',
    OFFER: '上报',
    TAKE_IN: '收取',
  },
  ReminderDelivery_State: {
    WAITING: '待投',
    LEASED: '投递中',
    SENT: '已送达',
    DEAD: '投递失败',
    CANCELLED: '无须投递',
  },
  Reminder_Reason: {
    UNSIGNED: '未签收',
    BEFORE_DUE: '临期',
    DUE: '到期',
    OVERDUE: '逾期',
    ESCALATION: '逾期报上级',
    PERIODIC_REPORT: '定期报送',
    URGE: '催办',
  },
  Reminder_State: {
    SCHEDULED: '待发',
    LEASED: '投递中',
    CONFIRMED: '已送达',
    CANCELLED: '已取消',
    DEAD: '投递失败',
    MISSED: '已错过',
  },
  Unit_Kind: {
    GOVERNMENT: '政府',
    DEPARTMENT: '部门',
    STREET: '街道（乡镇）',
    SECTION: '科室',
    INSTITUTION: '事业单位、企业',
    OTHER: '其他',
  },
};

export type OfficeValues = typeof zhOfficeValues;
