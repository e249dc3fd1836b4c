// What is said of files that prove something, in English.
import type { FileWords } from './zhFiles';

export const enFiles: FileWords = {
  files: {
    label: 'Files (not needed; 25 MB each at most)',
    choose: 'Choose files',
    drop: 'or drop them here',
    waiting: 'Waits its turn',
    sending: (percent) => `Uploading, ${String(percent)}%`,
    again: 'The connection was lost; going on where it stopped',
    done: 'Uploaded',
    failed: 'Not finished',
    goOn: 'Go on',
    remove: (name) => `Remove “${name}”`,
    tooLarge: (name) => `“${name}” is larger than 25 MB; make it smaller or split it`,
    empty: (name) => `“${name}” is empty`,
    tooMany: (most) => `At most ${String(most)} pieces of evidence at once`,
    unfinished: 'Some files are not finished; wait for them, or remove them',
    open: (name) => `Download “${name}”`,
    reading: (percent) => `Downloading, ${String(percent)}%`,
    coming: 'The file lies at the unit’s node and was asked for; please wait',
    stop: 'Stop',
  },
};
