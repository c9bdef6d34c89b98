// Sound and notifications: off until the agent turns them on.

import { byId, speak } from "./dom.js";
import { kept, keep } from "./kept.js";
import { t } from "./words.js";

const SAID_MS = 8000;
let audio = null;

function chime() {
  audio ??= new AudioContext();
  const at = audio.currentTime;
  for (const [offset, pitch] of [[0, 660], [0.16, 880]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at + offset);
    volume.gain.linearRampToValueAtTime(0.08, at + offset + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + offset + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(at + offset);
    tone.stop(at + offset + 0.4);
  }
}

/** Where the page has a place for it. */
function say(text) {
  const toast = byId("toast");
  if (!toast) return speak(text);
  toast.textContent = text;
  toast.hidden = false;
  setTimeout(() => (toast.hidden = true), SAID_MS);
}

export const alerts = {
  on: false,

  setUp(button) {
    const show = () => {
      button.setAttribute("aria-pressed", String(this.on));
      button.title = t(this.on ? "nav.sound_on" : "nav.sound_off");
      button.querySelector("use").setAttribute("href", this.on ? "#i-bell" : "#i-bell-off");
    };
    this.on = kept("alerts", false);
    show();
    button.addEventListener("click", async () => {
      this.on = !this.on;
      keep("alerts", this.on || null);
      show();
      if (!this.on) return;
      chime();
      if (!("Notification" in window)) return;
      if (Notification.permission === "default") await Notification.requestPermission();
      if (Notification.permission === "denied") say(t("alert.denied"));
    });
  },

  /** Tell of something that happened elsewhere than on this screen. Without names or words of
   *  customers: a notification stays on the screen of whoever walks past. */
  tell(text) {
    if (!this.on) return;
    try {
      chime();
    } catch {
      // No sound device.
    }
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      const shown = new Notification(text, { tag: "desk", icon: document.querySelector("link[rel=icon]").href });
      shown.addEventListener("click", () => window.focus());
    }
  },
};
