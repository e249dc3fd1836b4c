import { Button } from 'antd';

import { useLanguage, useWords } from '../words';
import { useSetLanguage } from './language';

export function LanguageSwitch() {
  const words = useWords();
  const language = useLanguage();
  const setLanguage = useSetLanguage();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <Button type="link" size="small" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => { setLanguage(other); }}>
      {words.app.otherLanguage}
    </Button>
  );
}
