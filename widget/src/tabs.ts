/**
 * One event stream for all tabs of a browser: the tab that holds a lock leads and tells the others.
 * Without locks every tab leads for itself.
 */
const beatMissed = 45_000;

export interface TabHooks<Note> {
  lead(): void;
  follow(): void;
  hear(note: Note): void;
}

export interface Tabs<Note> {
  join(): void;
  leave(): void;
  leading(): boolean;
  tell(note: Note): void;
  /** A tab in sight takes the lead from one that has gone silent (put to sleep by the system). */
  wake(): void;
}

export function createTabs<Note>(name: string, hooks: TabHooks<Note>): Tabs<Note> {
  let channel: BroadcastChannel | undefined;
  let release: (() => void) | undefined;
  let lastHeard = 0;

  async function stand(steal = false): Promise<void> {
    let mine: typeof release;
    const lead = (): Promise<void> =>
      new Promise((resolve) => {
        release = mine = resolve;
        hooks.lead();
      });
    lastHeard = Date.now();
    try {
      if (navigator.locks) await navigator.locks.request(name, { steal }, () => channel && lead());
      else await lead();
    } catch {
      // Another tab took the lead.
    }
    if (!mine || mine !== release) return;
    release = undefined;
    hooks.follow();
    void stand();
  }

  return {
    join() {
      if (channel) return;
      channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }: MessageEvent<Note>) => {
        lastHeard = Date.now();
        hooks.hear(data);
      };
      void stand();
    },
    leave() {
      channel?.close();
      channel = undefined;
      if (!release) return;
      release();
      release = undefined;
      hooks.follow();
    },
    leading: () => !!release,
    tell: (note) => channel?.postMessage(note),
    wake() {
      if (channel && !release && Date.now() - lastHeard > beatMissed) void stand(true);
    },
  };
}
