/** Tells the server that the customer is writing: at most every few seconds, and once when the field is empty again. */
const every = 3000;

let told = 0;

/** Call on every change of the text. */
export function changed(empty: boolean, tell: (typing: boolean) => void): void {
  if (empty ? !told : Date.now() - told < every) return;
  told = empty ? 0 : Date.now();
  tell(!empty);
}

/** The message itself says that writing is over. */
export function sent(): void {
  told = 0;
}
