// The script, its style sheet and the words of each language, for any page. The script knows the files it fetches by a
// version that changes with their content. The same sources give the same bytes; tests/unit/test_widget_build.py holds
// the committed build to that. An argument names another folder (the test uses it to compare).
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const into = process.argv[2] ?? here("../channels/website/static");

const css = await transform(await readFile(here("src/style.css"), "utf8"), {
  loader: "css",
  minify: true,
  target: "es2022",
});
const files = { "widget.css": css.code };
for (const name of (await readdir(here("src/texts"))).sort())
  files[name] = JSON.stringify(JSON.parse(await readFile(here(`src/texts/${name}`), "utf8"))) + "\n";

const hash = createHash("sha256");
await mkdir(into, { recursive: true });
for (const name of Object.keys(files).sort()) {
  hash.update(files[name]);
  await writeFile(join(into, name), files[name]);
}

await build({
  entryPoints: [here("src/index.ts")],
  outfile: join(into, "widget.js"),
  absWorkingDir: here("."),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/* Omotenashi, Apache-2.0; source: widget/ */" },
  define: { VERSION: JSON.stringify(hash.digest("hex").slice(0, 12)) },
});
