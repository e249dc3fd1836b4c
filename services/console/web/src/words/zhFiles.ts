// What is said of files that prove something, in Chinese.
export const zhFiles = {
  files: {
    label: '附件（可不填，单个不超过 25 MB）',
    choose: '选择文件',
    drop: '或者把文件拖到这里',
    waiting: '等待上传',
    sending: (percent: number) => `正在上传，${String(percent)}%`,
    again: '网络中断，正在接着传',
    done: '已上传',
    failed: '没有传完',
    goOn: '接着传',
    remove: (name: string) => `移除“${name}”`,
    tooLarge: (name: string) => `“${name}”超过 25 MB，请压缩或拆分后再选`,
    empty: (name: string) => `“${name}”是空文件`,
    tooMany: (most: number) => `一次最多 ${String(most)} 份材料`,
    unfinished: '还有文件没有传完，请等待，或移除后再提交',
    open: (name: string) => `下载“${name}”`,
    reading: (percent: number) => `正在下载，${String(percent)}%`,
    coming: '文件在承办单位，正在调取，请稍候',
    stop: '停止',
  },
};

export type FileWords = typeof zhFiles;
