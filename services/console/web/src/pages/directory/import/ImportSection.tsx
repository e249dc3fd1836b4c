import { InboxOutlined } from '@ant-design/icons';
import { Alert, Button, Upload } from 'antd';
import { useState } from 'react';

import { useMessage } from '../../../app/Messages';
import { useWords } from '../../../words';
import { ImportPreview } from './ImportPreview';

const MOST_BYTES = 2 * 1024 * 1024;

export interface DirectoryUpload {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A directory file: chosen, looked at beside the directory, and only then taken in. */
export default function ImportSection() {
  const words = useWords();
  const message = useMessage();
  const [file, setFile] = useState<DirectoryUpload>();
  const [tooLarge, setTooLarge] = useState(false);
  const choose = async (chosen: File): Promise<void> => {
    setTooLarge(chosen.size > MOST_BYTES);
    if (chosen.size <= MOST_BYTES) setFile({ name: chosen.name, bytes: new Uint8Array(await chosen.arrayBuffer()) });
  };
  if (file !== undefined) {
    return (
      <div className="column">
        <div className="row"><h2>{file.name}</h2><Button onClick={() => { setFile(undefined); }}>{words.directoryImport.another}</Button></div>
        <ImportPreview
          file={file}
          onDone={(created, updated) => {
            void message.success(words.directoryImport.done(created, updated));
            setFile(undefined);
          }}
        />
      </div>
    );
  }
  return (
    <div className="column">
      {tooLarge && <Alert type="error" showIcon message={words.directoryImport.tooLarge} />}
      <Upload.Dragger
        accept=".csv,text/csv"
        showUploadList={false}
        beforeUpload={(chosen) => {
          void choose(chosen);
          return false;
        }}
      >
        <p className="ant-upload-drag-icon"><InboxOutlined /></p>
        <p className="ant-upload-text">{words.directoryImport.drop}</p>
        <p className="ant-upload-hint">{words.directoryImport.dropHint}</p>
      </Upload.Dragger>
    </div>
  );
}
