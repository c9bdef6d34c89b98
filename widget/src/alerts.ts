/** When a person answers and nobody looks: two soft notes, and a word in the page's title. Off where the customer says so. */
import * as kept from "./kept.ts";

const seldom = 3000;

let context: AudioContext | undefined;
let last = 0;
let restore = (): void => undefined;

export const quiet = (): boolean => !!kept.get("quiet");

export const setQuiet = (wanted: boolean): void => kept.set("quiet", wanted ? "1" : null);

/** Made, not loaded: no file, and nothing a page's policy has to allow. Browsers keep it silent until the page was touched. */
function sound(): void {
  context ??= new AudioContext();
  const { currentTime, destination } = context;
  [660, 880].forEach((frequency, i) => {
    const note = new OscillatorNode(context!, { frequency });
    const volume = new GainNode(context!, { gain: 0 });
    const begin = currentTime + i * 0.16;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.12, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.4);
    note.connect(volume).connect(destination);
    note.start(begin);
    note.stop(begin + 0.4);
  });
}

/** `words` in front of the title while the page is out of sight; `aloud` in one tab only. */
export function alert(words: string, aloud: boolean): void {
  if (quiet()) return;
  if (aloud && Date.now() - last > seldom) {
    last = Date.now();
    sound();
  }
  if (!document.hidden) return;
  restore();
  const before = document.title;
  const told = `${words} – ${before}`;
  document.title = told;
  restore = () => {
    // The page may have changed it meanwhile.
    if (document.title === told) document.title = before;
    restore = () => undefined;
  };
}

document.addEventListener("visibilitychange", () => document.hidden || restore());
