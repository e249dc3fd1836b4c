// Chinese, or English for whoever asked for it in this browser.
import { ConfigProvider } from 'antd';
import enUS from 'antd/es/locale/en_US';
import zhCN from 'antd/es/locale/zh_CN';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

import { type Language, LanguageContext } from '../words';
import theme from './theme.json';

const KEPT_AS = 'duban.language';

const SetLanguageContext = createContext<(language: Language) => void>(() => undefined);

export function useSetLanguage(): (language: Language) => void {
  return useContext(SetLanguageContext);
}

function keptLanguage(): Language {
  try {
    return window.localStorage.getItem(KEPT_AS) === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh';
  }
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(keptLanguage);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    try {
      window.localStorage.setItem(KEPT_AS, language);
    } catch {
      // A browser that keeps nothing asks anew the next time.
    }
  }, [language]);
  const locale = useMemo(() => (language === 'zh' ? zhCN : enUS), [language]);
  return (
    <SetLanguageContext.Provider value={setLanguage}>
      <LanguageContext.Provider value={language}>
        <ConfigProvider locale={locale} theme={theme} wave={{ disabled: true }} button={{ autoInsertSpace: false }}>
          {children}
        </ConfigProvider>
      </LanguageContext.Provider>
    </SetLanguageContext.Provider>
  );
}
