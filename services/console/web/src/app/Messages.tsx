// What is said in passing, such as that something was saved. Ant Design's own App would bring dialogs and notices along,
// of which the first page needs none.
import { message } from 'antd';
import { createContext, type ReactNode, useContext } from 'react';

type Messages = ReturnType<typeof message.useMessage>[0];

const MessagesContext = createContext<Messages | null>(null);

export function useMessage(): Messages {
  const messages = useContext(MessagesContext);
  if (messages === null) throw new Error('nothing can be said here');
  return messages;
}

export function MessagesProvider({ children }: { children: ReactNode }) {
  const [messages, holder] = message.useMessage();
  return (
    <MessagesContext.Provider value={messages}>
      {holder}
      {children}
    </MessagesContext.Provider>
  );
}
