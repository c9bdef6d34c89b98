/** The brand colour and the text that can be read on it (WCAG 2.2: at least 4.5:1). */
export function brandRules(wish: string | undefined): string {
  const brand = /^#[\da-f]{6}$/i.test(wish ?? "") ? wish! : "#2f5d50";
  const [r, g, b] = [1, 3, 5].map((start) => (parseInt(brand.slice(start, start + 2), 16) / 255) ** 2.2) as [
    number,
    number,
    number,
  ];
  // Up to this luminance white has 4.5:1 on it; above, black has. A plain power is near enough to sRGB's curve.
  const dark = 0.2126 * r + 0.7152 * g + 0.0722 * b <= 0.18;
  return `:host{--brand:${brand};--on-brand:${dark ? "#fff" : "#000"}}`;
}
