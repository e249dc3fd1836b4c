// What is said about changes that come by themselves, in Chinese; enLive.ts has the same in English.
export const zhLive = {
  live: {
    lost: '连接已中断，正在重新连接；页面上的内容可能不是最新的，您填写的内容不受影响。',
    pausing: '系统正在重启或繁忙，稍后自动恢复；页面上的内容可能不是最新的，您填写的内容不受影响。',
    look: '按最新内容办理',
    changedUnderneath: '此事项刚有变动，页面已更新。请看过再决定；您填写的内容仍在。',
  },
  issuerDesk: {
    toRead: '未阅的进展',
    counting: '系统升级后正在统计待办事项，此处可能尚不完整；统计完成后自动补全，无需操作。',
  },
};
