// Which of the two pages: joining, or talking.

import { h, useEffect, useState } from '../lib/dom.mjs';
import { recall, remember } from '../lib/storage.mjs';
import { t } from '../i18n/en.mjs';
import { goTo, route } from '../router.mjs';
import { Session } from '../session.mjs';
import { userFault, userOf } from '../state/names.mjs';
import { Chat } from './Chat.mjs';
import { Welcome } from './Welcome.mjs';

const FIRST_ROOM = 'general';
/** How often the room list is asked for while the page is in sight. */
const ROOMS_MS = 20_000;

function savedName() {
  const name = userOf(recall('name') ?? '');
  return userFault(name) ? '' : name;
}

export function App() {
  const [session, setSession] = useState(() => (savedName() ? new Session(savedName()) : null));
  const [badName, setBadName] = useState('');
  const room = route.value;

  useEffect(() => {
    if (!session) return undefined;
    session.start();
    if (route.value === null) goTo(recall('room') ?? session.views.value[0]?.name ?? FIRST_ROOM);
    const timer = setInterval(() => document.visibilityState === 'visible' && void session.refreshRooms(), ROOMS_MS);
    return () => {
      clearInterval(timer);
      session.stop();
    };
  }, [session]);
  useEffect(() => {
    session?.show(room);
    if (session && room) remember('room', room);
  }, [session, room]);

  const refusal = session?.link.value.error;
  useEffect(() => {
    if (refusal?.code !== 'bad_name') return;
    setBadName(savedName());
    setSession(null);
  }, [refusal]);

  const view = session?.current.value;
  const title = view ? t.title(view.name, view.unread.value) : t.app;
  useEffect(() => {
    document.title = title;
  }, [title]);

  if (session) return h(Chat, { session, changeName: () => setSession(null) });
  return h(Welcome, {
    name: savedName(),
    badName,
    room: room ?? recall('room') ?? FIRST_ROOM,
    join(name, next) {
      remember('name', name);
      goTo(next);
      setSession(new Session(name));
    },
  });
}
